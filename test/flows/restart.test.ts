// An operator restarts the gateway in the middle of the day. What was accepted is delivered, what was not is refused
// plainly, and the process is down within 15 s though a receiver hangs.
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { type GatewayUnderTest, startGateway } from '../support/gateway-under-test.ts'
import { type Answer, type Call, httpClient } from '../support/http-client.ts'
import { type GatewayProcess, startProcess } from '../support/processes.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { scratchFolder } from '../support/scratch.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'
import { expectRepeatsOnlyOfLostResults, letter, partiesAt, post, untilDelivered } from './letters.ts'

describe('a gateway that is restarted', () => {
  const adminToken = `admin-${randomBytes(16).toString('hex')}`
  const folder = scratchFolder('restart')
  let fresh: FreshDatabase
  let database: OpenDatabase
  let subscriber: PushSubscriber
  let running: GatewayProcess
  let env: Record<string, string>
  let call: Call
  let sender = ''

  beforeAll(async () => {
    fresh = await freshDatabase()
    database = openDatabase({ url: fresh.url, connectionsMax: 2, onIdleError: () => undefined })
    subscriber = await startPushSubscriber()
    env = {
      ...{ DATABASE_URL: fresh.url, DATA_DIR: folder.path, MASTER_KEY: randomBytes(32).toString('hex') },
      ...{ ADMIN_TOKEN: adminToken, AXIS_CODE: '000.00.00.H35', PUSH_ALLOW: '127.0.0.0/8', SANDBOX: '0' },
    }
    await start()
    const { agencies, systems } = partiesAt(subscriber.url, { concurrency: 4 })
    for (const agency of agencies) {
      const codes = agency.codes.map((code) => ({ code }))
      await call('POST', '/api/v1/admin/agencies', { token: adminToken, body: { ...agency, codes } })
    }
    for (const system of systems) {
      const body = { name: system.systemId, channel: 'mailbox', ...system }
      const made = await call('POST', '/api/v1/admin/systems', { token: adminToken, body })
      if (system.systemId === 'QLVB-SNV') sender = `QLVB-SNV:${made.body.secret}`
    }
  })
  afterAll(async () => {
    running?.kill('SIGKILL')
    await running?.ended
    await subscriber?.close()
    await database?.close()
    await fresh?.drop()
    folder.remove()
  })

  async function start(): Promise<void> {
    running = await startProcess(env)
    call = httpClient(running.url)
  }

  /** Posts one after another until the gateway no longer answers; what it accepted is in the answer. */
  async function postUntilRefused(): Promise<string[]> {
    const accepted: string[] = []
    for (;;) {
      let answer: Answer
      try {
        answer = await call('POST', '/api/v1/packages', {
          basic: sender,
          type: 'application/edxml+xml',
          body: letter(),
        })
      } catch {
        // The connection is closed or refused: nothing was promised for this one.
        return accepted
      }
      if (answer.status !== 202) {
        expect(answer.status).toBe(503)
        return accepted
      }
      accepted.push(answer.body.deliveries[0].deliveryId)
    }
  }

  it('goes down in order under traffic and loses nothing that it accepted', async () => {
    subscriber.answer(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return { status: 204 }
    })
    const senders = Array.from({ length: 4 }, postUntilRefused)
    await subscriber.push(30)

    const startedAt = performance.now()
    running.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    const accepted = (await Promise.all(senders)).flat()
    expect(accepted.length).toBeGreaterThan(30)

    const leased = await database.db
      .selectFrom('deliveries')
      .select('delivery_id')
      .where('lease_token', 'is not', null)
      .execute()
    expect(leased).toEqual([])
    await start()
    await untilDelivered(database.db, accepted, 15_000)
    // It ended in order, so every result was committed: nobody gets anything twice.
    expect(await expectRepeatsOnlyOfLostResults(database.db, subscriber, accepted)).toEqual([])
  }, 60_000)

  it('goes down within 15 s though a receiver hangs, and repeats that delivery afterwards', async () => {
    subscriber.answer('hang')
    const before = subscriber.received.length
    const hanging = await post(call, sender)
    await subscriber.push(before)

    const startedAt = performance.now()
    running.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(15_000)

    subscriber.answer({ status: 204 })
    await start()
    await untilDelivered(database.db, [hanging], 15_000)
    expect(subscriber.of(hanging)).toHaveLength(2)
  }, 60_000)

  it('heals by itself after it was killed outright', async () => {
    const senders = Array.from({ length: 4 }, postUntilRefused)
    await subscriber.push(subscriber.received.length + 20)

    running.kill('SIGKILL')
    await running.ended
    const accepted = (await Promise.all(senders)).flat()
    await start()

    await untilDelivered(database.db, accepted, 20_000)
    const repeated = await expectRepeatsOnlyOfLostResults(database.db, subscriber, accepted)
    expect(repeated.length).toBeLessThanOrEqual(4)
  }, 60_000)
})

describe('the edge of a gateway that goes down', () => {
  let gateway: GatewayUnderTest | undefined
  afterAll(async () => {
    gateway?.gateway.edge.server.closeAllConnections()
    await gateway?.close()
  })

  // Behind it the lanes wait for their orderly end; a client's open connection must not use up the 15 s.
  it('does not wait for connections that clients keep open after their last answer', async () => {
    gateway = await startGateway()
    const { call, register } = gateway
    const { systems } = await register(partiesAt('http://127.0.0.1:9/'))
    const basic = systems[0]?.basic ?? ''
    let isClosing = false
    const senders = Array.from({ length: 4 }, async () => {
      while (!isClosing)
        await call('POST', '/api/v1/packages', { basic, type: 'application/edxml+xml', body: letter() })
    })
    await vi.waitFor(async () => {
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from packages`.execute(gateway?.db ?? fail())
      expect(rows[0]?.n).toBeGreaterThan(20)
    })

    const startedAt = performance.now()
    const closed = gateway.gateway.edge.close()
    isClosing = true
    await Promise.allSettled(senders)
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 4_000))])

    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})

function fail(): never {
  throw new Error('no gateway')
}
