// A department sends a document to the wrong people and takes it back: one office has it already, one never sees it, one
// is polling at that very moment. Then the right document takes its place.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Desk, deskIn, lists } from '../operations/desk.ts'
import { codes, expectStatus, type Province, startProvince } from '../support/gateway-under-test-province.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

const reader = () => ({ basic: province.shared.basic })

test('who has not looked never sees it, who has it is asked, and the right one follows', async () => {
  const wrong = await desk.send([codes.stc, codes.district, codes.alone])
  await desk.take(wrong.to(codes.district))

  const recall = await desk.recallByCall(wrong.packageId, { reason: 'Gửi nhầm nơi nhận' })

  expect(lists(recall)).toEqual({
    ...{ withdrawn: [codes.stc, codes.alone].sort(), requested: [codes.district], undeliverable: [] },
  })
  const polled = await province.call('GET', `/api/v1/mailbox?organId=${codes.stc}`, reader())
  expect(polled.body.items).toEqual([])
  expect(await desk.fetchBytes(wrong.to(codes.stc))).toMatchObject({ status: 410, body: { code: 'recalled' } })

  const right = await desk.replace([wrong], [codes.stc, codes.district])
  const [request] = (await desk.mailboxItems(wrong)).filter((item) => item.type === 'status')
  expectStatus(await desk.fetchBytes(request?.deliveryId ?? ''), 200)
  const agreed = await desk.status(province.shared, {
    deliveryId: request?.deliveryId,
    code: '15',
    description: 'Đã huỷ',
  })
  expect(agreed.body.effect).toBe('moved')
  for (const code of [codes.stc, codes.district]) await desk.take(right.to(code))

  const view = await desk.view(wrong.packageId)
  expect(view.state).toBe('recalled')
  expect(view.deliveries.map((d: { requests: { kind: string; outcome: string }[] }) => d.requests)).toMatchObject([
    [{ kind: 'recall', outcome: 'withdrawn', reason: 'Gửi nhầm nơi nhận' }],
    [
      { kind: 'recall', outcome: 'agreed', reason: 'Gửi nhầm nơi nhận' },
      // Who has given the document back need not say anything about what takes its place.
      { kind: 'replace', outcome: 'withdrawn' },
    ],
    [{ kind: 'recall', outcome: 'withdrawn' }],
  ])
  expect(await desk.view(right.packageId)).toMatchObject({ state: 'completed' })
  expect((await desk.view(right.packageId)).lineage).toMatchObject([
    { packageId: wrong.packageId, version: 1 },
    { packageId: right.packageId, version: 2, actsOn: [{ packageId: wrong.packageId, relation: 'replaces' }] },
  ])
})

test('a poll that is waiting while the document is sent and taken back comes back with nothing of it', async () => {
  const poll = province.call('GET', `/api/v1/mailbox?organId=${codes.ward}&wait=20`, reader())
  const gone = await desk.send([codes.ward, codes.alone])
  const answers = await Promise.all([desk.recallByCall(gone.packageId), desk.fetchBytes(gone.to(codes.ward))])
  const next = await desk.send([codes.ward])

  const polled = await poll
  const isServed = answers[1].status === 200

  // One of the two was first, and both say which.
  expect(lists(answers[0])).toMatchObject(
    isServed ? { requested: [codes.ward] } : { withdrawn: expect.arrayContaining([codes.ward]) },
  )
  expect((await desk.row(gone.to(codes.ward))).state).toBe(isServed ? 'available' : 'recalled')
  expect(polled.status).toBe(200)
  const left = await province.call('GET', `/api/v1/mailbox?organId=${codes.ward}`, reader())
  const ids = left.body.items.map((item: { deliveryId: string }) => item.deliveryId)
  expect(ids).toContain(next.to(codes.ward))
  expect(ids.includes(gone.to(codes.ward))).toBe(isServed)
})
