// What an operator asks a system to be, checked against the directory: pure. Answers its new state and what is wrong.
import { X509Certificate } from 'node:crypto'
import type { AgencyId } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError, type Violation } from '../domain/errors.ts'
import type { ChannelName, PushStyle, SystemId } from '../domain/system.ts'
import type { DeliveryPolicyInput } from '../generated/json/delivery-policy.ts'
import type { SystemChange } from '../generated/json/system-change.ts'
import { findAgency, unknownCode } from './agency-rules.ts'

export interface SystemState {
  readonly name: string
  readonly vendor?: string
  readonly channel: ChannelName
  readonly pushUrl?: string
  readonly pushStyle: PushStyle
  readonly pushCa?: string
  readonly concurrency: number
  readonly ratePerSecond?: number
  readonly inOrder: boolean
  readonly bundle: boolean
  readonly fallback: 'none' | 'mailbox'
  readonly reports: string
  readonly deliveryPolicy?: DeliveryPolicyInput
  readonly bytesPerDay?: number
  readonly receivesFor: readonly AgencyId[]
  /** Agencies it may send for without receiving for them. */
  readonly onlySendsFor: readonly AgencyId[]
}

export interface PushAuth {
  readonly header: string
  readonly value: string
}

export interface SystemQuestion {
  readonly systemId: SystemId
  readonly input: SystemChange
  readonly directory: Directory
  /** Today in Vietnam. */
  readonly day: string
}

export const concurrencyDefault = 8

export function judgeSystem({ systemId, input, directory, day }: SystemQuestion): SystemState {
  const violations: Violation[] = []
  const receivesFor = resolveAgencies({ codes: input.agencies, path: '/agencies', directory, day, violations })
  const sendsFor = resolveAgencies({ codes: input.sendsFor ?? [], path: '/sendsFor', directory, day, violations })
  const channel = channels.find((known) => known === input.channel)
  if (channel === undefined) violations.push({ path: '/channel', rule: 'channel_unknown', found: input.channel })
  violations.push(...judgePush(input))
  if (channel === undefined || violations.length > 0) throw invalid(violations)
  refuseSecondReceiver(systemId, input.agencies, receivesFor, directory)

  const received = new Set(receivesFor)
  return {
    name: input.name.normalize('NFC').trim(),
    channel,
    pushStyle: input.pushStyle ?? 'package',
    concurrency: input.concurrency ?? concurrencyDefault,
    inOrder: input.inOrder ?? false,
    bundle: input.bundle ?? false,
    fallback: input.fallback ?? 'none',
    reports: input.reports ?? 'json',
    receivesFor: [...received],
    onlySendsFor: [...new Set(sendsFor)].filter((id) => !received.has(id)),
    ...(input.vendor === undefined ? {} : { vendor: input.vendor }),
    ...(input.pushUrl === undefined ? {} : { pushUrl: input.pushUrl }),
    ...(input.pushCa === undefined ? {} : { pushCa: input.pushCa }),
    ...(input.ratePerSecond === undefined ? {} : { ratePerSecond: input.ratePerSecond }),
    ...(input.deliveryPolicy === undefined ? {} : { deliveryPolicy: input.deliveryPolicy }),
    ...(input.bytesPerDay === undefined ? {} : { bytesPerDay: input.bytesPerDay }),
  }
}

export interface AgencyReferences {
  readonly codes: readonly string[]
  /** JSON pointer to the list. */
  readonly path: string
  readonly directory: Directory
  readonly day: string
  /** Receives one violation per unknown code. */
  readonly violations: Violation[]
}

/** The agency of each code, in order. */
export function resolveAgencies({ codes, path, directory, day, violations }: AgencyReferences): AgencyId[] {
  return codes.flatMap((code, n) => {
    const agency = findAgency(directory, code, day)
    if (agency === undefined) violations.push(unknownCode(`${path}/${n}`, code))
    return agency === undefined ? [] : [agency.agencyId]
  })
}

export function refuseInvalid(violations: readonly Violation[]): void {
  if (violations.length > 0) throw invalid(violations)
}

function invalid(violations: readonly Violation[]): GatewayError {
  const first = violations[0]
  if (first === undefined) throw new Error('nothing to refuse')
  return new GatewayError('invalid', first.rule, { violations, params: { found: first.found ?? '' } })
}

/** A document has one mailbox: two systems receiving for one agency would each believe the other has it. */
function refuseSecondReceiver(
  systemId: SystemId,
  codes: readonly string[],
  receivesFor: readonly AgencyId[],
  directory: Directory,
): void {
  const holders = new Map(
    [...directory.systems.values()].flatMap((system) => system.receivesFor.map((id) => [id, system.systemId] as const)),
  )
  const violations = receivesFor.flatMap((agencyId, n) => {
    const holder = holders.get(agencyId)
    if (holder === undefined || holder === systemId) return []
    return [{ path: `/agencies/${n}`, rule: 'agency_already_served', found: codes[n] ?? agencyId, expected: holder }]
  })
  const first = violations[0]
  if (first === undefined) return
  const params = { agency: first.found, systemId: first.expected }
  throw new GatewayError('conflict', 'agency_already_served', { violations, params })
}

function judgePush(input: SystemChange): Violation[] {
  const violations: Violation[] = []
  if (input.channel === 'push' && input.pushUrl === undefined)
    violations.push({ path: '/pushUrl', rule: 'push_url_missing' })
  if (input.pushUrl !== undefined && !isPushUrl(input.pushUrl))
    violations.push({ path: '/pushUrl', rule: 'push_url_unusable', found: withoutAccount(input.pushUrl) })
  if (input.pushAuth && !isUsableHeader(input.pushAuth))
    violations.push({ path: '/pushAuth', rule: 'push_auth_unusable', found: input.pushAuth.header })
  if (input.pushCa !== undefined && !isCertificates(input.pushCa))
    violations.push({ path: '/pushCa', rule: 'push_ca_unreadable' })
  return violations
}

/** An account inside the address would end up in logs and tracking views; pushAuth is the place for it. */
function isPushUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  return isWeb && url.username === '' && url.password === '' && url.hash === ''
}

function withoutAccount(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@').slice(0, 200)
}

/** What we set ourselves, or what changes the shape of the request, is not theirs to set. */
function isUsableHeader({ header, value }: PushAuth): boolean {
  const name = header.toLowerCase()
  const isOurs = ownHeaders.has(name) || name.startsWith('webhook-') || name.startsWith('tram-')
  return /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && !isOurs && /^[\x20-\x7e]+$/.test(value) && value.trim() === value
}

const channels: readonly ChannelName[] = ['mailbox', 'push']

const ownHeaders: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding'],
  ...['expect', 'te', 'trailer', 'upgrade', 'keep-alive', 'link', 'user-agent'],
])

function isCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)
  if (blocks === null) return false
  try {
    return blocks.every((block) => new X509Certificate(block).raw.length > 0)
  } catch {
    // The parser has no way of asking first; what it cannot read is not a certificate.
    return false
  }
}
