// Lanes as an operator works them, over HTTP: stop and go, bundles, what senders are told, and the way out while an
// endpoint is down (contract §2, §3 push, §5; design §3).
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type GatewayUnderTest, type RegisteredSystem, startGateway } from '../support/gateway-under-test.ts'
import { documentTo, expectStatus, fromElement } from '../support/gateway-under-test-province.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'

let gateway: GatewayUnderTest
let subscriber: PushSubscriber
let sender: RegisteredSystem
beforeAll(async () => {
  gateway = await startGateway()
  subscriber = await startPushSubscriber()
  const { systems } = await gateway.register({
    agencies: [{ codes: ['H35.12'] }],
    systems: [{ systemId: 'QLVB-GUI', agencies: ['H35.12'] }],
  })
  sender = systems[0] as RegisteredSystem
})
beforeEach(() => subscriber.answer({ status: 204 }))
afterAll(async () => {
  await gateway?.close()
  await subscriber?.close()
})

let number = 20
async function receiver(more: object = {}, agencies = 1) {
  const codes = Array.from({ length: agencies }, () => {
    number += 1
    return `H35.${number}`
  })
  const { systems } = await gateway.register({
    agencies: codes.map((code) => ({ codes: [code] })),
    systems: [
      {
        systemId: `QLVB-${codes[0]}`,
        agencies: codes,
        channel: 'push',
        pushUrl: subscriber.url,
        concurrency: 4,
        ...more,
      },
    ],
  })
  return { ...(systems[0] as RegisteredSystem), codes }
}

let sent = 0
async function send(to: readonly string[], priority = 0): Promise<string[]> {
  sent += 1
  const more = `<e:OtherInfo><e:Priority>${priority}</e:Priority></e:OtherInfo>`
  const made = documentTo(to, { id: `H35.12,2026/11/20,${sent}/VP`, from: fromElement('H35.12'), more })
  const answer = await gateway.submit(sender.basic, made.xml)
  expectStatus(answer, 202)
  return answer.body.deliveries.map((d: { deliveryId: string }) => d.deliveryId)
}

const stateOf = async (deliveryId: string) =>
  (
    await gateway.db
      .selectFrom('deliveries')
      .select('state')
      .where('delivery_id', '=', deliveryId)
      .executeTakeFirstOrThrow()
  ).state
const eventually = (deliveryId: string, state: string) =>
  vi.waitFor(async () => expect(await stateOf(deliveryId)).toBe(state), { timeout: 15_000, interval: 20 })
const act = (systemId: string, what: string, body?: object) =>
  gateway.admin('POST', `systems/${systemId}/${what}`, body)

describe('stop and go', () => {
  test.each(['pause', 'drain'])('%s keeps everything until the resume', async (what) => {
    const { systemId, codes } = await receiver()

    expect((await act(systemId, what, { reason: 'Bảo trì máy chủ' })).body).toEqual({
      ...{ systemId, state: 'paused', inFlight: 0, waiting: 0 },
    })
    const [deliveryId = ''] = await send(codes)
    await vi.waitFor(async () => {
      const { body } = await gateway.admin('GET', `systems/${systemId}`)
      expect(body).toMatchObject({ pausedNote: 'Bảo trì máy chủ' })
    })
    expect(subscriber.of(deliveryId)).toHaveLength(0)

    expect((await act(systemId, 'resume')).body).toMatchObject({ state: 'running', waiting: 1 })
    await eventually(deliveryId, 'delivered')
    const audit = await gateway.db
      .selectFrom('audit')
      .select('action')
      .where('object', '=', `system:${systemId}`)
      .execute()
    expect(audit.map((a) => a.action)).toEqual(expect.arrayContaining([`lane.${what}`, 'lane.resume']))
  })

  test('suspend refuses the credentials too, at once', async () => {
    const { systemId, basic } = await receiver()
    expect((await gateway.call('GET', '/api/v1/me', { basic })).status).toBe(200)

    await act(systemId, 'suspend')

    const refused = await gateway.call('GET', '/api/v1/me', { basic })
    expect(refused).toMatchObject({ status: 403, body: { code: 'system_suspended' } })
    expect((await gateway.call('GET', '/api/v1/me', { basic: `${systemId}:wrong` })).status).toBe(401)
    await act(systemId, 'resume')
    expect((await gateway.call('GET', '/api/v1/me', { basic })).status).toBe(200)
  })

  test('a system nobody knows, and a body that says something else, are refused', async () => {
    const token = gateway.adminToken
    expect((await gateway.call('POST', '/api/v1/admin/systems/NOBODY/pause', { token })).status).toBe(404)
    const { systemId } = await receiver()
    const path = `/api/v1/admin/systems/${systemId}/pause`
    expect((await gateway.call('POST', path, { token, body: { why: 'x' } })).status).toBe(400)
  })
})

test('a bundle is one push, and an answer may refuse a part of it', async () => {
  const { codes } = await receiver({ bundle: true }, 3)
  subscriber.answer((push) => {
    const named = JSON.parse(String(push.headers['tram-recipients'])) as { deliveryId: string; organId: string }[]
    const [, second] = named
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refused: [{ deliveryId: second?.deliveryId, reason: 'Không thuộc thẩm quyền' }] }),
    }
  })

  const ids = await send(codes)

  await Promise.all(ids.map((id) => vi.waitFor(async () => expect(await stateOf(id)).toMatch(/delivered|refused/))))
  const pushes = subscriber.received.filter((p) => ids.includes(String(p.headers['webhook-id'])))
  expect(pushes).toHaveLength(1)
  const states = await Promise.all(ids.map(stateOf))
  expect([...states].sort()).toEqual(['delivered', 'delivered', 'refused'])
})

describe('senders are told', () => {
  const reportsTo = async (basic: string) =>
    (await gateway.call('GET', '/api/v1/mailbox?type=report&limit=200', { basic })).body.items as {
      deliveryId: string
      from: string
    }[]

  test('of what could not be delivered, in one report', async () => {
    const { codes } = await receiver({ deliveryPolicy: { attemptsMax: 1 } }, 2)
    subscriber.answer({ status: 500, body: 'hỏng' })

    const ids = await send(codes)

    for (const id of ids) await eventually(id, 'exhausted')
    const told = await vi.waitFor(
      async () => {
        for (const { deliveryId, from } of await reportsTo(sender.basic)) {
          const fetched = await gateway.call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic: sender.basic })
          const report = JSON.parse(fetched.bytes.toString('utf8'))
          if (ids.every((id) => report.items.some((item: { deliveryId: string }) => item.deliveryId === id))) {
            return { report, from, deliveryId, type: fetched.headers.get('content-type') }
          }
        }
        throw new Error('not told yet')
      },
      { timeout: 20_000, interval: 200 },
    )

    expect(told).toMatchObject({ from: '000.00.00.H35', type: expect.stringContaining('application/json') })
    expect(told.report).toMatchObject({ what: 'undelivered', to: 'H35.12', from: '000.00.00.H35' })
    expect(told.report.items[0].reason).toMatchObject({
      code: 'receiver_unreachable',
      detail: expect.stringContaining('500'),
    })
    expect(
      (await gateway.call('POST', `/api/v1/mailbox/${told.deliveryId}/confirm`, { basic: sender.basic })).status,
    ).toBe(200)
  }, 60_000)

  test('of a refusal, with the reason', async () => {
    const { codes } = await receiver()
    subscriber.answer({ status: 422, body: 'Gửi nhầm nơi nhận' })

    const [id = ''] = await send(codes)

    await eventually(id, 'refused')
    await vi.waitFor(
      async () => {
        const items = await gateway.db.selectFrom('report_items').selectAll().where('delivery_id', '=', id).execute()
        expect(items).toMatchObject([{ what: 'refused' }])
        expect(items[0]?.report_package_id).not.toBeNull()
      },
      { timeout: 20_000, interval: 200 },
    )
  }, 60_000)
})

describe('the delivery policy', () => {
  test('of the province is changed as a whole, and holds at once', async () => {
    const { body } = await gateway.admin('PUT', 'delivery-policy', { waitsSeconds: [1], jitter: 0 })
    expect(body).toMatchObject({
      changes: { waitsSeconds: [1] },
      inForce: { waitsSeconds: [1], giveUpAfter: { workingDays: 30 } },
    })
    const { codes } = await receiver()
    let answers = 0
    subscriber.answer(() => {
      answers += 1
      return { status: answers === 1 ? 500 : 204 }
    })

    const [id = ''] = await send(codes)

    await eventually(id, 'delivered')
    expect(subscriber.of(id)).toHaveLength(2)
    expect((await gateway.admin('PUT', 'delivery-policy', {})).body.changes).toEqual({})
  }, 30_000)

  test('that makes no sense is refused', async () => {
    const answer = await gateway.call('PUT', '/api/v1/admin/delivery-policy', {
      token: gateway.adminToken,
      body: { waitsSeconds: [], jitter: 3 },
    })
    expect(answer.status).toBe(400)
    expect(answer.body.violations.map((v: { path: string }) => v.path).sort()).toEqual([
      'body/jitter',
      'body/waitsSeconds',
    ])
  })
})
