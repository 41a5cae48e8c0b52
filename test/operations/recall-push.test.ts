// Recall and updates on push lanes: an attempt that is under way decides whether the recipient has the document, and what
// speaks of it goes out only after that, whatever its priority (design §3, order around a recall).

import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { dueLanes, oldestDueSeconds } from '../../src/delivery/sweep.ts'
import type { RegisteredSystem } from '../support/gateway-under-test.ts'
import { codes, expectStatus, type Province, startProvince } from '../support/gateway-under-test-province.ts'
import { type Push, type PushAnswer, type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { type Desk, deskIn, lists, type Sent, statusOf } from './desk.ts'

let province: Province
let desk: Desk
const subscribers: PushSubscriber[] = []
const servers: Server[] = []
beforeAll(async () => {
  province = await startProvince({ env: { PUSH_CONNECT_TIMEOUT_MS: '1500', PUSH_ANSWER_TIMEOUT_MS: '5000' } })
  desk = deskIn(province)
})
afterAll(async () => {
  await province?.close()
  await Promise.all(subscribers.map((subscriber) => subscriber.close()))
  for (const server of servers) server.close()
})

let number = 80

interface Office {
  readonly code: string
  readonly subscriber: PushSubscriber
  readonly system: RegisteredSystem
}

async function office(more: Record<string, unknown> = {}): Promise<Office> {
  number += 1
  const code = `H35.${number}`
  const subscriber = await startPushSubscriber()
  subscribers.push(subscriber)
  const { systems } = await province.register({
    agencies: [{ codes: [code] }],
    systems: [{ systemId: `QLVB-${code}`, agencies: [code], channel: 'push', pushUrl: subscriber.url, ...more }],
  })
  return { code, subscriber, system: systems[0] as RegisteredSystem }
}

/** Answers are given when the test says so. */
function answersLater(subscriber: PushSubscriber): { give(answer: PushAnswer): void } {
  let give: (answer: PushAnswer) => void = () => undefined
  const answer = new Promise<PushAnswer>((resolve) => {
    give = resolve
  })
  subscriber.answer(() => answer)
  return { give }
}

/** Kinds that went out, in order, of what belongs to the document. */
const pushed = ({ subscriber }: Office, document: Sent) =>
  subscriber.received.filter(isOf(document)).map((push) => push.headers['tram-kind'])
const isOf =
  ({ documentId }: Sent) =>
  (push: Push) =>
    decodeURIComponent(String(push.headers['tram-document-id'])).startsWith(documentId)
/** On a busy machine its next attempt would come before the test has looked. */
async function notDueBeforeAnHour(deliveryId: string): Promise<void> {
  await sql`update deliveries set next_attempt_at = now() + interval '1 hour' where delivery_id = ${deliveryId}`.execute(
    province.db,
  )
}

const due = (deliveryId: string) =>
  sql`update deliveries set next_attempt_at = now() where delivery_id = ${deliveryId} and state = 'waiting'`.execute(
    province.db,
  )
const urgent = { more: '<e:OtherInfo><e:Priority>4</e:Priority></e:OtherInfo>' }
const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 15_000, interval: 20 })

describe('a recall while the document is being pushed', () => {
  test('is a request; the document arrives, then the recall, urgent or not', async () => {
    const one = await office()
    const { give } = answersLater(one.subscriber)
    const document = await desk.send([one.code])
    await one.subscriber.push(0)

    const recall = await desk.recallByPackage(document, [one.code], urgent)

    expect(lists(recall.answer)).toEqual({ withdrawn: [], requested: [one.code], undeliverable: [] })
    expect(await desk.row(document.to(one.code))).toMatchObject({ state: 'in_flight', recall_requested: true })
    // A later document passes by while the recall waits.
    const other = await desk.send([one.code])
    give({ status: 204 })
    await desk.stateBecomes(recall.to(one.code), { state: 'delivered' })
    await desk.stateBecomes(other.to(one.code), { state: 'delivered' })
    expect(pushed(one, document)).toEqual(['new', 'recall'])
    const [first, second] = [document, recall].map((sent) => desk.row(sent.to(one.code)))
    expect((await second)?.taken_at?.getTime()).toBeGreaterThanOrEqual(
      (await first)?.delivered_at?.getTime() ?? Infinity,
    )
  })

  test('whose end is unclear waits for a clear one', async () => {
    const one = await office()
    one.subscriber.answer('cut after the body')
    const document = await desk.send([one.code])
    await desk.stateBecomes(document.to(one.code), { state: 'waiting', attempts: 1 })
    await notDueBeforeAnHour(document.to(one.code))

    const recall = await desk.recallByStatus(document, one.code)

    expect(lists(recall)).toEqual({ withdrawn: [], requested: [one.code], undeliverable: [] })
    const [carrier] = recall.body.deliveries
    const later = await desk.send([one.code])
    one.subscriber.answer({ status: 204 })
    await desk.stateBecomes(later.to(one.code), { state: 'delivered' })
    expect(await desk.row(carrier.deliveryId)).toMatchObject({ state: 'waiting', attempts: 0 })
    await due(document.to(one.code))
    await desk.stateBecomes(carrier.deliveryId, { state: 'delivered' })
    expect(pushed(one, document)).toEqual(['new', 'new', 'status'])
  })

  test('that is refused is followed by the recall', async () => {
    const one = await office()
    const { give } = answersLater(one.subscriber)
    const document = await desk.send([one.code])
    await one.subscriber.push(0)
    const recall = await desk.recallByPackage(document, [one.code])

    one.subscriber.answer({ status: 204 })
    give({ status: 422, body: 'Sai thể thức' })

    await desk.stateBecomes(recall.to(one.code), { state: 'delivered' })
    expect(await desk.row(document.to(one.code))).toMatchObject({ state: 'refused', recall_requested: true })
  })

  test.each(['package', 'status', 'call'] as const)(
    'by %s, of which no byte left us, withdraws after all',
    async (way) => {
      const one = await office({ pushUrl: await silentTls() })
      const document = await desk.send([one.code])
      await desk.stateBecomes(document.to(one.code), { state: 'in_flight' })

      const answer =
        way === 'package'
          ? (await desk.recallByPackage(document, [one.code])).answer
          : way === 'status'
            ? await desk.recallByStatus(document, one.code)
            : await desk.recallByCall(document.packageId)

      expect(lists(answer)).toEqual({ withdrawn: [], requested: [one.code], undeliverable: [] })
      expect(await desk.requests(document.to(one.code))).toEqual(['recall requested'])
      await desk.stateBecomes(document.to(one.code), { state: 'recalled', reason_code: 'withdrawn', taken_at: null })
      await eventually(async () => {
        expect(await desk.requests(document.to(one.code))).toEqual(['recall withdrawn'])
        const { rows } = await sql<{ state: string; reason_code: string }>`
        select state, reason_code from deliveries d join packages p using (package_id)
        where d.system_id = ${one.system.systemId} and d.delivery_id <> ${document.to(one.code)}`.execute(province.db)
        expect(rows).toEqual([{ state: 'recalled', reason_code: 'withdrawn_unseen' }])
      })
      expect((await desk.view(document.packageId)).state).toBe('recalled')
      const told = (await desk.view(document.packageId)).timeline.map((e: { type: string }) => e.type)
      expect(told).toEqual(expect.arrayContaining(['recall.requested', 'delivery.recalled']))
    },
  )
})

/** Takes connections and says nothing, so that no TLS handshake ever ends. */
async function silentTls(): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('a lane that holds what must wait', () => {
  test('is neither due nor late because of it, and goes on with the rest', async () => {
    const one = await office({ concurrency: 1 })
    one.subscriber.answer('cut after the body')
    const document = await desk.send([one.code])
    await desk.stateBecomes(document.to(one.code), { state: 'waiting', attempts: 1 })
    // Tried again in an hour: until then nothing of this document may go out.
    await sql`update deliveries set next_attempt_at = now() + interval '1 hour' where delivery_id = ${document.to(one.code)}`.execute(
      province.db,
    )
    await sql`update lanes set faults_in_row = 0 where system_id = ${one.system.systemId}`.execute(province.db)

    const carriers = [
      await desk.update(document, [one.code]),
      await desk.recallByPackage(document, [one.code], urgent),
      await desk.replace([document], [one.code], urgent),
    ]

    expect(await dueLanes(province.db)).not.toContain(one.system.systemId)
    expect(await oldestDueSeconds(province.db)).toBeUndefined()
    one.subscriber.answer({ status: 204 })
    const other = await desk.send([one.code])
    await desk.stateBecomes(other.to(one.code), { state: 'delivered' })
    for (const carrier of carriers) expect(await desk.row(carrier.to(one.code))).toMatchObject({ attempts: 0 })
    await due(document.to(one.code))
    await desk.stateBecomes(carriers[2]?.to(one.code) ?? '', { state: 'delivered' })
    await desk.stateBecomes(carriers[1]?.to(one.code) ?? '', { state: 'delivered' })
    expect(pushed(one, document).slice(0, 2)).toEqual(['new', 'new'])
    expect(pushed(one, document).slice(2).sort()).toEqual(['recall', 'replace'])
    // The update had not been taken when the recall came.
    expect(await desk.row(carriers[0]?.to(one.code) ?? '')).toMatchObject({ state: 'recalled' })
  })

  test('keeps versions in order however urgent the last one is', async () => {
    const one = await office()
    const { give } = answersLater(one.subscriber)
    const v1 = await desk.send([one.code])
    await one.subscriber.push(0)
    const u1 = await desk.update(v1, [one.code])
    const v2 = await desk.replace([v1], [one.code], { id: `${v1.documentId}-v2`, ...urgent })
    const v3 = await desk.replace([v2], [one.code], { id: `${v1.documentId}-v3`, ...urgent })

    give({ status: 204 })

    await desk.stateBecomes(v3.to(one.code), { state: 'delivered' })
    const order = one.subscriber.received.map((push) => push.headers['webhook-id'])
    expect(order).toEqual([v1, u1, v2, v3].map((sent) => sent.to(one.code)))
  })
})

describe('a system that is told by notices', () => {
  test('loses what it was only told about, and is told nothing more of it', async () => {
    const one = await office({ pushStyle: 'notice' })
    const { give } = answersLater(one.subscriber)
    const document = await desk.send([one.code])
    await one.subscriber.push(0)

    const answer = await desk.recallByCall(document.packageId)

    expect(lists(answer)).toEqual({ withdrawn: [one.code], requested: [], undeliverable: [] })
    give({ status: 204 })
    one.subscriber.answer({ status: 204 })
    const other = await desk.send([one.code])
    await eventually(async () => expect(one.subscriber.of(other.to(one.code))).toHaveLength(1))
    expect(one.subscriber.of(document.to(one.code))).toHaveLength(1)
    expect(await desk.row(document.to(one.code))).toMatchObject({ state: 'recalled', next_attempt_at: null })
    expect(await desk.fetchBytes(document.to(one.code), one.system)).toMatchObject({ status: 410 })
  })

  test('is told of the recall once it has settled the document', async () => {
    const one = await office({ pushStyle: 'notice' })
    const document = await desk.send([one.code])
    await one.subscriber.push(0)
    expectStatus(await desk.fetchBytes(document.to(one.code), one.system), 200)

    const recall = await desk.recallByPackage(document, [one.code], urgent)

    const other = await desk.send([one.code])
    await eventually(async () => expect(one.subscriber.of(other.to(one.code))).toHaveLength(1))
    expect(one.subscriber.of(recall.to(one.code))).toEqual([])
    expectStatus(await desk.confirm(document.to(one.code), one.system), 200)
    await eventually(async () => expect(one.subscriber.of(recall.to(one.code))).toHaveLength(1))
  })
})

test('a receiver that pushes nothing back may answer, and is answered for', async () => {
  const one = await office()
  const document = await desk.send([one.code, codes.stc])
  await desk.stateBecomes(document.to(one.code), { state: 'delivered' })
  const recall = await desk.recallByCall(document.packageId)
  expect(lists(recall)).toEqual({ withdrawn: [codes.stc], requested: [one.code], undeliverable: [] })

  const xml = statusOf({ from: one.code, to: codes.snv, documentId: document.documentId, code: '15' })
  expect((await desk.status(one.system, xml)).body.effect).toBe('moved')

  expect((await desk.view(document.packageId)).state).toBe('recalled')
})
