// A worker dies while it holds the job of a lane. The lane is served again within 15 s, whichever backend the queues
// have, and what was delivered stays delivered once.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type GatewayUnderTest, type RegisteredSystem, startGateway } from '../support/gateway-under-test.ts'
import { type GatewayProcess, ownerOfPort, startProcess } from '../support/processes.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { redisUrl } from '../support/services.ts'
import { expectRepeatsOnlyOfLostResults, partiesAt, post, untilDelivered } from './letters.ts'

const backends = [
  { name: 'PostgreSQL', redis: undefined },
  ...(redisUrl() === undefined ? [] : [{ name: 'Redis', redis: redisUrl() }]),
]

// Whose connection a push came over is read from /proc.
describe.skipIf(process.platform !== 'linux').each(backends)('with the queues on $name', ({ redis }) => {
  let gateway: GatewayUnderTest
  let subscriber: PushSubscriber
  let sender: RegisteredSystem
  const workers: GatewayProcess[] = []

  beforeAll(async () => {
    subscriber = await startPushSubscriber()
    // Edge and sweeper live here, the workers in processes of their own.
    gateway = await startGateway({
      ...(redis === undefined ? {} : { redisUrl: redis }),
      env: { ROLES: 'edge,sweeper' },
    })
    const { systems } = await gateway.register(partiesAt(subscriber.url, { concurrency: 4 }))
    if (systems[0] === undefined) throw new Error('not registered')
    sender = systems[0]
    workers.push(...(await Promise.all([startWorker(), startWorker()])))
  })
  afterEach(() => subscriber.answer({ status: 204 }))
  afterAll(async () => {
    for (const worker of workers) worker.kill('SIGKILL')
    await Promise.all(workers.map((worker) => worker.ended))
    await gateway?.close()
    await subscriber?.close()
  })

  const startWorker = () => startProcess({ ...gateway.env, ROLES: 'worker' })

  async function killHolder(remotePort: number): Promise<void> {
    const holder = ownerOfPort(remotePort, workers)
    if (holder === undefined) throw new Error('no worker holds that connection')
    workers.splice(workers.indexOf(holder), 1)
    holder.kill('SIGKILL')
    await holder.ended
  }

  it('serves the lane again within 15 s, and repeats only what had no committed result', async () => {
    // Under load, so that the holder has the lane's job in hand; one receiver of many never answers it.
    subscriber.answer(async () => {
      if (subscriber.received.length === 20) return 'hang'
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { status: 204 }
    })
    const posting = Promise.all(Array.from({ length: 120 }, () => post(gateway.call, sender.basic)))
    const hanging = await subscriber.push(20)
    await killHolder(hanging.remotePort)
    const killedAt = performance.now()
    const before = subscriber.received.length

    const deliveries = await posting
    await subscriber.push(before, 15_000 - (performance.now() - killedAt))
    await untilDelivered(gateway.db, deliveries, 20_000)

    const repeated = await expectRepeatsOnlyOfLostResults(gateway.db, subscriber, deliveries)
    expect(repeated).toContain(hanging.headers['webhook-id'])
    // No more than the attempts that one lane has under way.
    expect(repeated.length).toBeLessThanOrEqual(4)
    for (const deliveryId of repeated) expect(subscriber.of(deliveryId)).toHaveLength(2)
  }, 60_000)

  it('goes on without any worker lost: the next document takes no longer than usual', async () => {
    const delivery = await post(gateway.call, sender.basic)

    await vi.waitFor(() => expect(subscriber.of(delivery)).toHaveLength(1), { timeout: 5_000, interval: 10 })
  })
})
