import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Post, type Sent, startPost } from '../mailbox/mailbox-cases.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'

let post: Post
let subscriber: PushSubscriber
beforeAll(async () => {
  subscriber = await startPushSubscriber()
  post = await startPost()
  await post.register({
    agencies: [
      { name: 'Sở Y tế', codes: ['H35.16'] },
      { name: 'Hội Cũ', codes: ['H35.40'] },
    ],
    systems: [{ systemId: 'QLVB-SYT', agencies: ['H35.16'], channel: 'push', pushUrl: subscriber.url }],
  })
})
afterAll(async () => {
  await post?.close()
  await subscriber?.close()
})
afterEach(() => post.empty())

const view = (packageId: string, basic = post.sender.basic, headers: Record<string, string> = {}) =>
  post.call('GET', `/api/v1/packages/${packageId}`, { basic, headers })
const content = (packageId: string, basic = post.sender.basic, headers: Record<string, string> = {}) =>
  post.call('GET', `/api/v1/packages/${packageId}/content`, { basic, headers })
const confirm = (deliveryId: string | undefined, basic = post.receiver.basic) =>
  post.call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic })
const report = (deliveryId: string | undefined, code: string, basic = post.receiver.basic) =>
  post.call('POST', '/api/v1/status', { basic, body: { deliveryId, code, description: 'vì thế' } })
const types = (answer: { body: { timeline: { type: string }[] } }) => answer.body.timeline.map((entry) => entry.type)

async function forceState(deliveryId: string | undefined, state: string) {
  await sql`update deliveries set state = ${state}, next_attempt_at = null, lease_token = null, lease_until = null,
    delivered_at = now() where delivery_id = ${deliveryId ?? ''}`.execute(post.db)
}

describe('what the sender sees', () => {
  it('is every recipient, as the schema says', async () => {
    const sent = await post.send({ to_: ['000.00.14.H35', 'H35.20', 'H99.1', 'H35.14'] })

    const answer = await view(sent.packageId)

    expect(answer.status).toBe(200)
    expectSchema('package-view', answer.body)
    expect(answer.body).toMatchObject({
      ...{ packageId: sent.packageId, documentId: sent.documentId, kind: 'new', state: 'accepted', supplementOf: null },
      from: { organId: 'H35.12', organName: 'Sở Nội vụ' },
      summary: { byState: { available: 2, held: 1 } },
      attachments: [{ name: 'cong-van.pdf', verdict: null }],
    })
    expect(answer.body.recipients).toHaveLength(4)
    expect(answer.body.recipients.map((r: { outcome: string }) => r.outcome)).toEqual([
      'queued',
      'queued',
      'held',
      'duplicate_of',
    ])
    const held = answer.body.deliveries.find((d: { state: string }) => d.state === 'held')
    expect(held).toMatchObject({
      organId: 'H99.1',
      systemId: null,
      reason: { code: 'unknown_agency', whoActs: expect.any(String) },
    })
    expect(types(answer)[0]).toBe('package.accepted')
  })

  it('says why in the language that was asked for', async () => {
    const sent = await post.send({ to_: ['H35.14', 'H99.2'] })
    const textIn = async (language: string) => {
      const { body } = await view(sent.packageId, post.sender.basic, { 'accept-language': language })
      return body.deliveries.find((d: { state: string }) => d.state === 'held').reason.text
    }

    expect(await textIn('vi')).not.toBe(await textIn('en'))
    expect(await textIn('fr')).toBe(await textIn('vi'))
  })

  it('shows who has fetched, and when', async () => {
    const sent = await post.send()
    await post.call('GET', `/api/v1/mailbox/${sent.deliveryIds[0]}/package`, { basic: post.receiver.basic })

    expect((await view(sent.packageId)).body.deliveries).toMatchObject([
      {
        fetchCount: 1,
        fetchedAt: expect.stringMatching(/\+07:00$/),
        takenAt: expect.stringMatching(/\+07:00$/),
        deliveredAt: null,
      },
    ])
  })

  it('shows the handling that recipients report, oldest first', async () => {
    const sent = await post.send()
    await confirm(sent.deliveryIds[0])
    for (const code of ['01', '03', '06']) await report(sent.deliveryIds[0], code)

    const answer = await view(sent.packageId)

    expect(answer.body.deliveries[0].businessStatus).toBe('06')
    expect(types(answer)).toEqual([
      'package.accepted',
      'delivery.delivered',
      'status.reported',
      'status.reported',
      'status.reported',
    ])
    expect(answer.body.timeline.slice(2).map((entry: { data: { code: string } }) => entry.data.code)).toEqual([
      '01',
      '03',
      '06',
    ])
    const times = answer.body.timeline.map((entry: { at: string }) => Date.parse(entry.at))
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('shows each attempt of a push, oldest first', async () => {
    subscriber.answer({ status: 500, body: 'lỗi cơ sở dữ liệu' })
    const sent = await post.send({ to_: ['H35.16'] })
    const attemptsAre = async (count: number) =>
      vi.waitFor(
        async () => {
          const answer = await view(sent.packageId)
          expect(answer.body.deliveries[0].attempts).toHaveLength(count)
          return answer
        },
        { timeout: 10_000, interval: 30 },
      )
    const failing = await attemptsAre(1)
    expectSchema('package-view', failing.body)
    expect(failing.body).toMatchObject({
      state: 'accepted',
      deliveries: [
        {
          ...{ state: 'waiting', channel: 'push', nextAttemptAt: expect.stringMatching(/\+07:00$/) },
          reason: {
            code: 'receiver_unreachable',
            text: expect.stringContaining('HTTP 500: lỗi cơ sở dữ liệu'),
            whoActs: 'receiver',
          },
        },
      ],
    })
    subscriber.answer({ status: 204 })
    await post.admin('POST', `deliveries/${sent.deliveryIds[0]}/retry`)

    const answer = await attemptsAre(2)

    expect(answer.body.deliveries[0].attempts).toMatchObject([
      { attempt: 1, outcome: 'unreachable', httpStatus: 500, detail: 'HTTP 500: lỗi cơ sở dữ liệu' },
      { attempt: 2, outcome: 'delivered', httpStatus: 204 },
    ])
    expect(answer.body).toMatchObject({
      state: 'completed',
      deliveries: [{ state: 'delivered', reason: null, nextAttemptAt: null }],
    })
    expect(types(answer)).toEqual(['package.accepted', 'delivery.retried', 'delivery.delivered'])
  })
})

describe('the state of a package', () => {
  it.each<[string, (string | undefined)[], string]>([
    ['accepted while nobody has it', [undefined, undefined], 'accepted'],
    ['in progress when one of two has it', ['delivered', undefined], 'in_progress'],
    ['completed when all have it', ['delivered', 'delivered'], 'completed'],
    ['completed with failures when one refused', ['delivered', 'refused'], 'completed_with_failures'],
    ['completed with failures when one expired', ['expired', 'delivered'], 'completed_with_failures'],
    ['completed when the rest was recalled', ['delivered', 'recalled'], 'completed'],
    ['recalled when all were', ['recalled', 'recalled'], 'recalled'],
  ])('is %s', async (_name, states, expected) => {
    const sent = await post.send({ to_: ['H35.14', 'H35.20'] })
    for (const [i, state] of states.entries()) if (state !== undefined) await forceState(sent.deliveryIds[i], state)

    expect((await view(sent.packageId)).body.state).toBe(expected)
    const list = await post.call('GET', `/api/v1/packages?documentId=${encodeURIComponent(sent.documentId)}`, {
      basic: post.sender.basic,
    })
    expect(list.body.items).toMatchObject([{ packageId: sent.packageId, state: expected }])
  })
})

describe('what a recipient sees', () => {
  it('is its own delivery only', async () => {
    const sent = await post.send({ to_: ['H35.14', 'H35.20', 'H99.3'] })
    await confirm(sent.deliveryIds[1], post.stranger.basic)
    await report(sent.deliveryIds[1], '01', post.stranger.basic)
    await confirm(sent.deliveryIds[0])

    const answer = await view(sent.packageId, post.receiver.basic)

    expectSchema('package-view', answer.body)
    expect(answer.body).toMatchObject({ state: 'completed', summary: { byState: { delivered: 1 } } })
    expect(answer.body.deliveries.map((d: { organId: string }) => d.organId)).toEqual(['H35.14'])
    expect(answer.body.recipients.map((r: { organId: string }) => r.organId)).toEqual(['H35.14'])
    expect(types(answer)).toEqual(['package.accepted', 'delivery.delivered'])
    expect(JSON.stringify(answer.body)).not.toContain('H35.20')
    expect(JSON.stringify(answer.body)).not.toContain('H99.3')
  })

  it('tells nothing of a status by an agency that was not addressed', async () => {
    const sent = await post.send()
    const said = await post.call('POST', '/api/v1/status', {
      basic: post.stranger.basic,
      body: { documentId: sent.documentId, from: 'H35.20', organId: 'H35.12', code: '02', description: 'lạ' },
    })
    expect(said.body.effect).toBe('not_addressed')
    await report(sent.deliveryIds[0], '01')

    const answer = await view(sent.packageId, post.receiver.basic)

    expect(types(answer)).toEqual(['package.accepted', 'status.reported'])
    expect(JSON.stringify(answer.body)).not.toContain('H35.20')
  })

  it('is limited to the agencies of its credential', async () => {
    const made = await post.admin('POST', 'systems/QLVB-CHUNG/credentials', {
      label: `xã ${randomUUID()}`,
      agencies: ['H35.20.5'],
    })
    const basic = `QLVB-CHUNG:${made.body.secret}`
    const sent = await post.send({ to_: ['H35.14', 'H35.20.5'] })
    const other = await post.send({ to_: ['H35.14'] })

    expect((await view(sent.packageId, basic)).body.deliveries).toMatchObject([{ organId: 'H35.20.5' }])
    expect((await view(sent.packageId, post.receiver.basic)).body.deliveries).toHaveLength(2)
    expect((await view(other.packageId, basic)).status).toBe(404)
    expect((await content(other.packageId, basic)).status).toBe(404)
  })
})

describe('strangers', () => {
  it('see nothing, as if it did not exist', async () => {
    const sent = await post.send()

    for (const answer of [
      await view(sent.packageId, post.stranger.basic),
      await content(sent.packageId, post.stranger.basic),
      await view(randomUUID()),
      await content(randomUUID()),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'package_not_found' } })
    }
    expect((await post.call('GET', `/api/v1/packages/${sent.packageId}`)).status).toBe(401)
    expect((await view('seven')).status).toBe(400)
  })
})

describe('the content', () => {
  it('is the exact bytes for the sender, and takes nothing', async () => {
    const sent = await post.send()

    const answer = await content(sent.packageId)

    expect(answer.status).toBe(200)
    expect(answer.bytes.equals(sent.bytes)).toBe(true)
    expect(answer.headers.get('digest')).toMatch(/^sha-256=/)
    expect((await view(sent.packageId)).body.deliveries).toMatchObject([{ takenAt: null, fetchCount: 0 }])
  })

  it('read by a recipient is taken, as through its mailbox', async () => {
    const sent = await post.send()

    const part = await content(sent.packageId, post.receiver.basic, { range: 'bytes=0-9' })

    expect(part.status).toBe(206)
    expect(part.bytes.equals(sent.bytes.subarray(0, 10))).toBe(true)
    expect((await view(sent.packageId)).body.deliveries).toMatchObject([{ takenAt: expect.any(String), fetchCount: 1 }])
  })

  it('is gone for a recipient from whom it was recalled, and still the sender’s', async () => {
    const sent = await post.send()
    await forceState(sent.deliveryIds[0], 'recalled')

    expect(await content(sent.packageId, post.receiver.basic)).toMatchObject({
      status: 410,
      body: { code: 'recalled' },
    })
    expect((await content(sent.packageId)).bytes.equals(sent.bytes)).toBe(true)
  })
})

describe('the list of packages', () => {
  const list = async (query: string, basic = post.sender.basic) => {
    const answer = await post.call('GET', `/api/v1/packages?${query}`, { basic })
    expect({ status: answer.status, body: answer.bytes.toString('utf8') }).toMatchObject({ status: 200 })
    expectSchema('package-list', answer.body)
    return answer.body
  }
  const ids = (page: { items: { packageId: string }[] }) => page.items.map((item) => item.packageId)

  it('is what the caller sent, newest first, by pages without a gap', async () => {
    const sent: Sent[] = []
    for (let i = 0; i < 7; i++) sent.push(await post.send({ to_: ['H35.20'] }))
    const since = encodeURIComponent((await view(sent[0]?.packageId ?? '')).body.acceptedAt)
    const seen: string[] = []

    for (let cursor = ''; ; ) {
      const page = await list(`since=${since}&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...ids(page))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }

    expect(seen).toEqual(sent.map((one) => one.packageId).reverse())
  })

  it('is nobody else’s', async () => {
    const sent = await post.send({ to_: ['H35.20'] })

    expect(ids(await list('', post.stranger.basic))).not.toContain(sent.packageId)
    expect(ids(await list('from=H35.12', post.stranger.basic))).toEqual([])
  })

  it('filters by document, number, recipient, sender, state and time', async () => {
    const [one, two] = [await post.send({ to_: ['H35.14'] }), await post.send({ to_: ['H35.20'] })]
    await confirm(one.deliveryIds[0])
    const code = one.documentId.split(',')[2] ?? ''
    const { acceptedAt } = (await view(two.packageId)).body

    expect(ids(await list(`documentId=${encodeURIComponent(one.documentId)}`))).toEqual([one.packageId])
    expect(ids(await list(`documentId=${encodeURIComponent(` ${one.documentId} `)}`))).toEqual([one.packageId])
    expect(ids(await list(`code=${encodeURIComponent(code)}`))).toEqual([one.packageId])
    expect(ids(await list('to=H35.20&limit=1'))).toEqual([two.packageId])
    expect(ids(await list('to=000.00.14.H35&state=completed&limit=1'))).toEqual([one.packageId])
    expect(ids(await list('from=000.00.12.H35&limit=1'))).toEqual([two.packageId])
    expect(ids(await list('from=H35.20'))).toEqual([])
    expect(ids(await list('to=H99.99'))).toEqual([])
    expect(ids(await list(`until=${encodeURIComponent(acceptedAt)}&limit=1`))).not.toContain(two.packageId)
    expect(ids(await list('state=recalled&to=H35.16'))).toEqual([])
  })

  it.each([
    'limit=0',
    'limit=201',
    'state=delivered',
    'since=hôm qua',
    'cursor=xyz',
    'colour=red',
    `cursor=${Buffer.from('["x"]').toString('base64url')}`,
  ])('refuses %s', async (query) => {
    expect((await post.call('GET', `/api/v1/packages?${query}`, { basic: post.sender.basic })).status).toBe(400)
  })
})
