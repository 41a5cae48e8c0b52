// The level-1 codes closed in 2025: shipped as data, told to whoever still writes one, registered when asked for.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { levelOneOf } from '../../src/domain/agency.ts'
import { levelOneChanges } from '../../src/registry/level-one-changes.ts'
import { applyMergers } from '../../src/registry/mergers.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type RegistryApp, startRegistry } from './registry-app.ts'

const path = '/api/v1/admin/agencies'
const today = '2026-11-20'

describe('the data', () => {
  const changes = levelOneChanges()

  test('close 29 provinces and 11 ministries, each once, with a decision', () => {
    expect(changes.filter((one) => one.code.startsWith('H'))).toHaveLength(29)
    expect(changes.filter((one) => one.code.startsWith('G'))).toHaveLength(11)
    expect(new Set(changes.map((one) => one.code)).size).toBe(changes.length)
    for (const one of changes)
      expect(one).toMatchObject({ name: expect.any(String), source: expect.stringContaining('09/2025') })
  })

  test('lead each province to one that is kept, since 1/7/2025', () => {
    const closed = new Set(changes.map((one) => one.code))
    for (const one of changes.filter(({ code }) => code.startsWith('H'))) {
      expect(one).toMatchObject({ code: levelOneOf(one.code), since: '2025-07-01' })
      expect(closed.has(one.into?.code ?? '')).toBe(false)
    }
    expect(changes.find((one) => one.code === 'H63')?.into).toEqual({ code: 'H38', name: 'UBND tỉnh Lào Cai' })
    expect(changes.find((one) => one.code === 'H03')?.into?.code).toBe('H55')
    expect(changes.find((one) => one.code === 'H45')?.into?.code).toBe('H15')
  })
})

describe('registering them', () => {
  let registry: RegistryApp
  beforeAll(async () => {
    registry = await startRegistry()
  })
  afterAll(async () => await registry?.close())

  const register = async (body: object) => await registry.call('POST', `${path}/mergers`, { body })
  const outcomes = (body: { items: { code: string; outcome: string }[] }) =>
    new Map(body.items.map((one) => [one.code, one.outcome]))
  const shown = async (code: string) => (await registry.call('GET', `${path}/${code}`)).body

  test('tells first what it would do, and does nothing', async () => {
    await registry.call('POST', path, { body: { name: 'Tỉnh Lào Cai', codes: [{ code: '000.00.00.H38' }] } })
    await registry.call('POST', path, { body: { name: 'UBND tỉnh Hà Giang', codes: [{ code: 'H22' }] } })
    const version = (await registry.cache.refresh()).version

    const { status, body } = await register({ dryRun: true })

    // Of 40, one is there. With the others come 21 provinces and the ministry that took over: all but Lào Cai, which is
    // there, and Tuyên Quang, into which nobody is closed here.
    expect({ status, dryRun: body.dryRun, created: body.created }).toEqual({
      status: 200,
      dryRun: true,
      created: 39 + 22,
    })
    expect(outcomes(body).get('H63')).toBe('created')
    expect(outcomes(body).get('H22')).toBe('known_open')
    expect((await registry.cache.refresh()).version).toBe(version)
  })

  test('registers what is missing, closed, with its successor, and changes nobody that is there', async () => {
    const before = await shown('000.00.00.H38')

    const { body } = await register({})
    const again = await register({})

    expect(body.created).toBe(39 + 22)
    expect(again.body.created).toBe(0)
    expect(outcomes(again.body).get('H63')).toBe('known')
    expect(await shown('000.00.00.H63')).toMatchObject({
      ...{ code: 'H63', name: 'UBND tỉnh Yên Bái', closedAt: '2025-07-01T00:00:00.000+07:00', redirect: true },
      successors: ['000.00.00.H38'],
    })
    expect(await shown('000.00.00.H38')).toEqual(before)
    expect(await shown('H22')).not.toHaveProperty('closedAt')
    expect(await shown('H55')).toMatchObject({ name: 'UBND tỉnh Thái Nguyên', connected: true })
    expect(await shown('G04')).toMatchObject({ successors: [], closedAt: '2025-04-14T00:00:00.000+07:00' })
    expect(await shown('G14')).toMatchObject({ successors: ['G06'] })
    const audit = await registry.open.db
      .selectFrom('audit')
      .select('action')
      .where('action', '=', 'agencies.mergers_registered')
      .execute()
    expect(audit).toHaveLength(1)
  })

  test('lets the province of today stand for the closed one', async () => {
    const directory = await registry.cache.refresh()
    const [kept, closed] = ['H38', 'H63'].map(
      (code) => directory.findByCode(`000.00.00.${code}`, today)?.agencyId ?? '',
    )

    expect([...directory.standsFor(kept ?? '')]).toContain(closed)
  })

  test('refuses what it cannot read', async () => {
    expect((await register({ dryRun: 'yes' })).status).toBe(422)
    expect((await register({ apply: true })).status).toBe(422)
  })
})

describe('on the axis of a province that was itself part of a merger', () => {
  const apply = async (registry: RegistryApp, ownLevel1: string | undefined) =>
    await applyMergers(
      { ...registry.deps, ownLevel1: () => ownLevel1 },
      { name: 'test' },
      { dryRun: false, redirect: true },
    )

  test('leaves every agency under its own level-1 code alone', async () => {
    const registry = await startRegistry()
    await registry.call('POST', path, { body: { name: 'UBND tỉnh Yên Bái', codes: [{ code: 'H63' }] } })

    const { items } = await apply(registry, 'H63')

    expectSchema('merger-result', { dryRun: false, created: 0, items })
    expect(items.find((one) => one.code === 'H63')?.outcome).toBe('own')
    expect((await registry.call('GET', `${path}/H63`)).body).not.toHaveProperty('closedAt')
    await registry.close()
  })

  test('waits for its own province to be registered, and never makes it up', async () => {
    const registry = await startRegistry()

    const first = await apply(registry, 'H38')
    expect(first.items.find((one) => one.code === 'H63')?.outcome).toBe('successor_missing')
    expect((await registry.cache.refresh()).findByCode('H38', today)).toBeUndefined()

    await registry.call('POST', path, { body: { name: 'UBND tỉnh Lào Cai', codes: [{ code: 'H38' }] } })
    const then = await apply(registry, 'H38')
    expect(then).toMatchObject({ created: 1 })
    expect((await registry.call('GET', `${path}/H63`)).body).toMatchObject({ successors: ['H38'] })
    await registry.close()
  })

  test('does nothing where the axis has no level-1 code of its own', async () => {
    const registry = await startRegistry()

    expect(await apply(registry, undefined)).toMatchObject({ created: 0 })
    await registry.close()
  })
})

describe('a system that asks for an unknown code', () => {
  let registry: RegistryApp
  let basic: string
  beforeAll(async () => {
    registry = await startRegistry()
    await registry.call('POST', path, { body: { name: 'Sở Nội vụ', codes: [{ code: 'H35.12' }] } })
    const made = await registry.call('POST', '/api/v1/admin/systems', {
      body: { systemId: 'SYS-A', name: 'A', agencies: ['H35.12'], channel: 'mailbox' },
    })
    basic = `SYS-A:${made.body.secret}`
  })
  afterAll(async () => await registry?.close())

  test('is told how it reads in the other scheme, and who has that', async () => {
    const answer = await registry.call('GET', '/api/v1/agencies/000.00.12.H35', { as: { basic } })

    expect(answer).toMatchObject({
      status: 404,
      body: {
        code: 'agency_not_found',
        otherScheme: 'H35.12',
        suggestions: [{ code: 'H35.12', name: 'Sở Nội vụ' }],
      },
    })
  })

  test('is told so for many codes too', async () => {
    const codes = ['H35.12', '000.00.12.H35', 'H63.05', 'HOANTOANKHAC']

    const { body } = await registry.call('POST', '/api/v1/agencies/resolve', { as: { basic }, body: { codes } })

    expect(body.items).toMatchObject([
      { agency: { name: 'Sở Nội vụ' }, suggestions: [] },
      { agency: null, otherScheme: 'H35.12', suggestions: [{ code: 'H35.12' }] },
      { agency: null, suggestions: [{ code: 'H38', name: expect.stringContaining('từ 01/07/2025') }] },
      { agency: null, suggestions: [] },
    ])
    expect(body.items[0]).not.toHaveProperty('otherScheme')
    expect(body.items[3]).not.toHaveProperty('otherScheme')
  })
})
