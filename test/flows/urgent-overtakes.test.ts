// An urgent document does not queue behind five thousand ordinary ones: neither on the lane of a system that is pushed
// to, nor in a mailbox (R27, design D3).
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type GatewayUnderTest, type RegisteredSystem, startGateway } from '../support/gateway-under-test.ts'
import { documentTo, expectStatus, fromElement } from '../support/gateway-under-test-province.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'

const agenciesEach = 50
const packagesCount = 100
const backlog = agenciesEach * packagesCount
const answerMs = 20
const urgentMsMax = 2_000

let gateway: GatewayUnderTest
let subscriber: PushSubscriber
let sender: RegisteredSystem
let puller: RegisteredSystem
const codesOf = (level: number) => Array.from({ length: agenciesEach }, (_, i) => `H35.${level}.${i + 1}`)
const [pushedCodes, pulledCodes] = [codesOf(50), codesOf(60)]

beforeAll(async () => {
  gateway = await startGateway()
  subscriber = await startPushSubscriber()
  subscriber.answer(async () => {
    await new Promise((resolve) => setTimeout(resolve, answerMs))
    return { status: 204 }
  })
  const { systems } = await gateway.register({
    agencies: ['H35.12', ...pushedCodes, ...pulledCodes].map((code) => ({ codes: [code] })),
    systems: [
      { systemId: 'QLVB-GUI', agencies: ['H35.12'] },
      { systemId: 'QLVB-DAY', agencies: pushedCodes, channel: 'push', pushUrl: subscriber.url },
      { systemId: 'QLVB-KEO', agencies: pulledCodes },
    ],
  })
  sender = systems[0] as RegisteredSystem
  puller = systems[2] as RegisteredSystem
})
afterAll(async () => {
  await gateway?.close()
  await subscriber?.close()
})

async function send(to: readonly string[], priority: number) {
  const more = `<e:OtherInfo><e:Priority>${priority}</e:Priority></e:OtherInfo>`
  const answer = await gateway.submit(sender.basic, documentTo(to, { from: fromElement('H35.12'), more }).xml)
  expectStatus(answer, 202)
  return answer.body
}

/** One to each system; answers how long the push took, and the delivery that waits in the mailbox. */
async function sendUrgent() {
  const { deliveries } = await send([pushedCodes[0] ?? '', pulledCodes[0] ?? ''], 3)
  const acceptedAt = performance.now()
  const [pushed, pulled] = deliveries
  await vi.waitFor(() => expect(subscriber.of(pushed.deliveryId)).toHaveLength(1), { timeout: 20_000, interval: 5 })
  return { ms: performance.now() - acceptedAt, pulled }
}

const waitingOn = async (systemId: string) => {
  const { count } = await gateway.db
    .selectFrom('deliveries')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('system_id', '=', systemId)
    .where('state', 'in', ['waiting', 'in_flight', 'available'])
    .executeTakeFirstOrThrow()
  return count
}

test(`an urgent document overtakes ${backlog} others`, { timeout: 120_000 }, async () => {
  const lane = gateway.db.updateTable('lanes').where('system_id', '=', 'QLVB-DAY')
  await lane.set({ paused_reason: 'endpoint_gone' }).execute()
  for (let i = 0; i < packagesCount; i++) await send([...pushedCodes, ...pulledCodes], 0)
  expect(await waitingOn('QLVB-DAY')).toBe(backlog)
  await lane.set({ paused_reason: null }).execute()
  await vi.waitFor(() => expect(subscriber.received.length).toBeGreaterThan(200), { timeout: 20_000, interval: 10 })

  const { ms, pulled } = await sendUrgent()
  const further = [await sendUrgent(), await sendUrgent()]

  expect(Math.max(ms, ...further.map((one) => one.ms))).toBeLessThan(urgentMsMax)
  // The others were still waiting, or this proves nothing.
  expect(await waitingOn('QLVB-DAY')).toBeGreaterThan(1_000)
  const { body } = await gateway.call('GET', '/api/v1/mailbox?limit=4', { basic: puller.basic })
  expect(body.items[0]).toMatchObject({ deliveryId: pulled.deliveryId, priority: 3 })
  expect(body.items.slice(0, 3).map((item: { priority: number }) => item.priority)).toEqual([3, 3, 3])
  expect(body.items[3]).toMatchObject({ priority: 0 })
  expect(await waitingOn('QLVB-KEO')).toBe(backlog + 3)
})
