import { expect, test } from 'vitest'
import type { Agency } from '../../src/domain/agency.ts'
import { buildDirectory } from '../../src/domain/directory.ts'
import type { Credential, System } from '../../src/domain/system.ts'
import { callerOf } from '../../src/registry/caller-rights.ts'

function agency(agencyId: string, more: Partial<Agency> = {}): Agency {
  const base = {
    name: agencyId,
    kind: 'state',
    isOffice: false,
    connected: true,
    successorIds: [],
    redirects: true,
  } as const
  return { agencyId, ...base, codes: [{ code: agencyId, scheme: 'legacy' }], updatedAt: new Date(0), ...more }
}

const closed = { closedAt: new Date(0) }
const agencies = [
  agency('province'),
  agency('office', { isOffice: true, parentId: 'province' }),
  agency('health'),
  agency('old-health', { ...closed, successorIds: ['health'] }),
  agency('older-health', { ...closed, successorIds: ['old-health'] }),
  agency('clinic', { receiverId: 'health' }),
  agency('mail-room'),
  agency('guest', { receiverId: 'mail-room' }),
  agency('elsewhere'),
  agency('old-registry', { ...closed, successorIds: ['new-registry'] }),
  agency('new-registry'),
  agency('school', { receiverId: 'old-registry' }),
]

function rights(system: Partial<System>, agencyIds?: string[]) {
  const credential: Credential = {
    ...{ credentialId: 'c', label: 'main', secretHash: Buffer.alloc(32) },
    ...(agencyIds === undefined ? {} : { agencyIds }),
  }
  const sendsFor = system.sendsFor ?? system.receivesFor ?? []
  const whole: System = {
    ...{ systemId: 'S', name: 'S', channel: 'mailbox', pushStyle: 'package', credentials: [credential] },
    ...{ receivesFor: [], sendsFor },
    ...system,
  }
  const caller = callerOf(buildDirectory(1, agencies, [whole]), whole, credential)
  return {
    sends: [...caller.agencyIds].sort(),
    sees: caller.receivesFor === undefined ? 'all' : [...caller.receivesFor].sort(),
  }
}

const health = ['health', 'old-health', 'older-health']

test.each([
  [
    'a whole credential counts as every predecessor and sees all',
    { receivesFor: ['health'] },
    undefined,
    health,
    'all',
  ],
  ['a sender only is no receiver', { sendsFor: ['office'] }, undefined, ['office'], 'all'],
  [
    'a part speaks for its agencies and who is received through them',
    { receivesFor: ['health', 'elsewhere'] },
    ['health'],
    health,
    ['clinic', ...health],
  ],
  [
    'a part for the office sees the province, whose documents the office receives',
    { receivesFor: ['office', 'health'] },
    ['office'],
    ['office'],
    ['office', 'province'],
  ],
  [
    'a part for the office does not see a province that the system serves by itself',
    { receivesFor: ['office', 'province'] },
    ['office'],
    ['office'],
    ['office'],
  ],
  [
    'a part that only sends sees what came before its agency moved away',
    { receivesFor: ['health'], sendsFor: ['health', 'mail-room'] },
    ['mail-room'],
    ['mail-room'],
    ['guest', 'mail-room'],
  ],
  [
    'a part for the successor of a receiver sees whom that one received for',
    { receivesFor: ['new-registry', 'health'] },
    ['new-registry'],
    ['new-registry', 'old-registry'],
    ['new-registry', 'old-registry', 'school'],
  ],
  ['a part that has left the system speaks for nothing', { receivesFor: ['health'] }, ['elsewhere'], [], []],
] as const)('%s', (_name, system, part, sends, sees) => {
  const got = rights(system, part === undefined ? undefined : [...part])

  expect(got).toEqual({ sends: [...sends], sees: sees === 'all' ? 'all' : [...sees] })
})
