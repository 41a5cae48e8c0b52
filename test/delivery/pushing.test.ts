// Pushing as the whole gateway does it: what operators set reaches the wire, and answers reach the rows.
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Post, startPost } from '../mailbox/mailbox-cases.ts'
import { type Push, type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'

let post: Post
const subscribers: PushSubscriber[] = []
beforeAll(async () => {
  post = await startPost({ env: { PUSH_ANSWER_TIMEOUT_MS: '400' } })
})
afterAll(async () => {
  await post?.close()
  await Promise.all(subscribers.map((subscriber) => subscriber.close()))
})
afterEach(() => {
  for (const subscriber of subscribers) subscriber.answer({ status: 204 })
})

let number = 50

/** An agency of its own behind a subscriber of its own. */
async function join(more: Record<string, unknown> = {}) {
  number += 1
  const code = `H35.${number}`
  const systemId = `QLVB-${number}`
  const subscriber = await startPushSubscriber()
  subscribers.push(subscriber)
  const settings = { channel: 'push' as const, pushUrl: subscriber.url, ...more }
  const { systems } = await post.register({
    agencies: [{ name: `Cơ quan ${code}`, codes: [code] }],
    systems: [{ systemId, agencies: [code], ...settings }],
  })
  const [system] = systems
  if (system === undefined) throw new Error('not registered')
  return { code, systemId, subscriber, system, settings }
}

const row = (deliveryId: string | undefined) =>
  post.db
    .selectFrom('deliveries')
    .selectAll()
    .where('delivery_id', '=', deliveryId ?? '')
    .executeTakeFirstOrThrow()
const laneOf = (systemId: string) =>
  post.db.selectFrom('lanes').selectAll().where('system_id', '=', systemId).executeTakeFirstOrThrow()
const stateBecomes = (deliveryId: string | undefined, expected: object) =>
  vi.waitFor(async () => expect(await row(deliveryId)).toMatchObject(expected), { timeout: 10_000, interval: 20 })
const makeDue = (deliveryId: string | undefined) =>
  sql`update deliveries set next_attempt_at = now() where delivery_id = ${deliveryId ?? ''}`.execute(post.db)
const mended = (systemId: string) =>
  sql`update lanes set open_until = null, faults_in_row = 0 where system_id = ${systemId}`.execute(post.db)
const verify = (secret: string, push: Push) =>
  new Webhook(secret).verify(push.body.toString('utf8'), push.headers as Record<string, string>)

describe('an answer', () => {
  it('422 refuses for good, and the sender sees why', async () => {
    const { code, subscriber } = await join()
    subscriber.answer({ status: 422, body: '{"reason":"Không thuộc thẩm quyền"}' })

    const sent = await post.send({ to_: [code] })
    await stateBecomes(sent.deliveryIds[0], { state: 'refused', reason_text: 'Không thuộc thẩm quyền' })

    const view = await post.call('GET', `/api/v1/packages/${sent.packageId}`, { basic: post.sender.basic })
    expect(view.body).toMatchObject({
      state: 'completed_with_failures',
      deliveries: [
        { reason: { code: 'refused_by_receiver', text: expect.stringContaining('Không thuộc thẩm quyền') } },
      ],
    })
  })

  it('409 means that it has it already', async () => {
    const { code, subscriber } = await join()
    subscriber.answer({ status: 409 })

    const sent = await post.send({ to_: [code] })

    await stateBecomes(sent.deliveryIds[0], { state: 'delivered' })
  })

  it('503 rests the delivery and its lane for as long as was asked', async () => {
    const { code, systemId, subscriber } = await join()
    subscriber.answer({ status: 503, headers: { 'retry-after': '120' } })

    const sent = await post.send({ to_: [code] })
    await stateBecomes(sent.deliveryIds[0], { state: 'waiting', reason_code: 'receiver_busy' })

    await vi.waitFor(async () => {
      const { rows } = await sql<{ wait: number; rest: number }>`
        select extract(epoch from d.next_attempt_at - now())::float8 as wait, extract(epoch from l.open_until - now())::float8 as rest
        from deliveries d join lanes l using (system_id) where delivery_id = ${sent.deliveryIds[0] ?? ''}`.execute(
        post.db,
      )
      expect(rows[0]?.wait).toBeGreaterThan(100)
      expect(rows[0]?.wait).toBeLessThanOrEqual(120)
      // The lane is written just after the delivery.
      expect(rows[0]?.rest).toBeGreaterThan(100)
    })
    expect(await laneOf(systemId)).toMatchObject({ faults_in_row: 0 })
  })

  it('410 pauses the lane, keeps everything and tells the operators; a corrected address goes on', async () => {
    const { code, systemId, subscriber, settings } = await join()
    subscriber.answer({ status: 410, body: 'đã đóng cửa' })
    const sent = await post.send({ to_: [code] })
    await vi.waitFor(async () => expect(await laneOf(systemId)).toMatchObject({ paused_reason: 'endpoint_gone' }))
    const later = await post.send({ to_: [code] })

    const alert = () =>
      post.db
        .selectFrom('alerts')
        .selectAll()
        .where('cause', '=', 'endpoint_gone')
        .where('subject', '=', systemId)
        .executeTakeFirst()
    await vi.waitFor(async () =>
      expect(await alert()).toMatchObject({ data: { httpStatus: 410, answer: 'đã đóng cửa' } }),
    )
    expect(await row(sent.deliveryIds[0])).toMatchObject({ state: 'waiting' })
    expect(await row(later.deliveryIds[0])).toMatchObject({ state: 'waiting', attempts: 0 })

    subscriber.answer({ status: 204 })
    await post.admin('PUT', `systems/${systemId}`, { name: systemId, agencies: [code], ...settings })
    await makeDue(sent.deliveryIds[0])

    await stateBecomes(sent.deliveryIds[0], { state: 'delivered' })
    await stateBecomes(later.deliveryIds[0], { state: 'delivered' })
  })

  it('that never comes is unclear: the delivery stays taken and is tried again', async () => {
    const { code, systemId, subscriber } = await join()
    subscriber.answer('hang')
    const sent = await post.send({ to_: [code] })
    await stateBecomes(sent.deliveryIds[0], { state: 'waiting', reason_code: 'answer_unclear' })
    expect((await row(sent.deliveryIds[0])).taken_at).not.toBeNull()

    subscriber.answer({ status: 204 })
    await mended(systemId)
    await makeDue(sent.deliveryIds[0])

    await stateBecomes(sent.deliveryIds[0], { state: 'delivered', attempts: 2 })
    const pushes = subscriber.of(sent.deliveryIds[0] ?? '')
    expect(pushes).toHaveLength(2)
    expect(pushes[0]?.body.equals(pushes[1]?.body ?? Buffer.alloc(0))).toBe(true)
  })

  it('that three documents in a row do not get opens the breaker; one probe closes it', async () => {
    const { code, systemId, subscriber } = await join({ concurrency: 1 })
    subscriber.answer({ status: 500 })
    const sent = [await post.send({ to_: [code] }), await post.send({ to_: [code] }), await post.send({ to_: [code] })]
    await vi.waitFor(async () => expect(await laneOf(systemId)).toMatchObject({ faults_in_row: 3 }), {
      timeout: 10_000,
    })
    const queues = await post.admin('GET', 'queues')
    expect(queues.body.queues.find((q: { systemId: string }) => q.systemId === systemId)).toMatchObject({
      breaker: 'open',
    })

    subscriber.answer({ status: 204 })
    const before = subscriber.received.length
    await sql`update lanes set open_until = now() - interval '1 second' where system_id = ${systemId}`.execute(post.db)
    for (const one of sent) await makeDue(one.deliveryIds[0])

    for (const one of sent) await stateBecomes(one.deliveryIds[0], { state: 'delivered' })
    expect(subscriber.received).toHaveLength(before + 3)
    expect(await laneOf(systemId)).toMatchObject({ faults_in_row: 0, open_until: null })
  })

  it('of one hanging receiver keeps no other waiting', async () => {
    const [hanging, well] = [await join(), await join()]
    hanging.subscriber.answer('hang')
    for (let i = 0; i < 12; i++) await post.send({ to_: [hanging.code] })

    const startedAt = performance.now()
    const sent = await post.send({ to_: [well.code] })
    await well.subscriber.push(0)

    expect(performance.now() - startedAt).toBeLessThan(2_000)
    await stateBecomes(sent.deliveryIds[0], { state: 'delivered' })
  })
})

describe('what operators set', () => {
  it('is on the wire: the header the receiver wants', async () => {
    const { code, subscriber } = await join({ pushAuth: { header: 'X-Api-Key', value: 'their key' } })

    await post.send({ to_: [code] })

    expect((await subscriber.push(0)).headers['x-api-key']).toBe('their key')
  })

  it('is on the wire: signatures of both secrets while they are rotated', async () => {
    const { code, systemId, subscriber, system } = await join({ pushStyle: 'notice' })
    const rotated = await post.admin('POST', `systems/${systemId}/secret`)

    await post.send({ to_: [code] })

    const push = await subscriber.push(0)
    expect(String(push.headers['webhook-signature']).split(' ')).toHaveLength(2)
    verify(system.webhookSecret, push)
    verify(rotated.body.webhookSecret, push)
  })

  it('with a rate is kept moving at that rate, not at the pace of the sweep', async () => {
    const { code, subscriber } = await join({ ratePerSecond: 10 })
    await Promise.all(Array.from({ length: 30 }, () => post.send({ to_: [code] })))
    const startedAt = performance.now()

    await vi.waitFor(() => expect(subscriber.received).toHaveLength(30), { timeout: 15_000 })

    // Thirty at ten a second; the sweep alone would bring ten every two seconds.
    expect(performance.now() - startedAt).toBeLessThan(4_500)
  })

  it('is kept: no more at once than the lane may, and urgent ones past the rest', async () => {
    const { code, subscriber } = await join({ concurrency: 3 })
    let atOnce = 0
    let most = 0
    const open: (() => void)[] = []
    subscriber.answer(async () => {
      atOnce += 1
      most = Math.max(most, atOnce)
      await new Promise<void>((resolve) => open.push(resolve))
      atOnce -= 1
      return { status: 204 }
    })
    const release = setInterval(() => open.shift()?.(), 25)
    const sent = await Promise.all(Array.from({ length: 20 }, () => post.send({ to_: [code] })))
    const urgent = await post.send({ to_: [code], priority: 4 })

    await vi.waitFor(() => expect(subscriber.received).toHaveLength(21), { timeout: 15_000 })
    clearInterval(release)
    for (const go of open) go()

    expect(most).toBeLessThanOrEqual(3)
    expect(most).toBeGreaterThan(1)
    const order = subscriber.received.map((push) => push.headers['webhook-id'])
    expect(order.indexOf(urgent.deliveryIds[0])).toBeLessThan(20)
    for (const one of sent) await stateBecomes(one.deliveryIds[0], { state: 'delivered' })
  })
})

describe('a notice', () => {
  it('leaves the document in the mailbox, is repeated, and is settled by the confirm only', async () => {
    const { code, systemId, subscriber, system } = await join({ pushStyle: 'notice' })
    const sent = await post.send({ to_: [code] })
    const [deliveryId] = sent.deliveryIds

    const first = await subscriber.push(0)
    expect(verify(system.webhookSecret, first)).toMatchObject({
      type: 'delivery.available',
      data: { deliveryId, packageId: sent.packageId },
    })
    await stateBecomes(deliveryId, { state: 'available', lease_token: null, taken_at: null })
    await makeDue(deliveryId)
    const second = await subscriber.push(1)
    expect(second.headers['webhook-id']).toBe(deliveryId)
    await stateBecomes(deliveryId, { state: 'available', lease_token: null })

    const fetched = await post.call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic: system.basic })
    expect(fetched.bytes.equals(sent.bytes)).toBe(true)
    await post.call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic: system.basic })

    expect(await row(deliveryId)).toMatchObject({ state: 'delivered', next_attempt_at: null })
    // A later document's notice comes, and no third one of this.
    const next = await post.send({ to_: [code] })
    await vi.waitFor(() => expect(subscriber.of(next.deliveryIds[0] ?? '')).toHaveLength(1))
    expect(subscriber.of(deliveryId ?? '')).toHaveLength(2)
    expect(await laneOf(systemId)).toMatchObject({ faults_in_row: 0 })
  })

  it('that does not arrive leaves the document to be pulled all the same', async () => {
    const { code, subscriber, system } = await join({ pushStyle: 'notice' })
    subscriber.answer({ status: 500 })
    const sent = await post.send({ to_: [code] })
    await subscriber.push(0)

    const { body } = await post.call('GET', '/api/v1/mailbox', { basic: system.basic })

    expect(body.items).toMatchObject([{ deliveryId: sent.deliveryIds[0] }])
  })
})

describe('the link of a push', () => {
  it('shows the receiver what was found in the package', async () => {
    const { code, subscriber, system } = await join()
    const sent = await post.send({ to_: [code] })
    const push = await subscriber.push(0)
    const link = /^<([^>]+)>; rel="describedby"$/.exec(String(push.headers.link))?.[1] ?? ''

    const answer = await post.call('GET', link, { basic: system.basic })

    expect(answer).toMatchObject({
      status: 200,
      body: { deliveryId: sent.deliveryIds[0], attachments: [{ name: 'cong-van.pdf' }] },
    })
  })
})
