// Settling what waits in a mailbox, from several threads at once: everybody hears what became of it, and it became one
// thing. And what looks like fetching or refusing but is not leaves no trace.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type Post, startPost } from './mailbox-cases.ts'

let post: Post
beforeAll(async () => {
  post = await startPost()
})
afterAll(() => post?.close())

const asReceiver = (more: object = {}) => ({ basic: post.receiver.basic, ...more })
const confirm = (id: string) => post.call('POST', `/api/v1/mailbox/${id}/confirm`, asReceiver())
const confirmMany = (deliveryIds: readonly string[]) =>
  post.call('POST', '/api/v1/mailbox/confirm', asReceiver({ body: { deliveryIds } }))
const refuse = (id: string, reason: string) =>
  post.call('POST', `/api/v1/mailbox/${id}/refuse`, asReceiver({ body: { reason } }))
const sendOne = async () => {
  const sent = await post.send()
  return { deliveryId: sent.deliveryIds[0] ?? '', packageId: sent.packageId, bytes: sent.bytes }
}
const sendMany = async (count: number) =>
  (await Promise.all(Array.from({ length: count }, sendOne))).map((sent) => sent.deliveryId)
const rowOf = (id: string) =>
  post.db.selectFrom('deliveries').selectAll().where('delivery_id', '=', id).executeTakeFirstOrThrow()

function expectAll(answers: readonly Answer[], status: number): void {
  const others = answers.filter((answer) => answer.status !== status)
  expect(others.map(({ status, body }) => ({ status, body }))).toEqual([])
}

/** How often each delivery is told of in the timeline, by type. */
async function told(deliveryIds: readonly string[], type: string): Promise<Map<string, unknown[]>> {
  const rows = await post.db
    .selectFrom('events')
    .select(['delivery_id', 'data'])
    .where('type', '=', type)
    .where('delivery_id', 'in', [...deliveryIds])
    .execute()
  const by = new Map<string, unknown[]>()
  for (const row of rows) by.set(row.delivery_id ?? '', [...(by.get(row.delivery_id ?? '') ?? []), row.data])
  return by
}

describe('confirming at the same moment', () => {
  it('is answered alike to all six who confirm each of forty deliveries', async () => {
    const ids = await sendMany(40)

    const answers = await Promise.all(Array.from({ length: 6 }, () => ids.map(confirm)).flat())

    expectAll(answers, 200)
    for (const [n, id] of ids.entries()) {
      const own = answers.filter((_, i) => i % ids.length === n).map((answer) => answer.body)
      expect(own[0]).toMatchObject({ deliveryId: id, state: 'delivered', deliveredAt: expect.any(String) })
      for (const body of own) expect(body).toEqual(own[0])
    }
    expect([...(await told(ids, 'delivery.delivered')).values()].map((events) => events.length)).toEqual(
      ids.map(() => 1),
    )
  })

  it('says delivered in every row of every batch, whichever order they come in', async () => {
    const ids = await sendMany(40)

    const batches = Array.from({ length: 6 }, (_, i) => confirmMany(i % 2 ? ids.toReversed() : ids))
    const answers = await Promise.all([...batches, ...ids.slice(0, 20).map(confirm)])

    expectAll(answers, 200)
    for (const answer of answers.slice(0, 6)) {
      expectSchema('confirm-many-result', answer.body)
      expect(answer.body.results.filter((result: { state: string }) => result.state !== 'delivered')).toEqual([])
      expect(answer.body.results).toHaveLength(40)
    }
    expect((await told(ids, 'delivery.delivered')).size).toBe(40)
  })

  it('says delivered for what was confirmed before, in a batch with what was not', async () => {
    const ids = await sendMany(4)
    await confirmMany(ids.slice(0, 2))

    const answer = await confirmMany(ids)

    expect(answer).toMatchObject({
      status: 200,
      body: { results: ids.map((deliveryId) => ({ deliveryId, state: 'delivered' })) },
    })
  })
})

describe('confirming and refusing at the same moment', () => {
  it('ends delivered, because a confirm after a refusal is a late delivery, and both hear the truth', async () => {
    const ids = await sendMany(30)

    const pairs = await Promise.all(
      ids.map((id, i) =>
        Promise.all(i % 2 ? [confirm(id), refuse(id, 'Sai địa chỉ')] : [refuse(id, 'Sai địa chỉ'), confirm(id)]),
      ),
    )

    const late = await told(ids, 'delivery.delivered')
    const refusals = await told(ids, 'delivery.refused')
    for (const [i, id] of ids.entries()) {
      const [one, two] = pairs[i] ?? []
      const [confirmed, refused] = i % 2 ? [one, two] : [two, one]
      expect(confirmed).toMatchObject({ status: 200, body: { deliveryId: id, state: 'delivered' } })
      expect((await rowOf(id)).state).toBe('delivered')
      if (refused?.status === 200) {
        expect(refused.body).toMatchObject({ state: 'refused' })
        expect(refusals.get(id)).toEqual([{ reason: 'Sai địa chỉ' }])
        expect(late.get(id)).toEqual([{ lateAfter: 'refused' }])
      } else {
        expect(refused).toMatchObject({ status: 409, body: { code: 'delivery_not_in_mailbox' } })
        expect(refusals.get(id)).toBeUndefined()
        expect(late.get(id)).toEqual([{}])
      }
    }
  })

  it('ends refused once when only refusals come, and all hear so', async () => {
    const ids = await sendMany(10)

    const answers = await Promise.all(ids.flatMap((id) => [1, 2, 3].map((n) => refuse(id, `Lý do ${n}`))))

    expectAll(answers, 200)
    for (const id of ids) expect(await rowOf(id)).toMatchObject({ state: 'refused', delivered_at: null })
    expect([...(await told(ids, 'delivery.refused')).values()].map((events) => events.length)).toEqual(ids.map(() => 1))
  })
})

describe('a range that the package does not have', () => {
  it.each([
    ['the mailbox', (sent: { deliveryId: string }) => `/api/v1/mailbox/${sent.deliveryId}/package`],
    ['tracking', (sent: { packageId: string }) => `/api/v1/packages/${sent.packageId}/content`],
  ])('is refused by %s without making the delivery taken', async (_door, path) => {
    const sent = await sendOne()
    const { length } = sent.bytes

    for (const range of [
      `bytes=${length}-`,
      'bytes=99999999-',
      `bytes=${length}-${length + 9}`,
      'bytes=5-2',
      'bytes=-0',
    ]) {
      const answer = await post.call('GET', path(sent), asReceiver({ headers: { range } }))
      expect({ range, status: answer.status, code: answer.body?.code }).toEqual({
        ...{ range, status: 416, code: 'range_not_satisfiable' },
      })
      expectSchema('problem', answer.body)
    }

    const item = await post.call('GET', `/api/v1/mailbox/${sent.deliveryId}`, asReceiver())
    expect(item).toMatchObject({ status: 200, body: { fetchedAt: null, state: 'available' } })
    expect(await rowOf(sent.deliveryId)).toMatchObject({ taken_at: null, fetched_at: null, fetch_count: 0 })
  })

  it('is served once it exists, and then the delivery is taken', async () => {
    const sent = await sendOne()

    const answer = await post.call(
      'GET',
      `/api/v1/mailbox/${sent.deliveryId}/package`,
      asReceiver({ headers: { range: `bytes=${sent.bytes.length - 4}-` } }),
    )

    expect({ status: answer.status, text: answer.bytes.toString() }).toEqual({
      ...{ status: 206, text: sent.bytes.subarray(-4).toString() },
    })
    expect(await rowOf(sent.deliveryId)).toMatchObject({ taken_at: expect.any(Date), fetched_at: expect.any(Date) })
  })
})

describe('a refusal without a reason', () => {
  it.each([
    ['of blanks', '   '],
    ['of line ends', '\n\t\r\n'],
    ['of nothing', ''],
    ['of wide blanks', '\u00a0\u3000'],
  ])('%s is no refusal', async (_what, reason) => {
    const { deliveryId } = await sendOne()

    const answer = await refuse(deliveryId, reason)

    expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expectSchema('problem', answer.body)
    expect(await rowOf(deliveryId)).toMatchObject({ state: 'available', reason_text: null })
  })
})
