// Whether a number was used before (NĐ 30/2020 Đ.15.1, Phụ lục VI 1.h): agency, year, number with notation, and kind.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { type NumberQuestion, sameNumber } from '../../src/rules/same-number.ts'
import { freshDatabase } from '../support/services.ts'

let db: Database
let close: () => Promise<void>
const [agencyId, otherAgencyId] = [uuidv7(), uuidv7()]
beforeAll(async () => {
  const fresh = await freshDatabase()
  const open = openDatabase({ url: fresh.url, connectionsMax: 2, onIdleError: () => undefined })
  db = open.db
  close = async () => {
    await open.close()
    await fresh.drop()
  }
  const agencies = [agencyId, otherAgencyId].map((agency_id) => ({ agency_id, name: 'Sở' }))
  await db.insertInto('agencies').values(agencies).execute()
  const system = { system_id: 'SYS-A', name: 'QLVB', channel: 'mailbox', webhook_secret_cipher: Buffer.from('x') }
  await db.insertInto('systems').values(system).execute()
})
afterAll(async () => await close())
beforeEach(
  async () =>
    await db
      .deleteFrom('packages')
      .execute()
      .then(() => undefined),
)

interface Sent {
  readonly documentId?: string
  readonly code?: string
  readonly date?: string | null
  readonly kind?: string
  readonly typeName?: string | null
  readonly agency?: string
}

async function sent(facts: Sent = {}): Promise<string> {
  const { documentId = 'A-2026.1', code = '05/BC-SNV', date = '2026-03-01', kind = 'new', agency = agencyId } = facts
  const { typeName = 'Báo cáo' } = facts
  const packageId = uuidv7()
  const document = typeName === null ? {} : { documentType: { typeName } }
  await db
    .insertInto('packages')
    .values({
      ...{ package_id: packageId, type: kind === 'status' ? 'status' : 'edoc', kind, system_id: 'SYS-A', face: 'rest' },
      ...{ from_agency_id: agency, from_code: 'H35.01', document_id: documentId, document_key: documentId },
      ...{ repeat_key: uuidv7(), code, priority: 0, promulgation_date: date, document: JSON.stringify(document) },
      ...{ content_hash: randomBytes(32), sha256: randomBytes(32), size: 1, receipt: 'x', accepted_at: new Date() },
    })
    .execute()
  return packageId
}

const ask = (more: Partial<NumberQuestion> = {}) =>
  sameNumber(db, {
    ...{ fromAgencyId: agencyId, code: '05/BC-SNV', year: 2026, documentKey: 'A-2026.2', typeName: 'Báo cáo' },
    ...more,
  })

describe('the same number', () => {
  test('is found with the document that has it and its date', async () => {
    const packageId = await sent()
    await sent({ documentId: 'A-2026.7' })

    expect(await ask()).toEqual({ packageId, documentId: 'A-2026.1', date: '2026-03-01' })
  })

  test.each([
    ['without its leading zero', { code: '5/BC-SNV' }, {}],
    ['with a leading zero', {}, { code: '5/BC-SNV' }],
    ['with accents apart', { code: '05/QĐ-SỞ'.normalize('NFD') }, { code: '05/QĐ-SỞ' }],
    ['on the first day of the year', { date: '2026-01-01' }, {}],
    ['on the last day of the year', { date: '2026-12-31' }, {}],
    ['of a kind in other letters', { typeName: 'BÁO CÁO' }, {}],
    ['of a kind with accents apart', { typeName: 'báo cáo'.normalize('NFD') }, {}],
    ['of a kind nobody named', { typeName: null }, {}],
    ['of a replacing document', { kind: 'replace' }, {}],
  ] as const)('is found %s', async (_, before, question) => {
    await sent(before)

    expect(await ask(question)).toMatchObject({ documentId: 'A-2026.1' })
  })

  test('is found when the new document names no kind', async () => {
    await sent()
    const question = { fromAgencyId: agencyId, code: '05/BC-SNV', year: 2026, documentKey: 'x' }

    expect(await sameNumber(db, question)).toMatchObject({ documentId: 'A-2026.1' })
  })

  test.each([
    ['the document itself', { documentId: 'A-2026.2' }, {}],
    ['the document that is replaced', {}, { replaces: ['A-2026.1'] }],
    ['another agency', { agency: otherAgencyId }, {}],
    ['another year', { date: '2025-12-31' }, {}],
    ['another notation', { code: '05/TB-SNV' }, {}],
    ['another number', { code: '50/BC-SNV' }, {}],
    ['another kind', { typeName: 'Thông báo' }, {}],
    ['a document without a date', { date: null }, {}],
    ['a recall', { kind: 'recall' }, {}],
    ['an update', { kind: 'update' }, {}],
    ['a status', { kind: 'status' }, {}],
  ] as const)('is not that of %s', async (_, before, question) => {
    await sent(before)

    expect(await ask(question)).toBe(undefined)
  })
})
