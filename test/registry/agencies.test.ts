import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type RegistryApp, startRegistry } from './registry-app.ts'

let registry: RegistryApp
let basic: string
beforeAll(async () => {
  registry = await startRegistry()
  await agency('000.00.01.H35', { name: 'Sở Nội vụ' })
  const system = await registry.call('POST', '/api/v1/admin/systems', {
    body: { systemId: 'SYS-A', name: 'QLVB A', agencies: ['000.00.01.H35'], channel: 'mailbox' },
  })
  basic = `SYS-A:${system.body.secret}`
})
afterAll(async () => await registry.close())

const path = '/api/v1/admin/agencies'
let number = 100
const newCode = () => `000.00.${number++}.X`

async function agency(code: string, more: Record<string, unknown> = {}) {
  return await registry.call('POST', path, { body: { name: `Cơ quan ${code}`, codes: [{ code }], ...more } })
}

describe('registering an agency', () => {
  test('answers its id, its codes with guessed schemes, and who to tell', async () => {
    const contacts = [{ name: 'Trần Thị B', position: 'Văn thư', mobile: '0912' }, { name: 'Lò Văn C' }]
    const codes = [{ code: ' 000.00.90.H35 ' }, { code: 'H35.90' }, { code: '0100100079' }, { code: 'vxp.saas.03' }]

    const { status, body } = await registry.call('POST', path, { body: { name: 'Sở Thử nghiệm', codes, contacts } })

    expect(status).toBe(201)
    expect(body).toMatchObject({ name: 'Sở Thử nghiệm', code: 'H35.90', kind: 'state', connected: true, contacts })
    expect(body.codes).toEqual([
      { code: '000.00.90.H35', scheme: 'qcvn102' },
      { code: 'H35.90', scheme: 'qd20' },
      { code: '0100100079', scheme: 'enterprise' },
      { code: 'vxp.saas.03', scheme: 'legacy' },
    ])
    expect((await registry.call('GET', `${path}/${body.agencyId}`)).body).toEqual(body)
    expect((await registry.call('GET', `${path}/h35.90`)).body).toEqual(body)
  })

  test('is seen at once, asks for re-addressing, and is written in the audit trail', async () => {
    const before = registry.reroutes.length
    const code = newCode()

    const { body } = await agency(code)

    expect(registry.cache.current().findByCode(code, '2026-11-20')?.agencyId).toBe(body.agencyId)
    expect(registry.reroutes.slice(before)).toEqual(['agency.created'])
    const audit = await registry.open.db
      .selectFrom('audit')
      .select(['actor', 'action'])
      .where('object', '=', `agency:${body.agencyId}`)
      .execute()
    expect(audit).toEqual([{ actor: 'ADMIN_TOKEN', action: 'agency.created' }])
  })

  test('refuses a code that another agency holds, in any spelling, and names the holder', async () => {
    const { status, body } = await agency(' 000.00.01.h35')

    expect(status).toBe(409)
    expect(body).toMatchObject({ code: 'code_taken', params: { expected: 'Sở Nội vụ (000.00.01.H35)' } })
    expect(body.violations).toEqual([
      { path: '/codes/0/code', rule: 'code_taken', found: '000.00.01.h35', expected: 'Sở Nội vụ (000.00.01.H35)' },
    ])
  })

  test.each([
    ['ends the day before', { validTo: '2025-06-30' }, { validFrom: '2025-07-01' }, 201],
    ['shares one day', { validTo: '2025-07-01' }, { validFrom: '2025-07-01' }, 409],
    ['begins after', { validFrom: '2025-07-01' }, { validTo: '2025-06-30' }, 201],
    ['has no end', { validFrom: '2025-01-01' }, { validFrom: '2026-01-01' }, 409],
    ['lies within', { validFrom: '2025-02-01', validTo: '2025-03-01' }, {}, 409],
  ])('of a code whose earlier period %s answers as it should', async (_name, first, second, status) => {
    const code = newCode()
    expect((await agency(code, { codes: [{ code, ...first }] })).status).toBe(201)

    expect((await agency(code, { codes: [{ code, ...second }] })).status).toBe(status)
  })

  test('lets only one of two that claim a code at the same moment have it', async () => {
    const code = newCode()

    const answers = await Promise.all([agency(code), agency(code), agency(code), agency(code)])

    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409])
  })

  const office = { isOffice: true, parent: '000.00.01.H35' }
  test.each([
    ['an unknown parent', { parent: '000.00.77.H35' }, 'agency_code_unknown', '/parent'],
    ['an unknown receiver', { receiver: '000.00.77.H35' }, 'agency_code_unknown', '/receiver'],
    [
      'an unknown successor',
      { closedAt: '2025-07-01T00:00:00+07:00', successors: ['?'] },
      'agency_code_unknown',
      '/successors/0',
    ],
    ['an office of nobody', { isOffice: true }, 'office_without_parent', '/parent'],
    ['a successor while open', { successors: ['000.00.01.H35'] }, 'agency_successor_of_open', '/successors'],
    ['a closing in the future', { closedAt: '2999-01-01T00:00:00+07:00' }, 'agency_closed_in_future', '/closedAt'],
    ['a code of spaces', { codes: [{ code: '  ' }] }, 'agency_code_empty', '/codes/0/code'],
    ['a code twice', { codes: [{ code: 'twice' }, { code: 'TWICE' }] }, 'agency_code_repeated', '/codes/1/code'],
    [
      'days in the wrong order',
      { codes: [{ code: 'reversed', validFrom: '2025-02-01', validTo: '2025-01-01' }] },
      'agency_code_days_reversed',
      '/codes/0/validTo',
    ],
  ])('refuses %s', async (_name, more, rule, at) => {
    const { status, body } = await agency(newCode(), more)

    expect([status, body.code]).toEqual([422, rule])
    expect(body.violations).toMatchObject([{ path: at, rule }])
  })

  test.each([
    ['no name', { name: undefined }],
    ['a name of spaces', { name: '  ' }],
    ['no codes', { codes: [] }],
    ['an unknown kind', { kind: 'party' }],
    ['an unknown scheme', { codes: [{ code: 'a', scheme: 'iso' }] }],
    ['a day that does not exist', { codes: [{ code: 'a', validFrom: '2025-02-30' }] }],
    ['a member we do not know', { color: 'red' }],
    ['text where a flag belongs', { connected: 'true' }],
  ])('refuses %s by its schema', async (_name, more) => {
    expect((await agency(newCode(), more)).status).toBe(422)
  })

  test('refuses a second office of one parent and names the first', async () => {
    const first = await agency(newCode(), { ...office, name: 'Văn phòng' })

    const second = await agency(newCode(), office)

    expect(first.status).toBe(201)
    expect(second.body).toMatchObject({ status: 409, code: 'office_taken' })
    expect(second.body.violations[0].expected).toContain('Văn phòng')
  })

  test('needs an operator', async () => {
    const body = { name: 'X', codes: [{ code: newCode() }] }

    expect((await registry.call('POST', path, { body, as: 'nobody' })).body).toMatchObject({
      status: 401,
      code: 'operator_unauthenticated',
    })
    expect((await registry.call('POST', path, { body, as: { bearer: 'wrong' } })).status).toBe(401)
    expect((await registry.call('POST', path, { body, as: { basic } })).status).toBe(401)
  })
})

describe('changing an agency', () => {
  test('gives it a whole new state, found by any of its codes', async () => {
    const [code, other] = [newCode(), newCode()]
    const { body: made } = await agency(code, { contacts: [{ name: 'A' }], parent: '000.00.01.H35' })

    const { status, body } = await registry.call('PUT', `${path}/${code}`, {
      body: { name: 'Tên mới', codes: [{ code: other }], connected: false, contacts: [{ name: 'B' }] },
    })

    expect(status).toBe(200)
    expect(body).toMatchObject({
      agencyId: made.agencyId,
      name: 'Tên mới',
      connected: false,
      contacts: [{ name: 'B' }],
    })
    expect(body.parent).toBeUndefined()
    expect(body.codes.map((one: { code: string }) => one.code)).toEqual([other])
    expect((await registry.call('GET', `${path}/${code}`)).status).toBe(404)
    expect((await agency(code)).status).toBe(201)
  })

  test('keeps its own codes without quarrel', async () => {
    const code = newCode()
    await agency(code)

    const body = { name: 'Cùng mã', codes: [{ code }] }
    expect((await registry.call('PUT', `${path}/${code}`, { body })).status).toBe(200)
  })

  test('refuses a circle of parents, and itself as receiver or successor', async () => {
    const [upper, lower] = [newCode(), newCode()]
    await agency(upper)
    await agency(lower, { parent: upper })
    const put = async (more: object) =>
      (await registry.call('PUT', `${path}/${upper}`, { body: { name: 'X', codes: [{ code: upper }], ...more } })).body

    expect(await put({ parent: lower })).toMatchObject({ status: 422, code: 'agency_parent_circle' })
    expect(await put({ parent: upper })).toMatchObject({ status: 422, code: 'agency_parent_circle' })
    expect(await put({ receiver: upper })).toMatchObject({ status: 422, code: 'agency_receiver_is_itself' })
    expect(await put({ closedAt: '2025-07-01T00:00:00Z', successors: [upper] })).toMatchObject({
      status: 422,
      code: 'agency_successor_is_itself',
    })
  })

  test('of nobody is refused', async () => {
    const body = { name: 'X', codes: [{ code: newCode() }] }

    expect((await registry.call('PUT', `${path}/${uuidv7()}`, { body })).body).toMatchObject({
      status: 404,
      code: 'agency_not_found',
    })
  })

  test('leaves everything as it was when it is refused', async () => {
    const code = newCode()
    const { body: made } = await agency(code, { contacts: [{ name: 'A' }] })

    const body = { name: 'Mới', codes: [{ code }, { code: '000.00.01.H35' }] }
    expect((await registry.call('PUT', `${path}/${code}`, { body })).status).toBe(409)

    expect((await registry.call('GET', `${path}/${code}`)).body).toEqual(made)
  })
})

describe('the directory of systems', () => {
  test('finds an agency by any code and tells whether documents reach it', async () => {
    const { body } = await registry.call('GET', '/api/v1/agencies/000.00.01.h35', { as: { basic } })

    expect(body).toMatchObject({ name: 'Sở Nội vụ', connected: true, successors: [] })
    expect(body.contacts).toBeUndefined()
  })

  test.each([
    ['nobody receives for it', {}, 'no_system'],
    ['it does not take part', { connected: false, receiver: '000.00.01.H35' }, 'not_connected'],
    ['it is closed', { closedAt: '2025-07-01T00:00:00+07:00', successors: ['000.00.01.H35'] }, 'closed'],
  ])('tells that documents do not reach an agency when %s', async (_name, more, reason) => {
    const code = newCode()
    await agency(code, more)

    const { body } = await registry.call('GET', `/api/v1/agencies/${code}`, { as: { basic } })

    expect(body).toMatchObject({ connected: false, notConnectedReason: reason })
  })

  test('shows the successor of a closed agency', async () => {
    const code = newCode()
    await agency(code, { closedAt: '2025-07-01T00:00:00+07:00', successors: ['000.00.01.H35'] })

    const { body } = await registry.call('GET', `/api/v1/agencies/${code}`, { as: { basic } })

    expect(body.successors).toMatchObject([{ code: '000.00.01.H35', name: 'Sở Nội vụ' }])
    expect(body.closedAt).toBe('2025-07-01T00:00:00.000+07:00')
  })

  test('counts an agency as reached through its named receiver', async () => {
    const code = newCode()
    await agency(code, { receiver: '000.00.01.H35' })

    const { body } = await registry.call('GET', `/api/v1/agencies/${code}`, { as: { basic } })

    expect(body.connected).toBe(true)
  })

  test('resolves many codes in the order asked, with suggestions for the unknown', async () => {
    const codes = ['000.00.01.H36', 'H35.90', 'nowhere.at.all.to.be.found']

    const { body } = await registry.call('POST', '/api/v1/agencies/resolve', { body: { codes }, as: { basic } })

    expect(body.items.map((item: { code: string }) => item.code)).toEqual(codes)
    expect(body.items[0]).toMatchObject({ agency: null })
    expect(body.items[0].suggestions).toContainEqual({ code: '000.00.01.H35', name: 'Sở Nội vụ' })
    expect(body.items[1]).toMatchObject({ agency: { name: 'Sở Thử nghiệm' }, suggestions: [] })
    expect(body.items[2]).toEqual({ code: codes[2], agency: null, suggestions: [] })
  })

  test('finds names without their marks', async () => {
    const { body } = await registry.call('GET', '/api/v1/agencies?q=so%20noi%20vu', { as: { basic } })

    expect(body.items.map((item: { name: string }) => item.name)).toEqual(['Sở Nội vụ'])
  })

  test('is handed out page by page, each agency once, and goes on from the newest change', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const page = await registry.call('GET', `/api/v1/agencies?limit=3${cursor}`, { as: { basic } })
      seen.push(...page.body.items.map((item: { agencyId: string }) => item.agencyId))
      cursor = page.body.nextCursor === undefined ? '' : `&cursor=${page.body.nextCursor}`
    } while (cursor !== '')
    const all = await registry.call('GET', '/api/v1/agencies?limit=500', { as: { basic } })
    expect(seen).toEqual(all.body.items.map((item: { agencyId: string }) => item.agencyId))
    expect(new Set(seen).size).toBe(seen.length)

    const { updatedAt } = all.body.items.at(-1)
    const { body: added } = await agency(newCode())
    const since = await registry.call('GET', `/api/v1/agencies?updatedSince=${encodeURIComponent(updatedAt)}`, {
      as: { basic },
    })

    expect(since.body.items.at(-1).agencyId).toBe(added.agencyId)
    expect(since.body.items.length).toBeLessThan(all.body.items.length)
  })

  test('shows an agency as changed when a system begins to receive for it', async () => {
    const code = newCode()
    const { body: made } = await agency(code)

    await registry.call('POST', '/api/v1/admin/systems', {
      body: { systemId: 'SYS-NEW', name: 'N', agencies: [code], channel: 'mailbox' },
    })

    const { body } = await registry.call('GET', `/api/v1/agencies/${code}`, { as: { basic } })
    expect(body.connected).toBe(true)
    expect(body.updatedAt > made.updatedAt).toBe(true)
  })

  test.each([
    ['a cursor of somebody else', 'cursor=abc', 'bad_cursor'],
    ['a moment that is none', 'updatedSince=yesterday', 'instant_unknown'],
    ['a page without end', 'limit=100000', 'schema_violation'],
    ['a scheme nobody has', 'scheme=iso', 'schema_violation'],
  ])('refuses %s', async (_name, query, code) => {
    const { body } = await registry.call('GET', `/api/v1/agencies?${query}`, { as: { basic } })

    expect(body).toMatchObject({ status: 422, code })
  })

  test('is for systems that are known', async () => {
    expect((await registry.call('GET', '/api/v1/agencies', { as: 'nobody' })).status).toBe(401)
    expect((await registry.call('GET', '/api/v1/agencies/H35', { as: 'operator' })).status).toBe(401)
  })
})
