// Texts far longer than the standard says come from real senders: they are told, and the document goes its whole way.
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
  toElement,
} from '../support/gateway-under-test-province.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'

let province: Province
let subscriber: PushSubscriber
const pushed = 'H35.40'
beforeAll(async () => {
  subscriber = await startPushSubscriber()
  province = await startProvince()
  await province.register({
    agencies: [{ name: 'Sở Y tế', codes: [pushed] }],
    systems: [{ systemId: 'QLVB-SYT', agencies: [pushed], channel: 'push', pushUrl: subscriber.url }],
  })
})
afterAll(async () => {
  await province?.close()
  await subscriber?.close()
})

const long = (length: number) => 'ệ'.repeat(length)
const longest = {
  subject: 200_000 / 3,
  ...{ organName: 600, place: 300, fullName: 300, typeName: 600, notation: 300, number: 300, reason: 3000 },
}

test('a document whose texts are all too long is accepted with a finding for each, listed, tracked, pulled and pushed', async () => {
  const id = `${codes.snv},2026/11/20,${long(570)}`
  const subject = long(Math.floor(longest.subject))
  const { xml } = documentTo([codes.stc, pushed], {
    id,
    subject: `<e:Subject>${subject}</e:Subject>`,
    to: `<e:To><e:OrganId>${codes.stc}</e:OrganId><e:OrganName>${long(longest.organName)}</e:OrganName></e:To>${toElement(pushed)}`,
    more: `<e:Code><e:CodeNumber>${long(longest.number)}</e:CodeNumber><e:CodeNotation>${long(longest.notation)}</e:CodeNotation></e:Code>
<e:PromulgationInfo><e:Place>${long(longest.place)}</e:Place></e:PromulgationInfo>
<e:DocumentType><e:TypeName>${long(longest.typeName)}</e:TypeName></e:DocumentType>
<e:SignerInfo><e:FullName>${long(longest.fullName)}</e:FullName></e:SignerInfo>`,
    traces: `<e:TraceHeaderList><e:Bussiness><e:BussinessDocType>0</e:BussinessDocType><e:BussinessDocReason>${long(longest.reason)}</e:BussinessDocReason></e:Bussiness></e:TraceHeaderList>`,
  })

  const sent = await province.submit(province.snv.basic, xml)

  expectStatus(sent, 202)
  expectSchema('package-receipt', sent.body)
  const tooLong = sent.body.findings.filter((f: { code: string }) => f.code === 'field_too_long')
  expect(tooLong.map((f: { path: string }) => f.path.slice(f.path.lastIndexOf('/') + 1)).sort()).toEqual([
    ...['BussinessDocReason', 'CodeNotation', 'CodeNumber', 'DocumentId', 'FullName', 'OrganName', 'Place', 'Subject'],
    'TypeName',
  ])
  const [toStc] = sent.body.deliveries
  const mailbox = await province.call('GET', '/api/v1/mailbox', { basic: province.shared.basic })
  expect(mailbox.body.items).toMatchObject([
    { deliveryId: toStc.deliveryId, documentId: id, subject: subject.slice(0, 2_000) },
  ])
  const tracked = await province.call('GET', `/api/v1/packages/${sent.body.packageId}`, { basic: province.snv.basic })
  expect(tracked.body).toMatchObject({ documentId: id, subject })
  const listed = await province.call('GET', '/api/v1/packages', { basic: province.snv.basic })
  expect(listed.body.items).toMatchObject([{ packageId: sent.body.packageId }])
  const push = await subscriber.push(0)
  expect(push.headers['tram-document-id']).toBe(encodeURIComponent(id))
})

test('the longest id and number that are taken fit their indexes, of whatever characters they are', async () => {
  // Four bytes each, in an order that does not compress.
  const odd = (length: number, seed: number) =>
    Array.from({ length }, (_, n) =>
      String.fromCodePoint(0x20000 + ((n * 7919 + seed * n * n * 104_729) % 40_000)),
    ).join('')
  const more = `<e:Code><e:CodeNumber>${odd(300, 1)}</e:CodeNumber><e:CodeNotation>${odd(300, 2)}</e:CodeNotation></e:Code>`

  const sent = await province.submit(province.snv.basic, documentTo([codes.stc], { id: odd(600, 3), more }).xml)

  expectStatus(sent, 202)
})
