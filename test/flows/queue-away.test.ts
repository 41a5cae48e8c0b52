// The queue is a doorbell: with Redis gone, frozen or emptied, documents are accepted at once and still go out, and
// afterwards everything is as before (design D1, D5).
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type GatewayUnderTest, type RegisteredSystem, startGateway } from '../support/gateway-under-test.ts'
import { type OwnRedis, startOwnRedis } from '../support/processes.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { redisUrl } from '../support/services.ts'
import { expectRepeatsOnlyOfLostResults, partiesAt, post, untilDelivered } from './letters.ts'

describe.skipIf(redisUrl() === undefined)('with a Redis that fails', () => {
  let redis: OwnRedis
  let gateway: GatewayUnderTest
  let subscriber: PushSubscriber
  let sender: RegisteredSystem
  let closedInMs = Number.POSITIVE_INFINITY

  beforeAll(async () => {
    redis = await startOwnRedis()
    subscriber = await startPushSubscriber()
    gateway = await startGateway({ redisUrl: redis.url })
    const { systems } = await gateway.register(partiesAt(subscriber.url))
    if (systems[0] === undefined) throw new Error('not registered')
    sender = systems[0]
  })
  afterAll(async () => {
    redis?.thaw()
    if (closedInMs === Number.POSITIVE_INFINITY) await gateway?.close()
    await subscriber?.close()
    await redis?.stop()
  })

  const postMany = (count: number) => Promise.all(Array.from({ length: count }, () => post(gateway.call, sender.basic)))

  /** Accepted at once, delivered within 15 s, each once. */
  async function expectDeliveries(count: number): Promise<void> {
    const startedAt = performance.now()
    const deliveries = await postMany(count)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    await untilDelivered(gateway.db, deliveries, 15_000)
    expect(await expectRepeatsOnlyOfLostResults(gateway.db, subscriber, deliveries)).toEqual([])
  }

  it('delivers through the queue while it is there', async () => {
    await expectDeliveries(5)
  })

  it('accepts and delivers while Redis is gone', async () => {
    await redis.kill()

    await expectDeliveries(20)
  }, 30_000)

  it('uses the queue again after a restart that forgot everything', async () => {
    await redis.restart()

    await expectDeliveries(20)
    await workersAreBack(redis)
  }, 30_000)

  it('loses nothing and repeats nothing when Redis is emptied under load', async () => {
    subscriber.answer(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return { status: 204 }
    })
    const admin = administratorOf(redis.url)
    const before = subscriber.received.length

    const posting = postMany(60)
    await subscriber.push(before + 5)
    await admin.flushall()
    admin.disconnect()
    const deliveries = await posting
    await untilDelivered(gateway.db, deliveries, 15_000)

    expect(await expectRepeatsOnlyOfLostResults(gateway.db, subscriber, deliveries)).toEqual([])
    subscriber.answer({ status: 204 })
  }, 30_000)

  it('accepts and delivers while Redis is frozen: it neither answers nor refuses', async () => {
    redis.freeze()

    await expectDeliveries(10)
    redis.thaw()
    await expectDeliveries(10)
  }, 40_000)

  it('goes down in order within 15 s though Redis is frozen', async () => {
    redis.freeze()
    const startedAt = performance.now()

    await gateway.close()
    closedInMs = performance.now() - startedAt

    expect(closedInMs).toBeLessThan(15_000)
  }, 30_000)
})

function administratorOf(url: string): Redis {
  const admin = new Redis(url)
  // A test that failed may leave the server down; its own message is the one to read.
  return admin.on('error', () => undefined)
}

/** Resolves when a worker waits at the queue again. */
async function workersAreBack(redis: OwnRedis): Promise<void> {
  const admin = administratorOf(redis.url)
  try {
    await vi.waitFor(
      async () => {
        const clients = String(await admin.client('LIST'))
        expect(clients).toMatch(/cmd=bzpopmin/i)
      },
      { timeout: 15_000, interval: 100 },
    )
  } finally {
    admin.disconnect()
  }
}
