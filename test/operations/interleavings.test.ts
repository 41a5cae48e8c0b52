// A thousand stories in which senders take back, change and replace documents while recipients fetch, confirm, refuse and
// answer, all at the same moment. Whoever wins, every answer must agree with what the rows say in the end (design §3).
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { codes, documentTo, type Province, startProvince } from '../support/gateway-under-test-province.ts'
import type { Answer } from '../support/http-client.ts'
import { type PushSubscriber, startPushSubscriber } from '../support/push-subscriber.ts'
import { business, changing, replacing, statusOf } from './desk.ts'
import { type Act, type Place, type Story, stories } from './interleavings.ts'

const storiesCount = 1_000
const atOnce = 32
const seed = Number(process.env.INTERLEAVING_SEED ?? 20_261_120)
const pushedCode = 'H35.90'
const codeAt = [codes.stc, codes.district, codes.ward, pushedCode] as const

let province: Province
let subscriber: PushSubscriber
/** How the pushed agency answers, by document. */
const pushAnswers = new Map<string, Story['push']>()
beforeAll(async () => {
  province = await startProvince({ env: { DATABASE_CONNECTIONS_MAX: '20' } })
  subscriber = await startPushSubscriber()
  subscriber.answer(async (push) => {
    const documentId = decodeURIComponent(String(push.headers['tram-document-id'])).split('~')[0] ?? ''
    const { status, waitMs } = pushAnswers.get(documentId) ?? { status: 204, waitMs: 0 }
    await pause(waitMs)
    return { status }
  })
  await province.register({
    agencies: [{ codes: [pushedCode] }],
    systems: [{ systemId: 'QLVB-DAY', agencies: [pushedCode], channel: 'push', pushUrl: subscriber.url }],
  })
})
afterAll(async () => {
  await province?.close()
  await subscriber?.close()
})

/** Part of the story: who comes first is what it is about. */
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Heard {
  readonly story: number
  readonly act: Act | { readonly kind: 'send' }
  readonly deliveryId?: string
  readonly answer: Answer
}

const heard: Heard[] = []
const packages: { readonly packageId: string; readonly to: readonly string[] }[] = []

const allowed: Readonly<Record<string, readonly number[]>> = {
  ...{ send: [202], fetch: [200, 404, 410], content: [200, 404, 410], confirm: [200, 404, 410] },
  ...{ refuse: [200, 404, 409, 410], take: [200, 404, 410], confirm_many: [200], answer: [200, 202], recall_13: [202] },
  ...{ recall_call: [200, 422], recall_1: [202], replace: [202], update: [202] },
}

test(`${storiesCount} stories (seed ${seed})`, { timeout: 300_000 }, async () => {
  const all = stories(storiesCount, seed)
  for (let i = 0; i < all.length; i += atOnce) {
    await Promise.all(all.slice(i, i + atOnce).map((story, j) => play(story, i + j)))
  }
  await takeWhatIsLeft()

  expect(heard.filter(({ act, answer }) => !allowed[act.kind]?.includes(answer.status)).map(inWords)).toEqual([])
  const rows = await rowsById()
  expect(contradictions(rows)).toEqual([])
  expect(await missingRows()).toEqual([])
  expect(await outOfOrder()).toEqual([])
  expect(await badRequests()).toEqual([])
  expect([...rows.values()].filter((row) => !['delivered', 'refused', 'recalled'].includes(row.state))).toEqual([])
  expect(await deadlocks()).toBe(0)
  await expectBothEnds()
})

async function play(story: Story, number: number): Promise<void> {
  const documentId = `${codes.snv},2026/11/20,M${number}/SNV`
  pushAnswers.set(documentId, story.push)
  const teller = tellerOf(story, number, documentId)
  await teller.send()
  await Promise.all(
    story.steps.map(async ({ act, waitMs }, i) => {
      await pause(waitMs)
      await teller.act(act, i)
    }),
  )
}

function tellerOf(story: Story, number: number, documentId: string) {
  const { call, snv, shared } = province
  let deliveries = new Map<string, string>()
  let packageId = ''
  /** All that those who share the mailbox know of. */
  const readableIds: string[] = []
  const codesOf = (places: readonly Place[]) => places.map((place) => codeAt[place])

  function hear(act: Heard['act'], answer: Answer, deliveryId?: string): Answer {
    heard.push({ story: number, act, answer, ...(deliveryId === undefined ? {} : { deliveryId }) })
    return answer
  }

  async function submit(act: Heard['act'], to: readonly string[], made: { xml: string }): Promise<Answer> {
    const answer = hear(act, await province.submit(snv.basic, made.xml))
    if (answer.status === 202) packages.push({ packageId: answer.body.packageId, to })
    return answer
  }

  async function read(act: Act, deliveryId: string | undefined): Promise<void> {
    if (deliveryId === undefined) return
    const path = `/api/v1/mailbox/${deliveryId}`
    const reading = act.kind === 'refuse' ? ['refuse'] : act.kind === 'take' ? ['package', 'confirm'] : [act.kind]
    for (const what of reading) {
      const verb = what === 'fetch' ? 'package' : what
      const kind = verb === 'package' ? 'fetch' : verb === 'refuse' ? 'refuse' : 'confirm'
      const body = kind === 'refuse' ? { body: { reason: 'Sai nơi nhận' } } : {}
      const answer = await call(kind === 'fetch' ? 'GET' : 'POST', `${path}/${verb}`, { basic: shared.basic, ...body })
      hear({ kind, place: 0 }, answer, deliveryId)
    }
  }

  /** Those who share the mailbox try to take what has just been sent to them. */
  async function takeAtOnce(answer: Answer): Promise<void> {
    const ids: { deliveryId: string; organId: string }[] = answer.body?.deliveries ?? []
    const readable = ids.filter(({ organId }) => organId !== pushedCode)
    readableIds.push(...readable.map(({ deliveryId }) => deliveryId))
    await Promise.all(readable.map(({ deliveryId }) => read({ kind: 'take', place: 0 }, deliveryId)))
  }

  async function operate(act: Extract<Act, { takes: boolean }>, i: number): Promise<void> {
    const to = codesOf(act.places)
    const id = `${documentId}~${i}`
    const answer = await submit(act, to, documentTo(to, { id, ...fixtureOf(act, documentId) }))
    if (act.takes) await takeAtOnce(answer)
  }

  return {
    async send() {
      const to = codesOf(story.to)
      const answer = await submit({ kind: 'send' }, to, documentTo(to, { id: documentId }))
      packageId = answer.body.packageId
      deliveries = new Map(answer.body.deliveries.map((d: Row) => [d.organId, d.deliveryId]))
      readableIds.push(...[...deliveries].filter(([code]) => code !== pushedCode).map(([, id]) => id))
    },

    async act(act: Act, i: number): Promise<unknown> {
      switch (act.kind) {
        case 'fetch':
        case 'confirm':
        case 'refuse':
        case 'take':
          return await read(act, deliveries.get(codeAt[act.place]))
        case 'content':
          return hear(act, await call('GET', `/api/v1/packages/${packageId}/content`, { basic: shared.basic }))
        case 'confirm_many': {
          const deliveryIds = [...readableIds].reverse()
          if (deliveryIds.length === 0) return
          return hear(
            act,
            await call('POST', '/api/v1/mailbox/confirm', { basic: shared.basic, body: { deliveryIds } }),
          )
        }
        case 'answer': {
          const said = { to: codes.snv, documentId, code: act.code }
          if (act.place === 3) return
          return hear(act, await status(shared.basic, statusOf({ from: codeAt[act.place], ...said })))
        }
        case 'recall_13':
          return hear(
            act,
            await status(snv.basic, statusOf({ from: codes.snv, to: codeAt[act.place], documentId, code: '13' })),
          )
        case 'recall_call': {
          const body = { reason: `Thu hồi ${i}`, ...(act.places.length === 0 ? {} : { organIds: codesOf(act.places) }) }
          return hear(act, await call('POST', `/api/v1/packages/${packageId}/recall`, { basic: snv.basic, body }))
        }
        case 'recall_1':
        case 'replace':
        case 'update':
          return await operate(act, i)
      }
    },
  }

  async function status(basic: string, body: string): Promise<Answer> {
    return await call('POST', '/api/v1/status', { basic, body, type: 'application/edxml+xml' })
  }
}

interface Row {
  readonly organId: string
  readonly deliveryId: string
}

function fixtureOf(act: Extract<Act, { takes: boolean }>, documentId: string) {
  switch (act.kind) {
    case 'recall_1':
      return { traces: business(1, `<e:DocumentId>${documentId}</e:DocumentId>`) }
    case 'replace':
      return { traces: replacing([documentId]) }
    case 'update': {
      const removed = act.removed.map((place) => codeAt[place])
      const added = act.added.map((place) => codeAt[place])
      const traces = changing(documentId, { removed, added })
      return {
        traces,
        ...(act.bringsFile ? {} : { files: [], manifest: '<e:edXMLManifest version="1.0"></e:edXMLManifest>' }),
      }
    }
  }
}

/** What is offered is taken until nothing is left, as QLVB do: so what never comes shows. */
async function takeWhatIsLeft(): Promise<void> {
  const { call, shared } = province
  for (;;) {
    const { body } = await call('GET', '/api/v1/mailbox?limit=200', { basic: shared.basic })
    const deliveryIds = body.items.map((item: Row) => item.deliveryId)
    if (deliveryIds.length === 0) break
    const answer = await call('POST', '/api/v1/mailbox/confirm', { basic: shared.basic, body: { deliveryIds } })
    heard.push({ story: -1, act: { kind: 'confirm_many' }, answer })
  }
  await vi.waitFor(
    async () => {
      // A push that met a busy machine would be tried again after minutes.
      await sql`update deliveries set next_attempt_at = now()
        where system_id = 'QLVB-DAY' and state = 'waiting' and lease_token is null`.execute(province.db)
      const { rows } = await sql<{ n: number }>`select count(*)::int as n from deliveries
        where system_id = 'QLVB-DAY' and state in ('waiting', 'in_flight', 'available')`.execute(province.db)
      expect(rows[0]?.n).toBe(0)
    },
    { timeout: 120_000, interval: 500 },
  )
}

interface Final {
  readonly delivery_id: string
  readonly state: string
  readonly taken_at: Date | null
  readonly fetch_count: number
  readonly document_id: string
}

async function rowsById(): Promise<Map<string, Final>> {
  const { rows } = await sql<Final>`
    select d.delivery_id, d.state, d.taken_at, d.fetch_count, p.document_id
    from deliveries d join packages p using (package_id)
    -- A status 13 to somebody who never got the document is kept from everybody.
    where p.system_id = 'QLVB-SNV' and d.held_reason is distinct from 'quarantined'`.execute(province.db)
  return new Map(rows.map((row) => [row.delivery_id, row]))
}

/** Answers that the rows deny. */
function contradictions(rows: ReadonlyMap<string, Final>): string[] {
  const stateOf = (id: string | undefined) => rows.get(id ?? '')?.state ?? 'missing'
  const wrong: string[] = []
  for (const one of heard) {
    const { act, answer, deliveryId } = one
    const says = (isTrue: boolean, what: string) => {
      if (!isTrue) wrong.push(`${what}: ${inWords(one)}`)
    }
    if (deliveryId !== undefined) {
      const isRecalled = stateOf(deliveryId) === 'recalled'
      if (act.kind === 'fetch' || act.kind === 'confirm') {
        if (answer.status === 200) says(!isRecalled, 'served and recalled')
        if (answer.status === 410) says(isRecalled, 'said to be recalled')
      }
    }
    for (const row of answer.body?.results ?? []) {
      if (row.state === 'delivered') says(stateOf(row.deliveryId) === 'delivered', 'confirmed and not delivered')
      if (row.state === 'recalled') says(stateOf(row.deliveryId) === 'recalled', 'said to be recalled')
    }
    for (const row of answer.body?.withdrawn ?? []) says(stateOf(row.deliveryId) === 'recalled', 'said to be withdrawn')
    for (const row of [...(answer.body?.requested ?? []), ...(answer.body?.undeliverable ?? [])]) {
      if (row.deliveryId !== undefined) says(stateOf(row.deliveryId) !== 'recalled', 'said to be asked for')
    }
    for (const row of (answer.status === 202 && answer.body?.deliveries) || []) {
      if (row.state === 'recalled') says(stateOf(row.deliveryId) === 'recalled', 'said to be pointless')
    }
  }
  const pushedIds = subscriber.received.map((push) => String(push.headers['webhook-id']))
  for (const id of pushedIds) if (stateOf(id) === 'recalled') wrong.push(`pushed and recalled: ${id}`)
  if (new Set(pushedIds).size !== pushedIds.length) wrong.push('pushed twice')
  for (const row of rows.values()) {
    if (row.state === 'recalled' && (row.taken_at !== null || row.fetch_count > 0))
      wrong.push(`recalled and taken: ${row.delivery_id}`)
  }
  return wrong
}

/** Every To has its row, under its own package. */
async function missingRows(): Promise<string[]> {
  const { rows } = await sql<{ key: string }>`
    select package_id || ' ' || organ_id as key from deliveries`.execute(province.db)
  const known = new Set(rows.map((row) => row.key))
  return packages
    .flatMap(({ packageId, to }) => to.map((code) => `${packageId} ${code}`))
    .filter((key) => !known.has(key))
}

/**
 * What was taken before the document that it acts on was settled there, or though that had been withdrawn unseen. What
 * its recipient refused unread is settled, and may still be withdrawn. A lane notes the moment a little before it looks
 * for what is due.
 */
async function outOfOrder() {
  const { rows } = await sql`
    select c.delivery_id, c.taken_at, settled.at, settled.type, t.state
    from delivery_waits w join deliveries c using (delivery_id) join deliveries t on t.delivery_id = w.after_delivery_id
    left join lateral (
      select e.at, e.type from events e
      where e.delivery_id = t.delivery_id and e.type in ('delivery.delivered', 'delivery.refused', 'delivery.recalled')
      order by e.at limit 1
    ) settled on true
    where c.taken_at is not null and (settled.at is null or settled.at > c.taken_at + interval '20 milliseconds'
      or (settled.type = 'delivery.recalled' and delivery_is_pointless(c.delivery_id)))`.execute(province.db)
  return rows
}

/** Requests with an outcome that nothing bears out, or with none that could still come. */
async function badRequests() {
  const { rows } = await sql`
    select r.*, d.state from operation_requests r join deliveries d on d.delivery_id = r.target_delivery_id
    where (r.outcome = 'requested') <> (r.settled_at is null)
      or (r.outcome = 'requested' and d.state = 'recalled')
      or (r.outcome = 'requested' and not (case r.kind when 'recall' then d.recall_requested else d.update_requested end))
      or (r.outcome = 'agreed' and r.kind = 'recall' and not d.recall_agreed)
      or (r.outcome in ('agreed', 'declined') and r.answer_package_id is null)
      or (r.outcome = 'withdrawn' and r.kind = 'recall' and d.state <> 'recalled' and not exists (
        select from operation_requests other
        where other.target_delivery_id = r.target_delivery_id and other.kind = 'recall' and other.request_id <> r.request_id))
    union all
    select r.*, 'twice' from operation_requests r
    where r.kind = 'recall' and r.outcome = 'withdrawn' and r.package_id is null and 1 < (
      select count(*) from operation_requests other
      where other.target_delivery_id = r.target_delivery_id and other.kind = 'recall' and other.outcome = 'withdrawn')`.execute(
    province.db,
  )
  return rows
}

async function deadlocks(): Promise<number> {
  const { rows } = await sql<{ deadlocks: number }>`
    select deadlocks::int from pg_stat_database where datname = current_database()`.execute(province.db)
  return rows[0]?.deadlocks ?? -1
}

/** Both ends of every race must have been met, or the stories prove nothing. */
async function expectBothEnds(): Promise<void> {
  const { rows } = await sql<{ outcome: string; n: number }>`
    select kind || ' ' || outcome as outcome, count(*)::int as n from operation_requests group by 1`.execute(
    province.db,
  )
  const met = rows.filter((row) => row.n > 0).map((row) => row.outcome)
  expect(met).toEqual(
    expect.arrayContaining([
      ...['recall withdrawn', 'recall requested', 'recall agreed', 'recall declined'],
      ...['update requested', 'update withdrawn', 'replace requested', 'replace withdrawn'],
    ]),
  )
  const fetches = (status: number) =>
    heard.filter(({ act, answer }) => act.kind === 'fetch' && answer.status === status).length
  expect(Math.min(fetches(200), fetches(410))).toBeGreaterThan(50)
}

function inWords({ story, act, deliveryId, answer }: Heard): string {
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body).slice(0, 300)
  return `story ${story}: ${JSON.stringify(act)} ${deliveryId ?? ''} answered ${answer.status} ${body}`
}
