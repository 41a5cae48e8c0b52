// Asked for again after it was declined: the same words are another question, and the same answer another answer. And
// one answer answers one update.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statusXml } from '../support/edxml-fixtures.ts'
import {
  businessOf,
  codes,
  documentTo,
  expectStatus,
  fromElement,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province?.close())

/** As vendors write them: at midnight, so that every one of a day is the same. */
function statusOf(code: string, from: string, to: string, documentId: string): string {
  return statusXml({
    from: fromElement(from),
    responseFor: `<e:ResponseFor><e:OrganId>${to}</e:OrganId><e:DocumentId>${documentId}</e:DocumentId></e:ResponseFor>`,
    code: `<e:StatusCode>${code}</e:StatusCode>`,
    rest: '<e:Description>vì sao</e:Description><e:Timestamp>2026/11/20 00:00:00</e:Timestamp>',
  })
}

const say = (basic: string, body: string) =>
  province.call('POST', '/api/v1/status', { basic, body, type: 'application/edxml+xml' })

async function taken() {
  const made = documentTo([codes.stc])
  const { body } = await province.submit(province.snv.basic, made.xml)
  const [{ deliveryId }] = body.deliveries
  expectStatus(
    await province.call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic: province.shared.basic }),
    200,
  )
  return { documentId: made.documentId, packageId: body.packageId as string, deliveryId: deliveryId as string }
}

async function requests(packageId: string) {
  const { body } = await province.call('GET', `/api/v1/packages/${packageId}`, { basic: province.snv.basic })
  return body.deliveries[0].requests.map((r: { outcome: string }) => r.outcome)
}

describe('a recall that was declined', () => {
  test('is asked for again by the very same status 13, and declined again by the very same 16', async () => {
    const { documentId, packageId } = await taken()
    const ask = () => say(province.snv.basic, statusOf('13', codes.snv, codes.stc, documentId))
    const decline = () => say(province.shared.basic, statusOf('16', codes.stc, codes.snv, documentId))

    expect([(await ask()).status, (await ask()).status]).toEqual([202, 200])
    expect([(await decline()).status, (await decline()).status]).toEqual([202, 200])
    expect(await requests(packageId)).toEqual(['declined'])

    expect([(await ask()).status, (await ask()).status]).toEqual([202, 200])
    expect(await requests(packageId)).toEqual(['declined', 'requested'])
    expect([(await decline()).status, (await decline()).status]).toEqual([202, 200])
    expect(await requests(packageId)).toEqual(['declined', 'declined'])
  })

  test('is asked for again by one call in the same second', async () => {
    const { documentId, packageId } = await taken()
    const recall = async () =>
      await province.call('POST', `/api/v1/packages/${packageId}/recall`, {
        basic: province.snv.basic,
        body: { reason: 'Gửi nhầm' },
      })

    await recall()
    expectStatus(await say(province.shared.basic, statusOf('16', codes.stc, codes.snv, documentId)), 202)
    const again = await recall()

    expect(again.body.requested).toHaveLength(1)
    expect(await requests(packageId)).toEqual(['declined', 'requested'])
  })
})

test('an answer that names one of two updates leaves the other open', async () => {
  const { documentId, packageId, deliveryId } = await taken()
  const updates = [1, 2].map((n) =>
    documentTo([codes.stc], { id: `${documentId}-cn${n}`, traces: businessOf(2, documentId) }),
  )
  for (const update of updates) expectStatus(await province.submit(province.snv.basic, update.xml), 202)
  const [first, second] = updates

  const answered = await say(province.shared.basic, statusOf('15', codes.stc, codes.snv, second?.documentId ?? ''))
  expectStatus(answered, 202)
  expect(await requests(packageId)).toEqual(['requested', 'agreed'])
  const declined = await say(province.shared.basic, statusOf('16', codes.stc, codes.snv, first?.documentId ?? ''))

  expect(declined.body.effect).toBe('moved')
  expect(await requests(packageId)).toEqual(['declined', 'agreed'])
  const row = await province.db
    .selectFrom('deliveries')
    .select('update_requested')
    .where('delivery_id', '=', deliveryId)
    .executeTakeFirstOrThrow()
  expect(row.update_requested).toBe(false)
})
