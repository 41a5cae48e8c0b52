import { createHash, randomUUID } from 'node:crypto'
import { get } from 'node:http'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/platform/ids.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { type Item, type Post, type Sent, startPost } from './mailbox-cases.ts'

let post: Post
beforeAll(async () => {
  post = await startPost()
})
afterAll(() => post?.close())
afterEach(() => post.empty())

const ids = (page: { items: Item[] }) => page.items.map((item) => item.deliveryId)
const first = (sent: Sent) => sent.deliveryIds[0] ?? ''
const confirm = (deliveryId: string, basic = post.receiver.basic) =>
  post.call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic })
const refuse = (deliveryId: string, body: unknown, basic = post.receiver.basic) =>
  post.call('POST', `/api/v1/mailbox/${deliveryId}/refuse`, { basic, body })
const fetchPackage = (deliveryId: string, headers: Record<string, string> = {}, basic = post.receiver.basic) =>
  post.call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic, headers })

async function rowOf(deliveryId: string) {
  return post.db.selectFrom('deliveries').selectAll().where('delivery_id', '=', deliveryId).executeTakeFirstOrThrow()
}

async function forceState(deliveryId: string, state: 'recalled' | 'expired') {
  await sql`update deliveries set state = ${state}, next_attempt_at = null where delivery_id = ${deliveryId}`.execute(
    post.db,
  )
}

describe('the list', () => {
  it('shows what waits as the schema says', async () => {
    const sent = await post.send({ to_: ['000.00.14.H35'], priority: 2 })

    const page = await post.list()

    expectSchema('mailbox-list', page)
    expect(page).toMatchObject({
      nextCursor: null,
      items: [
        {
          ...{ deliveryId: first(sent), packageId: sent.packageId, type: 'edoc', kind: 'new', from: 'H35.12' },
          ...{ to: '000.00.14.H35', documentId: sent.documentId, priority: 2, size: sent.bytes.length },
          recipient: { organId: '000.00.14.H35', agencyCode: expect.any(String) },
          sha256: createHash('sha256').update(sent.bytes).digest('hex'),
          availableAt: expect.stringMatching(/\+07:00$/),
          fetchedAt: null,
        },
      ],
    })
  })

  it('puts urgent ones first, then those never fetched, then the oldest', async () => {
    const [old, fetched, young, urgent, mostUrgent, urgentFetched] = [
      await post.send(),
      await post.send(),
      await post.send(),
      await post.send({ priority: 2 }),
      await post.send({ priority: 4 }),
      await post.send({ priority: 2 }),
    ]
    await fetchPackage(first(fetched))
    await fetchPackage(first(urgentFetched))

    const page = await post.list()

    expect(ids(page)).toEqual([mostUrgent, urgent, urgentFetched, old, young, fetched].map(first))
  })

  it('shows an urgent document before everything that waited already', async () => {
    for (let i = 0; i < 5; i++) await post.send()
    const urgent = await post.send({ priority: 3 })

    expect(ids(await post.list('limit=1'))).toEqual([first(urgent)])
  })

  it('is read through by cursor without a gap or a repeat while items are fetched and confirmed', async () => {
    const seeded = await seedMany(await template(), 500)
    const seen: string[] = []
    let cursor = ''

    for (let page = 0; ; page++) {
      const { items, nextCursor } = await post.list(`limit=37${cursor === '' ? '' : `&cursor=${cursor}`}`)
      seen.push(...ids({ items }))
      // Half of each page is taken at once, as a system with several threads would.
      const deliveryIds = ids({ items }).filter((_, i) => i % 2 === page % 2)
      await post.call('POST', '/api/v1/mailbox/confirm', { basic: post.receiver.basic, body: { deliveryIds } })
      if (nextCursor === null) break
      cursor = nextCursor
    }

    expect(seen).toHaveLength(500)
    expect(new Set(seen)).toEqual(new Set(seeded))
  })

  it('ends its pages exactly where the items end', async () => {
    for (let i = 0; i < 4; i++) await post.send()

    const page = await post.list('limit=2')
    const next = await post.list(`limit=2&cursor=${page.nextCursor}`)

    expect(page.items).toHaveLength(2)
    expect(next.items).toHaveLength(2)
    expect(next.nextCursor).toBeNull()
  })

  it('filters by any code of the agency', async () => {
    const [finance, commune] = [await post.send(), await post.send({ to_: ['H35.20.5'] })]

    expect(ids(await post.list('organId=H35.14'))).toEqual([first(finance)])
    expect(ids(await post.list('organId=000.00.14.H35'))).toEqual([first(finance)])
    expect(ids(await post.list('organId=h35.20.5'))).toEqual([first(commune)])
    expect(ids(await post.list('organId=H99.99'))).toEqual([])
    expect(ids(await post.list('organId=H35.20'))).toEqual([])
  })

  it('filters by type', async () => {
    const sent = await post.send()
    await post.call('POST', '/api/v1/status', {
      basic: post.receiver.basic,
      body: { deliveryId: first(sent), code: '01' },
    })

    expect((await post.list('type=status', post.sender.basic)).items).toMatchObject([
      { type: 'status', kind: 'status' },
    ])
    expect((await post.list('type=edoc', post.sender.basic)).items).toEqual([])
    expect((await post.list('type=edoc')).items).toHaveLength(1)
  })

  it('filters by when it came', async () => {
    const old = await post.send()
    await sql`update deliveries set available_at = '2026-01-01T00:00:00Z' where delivery_id = ${first(old)}`.execute(
      post.db,
    )
    const young = await post.send()

    expect(ids(await post.list('since=2026-02-01T00:00:00Z'))).toEqual([first(young)])
    expect(ids(await post.list(`since=${encodeURIComponent('2026-01-01T07:00:00+07:00')}`)).sort()).toEqual(
      [first(old), first(young)].sort(),
    )
  })

  it('lists what was confirmed, newest first, page by page', async () => {
    const sent = [await post.send(), await post.send(), await post.send()].map(first)
    for (const id of sent) await confirm(id)

    const page = await post.list('state=delivered&limit=2')
    const next = await post.list(`state=delivered&limit=1&cursor=${page.nextCursor}`)

    expectSchema('mailbox-list', page)
    expect([...ids(page), ...ids(next)]).toEqual([...sent].reverse())
    expect(ids(await post.list())).toEqual([])
  })

  it.each([
    'limit=0',
    'limit=201',
    'wait=61',
    'state=held',
    'type=letter',
    'since=yesterday',
    'colour=red',
    'cursor=xyz',
  ])('refuses %s', async (query) => {
    const answer = await post.call('GET', `/api/v1/mailbox?${query}`, { basic: post.receiver.basic })

    expect(answer.status).toBe(400)
    expectSchema('problem', answer.body)
  })

  it.each([
    ['available', ['a', 'b', 'c', 'd']],
    ['available', [0, true, '1', 'no-uuid']],
    ['available', [0, 'perhaps', '1', randomUUID()]],
    ['delivered', ['no-uuid']],
  ])('refuses a cursor that is none of ours: %s %j', async (state, parts) => {
    const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url')

    const answer = await post.call('GET', `/api/v1/mailbox?state=${state}&cursor=${cursor}`, {
      basic: post.receiver.basic,
    })

    expect(answer.status).toBe(400)
    expectSchema('problem', answer.body)
  })

  it('is closed to whoever does not say who they are', async () => {
    expect((await post.call('GET', '/api/v1/mailbox')).status).toBe(401)
    expect((await post.call('GET', '/api/v1/mailbox', { basic: 'QLVB-CHUNG:wrong' })).status).toBe(401)
    expect((await post.call('GET', '/api/v1/mailbox', { token: post.adminToken })).status).toBe(401)
  })
})

describe('a long poll', () => {
  it('answers at once when something arrives', async () => {
    const startedAt = performance.now()
    const poll = post.list('wait=30')
    // The poll is waiting by the time a whole acceptance is over.
    const sent = await post.send()

    expect(ids(await poll)).toEqual([first(sent)])
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })

  it('answers within a second when another process accepted it', async () => {
    const packageId = await template()
    const poll = post.list('wait=30')
    // Another answer of the same edge: by then the poll has looked into its empty mailbox.
    await post.call('GET', '/api/v1/time', { basic: post.sender.basic })
    const startedAt = performance.now()
    const [seeded] = await seedMany(packageId, 1)

    expect(ids(await poll)).toEqual([seeded])
    expect(performance.now() - startedAt).toBeLessThan(2_500)
  })

  it('ends empty at its time, and not before', async () => {
    const startedAt = performance.now()

    expect((await post.list('wait=1')).items).toEqual([])

    const tookMs = performance.now() - startedAt
    expect(tookMs).toBeGreaterThanOrEqual(950)
    expect(tookMs).toBeLessThan(4_000)
  })

  it('holds no database connection while it waits', async () => {
    const gone = new AbortController()
    const polls = Array.from({ length: 40 }, () =>
      post
        .call('GET', '/api/v1/mailbox?wait=30', { basic: post.stranger.basic, signal: gone.signal })
        .catch(() => 'gone'),
    )

    // Four times as many as the pool has connections; everybody else is still served.
    const startedAt = performance.now()
    await post.send()
    expect((await post.list()).items).toHaveLength(1)
    expect(performance.now() - startedAt).toBeLessThan(4_000)
    gone.abort()
    expect(new Set(await Promise.all(polls))).toEqual(new Set(['gone']))
  })

  it('waits with a filter for what the filter lets through', async () => {
    const poll = post.list('wait=20&organId=H35.20.5')
    await post.send()
    const wanted = await post.send({ to_: ['H35.20.5'] })

    expect(ids(await poll)).toEqual([first(wanted)])
  })
})

describe('one item', () => {
  it('shows what was found in the package', async () => {
    const sent = await post.send()

    const { status, body } = await post.call('GET', `/api/v1/mailbox/${first(sent)}`, { basic: post.receiver.basic })

    expect(status).toBe(200)
    expectSchema('mailbox-inspection', body)
    expect(body).toMatchObject({
      ...{ deliveryId: first(sent), state: 'available', fetchedAt: null },
      attachments: [{ name: 'cong-van.pdf', mediaType: 'application/pdf', verdict: null, signatures: [] }],
    })
    // Looking is not taking.
    expect(await rowOf(first(sent))).toMatchObject({ taken_at: null, fetch_count: 0 })
  })

  it('is nobody else’s: their answer is as if it did not exist', async () => {
    const sent = await post.send()
    const id = first(sent)
    const { basic } = post.stranger

    const answers = [
      await post.call('GET', `/api/v1/mailbox/${id}`, { basic }),
      await fetchPackage(id, {}, basic),
      await confirm(id, basic),
      await refuse(id, { reason: 'không phải của tôi' }, basic),
      await post.call('GET', `/api/v1/mailbox/${id}`, { basic: post.sender.basic }),
      await post.call('GET', `/api/v1/mailbox/${randomUUID()}`, { basic }),
    ]

    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'delivery_not_found' } })
    expect(await rowOf(id)).toMatchObject({ state: 'available', taken_at: null })
  })

  it('of a malformed id is a bad request', async () => {
    expect((await post.call('GET', '/api/v1/mailbox/seven', { basic: post.receiver.basic })).status).toBe(400)
  })
})

describe('the package', () => {
  it('is the exact bytes with their hash, and is taken from then on', async () => {
    const sent = await post.send()
    const hash = createHash('sha256').update(sent.bytes)

    const answer = await fetchPackage(first(sent))

    expect(answer.status).toBe(200)
    expect(answer.bytes.equals(sent.bytes)).toBe(true)
    expect(answer.headers.get('content-type')).toContain('application/edxml+xml')
    expect(answer.headers.get('content-length')).toBe(String(sent.bytes.length))
    expect(answer.headers.get('accept-ranges')).toBe('bytes')
    expect(answer.headers.get('digest')).toBe(`sha-256=${hash.copy().digest('base64')}`)
    expect(answer.headers.get('etag')).toBe(`"${hash.digest('hex')}"`)
    const row = await rowOf(first(sent))
    expect(row).toMatchObject({ state: 'available', fetch_count: 1 })
    expect(row.taken_at).toBeInstanceOf(Date)
    expect(row.fetched_at).toBeInstanceOf(Date)
  })

  it('may be fetched again, and every fetch is counted', async () => {
    const sent = await post.send()

    for (let i = 0; i < 3; i++) expect((await fetchPackage(first(sent))).bytes.equals(sent.bytes)).toBe(true)

    expect(await rowOf(first(sent))).toMatchObject({ fetch_count: 3 })
  })

  it.each<[string, (size: number) => [number, number]]>([
    ['bytes=0-99', () => [0, 99]],
    ['bytes=100-199', () => [100, 199]],
    ['bytes=500-', (size) => [500, size - 1]],
    ['bytes=-64', (size) => [size - 64, size - 1]],
    ['bytes=0-99999999', (size) => [0, size - 1]],
    ['bytes=-99999999', (size) => [0, size - 1]],
    ['bytes=0-0', () => [0, 0]],
  ])('in part: %s', async (range, expected) => {
    const sent = await post.send()
    const [start, end] = expected(sent.bytes.length)

    const answer = await fetchPackage(first(sent), { range })

    expect(answer.status).toBe(206)
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end}/${sent.bytes.length}`)
    expect(answer.headers.get('content-length')).toBe(String(end - start + 1))
    expect(answer.bytes.equals(sent.bytes.subarray(start, end + 1))).toBe(true)
  })

  it.each(['bytes=0-1,5-9', 'lines=1-2', 'bytes=', 'bytes=-'])(
    'whole when the range is none we serve: %s',
    async (range) => {
      const sent = await post.send()

      const answer = await fetchPackage(first(sent), { range })

      expect(answer.status).toBe(200)
      expect(answer.bytes.equals(sent.bytes)).toBe(true)
    },
  )

  it.each(['bytes=999999999-', 'bytes=-0'])('of a range that lies outside is 416: %s', async (range) => {
    const sent = await post.send()

    const answer = await fetchPackage(first(sent), { range })

    expect(answer).toMatchObject({ status: 416, body: { code: 'range_not_satisfiable' } })
  })

  it('is continued only while it is the same: If-Range', async () => {
    const sent = await post.send()
    const etag = (await fetchPackage(first(sent))).headers.get('etag') ?? ''

    const same = await fetchPackage(first(sent), { range: 'bytes=10-19', 'if-range': etag })
    const other = await fetchPackage(first(sent), { range: 'bytes=10-19', 'if-range': '"other"' })

    expect(same.status).toBe(206)
    expect(same.bytes.equals(sent.bytes.subarray(10, 20))).toBe(true)
    expect(other.status).toBe(200)
    expect(other.bytes.equals(sent.bytes)).toBe(true)
  })

  it('is gone once it was recalled untaken', async () => {
    const sent = await post.send()
    await forceState(first(sent), 'recalled')

    expect(await fetchPackage(first(sent))).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect(await confirm(first(sent))).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect(await refuse(first(sent), { reason: 'x' })).toMatchObject({ status: 410, body: { code: 'recalled' } })
    expect(await rowOf(first(sent))).toMatchObject({ taken_at: null, fetch_count: 0 })
  })

  it('of an expired item can still be fetched, and its confirm is a late delivery', async () => {
    const sent = await post.send()
    await forceState(first(sent), 'expired')

    expect((await fetchPackage(first(sent))).bytes.equals(sent.bytes)).toBe(true)
    expect(await confirm(first(sent))).toMatchObject({ status: 200, body: { state: 'delivered' } })
  })

  it('of 5 MB comes whole', async () => {
    const content = Buffer.alloc(4_000_000, 0x41).toString('base64')
    const sent = await post.send({ files: [{ id: 'a1', name: 'to.bin', type: 'application/octet-stream', content }] })

    expect((await fetchPackage(first(sent))).bytes.equals(sent.bytes)).toBe(true)
  })
})

describe('confirming', () => {
  it('takes the item out of the list, and may be said again', async () => {
    const sent = await post.send()

    const said = await confirm(first(sent))
    const again = await confirm(first(sent))

    expectSchema('delivery-outcome', said.body)
    expect(said).toMatchObject({ status: 200, body: { deliveryId: first(sent), state: 'delivered' } })
    expect(said.body.deliveredAt).toMatch(/\+07:00$/)
    expect(again.body).toEqual(said.body)
    expect(ids(await post.list())).toEqual([])
  })

  it('of many answers for each of them', async () => {
    const [waiting, done, gone, foreign] = [
      await post.send(),
      await post.send(),
      await post.send(),
      await post.send({ to_: ['H35.20'] }),
    ]
    await confirm(first(done))
    await forceState(first(gone), 'recalled')
    const unknown = randomUUID()
    const deliveryIds = [first(waiting), first(done), first(gone), first(foreign), unknown, first(waiting)]

    const { status, body } = await post.call('POST', '/api/v1/mailbox/confirm', {
      basic: post.receiver.basic,
      body: { deliveryIds },
    })

    expect(status).toBe(200)
    expectSchema('confirm-many-result', body)
    expect(body.results).toEqual([
      { deliveryId: first(waiting), state: 'delivered' },
      { deliveryId: first(done), state: 'delivered' },
      { deliveryId: first(gone), state: 'recalled', code: 'recalled' },
      { deliveryId: first(foreign), state: null, code: 'delivery_not_found' },
      { deliveryId: unknown, state: null, code: 'delivery_not_found' },
      { deliveryId: first(waiting), state: 'delivered' },
    ])
    expect(await rowOf(first(foreign))).toMatchObject({ state: 'available' })
  })

  it('of many says the same of an id however it is spelt', async () => {
    const sent = await post.send()
    const deliveryIds = [first(sent).toUpperCase()]

    const { body } = await post.call('POST', '/api/v1/mailbox/confirm', {
      basic: post.receiver.basic,
      body: { deliveryIds },
    })

    expect(body.results).toEqual([{ deliveryId: deliveryIds[0], state: 'delivered' }])
    expect(await rowOf(first(sent))).toMatchObject({ state: 'delivered' })
  })

  it.each<[string, unknown]>([
    ['no list', {}],
    ['an empty list', { deliveryIds: [] }],
    ['ids that are none', { deliveryIds: ['7'] }],
    ['too many', { deliveryIds: Array.from({ length: 1_001 }, () => randomUUID()) }],
  ])('of many is refused with %s', async (_name, body) => {
    expect((await post.call('POST', '/api/v1/mailbox/confirm', { basic: post.receiver.basic, body })).status).toBe(400)
  })
})

describe('refusing', () => {
  it('ends the delivery, and the sender sees the reason', async () => {
    const sent = await post.send()

    const answer = await refuse(first(sent), { reason: 'Văn bản gửi nhầm cơ quan' })

    expectSchema('delivery-outcome', answer.body)
    expect(answer).toMatchObject({ status: 200, body: { deliveryId: first(sent), state: 'refused' } })
    const view = await post.call('GET', `/api/v1/packages/${sent.packageId}`, { basic: post.sender.basic })
    expect(view.body).toMatchObject({
      state: 'completed_with_failures',
      deliveries: [
        {
          state: 'refused',
          reason: { code: 'refused_by_receiver', text: expect.stringContaining('Văn bản gửi nhầm cơ quan') },
        },
      ],
    })
    expect(view.body.timeline.at(-1)).toMatchObject({
      type: 'delivery.refused',
      data: { reason: 'Văn bản gửi nhầm cơ quan' },
    })
    expect(ids(await post.list())).toEqual([])
  })

  it('may be said again, and not after a confirm', async () => {
    const [refused, confirmed] = [await post.send(), await post.send()]
    await refuse(first(refused), { reason: 'một' })
    await confirm(first(confirmed))

    expect(await refuse(first(refused), { reason: 'hai' })).toMatchObject({ status: 200, body: { state: 'refused' } })
    expect(await rowOf(first(refused))).toMatchObject({ reason_text: 'một' })
    expect(await refuse(first(confirmed), { reason: 'ba' })).toMatchObject({
      status: 409,
      body: { code: 'delivery_not_in_mailbox' },
    })
  })

  it('can be taken back by a confirm: a late delivery', async () => {
    const sent = await post.send()
    await refuse(first(sent), { reason: 'nhầm' })

    expect(await confirm(first(sent))).toMatchObject({ status: 200, body: { state: 'delivered' } })
    const view = await post.call('GET', `/api/v1/packages/${sent.packageId}`, { basic: post.sender.basic })
    expect(view.body).toMatchObject({ state: 'completed', deliveries: [{ state: 'delivered', reason: null }] })
  })

  it.each<[string, unknown]>([
    ['none', {}],
    ['an empty one', { reason: '' }],
    ['one too long', { reason: 'x'.repeat(2_001) }],
    ['more than a reason', { reason: 'x', colour: 'red' }],
  ])('needs a reason, not %s', async (_name, body) => {
    const sent = await post.send()

    expect((await refuse(first(sent), body)).status).toBe(400)
    expect(await rowOf(first(sent))).toMatchObject({ state: 'available' })
  })
})

describe('a credential for part of the agencies', () => {
  it('sees, fetches and settles their deliveries only', async () => {
    const made = await post.admin('POST', 'systems/QLVB-CHUNG/credentials', { label: 'xã', agencies: ['H35.20.5'] })
    const basic = `QLVB-CHUNG:${made.body.secret}`
    const [finance, commune] = [await post.send(), await post.send({ to_: ['H35.20.5'] })]

    expect(ids(await post.list('', basic))).toEqual([first(commune)])
    expect((await fetchPackage(first(finance), {}, basic)).status).toBe(404)
    expect((await confirm(first(finance), basic)).status).toBe(404)
    const many = await post.call('POST', '/api/v1/mailbox/confirm', {
      ...{ basic, body: { deliveryIds: [first(finance), first(commune)] } },
    })
    expect(many.body.results).toEqual([
      { deliveryId: first(finance), state: null, code: 'delivery_not_found' },
      { deliveryId: first(commune), state: 'delivered' },
    ])
    expect(ids(await post.list())).toEqual([first(finance)])
  })
})

describe('a gateway that goes down', () => {
  it('answers its waiting polls at once', async () => {
    const other = await startPost()
    const poll = listOverOneConnection(other, 'wait=50')
    // A whole later poll of a second: by its end the first one is waiting.
    await other.list('wait=1', other.stranger.basic)

    const startedAt = performance.now()
    const closed = other.close()
    const items = await poll
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    await closed

    expect(items).toEqual([])
  })
})

/** A poll over a connection that ends with its answer. */
function listOverOneConnection(other: Post, query: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Basic ${Buffer.from(other.receiver.basic).toString('base64')}` }
    get(`${other.url}/api/v1/mailbox?${query}`, { agent: false, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')).items))
    }).on('error', reject)
  })
}

/** A package whose own delivery is out of the way. */
async function template(): Promise<string> {
  const sent = await post.send()
  await confirm(first(sent))
  return sent.packageId
}

/** Many items of the receiver's mailbox, put there by somebody else than this process. */
async function seedMany(packageId: string, count: number): Promise<string[]> {
  const ids_ = Array.from({ length: count }, () => uuidv7())
  await sql`
    insert into deliveries (delivery_id, package_id, type, priority, repeat_key, recipient_key, recipient_agency_id,
      organ_id, agency_code, system_id, channel, state, available_at, fetched_at)
    select id, package_id, type, n % 3, gen_random_uuid(), gen_random_uuid(), recipient_agency_id,
      organ_id, agency_code, system_id, channel, 'available', now() + (n % 40) * interval '1 microsecond',
      case when n % 5 = 0 then now() end
    from deliveries, unnest(${ids_}::uuid[]) with ordinality as one (id, n) where package_id = ${packageId}`.execute(
    post.db,
  )
  return ids_
}
