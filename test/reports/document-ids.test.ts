// The report on document ids (R43), from rows put straight into the tables.
import { randomBytes } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildDirectory, type Directory } from '../../src/domain/directory.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { documentIdFigures, seriesOf } from '../../src/reports/document-id-report.ts'
import { documentIdRoutes } from '../../src/reports/document-id-routes.ts'
import { agency, closed, code, directory } from '../domain/directory-fixture.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'

const [snv, old, other, split] = [1, 2, 3, 4].map((n) => `00000000-0000-4000-8000-00000000000${n}`) as [
  string,
  string,
  string,
  string,
]
const known = directory([
  agency(snv, ['000.00.12.H35', 'H35.12'], { name: 'Sở Nội vụ' }),
  agency(old, ['000.00.16.H35'], { name: 'Ban Dân tộc', ...closed([snv]) }),
  agency(other, ['H35.99']),
  agency(split, ['H35.77', 'SNV', code('H35.98', undefined, '2025-12-31')], { name: 'Chi cục' }),
])

let fresh: FreshDatabase
let database: OpenDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
  database = openDatabase({ url: fresh.url, connectionsMax: 4, onIdleError: () => undefined })
  await sql`insert into agencies (agency_id, name) select x::uuid, x from unnest(${[snv, old, other, split]}::text[]) x`.execute(
    database.db,
  )
  await sql`insert into systems (system_id, name, channel, webhook_secret_cipher) values ('S', 'S', 'mailbox', '\\x00')`.execute(
    database.db,
  )
})
afterAll(async () => {
  await database?.close()
  await fresh?.drop()
})
beforeEach(async () => {
  await sql`truncate packages cascade`.execute(database.db)
})

interface Sent {
  readonly id: string
  readonly from?: string
  readonly kind?: 'new' | 'recall' | 'update' | 'replace'
  readonly at?: string
  readonly times?: number
}

/** Documents as they were accepted; the same one several times is sent to further recipients. */
async function accepted(...sent: readonly Sent[]): Promise<void> {
  for (const { id, from = snv, kind = 'new', at = '2026-06-15T00:00:00Z', times = 1 } of sent) {
    let first: string | null = null
    for (let n = 0; n < times; n++) {
      const packageId = uuidv7(Date.parse(at))
      await sql`insert into packages (package_id, type, kind, system_id, face, from_agency_id, from_code, document_id,
          document_key, repeat_key, supplement_of, priority, document, content_hash, sha256, size, receipt, accepted_at)
        values (${packageId}, 'edoc', ${kind}, 'S', 'rest', ${from}, 'x', ${id}, ${id}, gen_random_uuid(), ${first}, 0,
          '{}', ${randomBytes(32)}, ${randomBytes(32)}, 1, 'jws', ${at})`.execute(database.db)
      first ??= packageId
    }
  }
}

const serial = (n: number | string, prefix = '000.00.12.H35-2026') => ({ id: `${prefix}.${n}` })

async function figures(year = 2026, agencyId = snv, among: Directory = known) {
  const agencyIds = [...among.standsFor(agencyId)]
  return await documentIdFigures(database.db, { agencyIds, series: seriesOf(agencyIds, among), year })
}

const own = async (year?: number) => (await figures(year)).series.find((one) => one.codes.includes('H35.12'))

describe('numbers of a year', () => {
  test('that nobody used are named as ranges, from 1 on', async () => {
    await accepted(...[3, 4, 7, 12].map((n) => serial(n)))

    expect(await own()).toEqual({
      ...{ codes: ['000.00.12.H35', 'H35.12'], name: 'Sở Nội vụ', count: 4, highest: 12 },
      missing: [
        { from: 1, to: 2 },
        { from: 5, to: 6 },
        { from: 8, to: 11 },
      ],
      ...{ missingCount: 8, repeated: [], repeatedCount: 0 },
    })
  })

  test('are counted on in any code of the agency; a number under two codes is used twice', async () => {
    await accepted(serial(1), serial(2, 'H35.12-2026'), serial(3), serial(3, 'H35.12-2026'))

    expect(await own()).toMatchObject({
      ...{ count: 3, highest: 3, missing: [], missingCount: 0, repeatedCount: 1 },
      repeated: [{ number: 3, documentIds: ['000.00.12.H35-2026.3', 'H35.12-2026.3'] }],
    })
    expect(await figures()).toMatchObject({ documents: 4, byForm: { qcvn102: 2, qd20: 2, other: 0, axis: 0, none: 0 } })
  })

  test('count once for a document that went to further recipients, and not at all for what acts on a document', async () => {
    await accepted(
      { ...serial(1), times: 3 },
      { ...serial(2), kind: 'replace' },
      { ...serial(3), kind: 'recall' },
      { ...serial(4), kind: 'update' },
    )

    expect(await own()).toMatchObject({ count: 2, highest: 2, missing: [], repeated: [] })
    expect((await figures()).documents).toBe(2)
  })

  test('of a predecessor are a series of its own', async () => {
    await accepted(serial(1), { id: '000.00.16.H35-2026.1', from: old }, { id: '000.00.16.H35-2026.3', from: snv })

    expect((await figures()).series).toMatchObject([
      { name: 'Sở Nội vụ', count: 1, highest: 1 },
      { name: 'Ban Dân tộc', codes: ['000.00.16.H35'], count: 2, highest: 3, missing: [{ from: 2, to: 2 }] },
    ])
  })

  test('go on in one series where a code was handed on to the successor', async () => {
    const handedOn = directory([
      agency(snv, ['H35.12', code('H35.16', '2026-07-01')], { name: 'Sở Nội vụ' }),
      agency(old, [code('H35.16', undefined, '2026-06-30')], { name: 'Ban Dân tộc', ...closed([snv]) }),
    ])
    await accepted({ id: 'H35.16-2026.1', from: old }, { id: 'H35.16-2026.2', from: snv })

    const { series } = await figures(2026, snv, handedOn)

    expect(series).toMatchObject([
      { codes: ['H35.12', 'H35.16'], name: 'Sở Nội vụ · Ban Dân tộc', count: 2, highest: 2 },
    ])
  })

  test('belong to the year they name, whenever they came', async () => {
    await accepted(
      { ...serial(5), at: '2027-01-03T00:00:00Z' },
      { ...serial(1, '000.00.12.H35-2025'), at: '2026-01-02T00:00:00Z' },
    )

    expect(await own(2026)).toMatchObject({ count: 1, highest: 5 })
    expect(await own(2025)).toMatchObject({ count: 1, highest: 1 })
    expect((await figures(2026)).otherYear).toBe(1)
    expect((await figures(2027)).otherYear).toBe(1)
  })

  test('begin and end with the year of Vietnam', async () => {
    await accepted(
      { id: 'first', at: '2025-12-31T17:00:00.000Z' },
      { id: 'before', at: '2025-12-31T16:59:59.999Z' },
      { id: 'last', at: '2026-12-31T16:59:59.999Z' },
      { id: 'after', at: '2026-12-31T17:00:00.000Z' },
    )

    expect((await figures()).unmatched).toEqual({ count: 2, documentIds: ['first', 'last'] })
  })

  test('are none where nothing was sent', async () => {
    expect(await figures()).toMatchObject({
      ...{ documents: 0, otherYear: 0, unmatched: { count: 0, documentIds: [] }, foreign: { count: 0 } },
      series: [{ count: 0, highest: 0, missing: [], missingCount: 0 }, { count: 0 }],
    })
  })
})

describe('an id', () => {
  test.each([
    ['of the axis’ own style', '000.00.12.H35,2026/02/30,7/SNV-VP', 'axis'],
    ['in QCVN 102', '000.00.12.H35-2026.7', 'qcvn102'],
    ['in QĐ 20', 'H35.12-2026.7', 'qd20'],
    ['with a leading zero', '000.00.12.H35-2026.07', 'none'],
    ['with an extra Y', '000.00.12.H35-2026.2.7', 'none'],
    ['with a number beyond reason', '000.00.12.H35-2026.1234567890', 'none'],
    ['of a random UUID', '0190c5a8-2a7b-7c3e-8f00-1a2b3c4d5e6f', 'none'],
  ])('%s has the form %s', async (_what, id, form) => {
    await accepted({ id })

    const { byForm, unmatched } = await figures()

    expect(byForm).toEqual({ qcvn102: 0, qd20: 0, other: 0, axis: 0, none: 0, [form]: 1 })
    expect(unmatched.documentIds).toEqual(form === 'none' ? [id] : [])
  })

  test('with an older code of the agency counts in its series', async () => {
    await accepted({ id: 'SNV-2026.2', from: split }, { id: 'ABC-2026.1', from: split })

    const { byForm, series, unmatched } = await figures(2026, split)

    expect({ byForm, unmatched }).toMatchObject({
      byForm: { other: 1, none: 1 },
      unmatched: { documentIds: ['ABC-2026.1'] },
    })
    expect(series).toMatchObject([{ highest: 2, missing: [{ from: 1, to: 1 }] }])
  })

  test('that begins with somebody else’s code is named, and counts in no series', async () => {
    await accepted({ id: 'H35.99-2026.1' }, { id: 'H35.99,2026/01/01,1/X' }, serial(1), {
      id: 'H35.12-2026.9',
      from: other,
    })

    const { foreign, series, documents } = await figures()

    expect(foreign).toEqual({ count: 2, documentIds: ['H35.99,2026/01/01,1/X', 'H35.99-2026.1'] })
    expect(series).toMatchObject([{ highest: 1 }, { highest: 0 }])
    expect(documents).toBe(3)
  })

  test('with characters that mean something to a database is a text like any other', async () => {
    await accepted({ id: "H35.12-2026.1'; drop table packages; --" }, { id: 'H35%12-2026.1' }, { id: 'H35_12-2026.2' })

    expect((await figures()).unmatched.count).toBe(3)
  })
})

describe('the answer', () => {
  test('shows a bounded part of what is long, and counts all of it', async () => {
    await sql`insert into packages (package_id, type, kind, system_id, face, from_agency_id, from_code, document_id,
        document_key, repeat_key, priority, document, content_hash, sha256, size, receipt, accepted_at)
      select (lpad(to_hex(${Date.parse('2026-06-15T00:00:00Z')}::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' ||
          substr(md5(n::text), 4, 15))::uuid, 'edoc', 'new', 'S', 'rest', ${snv}, 'x', id, id, gen_random_uuid(), 0, '{}',
        sha256(''), sha256(''), 1, 'jws', now()
      from (select n, 'H35.12-2026.' || n * 2 as id from generate_series(1, 3000) n
        union all select 100000 + n, 'x' || n from generate_series(1, 500) n) ids`.execute(database.db)

    const { series, unmatched } = await figures()

    expect(series[0]).toMatchObject({ count: 3000, highest: 6000, missingCount: 3000 })
    expect(series[0]?.missing).toHaveLength(1000)
    const about = { agency: { agencyId: snv, code: 'H35.12', name: 'x' }, year: 2026 }
    expectSchema('document-id-report', { ...about, ...(await figures()) })
    expect(unmatched).toMatchObject({ count: 500, documentIds: expect.objectContaining({ length: 200 }) })
  })
})

describe('over HTTP', () => {
  let app: FastifyInstance
  beforeAll(async () => {
    app = fastify()
    for (const name of [
      'document-id-query',
      'document-id-report',
      'agency-reference',
      'problem',
      'violation',
      'recipient-outcome',
    ])
      app.addSchema((await import(`../../schemas/json/${name}.json`, { with: { type: 'json' } })).default)
    app.setErrorHandler(async (error, _request, reply) => {
      if (error instanceof GatewayError) return await reply.code(404).send({ ...problem, code: error.code })
      return await reply.code(422).send({ ...problem, detail: String(error) })
    })
    const pass = async () => undefined
    documentIdRoutes({
      ...{ db: database.db, clock: { now: () => new Date('2026-11-20T00:00:00Z') } },
      directory: { current: async () => buildDirectory(1, [...known.agencies.values()], []) },
    })(app, { system: pass, operator: pass })
    await app.ready()
  })
  afterAll(async () => await app?.close())
  const problem = { type: 'about:blank', title: 'x', status: 404, code: 'x', ref: 'x', detail: 'x' }
  const ask = async (query: string) => await app.inject(`/api/v1/admin/reports/document-ids?${query}`)

  test('answers for an agency by any code, of any year', async () => {
    await accepted(serial(2))

    const answer = await ask('organId=h35.12&year=2026')

    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({
      ...{ agency: { agencyId: snv, code: 'H35.12', name: 'Sở Nội vụ' }, year: 2026, documents: 1 },
      series: [{ missing: [{ from: 1, to: 1 }] }, {}],
    })
  })

  test.each([
    ['organId=H35.404&year=2026', 404],
    ['organId=H35.12', 422],
    ['year=2026', 422],
    ['organId=H35.12&year=26', 422],
    ['organId=H35.12&year=abc', 422],
  ])('%s answers %i', async (query, status) => {
    expect((await ask(query)).statusCode).toBe(status)
  })
})
