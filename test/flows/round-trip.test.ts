// The whole road of a document over real HTTP: posted once, pushed to one agency and pulled by another, answered with
// status feedback that finds its way back. Once on each backend of the queues.
import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { edxml } from '../support/edxml-fixtures.ts'
import { type GatewayUnderTest, type RegisteredSystem, startGateway } from '../support/gateway-under-test.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type Push, type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { redisUrl } from '../support/services.ts'

const backends = [
  { name: 'PostgreSQL', redis: undefined },
  ...(redisUrl() === undefined ? [] : [{ name: 'Redis', redis: redisUrl() }]),
]

describe.each(backends)('a round trip with the queues on $name', ({ redis }) => {
  let gateway: GatewayUnderTest
  let subscriber: PushSubscriber
  let puller: RegisteredSystem
  let pushed: RegisteredSystem
  let district: RegisteredSystem

  beforeAll(async () => {
    subscriber = await startPushSubscriber()
    gateway = await startGateway(redis === undefined ? {} : { redisUrl: redis })
    const { systems } = await gateway.register({
      agencies: [
        { name: 'Sở Nội vụ', codes: ['H35.12', '000.00.12.H35'] },
        { name: 'Sở Tài chính', codes: ['H35.14', '000.00.14.H35'] },
        { name: 'UBND huyện', codes: ['H35.20'] },
      ],
      systems: [
        { systemId: 'QLVB-SNV', agencies: ['H35.12'] },
        { systemId: 'QLVB-STC', agencies: ['H35.14'], channel: 'push', pushUrl: subscriber.url },
        { systemId: 'QLVB-HUYEN', agencies: ['H35.20'] },
      ],
    })
    const [first, second, third] = systems
    if (first === undefined || second === undefined || third === undefined) throw new Error('not registered')
    ;[puller, pushed, district] = [first, second, third]
  })
  afterAll(async () => {
    await gateway?.close()
    await subscriber?.close()
  })

  it('carries a document from a pulling system to a pushed one and a pulling one, and the statuses back', async () => {
    const documentId = 'H35.12,2026/11/20,743/SNV-VP'
    const bytes = Buffer.from(letter(documentId, 'H35.12', ['000.00.14.H35', 'H35.20']))

    const posted = await gateway.submit(puller.basic, bytes)

    expect(posted.status).toBe(202)
    expectSchema('package-receipt', posted.body)
    expect(posted.body.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(posted.body.recipients).toMatchObject([
      { organId: '000.00.14.H35', outcome: 'queued', agencyCode: 'H35.14' },
      { organId: 'H35.20', outcome: 'queued' },
    ])
    const [toFinance, toDistrict] = posted.body.deliveries.map((d: { deliveryId: string }) => d.deliveryId)

    // Sở Tài chính is called.
    const push = await pushOf(subscriber, toFinance)
    expect(push.body.equals(bytes)).toBe(true)
    expect(push.headers).toMatchObject({
      'tram-type': 'edoc',
      'tram-kind': 'new',
      'tram-package-id': posted.body.packageId,
      'tram-recipient': '000.00.14.H35',
      'tram-agency': 'H35.14',
      'tram-document-id': encodeURIComponent(documentId),
      'webhook-signature': signature(pushed.webhookSecret, push),
    })

    // UBND huyện pulls.
    const waiting = await gateway.call('GET', '/api/v1/mailbox?wait=10&type=edoc', { basic: district.basic })
    expect(waiting.body.items).toMatchObject([{ deliveryId: toDistrict, documentId, from: 'H35.12', to: 'H35.20' }])
    const fetched = await gateway.call('GET', `/api/v1/mailbox/${toDistrict}/package`, { basic: district.basic })
    expect(fetched.bytes.equals(bytes)).toBe(true)
    const confirmed = await gateway.call('POST', `/api/v1/mailbox/${toDistrict}/confirm`, { basic: district.basic })
    expect(confirmed.body).toMatchObject({ deliveryId: toDistrict, state: 'delivered' })

    // Both say how the handling goes; one in JSON by its delivery, one as edXML.
    for (const code of ['01', '03', '06']) {
      const said = await gateway.call('POST', '/api/v1/status', {
        basic: district.basic,
        body: { deliveryId: toDistrict, from: 'H35.20', code, staff: { department: 'VP', name: 'Lò Thị A' } },
      })
      expect(said.status).toBe(202)
      expect(said.body).toMatchObject({ effect: 'moved', documentId, code })
      const edxmlSaid = await gateway.call('POST', '/api/v1/status', {
        ...{
          basic: pushed.basic,
          type: 'application/edxml+xml',
          body: statusOf('000.00.14.H35', 'H35.12', documentId, code),
        },
      })
      expect(edxmlSaid.status).toBe(202)
      expect(edxmlSaid.body).toMatchObject({ effect: 'moved' })
    }

    // They come back to the sender's mailbox, each a package of its own.
    const statuses = await vi.waitFor(async () => {
      const { body } = await gateway.call('GET', '/api/v1/mailbox?type=status', { basic: puller.basic })
      expect(body.items).toHaveLength(6)
      return body.items
    })
    const heard: string[] = []
    for (const { deliveryId } of statuses) {
      const { bytes: xml } = await gateway.call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic: puller.basic })
      const text = xml.toString('utf8')
      expect(text).toContain(documentId)
      heard.push(`${/From>\s*<[^>]*OrganId>([^<]+)/.exec(text)?.[1]} ${/StatusCode>([^<]+)/.exec(text)?.[1]}`)
    }
    expect(heard.sort()).toEqual([
      ...['000.00.14.H35 01', '000.00.14.H35 03', '000.00.14.H35 06'],
      ...['H35.20 01', 'H35.20 03', 'H35.20 06'],
    ])
    const settled = await gateway.call('POST', '/api/v1/mailbox/confirm', {
      basic: puller.basic,
      body: { deliveryIds: statuses.map((item: { deliveryId: string }) => item.deliveryId) },
    })
    expect(settled.body.results.every((result: { state: string }) => result.state === 'delivered')).toBe(true)

    // The sender sees that everything is done.
    const view = await gateway.call('GET', `/api/v1/packages/${posted.body.packageId}`, { basic: puller.basic })
    expectSchema('package-view', view.body)
    expect(view.body).toMatchObject({ state: 'completed', summary: { byState: { delivered: 2 } } })
    expect(view.body.deliveries).toMatchObject([
      {
        deliveryId: toFinance,
        channel: 'push',
        state: 'delivered',
        businessStatus: '06',
        attempts: [{ outcome: 'delivered' }],
      },
      { deliveryId: toDistrict, channel: 'mailbox', state: 'delivered', businessStatus: '06', fetchCount: 1 },
    ])
    const types = view.body.timeline.map((entry: { type: string }) => entry.type)
    expect(types[0]).toBe('package.accepted')
    expect(types.filter((type: string) => type === 'status.reported')).toHaveLength(6)
    expect(types.filter((type: string) => type === 'delivery.delivered')).toHaveLength(2)
  })

  it('brings statuses back by push to a system that is pushed to', async () => {
    const documentId = 'H35.14,2026/11/20,12/STC-NS'

    const posted = await gateway.submit(pushed.basic, letter(documentId, 'H35.14', ['H35.20']))
    const deliveryId = posted.body.deliveries[0].deliveryId
    await gateway.call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic: district.basic })
    for (const code of ['01', '03', '06']) {
      const said = await gateway.call('POST', '/api/v1/status', { basic: district.basic, body: { deliveryId, code } })
      const push = await pushOf(subscriber, said.body.deliveries[0].deliveryId)
      expect(push.headers).toMatchObject({ 'tram-type': 'status', 'tram-kind': 'status', 'tram-recipient': 'H35.14' })
      expect(push.headers['webhook-signature']).toBe(signature(pushed.webhookSecret, push))
      expect(push.body.toString('utf8')).toContain(`StatusCode>${code}<`)
      expect(push.body.toString('utf8')).toContain(documentId)
    }

    const view = await gateway.call('GET', `/api/v1/packages/${posted.body.packageId}`, { basic: pushed.basic })
    expect(view.body).toMatchObject({ state: 'completed', deliveries: [{ businessStatus: '06' }] })
  })

  it('delivers a document to an agency on the sender’s own system like any other', async () => {
    const documentId = 'H35.20,2026/11/20,9/UBND'

    const posted = await gateway.submit(district.basic, letter(documentId, 'H35.20', ['H35.20']))

    expect(posted.status).toBe(202)
    const { body } = await gateway.call('GET', '/api/v1/mailbox?type=edoc', { basic: district.basic })
    expect(body.items).toMatchObject([{ documentId, from: 'H35.20', to: 'H35.20' }])
  })

  it('pushes each of two hundred documents exactly once', async () => {
    const before = subscriber.received.length
    const ids = Array.from({ length: 200 }, (_, i) => `H35.12,2026/11/20,${10_000 + i}/SNV`)

    const posted = await Promise.all(ids.map((id) => gateway.submit(puller.basic, letter(id, 'H35.12', ['H35.14']))))

    expect(posted.every((answer) => answer.status === 202)).toBe(true)
    await vi.waitFor(() => expect(subscriber.received.length - before).toBe(200), { timeout: 15_000 })
    // Each row is final before this is true, so nothing can come later.
    await vi.waitFor(
      async () => {
        const open = await gateway.db
          .selectFrom('deliveries')
          .select('delivery_id')
          .where('channel', '=', 'push')
          .where('state', '<>', 'delivered')
          .execute()
        expect(open).toEqual([])
      },
      { timeout: 15_000 },
    )
    const seen = subscriber.received.slice(before).map((push) => push.headers['webhook-id'])
    expect(new Set(seen).size).toBe(200)
    expect(seen).toHaveLength(200)
  })
})

function letter(documentId: string, from: string, to: readonly string[]): string {
  return edxml({
    from: `<e:From><e:OrganId>${from}</e:OrganId><e:OrganName>Cơ quan gửi</e:OrganName></e:From>`,
    to: to.map((code) => `<e:To><e:OrganId>${code}</e:OrganId></e:To>`).join('\n'),
    documentId: `<e:DocumentId>${documentId}</e:DocumentId>`,
  })
}

function statusOf(from: string, to: string, documentId: string, code: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"><edXMLEnvelope><edXMLHeader><MessageHeader>
<From><OrganId>${from}</OrganId></From>
<ResponseFor><OrganId>${to}</OrganId><DocumentId>${documentId}</DocumentId></ResponseFor>
<StatusCode>${code}</StatusCode><Timestamp>2026/11/20 09:15:00</Timestamp>
</MessageHeader></edXMLHeader></edXMLEnvelope></edXML>`
}

function pushOf(subscriber: PushSubscriber, deliveryId: string): Promise<Push> {
  return vi.waitFor(
    () => {
      const [push] = subscriber.of(deliveryId)
      if (push === undefined) throw new Error(`${deliveryId} was not pushed`)
      return push
    },
    { timeout: 10_000, interval: 10 },
  )
}

function signature(secret: string, { headers, body }: Push): string {
  const hmac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
  hmac.update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`).update(body)
  return `v1,${hmac.digest('base64')}`
}
