// A new release goes in on a working day, one machine after the other behind a balancer. Nobody who sends notices.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freeLocalPort } from '../../src/platform/postgres-process.ts'
import { type GatewayUnderTest, startGateway } from '../support/gateway-under-test.ts'
import { httpClient } from '../support/http-client.ts'
import type { GatewayProcess } from '../support/processes.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { type Balancer, startBalancer } from './balancer.ts'
import { createInstallation, type Installation } from './installation.ts'
import { letter, partiesAt, untilDelivered } from './letters.ts'

/** An edge, and a worker with a sweeper. */
interface Machine {
  edge: GatewayProcess
  worker: GatewayProcess
}

describe('two machines that are restarted one after the other', () => {
  let installation: Installation
  let subscriber: PushSubscriber
  let balancer: Balancer
  let sender = ''
  const ports: number[] = []
  const machines: Machine[] = []
  const urlOf = (n: number) => `http://127.0.0.1:${ports[n]}`

  beforeAll(async () => {
    subscriber = await startPushSubscriber()
    installation = await createInstallation()
    ports.push(await freeLocalPort(), await freeLocalPort())
    machines.push(await startMachine(0))
    machines.push(await startMachine(1))
    balancer = await startBalancer([urlOf(0), urlOf(1)], 100)
    const { agencies, systems } = partiesAt(subscriber.url, { concurrency: 4 })
    for (const { name, codes } of agencies)
      await installation.admin(urlOf(0), 'agencies', { name, codes: codes.map((code) => ({ code })) })
    for (const system of systems) {
      const made = await installation.admin(urlOf(0), 'systems', {
        name: system.systemId,
        channel: 'mailbox',
        ...system,
      })
      if (system.systemId === 'QLVB-SNV') sender = `QLVB-SNV:${made.secret}`
    }
  }, 300_000)
  afterAll(async () => {
    await balancer?.close()
    await installation?.close()
    await subscriber?.close()
  }, 60_000)

  async function startMachine(n: number): Promise<Machine> {
    const [edge, worker] = await Promise.all([
      installation.start('edge', { PORT: String(ports[n]), SHUTDOWN_DRAIN_MS: '1500' }),
      installation.start('worker,sweeper'),
    ])
    return { edge, worker }
  }

  async function endInOrder(running: GatewayProcess): Promise<void> {
    const startedAt = performance.now()
    running.kill('SIGTERM')
    expect({ code: await running.ended, log: running.log() }).toMatchObject({ code: 0 })
    expect(performance.now() - startedAt).toBeLessThan(15_000)
  }

  async function restart(n: number): Promise<void> {
    const machine = machines[n]
    if (machine === undefined) throw new Error('no such machine')
    await Promise.all([endInOrder(machine.edge), endInOrder(machine.worker)])
    expect(balancer.ready()).toEqual([urlOf(1 - n)])
    machines[n] = await startMachine(n)
    await vi.waitFor(() => expect(balancer.ready()).toHaveLength(2), { timeout: 10_000, interval: 50 })
  }

  it('refuse nothing, cut nothing and deliver every accepted document exactly once', async () => {
    subscriber.answer(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10))
      return { status: 204 }
    })
    const call = httpClient(balancer.url)
    const accepted: string[] = []
    const refused: unknown[] = []
    let isOver = false
    const senders = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const answer = await call('POST', '/api/v1/packages', {
          ...{ basic: sender, type: 'application/edxml+xml', body: letter() },
        }).catch((error: unknown) => ({ status: 0, bytes: String(error), body: undefined }))
        if (answer.status === 202) accepted.push(answer.body.deliveries[0].deliveryId)
        else refused.push({ status: answer.status, answer: answer.bytes.toString() })
        // A pace that leaves the processes that start their share of the machine.
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    })

    await subscriber.push(20, 20_000)
    const before = accepted.length
    await restart(0)
    const between = accepted.length
    await restart(1)
    isOver = true
    await Promise.all(senders)

    expect(refused).toEqual([])
    expect(between).toBeGreaterThan(before + 20)
    expect(accepted.length).toBeGreaterThan(between + 20)
    await untilDelivered(installation.db, accepted, 20_000)
    const pushed = new Map<unknown, number>()
    for (const { headers } of subscriber.received)
      pushed.set(headers['webhook-id'], (pushed.get(headers['webhook-id']) ?? 0) + 1)
    expect([...pushed.keys()].sort()).toEqual([...accepted].sort())
    expect([...pushed].filter(([, times]) => times > 1)).toEqual([])
  }, 400_000)
})

describe('an edge that drains', () => {
  let gateway: GatewayUnderTest
  let basic = ''
  beforeAll(async () => {
    gateway = await startGateway({ env: { SHUTDOWN_DRAIN_MS: '1000' } })
    const { systems } = await gateway.register(partiesAt('http://127.0.0.1:9/'))
    basic = systems[0]?.basic ?? ''
  })

  it('says so, still serves, asks for connections to be closed, and ends polls last', async () => {
    const { call, submit } = gateway
    const poll = call('GET', '/api/v1/mailbox?wait=60', { basic }).then((answer) => ({ answer, at: performance.now() }))
    expect(await call('GET', '/health/ready')).toMatchObject({ status: 200 })

    const startedAt = performance.now()
    const closed = gateway.close()
    const ready = await vi.waitFor(
      async () => {
        const answer = await call('GET', '/health/ready')
        expect(answer.status).toBe(503)
        return answer
      },
      { interval: 10 },
    )
    const posted = await submit(basic, letter())

    expect(ready.body.problems).toEqual([{ name: 'process', problem: 'stopping' }])
    expect(posted.status).toBe(202)
    expect(posted.headers.get('connection')).toBe('close')
    const polled = await poll
    expect(polled.answer).toMatchObject({ status: 200, body: { items: [] } })
    expect(polled.at - startedAt).toBeGreaterThanOrEqual(990)
    await closed
    await expect(call('GET', '/health/live')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  })
})
