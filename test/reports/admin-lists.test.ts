import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Post, type Sent, startPost } from '../mailbox/mailbox-cases.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'

let post: Post
let subscriber: PushSubscriber
let urgent: Sent
let ordinary: Sent
let held: Sent
let pushed: Sent
beforeAll(async () => {
  subscriber = await startPushSubscriber()
  subscriber.answer({ status: 500, body: 'lỗi' })
  post = await startPost()
  await post.register({
    agencies: [{ name: 'Sở Y tế', codes: ['H35.16'] }],
    systems: [{ systemId: 'QLVB-SYT', agencies: ['H35.16'], channel: 'push', pushUrl: subscriber.url }],
  })
  urgent = await post.send({ priority: 4 })
  ordinary = await post.send({ to_: ['H35.20'] })
  held = await post.send({ to_: ['H35.14', 'H99.9'] })
  pushed = await post.send({ to_: ['H35.16'] })
  await subscriber.push(0)
  await vi.waitFor(async () => expect((await deliveries('systemId=QLVB-SYT')).items[0].state).toBe('waiting'))
})
afterAll(async () => {
  await post?.close()
  await subscriber?.close()
})

async function deliveries(query = '') {
  const answer = await post.admin('GET', `deliveries?${query}`)
  expectSchema('admin-delivery-list', answer.body)
  return answer.body
}
const ids = (page: { items: { deliveryId: string }[] }) => page.items.map((item) => item.deliveryId)

describe('deliveries', () => {
  it('are newest first, page by page, without a gap', async () => {
    const all = ids(await deliveries())
    const seen: string[] = []
    for (let cursor = ''; ; ) {
      const page = await deliveries(`limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...ids(page))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }

    expect(all).toHaveLength(5)
    expect(seen).toEqual(all)
    expect(all).toEqual([...all].sort().reverse())
  })

  it('are found by state, system, agency, urgency and cause', async () => {
    expect(ids(await deliveries('state=held'))).toEqual([held.deliveryIds[1]])
    expect(ids(await deliveries('cause=unknown_agency'))).toEqual([held.deliveryIds[1]])
    expect(ids(await deliveries('systemId=QLVB-SYT'))).toEqual(pushed.deliveryIds)
    expect(ids(await deliveries('cause=receiver_unreachable'))).toEqual(pushed.deliveryIds)
    expect(ids(await deliveries('organId=H35.20'))).toEqual(ordinary.deliveryIds)
    expect(ids(await deliveries('organId=000.00.14.H35')).sort()).toEqual(
      [urgent.deliveryIds[0], held.deliveryIds[0]].sort(),
    )
    expect(ids(await deliveries('organId=H99.99'))).toEqual([])
    expect(ids(await deliveries('priority=4'))).toEqual(urgent.deliveryIds)
    expect(ids(await deliveries('state=available&organId=H35.20&priority=4'))).toEqual([])
  })

  it('are found by what somebody read out: an id, a document id, a number', async () => {
    const code = ordinary.documentId.split(',')[2] ?? ''

    expect(ids(await deliveries(`q=${ordinary.deliveryIds[0]}`))).toEqual(ordinary.deliveryIds)
    expect(ids(await deliveries(`q=${ordinary.packageId.toUpperCase()}`))).toEqual(ordinary.deliveryIds)
    expect(ids(await deliveries(`q=${encodeURIComponent(`  ${code} `)}`))).toEqual(ordinary.deliveryIds)
    expect(ids(await deliveries(`q=${encodeURIComponent(ordinary.documentId)}`))).toEqual(ordinary.deliveryIds)
    expect(ids(await deliveries(`q=${randomUUID()}`))).toEqual([])
    expect(ids(await deliveries(`q=${encodeURIComponent("'; drop table deliveries --")}`))).toEqual([])
    expect(ids(await deliveries('q=%25'))).toEqual([])
    expect(ids(await deliveries('q='))).toHaveLength(5)
  })

  it('are found by when they were made', async () => {
    const hours = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString()
    const [made] = ordinary.deliveryIds

    expect(ids(await deliveries(`until=${hours(-3)}`))).toEqual([])
    expect(ids(await deliveries(`since=${hours(-3)}`))).toContain(made)
    expect(ids(await deliveries(`until=${hours(3)}`))).toContain(made)
    expect(ids(await deliveries(`since=${hours(3)}`))).toEqual([])
  })

  it('say what is wrong and when it goes on', async () => {
    const [item] = (await deliveries('systemId=QLVB-SYT')).items

    expect(item).toMatchObject({
      ...{ state: 'waiting', channel: 'push', attempts: 1, agencyCode: 'H35.16', documentId: pushed.documentId },
      nextAttemptAt: expect.stringMatching(/\+07:00$/),
      reason: { code: 'receiver_unreachable', text: 'HTTP 500: lỗi' },
    })
  })

  it.each([
    'state=lost',
    'priority=5',
    'limit=0',
    'since=yesterday',
    'cursor=xyz',
    'colour=red',
    `cursor=${Buffer.from('["x"]').toString('base64url')}`,
  ])('refuse %s', async (query) => {
    const answer = await post.call('GET', `/api/v1/admin/deliveries?${query}`, { token: post.adminToken })

    expect(answer.status).toBe(400)
  })

  it.each(['deliveries', 'queues', 'stats'])('are for operators only: %s', async (path) => {
    expect((await post.call('GET', `/api/v1/admin/${path}`)).status).toBe(401)
    expect((await post.call('GET', `/api/v1/admin/${path}`, { basic: post.sender.basic })).status).toBe(401)
    expect((await post.call('GET', `/api/v1/admin/${path}`, { token: 'wrong' })).status).toBe(401)
  })
})

describe('trying again', () => {
  it('is refused for what cannot be tried, and for what is not there', async () => {
    const retry = (id: string | undefined) =>
      post.call('POST', `/api/v1/admin/deliveries/${id}/retry`, { token: post.adminToken })

    expect(await retry(held.deliveryIds[1])).toMatchObject({ status: 409, body: { code: 'delivery_not_retryable' } })
    expect(await retry(urgent.deliveryIds[0])).toMatchObject({ status: 409 })
    expect(await retry(randomUUID())).toMatchObject({ status: 404, body: { code: 'delivery_not_found' } })
    expect(await retry('seven')).toMatchObject({ status: 400 })
  })

  it('is written into the audit trail', async () => {
    const answer = await post.admin('POST', `deliveries/${pushed.deliveryIds[0]}/retry`)

    expectSchema('retry-result', answer.body)
    expect(answer).toMatchObject({ status: 202, body: { deliveryId: pushed.deliveryIds[0], state: 'waiting' } })
    const found = await post.db
      .selectFrom('audit')
      .select(['actor', 'action', 'object'])
      .where('action', '=', 'delivery.retry')
      .execute()
    expect(found).toMatchObject([{ object: pushed.deliveryIds[0] }])
    // Over before the next test looks at its lane.
    await vi.waitFor(async () =>
      expect((await deliveries('systemId=QLVB-SYT')).items).toMatchObject([{ state: 'waiting', attempts: 2 }]),
    )
  })
})

describe('queues', () => {
  const queueOf = async (systemId: string) => {
    const answer = await post.admin('GET', 'queues')
    expectSchema('admin-queues', answer.body)
    return answer.body.queues.find((queue: { systemId: string }) => queue.systemId === systemId)
  }

  it('show how much waits and for how long', async () => {
    await sql`update deliveries set available_at = now() - interval '1 hour' where delivery_id = ${urgent.deliveryIds[0] ?? ''}`.execute(
      post.db,
    )

    const queue = await queueOf('QLVB-CHUNG')

    expect(queue).toMatchObject({ channel: 'mailbox', depth: 2, inFlight: 0, breaker: 'closed', pausedReason: null })
    expect(queue.oldestAgeSeconds).toBeGreaterThan(3_590)
    expect(queue.oldestAgeSeconds).toBeLessThan(3_700)
    expect(await queueOf('QLVB-SNV')).toMatchObject({ depth: 0, oldestAgeSeconds: null })
  })

  it('show the breaker of a lane and the words of its endpoint', async () => {
    await sql`update lanes set faults_in_row = 3, is_broken = true, open_until = now() + interval '1 minute' where system_id = 'QLVB-SYT'`.execute(
      post.db,
    )
    expect(await queueOf('QLVB-SYT')).toMatchObject({ breaker: 'open', lastFault: 'HTTP 500: lỗi' })

    await sql`update lanes set paused_reason = 'endpoint_gone', open_until = now() - interval '1 minute' where system_id = 'QLVB-SYT'`.execute(
      post.db,
    )
    expect(await queueOf('QLVB-SYT')).toMatchObject({ breaker: 'half_open', pausedReason: 'endpoint_gone', depth: 1 })
  })

  it('show how fast a lane moves', async () => {
    const sent = await post.send({ to_: ['H35.20'] })
    await post.call('POST', `/api/v1/mailbox/${sent.deliveryIds[0]}/confirm`, { basic: post.stranger.basic })

    expect((await queueOf('QLVB-HUYEN')).ratePerMinute).toBeCloseTo(0.2)
  })
})

describe('stats', () => {
  it('are exact', async () => {
    const { body } = await post.admin('GET', 'stats')

    expectSchema('admin-stats', body)
    const counted = await sql<{ packages: number; deliveries: number }>`
      select (select count(*)::int from packages where type = 'edoc') packages, (select count(*)::int from deliveries) deliveries`.execute(
      post.db,
    )
    expect(body).toMatchObject({ packages: counted.rows[0]?.packages, statuses: 0, refusals24h: 0 })
    const states: number[] = Object.values(body.deliveries.byState)
    expect(states.reduce((sum, n) => sum + n, 0)).toBe(counted.rows[0]?.deliveries)
    expect(body.deliveries.byState).toMatchObject({ held: 1, exhausted: 0, recalled: 0 })
    expect(body.oldestWaitingSeconds).toBeGreaterThan(0)
  })

  it('count what was refused in a day', async () => {
    await post.call('POST', '/api/v1/packages', { basic: post.sender.basic, type: 'application/xml', body: '<no/>' })

    expect((await post.admin('GET', 'stats')).body.refusals24h).toBe(1)
  })
})
