// Documents and their history as files for the archive: what is in them, going on after a cut, and being checked.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import addFormatsModule from 'ajv-formats'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/platform/ids.ts'
import { docIdOf } from '../../src/retention/archive-document.ts'
import { exportArchive, verifyArchive } from '../../src/retention/archive-export.ts'
import { tram } from '../cli/run-tram.ts'
import { type Desk, dayMs, openDesk } from './desk.ts'

let desk: Desk
let ids: string[]
const span = { since: new Date(Date.now() - 900 * dayMs), until: new Date(Date.now() - 10 * dayMs) }
beforeAll(async () => {
  desk = await openDesk()
  ids = []
  for (let i = 0; i < 5; i++) ids.push(await desk.put({ daysAgo: 800 - i, states: ['delivered', 'refused'] }))
  await desk.put({ daysAgo: 1 })
  await desk.put({ daysAgo: 901 })
  await describeFirst()
  // The oldest have moved out, and are exported like the others.
  await desk.call('POST', '/api/v1/admin/retention/run', { dryRun: false })
})
afterAll(() => desk.close())

const run = (folder: string, more: object = {}) =>
  exportArchive({
    ...{ db: desk.db, folder: join(desk.folder, folder), batchSize: 2, ...span },
    archiveCodeOf: (name) => (name === 'Quyết định' ? '02' : undefined),
    ...more,
  })
const read = (...path: string[]) => JSON.parse(readFileSync(join(desk.folder, ...path), 'utf8'))

describe('an export', () => {
  it('holds every document of the span once, each with a checksum', async () => {
    const done = await run('all')

    expect(done).toEqual({ batches: 3, documents: 5, resumed: 0 })
    const batches = ['batch-000001', 'batch-000002', 'batch-000003'].map((batch) => read('all', batch, 'manifest.json'))
    expect(batches.flatMap(({ files }) => files.map((file: { path: string }) => file.path))).toEqual(
      ids.map((id) => `${docIdOf(id)}.json`),
    )
    expect(await verifyArchive(join(desk.folder, 'all'))).toEqual({
      batches: 3,
      documents: 5,
      complete: true,
      faults: [],
    })
  })

  it('says what the axis knows in the fields of the circular, with the history', async () => {
    await run('fields')
    const document = read('fields', 'batch-000001', `${docIdOf(ids[0] ?? '')}.json`)

    expect(document.metadata).toMatchObject({
      ...{ typeName: '02', codeNumber: '743', codeNotation: 'QĐ-UBND', issuedDate: '05/09/2024' },
      ...{ organName: 'UBND tỉnh Lai Châu', subject: 'V/v kiện toàn', process: '1', docCode: '', maintenance: '' },
    })
    expect(document.history.map(({ what }: { what: string }) => what)).toEqual(
      expect.arrayContaining(['package.accepted', 'delivery.attempt', 'status.reported', 'delivery.state']),
    )
    const times = document.history.map(({ at }: { at: string }) => Date.parse(at))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(fitsSchema(document)).toBe(true)
  })

  it('goes on behind the last complete batch', async () => {
    await run('cut')
    rmSync(join(desk.folder, 'cut', 'batch-000002', 'manifest.json'))
    rmSync(join(desk.folder, 'cut', 'batch-000003'), { recursive: true })
    writeFileSync(join(desk.folder, 'cut', 'batch-000002', 'half.json.part'), '{')
    expect(await verifyArchive(join(desk.folder, 'cut'))).toMatchObject({ complete: false })

    const done = await run('cut')

    expect(done).toEqual({ batches: 3, documents: 5, resumed: 1 })
    expect(await verifyArchive(join(desk.folder, 'cut'))).toMatchObject({ documents: 5, complete: true, faults: [] })
    expect(await run('cut')).toEqual({ batches: 3, documents: 5, resumed: 3 })
  })

  it('is not mixed with another span of time', async () => {
    await run('span')

    await expect(run('span', { until: new Date() })).rejects.toThrow('–')
  })
})

it('a changed, a lost and a slipped-in file are named', async () => {
  await run('faults')
  const folder = join(desk.folder, 'faults', 'batch-000001')
  const [first = '', second = ''] = readdirSync(folder).filter((name) => name !== 'manifest.json')
  writeFileSync(join(folder, first), `${readFileSync(join(folder, first), 'utf8')} `)
  rmSync(join(folder, second))
  writeFileSync(join(folder, 'more.json'), '{}')

  const { faults } = await verifyArchive(join(desk.folder, 'faults'))

  expect(faults).toEqual([
    { path: `batch-000001/${first}`, fault: 'changed' },
    { path: `batch-000001/${second}`, fault: 'missing' },
    { path: 'batch-000001/more.json', fault: 'unknown' },
  ])
})

it('the command exports days of Vietnam and verifies the folder', async () => {
  const env = { DATABASE_URL: desk.url, MASTER_KEY: '00'.repeat(32), AXIS_CODE: '000.00.00.H35' }
  const to = join(desk.folder, 'command')
  const days = ['--since', span.since.toISOString().slice(0, 10), '--until', span.until.toISOString().slice(0, 10)]

  const exported = await tram(['archive', 'export', ...days, '--to', to, '--json'], env)
  const verified = await tram(['archive', 'verify', to], env)
  const otherSpan = await tram(['archive', 'export', '--since', '2020-01-01', '--until', '2020-02-01', '--to', to], env)
  const noDay = await tram(['archive', 'export', '--since', '2026-02-30x', '--until', '2027-01-01', '--to', to], env)
  const nothing = await tram(['archive', 'verify', desk.folder], env)

  expect(JSON.parse(exported.out).documents).toBeGreaterThanOrEqual(5)
  expect([exported.code, verified.code, noDay.code]).toEqual([0, 0, 2])
  expect([otherSpan.code === 0, nothing.code === 0]).toEqual([false, false])
})

it('docId fits the 25 characters of the circular, and no two packages share one', () => {
  const made = [...Array(1_000)].map(() => docIdOf(uuidv7()))

  expect(new Set(made).size).toBe(1_000)
  expect(made.every((id) => /^[0-9A-Z]{25}$/.test(id))).toBe(true)
  expect(docIdOf('ffffffff-ffff-ffff-ffff-ffffffffffff')).toHaveLength(25)
})

/** A decision with all that may be said of one, and something that happened in each of the ways. */
async function describeFirst(): Promise<void> {
  const [id = ''] = ids
  const document = {
    ...{ type: 'edoc', kind: 'new', subject: 'V/v kiện toàn', codeNumber: '743', codeNotation: 'QĐ-UBND' },
    ...{ promulgationDate: '2024-09-05', documentType: { typeName: 'Quyết định' } },
    from: { organId: 'H35.12', organName: 'UBND tỉnh Lai Châu' },
    attachments: [{ contentId: 'a', name: 'qd.pdf', sha256: 'ab', size: 5, mediaType: 'application/pdf' }],
  }
  const [delivery] = await desk.deliveriesOf(id)
  await sql`update packages set document = ${JSON.stringify(document)} where package_id = ${id}`.execute(desk.db)
  await sql`create table events_old partition of events for values from ('2020-01-01') to ('2026-01-01')`.execute(
    desk.db,
  )
  await sql`create table attempts_old partition of attempts for values from ('2020-01-01') to ('2026-01-01')`.execute(
    desk.db,
  )
  await sql`insert into events (event_id, at, type, package_id)
    select gen_random_uuid(), accepted_at, 'package.accepted', package_id from packages where package_id = ${id}`.execute(
    desk.db,
  )
  await sql`insert into attempts (delivery_id, attempt, started_at, finished_at, system_id, outcome)
    select delivery_id, 1, created_at, created_at + interval '1 second', system_id, 'delivered' from deliveries
    where delivery_id = ${delivery}`.execute(desk.db)
  await sql`insert into feedback (package_id, about_package_id, about_delivery_id, from_agency_id, code, code_text, effect, received_at)
    select ${ids[1]}, p.package_id, ${delivery}, p.from_agency_id, '03', 'Đã tiếp nhận', 'moved', p.accepted_at + interval '1 hour'
    from packages p where p.package_id = ${id}`.execute(desk.db)
}

function fitsSchema(document: unknown): boolean {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/json/archive-document.json'), 'utf8'))
  const ajv = new Ajv({ strict: false })
  addFormatsModule.default(ajv)
  return ajv.validate(schema, document)
}
