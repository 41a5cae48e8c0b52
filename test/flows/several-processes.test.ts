// Two edges, two workers and two sweepers on one database and one blob folder: whoever asks cannot tell them from one.
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { freeLocalPort } from '../../src/platform/postgres-process.ts'
import { type Call, httpClient } from '../support/http-client.ts'
import { type GatewayProcess, ownerOfPort } from '../support/processes.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { redisUrl } from '../support/services.ts'
import { createInstallation, type Installation } from './installation.ts'
import { letter, untilDelivered } from './letters.ts'

const backends = [
  { name: 'PostgreSQL', withRedis: false },
  ...(redisUrl() === undefined ? [] : [{ name: 'Redis', withRedis: true }]),
]

interface NewSystemBody {
  readonly systemId: string
  readonly [member: string]: unknown
}

describe.each(backends)('six processes with the queues on $name', ({ withRedis }) => {
  let installation: Installation
  let subscriber: PushSubscriber
  let slow: PushSubscriber
  let edges: GatewayProcess[] = []
  let workers: GatewayProcess[] = []
  let a: Call
  let b: Call
  let urlA = ''
  let sender = ''
  let puller = ''

  beforeAll(async () => {
    ;[subscriber, slow] = await Promise.all([startPushSubscriber(), startPushSubscriber()])
    installation = await createInstallation({ withRedis })
    // The first one makes the keys of the installation; the others find them.
    edges = [await installation.start('edge')]
    const [edge, ...others] = await Promise.all(
      ['edge', 'worker', 'worker', 'sweeper', 'sweeper'].map((role) => installation.start(role)),
    )
    if (edge === undefined) throw new Error('no second edge')
    edges.push(edge)
    workers = others.slice(0, 2)
    urlA = edges[0]?.url ?? ''
    ;[a, b] = [httpClient(urlA), httpClient(edge.url)]
    await registerParties()
  }, 200_000)
  afterEach(() => subscriber.answer({ status: 204 }))
  afterAll(async () => {
    const codes = await installation?.close()
    await Promise.all([subscriber?.close(), slow?.close()])
    expect(codes).toEqual([0, 0, 0, 0, 0, 0])
  }, 60_000)

  async function registerParties(): Promise<void> {
    sender = await register('H35.12', 'Sở Nội vụ', { systemId: 'QLVB-SNV' })
    puller = await register('H35.13', 'Sở Xây dựng', { systemId: 'QLVB-SXD' })
    const push = { channel: 'push', pushUrl: subscriber.url }
    await register('H35.14', 'Sở Tài chính', { systemId: 'QLVB-STC', ...push, concurrency: 3 })
    await register('H35.15', 'Sở Y tế', { systemId: 'QLVB-SYT', ...push })
    await register('H35.16', 'Sở Tư pháp', {
      systemId: 'QLVB-STP',
      channel: 'push',
      pushUrl: slow.url,
      ratePerSecond: 10,
    })
  }

  /** Over edge A; answers how the system signs in. */
  async function register(code: string, name: string, system: NewSystemBody): Promise<string> {
    await installation.admin(urlA, 'agencies', { name, codes: [{ code }] })
    const body = { name: system.systemId, agencies: [code], channel: 'mailbox', ...system }
    const { systemId, secret } = await installation.admin(urlA, 'systems', body)
    return `${systemId}:${secret}`
  }

  const send = (over: Call, xml: string, headers: Record<string, string> = {}) =>
    over('POST', '/api/v1/packages', { basic: sender, type: 'application/edxml+xml', body: xml, headers })

  /** Half of them over either edge; answers the deliveries. */
  async function sendMany(count: number, to: readonly string[]): Promise<string[]> {
    const answers = await Promise.all(Array.from({ length: count }, (_, n) => send(n % 2 === 0 ? a : b, letter(to))))
    return answers.flatMap((answer) => {
      expect(answer.status).toBe(202)
      return answer.body.deliveries.map((delivery: { deliveryId: string }) => delivery.deliveryId)
    })
  }

  it('deliver every document once, whichever edge took it and whichever worker brings it', async () => {
    const holders = new Set<GatewayProcess | undefined>()
    const deliveries: string[] = []
    subscriber.answer((push) => {
      holders.add(ownerOfPort(push.remotePort, workers))
      return { status: 204 }
    })

    // Which worker hears a ring is chance, so more is sent until either of them had something to do.
    await vi.waitFor(
      async () => {
        deliveries.push(...(await sendMany(20, ['H35.14', 'H35.15'])))
        if (process.platform === 'linux') expect([...holders]).toEqual(expect.arrayContaining(workers))
      },
      { timeout: 20_000, interval: 10 },
    )

    await untilDelivered(installation.db, deliveries, 20_000)
    for (const deliveryId of deliveries) expect(subscriber.of(deliveryId)).toHaveLength(1)
  }, 60_000)

  it('keep to the concurrency of a lane and to its rate together', async () => {
    let running = 0
    let most = 0
    subscriber.answer(async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 30))
      running -= 1
      return { status: 204 }
    })
    const times: number[] = []
    slow.answer(() => {
      times.push(performance.now())
      return { status: 204 }
    })

    const deliveries = await sendMany(30, ['H35.14', 'H35.16'])
    await untilDelivered(installation.db, deliveries, 30_000)

    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(3)
    // Ten at once, for the lane had rested, and twenty at ten a second. Two workers with a rate each took half of that.
    expect(times).toHaveLength(30)
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(1_500)
  }, 60_000)

  it('show in a mailbox poll on one edge what the other accepts', async () => {
    for (const [poll, accept] of [
      [b, a],
      [a, b],
    ] as const) {
      const waiting = poll('GET', '/api/v1/mailbox?wait=30', { basic: puller })
      const accepted = await send(accept, letter(['H35.13']))
      const acceptedAt = performance.now()
      const { body } = await waiting

      // A second between two looks, and time for the looks themselves on a busy machine.
      expect(performance.now() - acceptedAt).toBeLessThan(3_000)
      expect(body.items.map((item: { packageId: string }) => item.packageId)).toEqual([accepted.body.packageId])
      const [{ deliveryId }] = body.items
      expect((await poll('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic: puller })).status).toBe(200)
    }
  }, 30_000)

  it('address by a change of the directory on every edge as soon as it was answered on one', async () => {
    for (let n = 20; n < 25; n += 1) {
      const basic = await register(`H35.${n}`, `Phòng ${n}`, { systemId: `QLVB-${n}` })

      const accepted = await send(b, letter([`H35.${n}`]))
      expect(accepted.body.recipients).toMatchObject([{ outcome: 'queued' }])
      expect((await b('GET', '/api/v1/mailbox', { basic })).body.items).toHaveLength(1)

      await installation.admin(urlA, `systems/QLVB-${n}/suspend`, { reason: 'đang kiểm tra' })
      // Who may call is looked up a quarter of a second apart.
      const me = async () => (await b('GET', '/api/v1/me', { basic })).status
      await vi.waitFor(async () => expect(await me()).toBe(403), { timeout: 2_000, interval: 20 })
    }
  }, 30_000)

  it('take a document once though both edges get it at the same moment', async () => {
    for (const headers of [() => ({}), (n: number) => ({ 'idempotency-key': `khoa-${n}` })]) {
      for (let n = 0; n < 10; n += 1) {
        const xml = letter(['H35.13'])
        const answers = await Promise.all([send(a, xml, headers(n)), send(b, xml, headers(n))])

        expect(answers.map((answer) => answer.status).sort()).toEqual([200, 202])
        expect(answers[0]?.body.packageId).toBe(answers[1]?.body.packageId)
        expect(answers[0]?.body.receipt).toBe(answers[1]?.body.receipt)
      }
    }
    const other = await send(b, letter(['H35.13']), { 'idempotency-key': 'khoa-3' })
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } })
  }, 30_000)

  it('tell a sender once that its documents are late, though two sweepers look', async () => {
    const deliveries = await sendMany(30, ['H35.13'])
    await sql`
      update deliveries set report_at = now() - interval '1 second', clock_at = now() - interval '1 second'
      where delivery_id = any(${deliveries}::uuid[])`.execute(installation.db)

    const report = await vi.waitFor(
      async () => {
        const { body } = await a('GET', '/api/v1/mailbox?type=report&limit=50', { basic: sender })
        expect(body.items.length).toBeGreaterThan(0)
        return body.items[0]
      },
      { timeout: 20_000, interval: 100 },
    )
    await untilNothingIsUntold()

    const { rows } = await sql`
      select count(*)::int as items, count(distinct delivery_id)::int as deliveries,
        count(distinct report_package_id)::int as reports, max(report_package_id::text) as report
      from report_items where delivery_id = any(${deliveries}::uuid[])`.execute(installation.db)
    expect(rows).toEqual([{ items: 30, deliveries: 30, reports: 1, report: report.packageId }])
    expect(await eventsOf(deliveries, 'delivery.delayed')).toBe(30)
    const { body } = await a('GET', '/api/v1/mailbox?type=report&limit=50', { basic: sender })
    expect(body.items).toHaveLength(1)
  }, 60_000)

  async function untilNothingIsUntold(): Promise<void> {
    await vi.waitFor(
      async () => {
        const { rows } = await sql`select from report_items where told_at is null`.execute(installation.db)
        expect(rows).toEqual([])
      },
      { timeout: 20_000, interval: 100 },
    )
  }

  async function eventsOf(deliveryIds: readonly string[], type: string): Promise<number> {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from events where delivery_id = any(${deliveryIds}::uuid[]) and type = ${type}`.execute(
      installation.db,
    )
    return rows[0]?.n ?? 0
  }

  it('end what is past its life once, and carry an act out once', async () => {
    await installation.admin(urlA, 'agencies', { name: 'Phòng cũ', codes: [{ code: 'H35.41' }] })
    const { agencyId } = await installation.admin(urlA, 'agencies', {
      name: 'Phòng sắp đóng',
      codes: [{ code: 'H35.42' }],
    })
    const held = await sendMany(20, ['H35.41'])
    const effectiveAt = new Date(Date.now() + 2_000).toISOString()
    const successors = ['H35.13']
    await installation.admin(urlA, `agencies/${agencyId}/succession`, { successors, effectiveAt, redirect: true })

    await sql`
      update deliveries set give_up_at = now() - interval '1 second', clock_at = now() - interval '1 second'
      where delivery_id = any(${held}::uuid[])`.execute(installation.db)

    await vi.waitFor(
      async () => {
        const acts = await sql`select state from agency_acts where agency_id = ${agencyId}`.execute(installation.db)
        expect(acts.rows).toEqual([{ state: 'done' }])
        expect(await eventsOf(held, 'delivery.expired')).toBe(held.length)
      },
      { timeout: 20_000, interval: 100 },
    )
    await untilNothingIsUntold()
    const audited = await sql<{ n: number }>`
      select count(*)::int as n from audit where action = 'agency.succession' and concat(object, data) like ${`%${agencyId}%`}`.execute(
      installation.db,
    )
    expect(audited.rows).toEqual([{ n: 1 }])
    const { rows } = await sql`
      select count(*)::int as items, count(distinct report_package_id)::int as reports
      from report_items where delivery_id = any(${held}::uuid[]) and what = 'undelivered'`.execute(installation.db)
    expect(rows).toEqual([{ items: held.length, reports: 1 }])
  }, 60_000)
})

describe('a process without an edge', () => {
  let installation: Installation
  beforeAll(async () => {
    installation = await createInstallation()
  })
  afterAll(async () => {
    await installation?.close()
  })

  it('answers health and metrics on HEALTH_PORT, and nothing else', async () => {
    const port = await freeLocalPort()
    await installation.start('worker,sweeper', { HEALTH_PORT: String(port) })
    const call = httpClient(`http://127.0.0.1:${port}`)

    expect(await call('GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect(await call('GET', '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } })
    expect((await call('GET', '/metrics')).bytes.toString()).toContain('tram_delivery_attempts_total')
    expect((await call('GET', '/api/v1/time')).status).toBe(404)
    expect((await call('GET', '/console')).status).toBe(404)
  }, 60_000)
})
