// Every event of a document names its parties, whichever part of the gateway writes it: the change feed finds it by them.
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Post, startPost } from '../mailbox/mailbox-cases.ts'

let post: Post
beforeAll(async () => {
  post = await startPost()
})
afterAll(() => post?.close())

it('of acceptance, delivery, feedback and recall', async () => {
  const asReceiver = { basic: post.receiver.basic }
  const [kept, taken, unseen] = [await post.send(), await post.send(), await post.send()]
  await post.call('POST', `/api/v1/mailbox/${kept.deliveryIds[0]}/refuse`, { ...asReceiver, body: { reason: 'Sai' } })
  await post.call('GET', `/api/v1/mailbox/${taken.deliveryIds[0]}/package`, asReceiver)
  await post.call('POST', `/api/v1/mailbox/${taken.deliveryIds[0]}/confirm`, asReceiver)
  const status = { deliveryId: taken.deliveryIds[0], code: '03', staff: { name: 'Lò Thị B' } }
  await post.call('POST', '/api/v1/status', { ...asReceiver, body: status })
  for (const { packageId } of [taken, unseen]) {
    const recall = { basic: post.sender.basic, body: { reason: 'Gửi nhầm' } }
    await post.call('POST', `/api/v1/packages/${packageId}/recall`, recall)
  }

  const { rows } = await sql<{ type: string; is_right: boolean }>`
    select e.type, e.position > 0 and e.sender_agency_id = p.from_agency_id
      and e.receiver_system_id is not distinct from d.system_id as is_right
    from events e join packages p using (package_id) left join deliveries d using (delivery_id)`.execute(post.db)

  expect(rows.filter((row) => !row.is_right)).toEqual([])
  expect(new Set(rows.map((row) => row.type))).toEqual(
    new Set([
      ...['package.accepted', 'delivery.refused', 'delivery.delivered', 'delivery.recalled'],
      ...['status.reported', 'recall.requested', 'recall.withdrawn'],
    ]),
  )
})
