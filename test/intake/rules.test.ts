// The province's rules and deadlines at the door: what refuses, what is told, what a sender may answer for, and that a
// change of a rule is in force for the next package.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  businessOf,
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province?.close())

const submit = (xml: string, more = {}) => province.submit(province.snv.basic, xml, more)
const subject = (text: string) => ({ subject: `<e:Subject>${text}</e:Subject>` })
const codesOf = (findings: readonly { code: string }[]) => findings.map((f) => f.code)

describe('a formal secrecy mark', () => {
  test('is refused with its place and not a word of what it stands on', async () => {
    const made = documentTo([codes.stc], subject('MẬT - Phương án bảo vệ kho số 7'))

    const answer = await submit(made.xml)

    expectStatus(answer, 422)
    expectSchema('problem', answer.body)
    expect(answer.body.code).toBe('secret_not_allowed')
    expect(answer.body.violations).toMatchObject([
      { path: 'edXMLHeader/MessageHeader/Subject', line: expect.any(Number), column: expect.any(Number) },
    ])
    expect(answer.bytes.toString('utf8')).not.toContain('kho số 7')
    const { body } = await province.call('GET', `/api/v1/refusals?ref=${answer.body.ref}`, {
      basic: province.snv.basic,
    })
    expect(body.items).toMatchObject([{ ref: answer.body.ref, problemCode: 'secret_not_allowed' }])
    expect(JSON.stringify(body)).not.toContain('kho số 7')
    expect(JSON.stringify(body)).not.toContain(made.documentId)
  })

  test('passes when the sender answers for it, and the declaration is on record', async () => {
    const made = documentTo([codes.stc], subject('MẬT - Tên một giống ong'))

    const answer = await submit(made.xml, { headers: { 'tram-declaration': 'not-secret' } })

    expectStatus(answer, 202)
    expectSchema('package-receipt', answer.body)
    expect(answer.body.findings).toMatchObject([{ code: 'secret_not_allowed', declared: 'not-secret' }])
    const audited = await province.db
      .selectFrom('audit')
      .selectAll()
      .where('object', '=', `package:${answer.body.packageId}`)
      .executeTakeFirstOrThrow()
    expect(audited).toMatchObject({ actor: 'QLVB-SNV', action: 'package.declared_not_secret' })
    const row = await province.db
      .selectFrom('packages')
      .select('declaration')
      .where('package_id', '=', answer.body.packageId)
      .executeTakeFirstOrThrow()
    expect(row.declaration).toBe('not-secret')
  })

  test('keeps no recall from going out', async () => {
    const document = documentTo([codes.stc])
    await submit(document.xml)
    const recall = documentTo([codes.stc], {
      ...subject('MẬT - Phương án bảo vệ kho số 7'),
      traces: businessOf(1, document.documentId),
    })

    const answer = await submit(recall.xml)

    expectStatus(answer, 202)
    expect(answer.body.withdrawn).toHaveLength(1)
    expect(codesOf(answer.body.findings)).toContain('secret_not_allowed')
  })

  test('is declared by no other word', async () => {
    const answer = await submit(documentTo([codes.stc]).xml, { headers: { 'tram-declaration': 'trust-me' } })

    expectStatus(answer, 400)
  })
})

test('an executable is refused, and the same file as a finding when the province says so', async () => {
  const file = {
    id: 'x',
    name: 'cai-dat.exe',
    type: 'application/octet-stream',
    content: Buffer.from('MZ\x90\x00').toString('base64'),
  }
  const refused = await submit(documentTo([codes.stc], { files: [file] }).xml)
  expectStatus(refused, 422)
  expect(refused.body.violations).toMatchObject([{ rule: 'attachment_executable', found: 'cai-dat.exe' }])

  const changed = await province.call('PUT', '/api/v1/admin/rules/attachment_executable', {
    body: { mode: 'warn', reason: 'Thử nghiệm một ngày' },
    token: province.adminToken,
  })
  expectStatus(changed, 200)
  const accepted = await submit(documentTo([codes.stc], { files: [file] }).xml)

  expectStatus(accepted, 202)
  expect(codesOf(accepted.body.findings)).toContain('attachment_executable')
})

test('both sides read the same findings', async () => {
  const made = documentTo([codes.stc], { more: '' })
  const { body: receipt } = await submit(made.xml)

  const sender = await province.call('GET', `/api/v1/packages/${receipt.packageId}`, { basic: province.snv.basic })
  const [delivery] = receipt.deliveries
  const receiver = await province.call('GET', `/api/v1/mailbox/${delivery.deliveryId}`, {
    basic: province.shared.basic,
  })

  expect(codesOf(receipt.findings)).toContain('required_field')
  expect(codesOf(sender.body.findings)).toEqual(codesOf(receipt.findings))
  expect(codesOf(receiver.body.findings)).toEqual(codesOf(receipt.findings))
})

test('a document that was accepted once is not refused when it comes again under a stricter rule', async () => {
  const made = documentTo([codes.stc], { more: '' })
  const first = await submit(made.xml)
  expectStatus(first, 202)
  const strict = await province.call('PUT', '/api/v1/admin/rules/required_field', {
    token: province.adminToken,
    body: { mode: 'refuse', reason: 'Bắt buộc đủ trường' },
  })
  expectStatus(strict, 200)

  const again = await submit(made.xml)
  const other = await submit(documentTo([codes.stc], { more: '' }).xml)

  expect(again).toMatchObject({ status: 200, body: { packageId: first.body.packageId } })
  expect(other).toMatchObject({ status: 422, body: { code: 'required_field' } })
  await province.call('DELETE', '/api/v1/admin/rules/required_field?reason=h%E1%BA%BFt', { token: province.adminToken })
})

test('the deadlines are stored with the calendar they were worked out by, and lateness is told', async () => {
  const more = '<e:PromulgationInfo><e:PromulgationDate>2026/02/13</e:PromulgationDate></e:PromulgationInfo>'
  const { body } = await submit(documentTo([codes.stc], { more }).xml)

  const row = await province.db
    .selectFrom('packages')
    .select(['dispatch_due_at', 'is_late', 'receipt_due_at', 'calendar_version'])
    .where('package_id', '=', body.packageId)
    .executeTakeFirstOrThrow()
  // Signed on the Friday before Tết 2026 (rules.md §5.2).
  expect(row).toMatchObject({ dispatch_due_at: new Date('2026-02-23T12:00:00+07:00'), is_late: true })
  expect(row.receipt_due_at).not.toBeNull()
  expect(row.calendar_version).toBeGreaterThan(0)
  expect(codesOf(body.findings).filter((code) => code.startsWith('dispatch_late'))).toHaveLength(1)
})

test('the deadline of an urgent document is stored and shown beside the others', async () => {
  const more = `<e:PromulgationInfo><e:PromulgationDate>2026/11/20</e:PromulgationDate></e:PromulgationInfo>
<e:OtherInfo><e:Priority>3</e:Priority></e:OtherInfo>`
  const { body } = await submit(documentTo([codes.stc], { more }).xml)

  const view = await province.call('GET', `/api/v1/packages/${body.packageId}`, { basic: province.snv.basic })

  expectSchema('package-view', view.body)
  expect(view.body.deadlines).toMatchObject({
    dispatchDueAt: expect.stringMatching(/T12:00:00\.000\+07:00$/),
    urgentDueAt: expect.stringMatching(/\+07:00$/),
    receiptDueAt: expect.stringMatching(/\+07:00$/),
    calendarVersion: expect.any(Number),
  })
})

test('a package to more agencies than the axis takes is refused before any is addressed', async () => {
  const many = Array.from({ length: 5_001 }, (_, n) => `H35.9.${n}`)

  const answer = await submit(documentTo(many).xml)

  expect(answer).toMatchObject({ status: 413, body: { code: 'recipients_too_many' } })
})
