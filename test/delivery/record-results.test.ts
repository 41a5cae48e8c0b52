import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Claim, claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { type AttemptResult, recordResults } from '../../src/delivery/record-results.ts'
import type { AttemptOutcome } from '../../src/domain/delivery.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { defaultPolicy } from '../support/delivery-policy.ts'
import { type DeliveryRows, openDeliveryRows, result } from './delivery-rows.ts'

const policy = { ...defaultPolicy, waitsSeconds: [100, 200], jitter: 0, retryAfterMaxSeconds: 3_600 }

const delivered: AttemptOutcome = { kind: 'delivered', httpStatus: 200 }
const fault: AttemptOutcome = {
  kind: 'unreachable',
  cause: 'HTTP 500',
  httpStatus: 500,
  answer: 'no',
  nothingSent: false,
}
const unconnected: AttemptOutcome = { kind: 'unreachable', cause: 'ECONNREFUSED', nothingSent: true }

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

async function claimOne(systemId: string): Promise<Claim> {
  const claims = await claimDeliveries(rows.db, systemId, 1, 8_000, 300)
  const [claim] = claims
  if (claim === undefined) throw new Error('nothing to claim')
  return claim
}

async function claimed(lane: string, fixture: Parameters<DeliveryRows['delivery']>[1] = {}): Promise<Claim> {
  await rows.delivery(lane, fixture)
  return claimOne(lane)
}

const record = (...results: AttemptResult[]) => recordResults(rows.db, results, () => policy, uuidv7)

/** Claims and records one delivery after another, as a lane with one slot would meet them. */
async function meet(lane: string, ...outcomes: AttemptOutcome[]) {
  for (const outcome of outcomes) await record(result(await claimed(lane), outcome))
}

/** Seconds from now, by the database's clock. */
async function secondsFromNow(at: unknown): Promise<number> {
  const found = await sql<{ s: number }>`
    select extract(epoch from ${at as Date}::timestamptz - now())::float8 as s`.execute(rows.db)
  return found.rows[0]?.s ?? Number.NaN
}

describe('what an attempt came to', () => {
  it('delivered ends the delivery, with a line in the timeline', async () => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, { ...delivered, answer: 'ok' }))

    const row = await rows.row(claim.delivery.deliveryId)
    expect(row).toMatchObject({ state: 'delivered', next_attempt_at: null, lease_token: null, lease_until: null })
    expect(row).toMatchObject({ reason_code: null, reason_text: null })
    expect(row.delivered_at).toBeInstanceOf(Date)
    expect(await rows.events(claim.delivery.deliveryId)).toMatchObject([{ type: 'delivery.delivered' }])
    expect(await rows.attempts(claim.delivery.deliveryId)).toMatchObject([
      { attempt: 1, outcome: 'delivered', http_status: 200, detail: 'ok', system_id: claim.delivery.systemId },
    ])
  })

  it('delivered after faults takes away the reason for waiting', async () => {
    const lane = await rows.lane()
    const claim = await claimed(lane)
    await record(result(claim, fault))
    await sql`update deliveries set next_attempt_at = now() where delivery_id = ${claim.delivery.deliveryId}`.execute(
      rows.db,
    )

    await record(result(await claimOne(lane), delivered))

    expect(await rows.row(claim.delivery.deliveryId)).toMatchObject({
      state: 'delivered',
      reason_code: null,
      reason_text: null,
    })
    expect(await rows.attempts(claim.delivery.deliveryId)).toHaveLength(2)
  })

  it("refused ends the delivery with the receiver's words", async () => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, { kind: 'refused', httpStatus: 422, reason: 'Sai mã đơn vị' }))

    expect(await rows.row(claim.delivery.deliveryId)).toMatchObject({
      ...{ state: 'refused', reason_code: 'refused_by_receiver', reason_text: 'Sai mã đơn vị', next_attempt_at: null },
    })
    expect(await rows.events(claim.delivery.deliveryId)).toEqual([
      { type: 'delivery.refused', data: { reason: 'Sai mã đơn vị' } },
    ])
  })

  it('busy waits as long as the receiver asked', async () => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, { kind: 'busy', httpStatus: 429, retryAfterSeconds: 77 }))

    const row = await rows.row(claim.delivery.deliveryId)
    expect(row).toMatchObject({ state: 'waiting', reason_code: 'receiver_busy', lease_token: null })
    expect(await secondsFromNow(row.next_attempt_at)).toBeCloseTo(77, -1)
  })

  it('busy waits no longer than the policy allows', async () => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, { kind: 'busy', httpStatus: 503, retryAfterSeconds: 10 ** 9 }))

    const row = await rows.row(claim.delivery.deliveryId)
    expect(await secondsFromNow(row.next_attempt_at)).toBeLessThanOrEqual(3_600)
  })

  it.each<[string, AttemptOutcome, string, string]>([
    ['unreachable', fault, 'receiver_unreachable', 'HTTP 500: no'],
    ['unclear', { kind: 'unclear', cause: 'UND_ERR_SOCKET' }, 'answer_unclear', 'UND_ERR_SOCKET'],
  ])('%s is tried again when the policy says', async (_name, outcome, code, text) => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, outcome))

    const row = await rows.row(claim.delivery.deliveryId)
    expect(row).toMatchObject({
      state: 'waiting',
      reason_code: code,
      reason_text: text,
      lease_token: null,
      attempts: 1,
    })
    expect(await secondsFromNow(row.next_attempt_at)).toBeCloseTo(100, -1)
    expect(await rows.attempts(claim.delivery.deliveryId)).toMatchObject([{ outcome: outcome.kind, detail: text }])
    expect(await rows.events(claim.delivery.deliveryId)).toEqual([])
  })

  it('a taken notice leaves the document in the mailbox and comes again later', async () => {
    const claim = await claimed(await rows.lane({ pushStyle: 'notice' }), { state: 'available', dueIn: 0 })

    await record(result(claim, { kind: 'notified', httpStatus: 200 }))

    const row = await rows.row(claim.delivery.deliveryId)
    expect(row).toMatchObject({ state: 'available', lease_token: null, taken_at: null, reason_code: null })
    expect(await secondsFromNow(row.next_attempt_at)).toBeCloseTo(900, -2)
  })

  it('a notice that failed leaves the document in the mailbox and is tried again', async () => {
    const claim = await claimed(await rows.lane({ pushStyle: 'notice' }), { state: 'available', dueIn: 0 })

    await record(result(claim, fault))

    const row = await rows.row(claim.delivery.deliveryId)
    expect(row).toMatchObject({ state: 'available', lease_token: null })
    expect(await secondsFromNow(row.next_attempt_at)).toBeCloseTo(100, -1)
  })

  it('keeps at most 200 characters of what a faulty endpoint answered', async () => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, { ...fault, answer: 'x'.repeat(4_000) }))

    const [attempt] = await rows.attempts(claim.delivery.deliveryId)
    expect(attempt?.detail).toBe(`HTTP 500: ${'x'.repeat(200)}`)
  })

  // A receiver may answer with anything. PostgreSQL's text holds neither a NUL nor half a surrogate pair, and one such
  // answer must not cost the other results of its batch.
  it.each([
    ['a NUL character', 'before\u0000after'],
    ['a character that the cut would split', `${'x'.repeat(199)}😀 and more`],
    ['half a surrogate pair', '\ud83d'],
  ])('records an answer with %s, and its neighbours in the batch', async (_name, answer) => {
    const [lane, other] = [await rows.lane(), await rows.lane()]
    const odd = await claimed(lane)
    const neighbour = await claimed(other)

    await record(result(odd, { ...fault, answer }), result(neighbour, delivered))

    expect(await rows.row(odd.delivery.deliveryId)).toMatchObject({ state: 'waiting' })
    expect(await rows.row(neighbour.delivery.deliveryId)).toMatchObject({ state: 'delivered' })
  })

  it('records a refusal whose reason PostgreSQL could not store', async () => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, { kind: 'refused', httpStatus: 422, reason: `bad\u0000 ${'y'.repeat(1_994)}😀` }))

    expect(await rows.row(claim.delivery.deliveryId)).toMatchObject({ state: 'refused' })
  })
})

describe('taken', () => {
  it('is cleared when nothing was sent and nobody had taken it before', async () => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, unconnected))

    expect(await rows.row(claim.delivery.deliveryId)).toMatchObject({ state: 'waiting', taken_at: null })
  })

  it('stays when an earlier attempt may have been taken', async () => {
    const claim = await claimed(await rows.lane(), { takenBefore: true })

    await record(result(claim, unconnected))

    expect((await rows.row(claim.delivery.deliveryId)).taken_at).toBeInstanceOf(Date)
  })

  it.each<[string, AttemptOutcome]>([
    ['an unclear outcome', { kind: 'unclear', cause: 'UND_ERR_HEADERS_TIMEOUT' }],
    ['a fault after bytes went out', fault],
    ['a busy receiver', { kind: 'busy', httpStatus: 503 }],
  ])('stays after %s', async (_name, outcome) => {
    const claim = await claimed(await rows.lane())

    await record(result(claim, outcome))

    expect((await rows.row(claim.delivery.deliveryId)).taken_at).toBeInstanceOf(Date)
  })
})

describe('a worker that lost its lease', () => {
  it('changes nothing, but its attempt stays on record', async () => {
    const lane = await rows.lane()
    const lost = await claimed(lane)
    await sql`update deliveries set state = 'waiting', lease_token = null, lease_until = null, next_attempt_at = now()
      where delivery_id = ${lost.delivery.deliveryId}`.execute(rows.db)
    const holder = await claimOne(lane)
    const before = await rows.row(lost.delivery.deliveryId)

    await record(result(lost, { kind: 'refused', httpStatus: 422, reason: 'too late' }))

    expect(await rows.row(lost.delivery.deliveryId)).toEqual(before)
    expect(before.lease_token).toBe(holder.delivery.leaseToken)
    expect(await rows.events(lost.delivery.deliveryId)).toEqual([])
    expect(await rows.attempts(lost.delivery.deliveryId)).toMatchObject([{ attempt: 1, outcome: 'refused' }])
  })

  it('cannot undo what another worker delivered', async () => {
    const lane = await rows.lane()
    const lost = await claimed(lane)
    await sql`update deliveries set state = 'waiting', lease_token = null, lease_until = null, next_attempt_at = now()
      where delivery_id = ${lost.delivery.deliveryId}`.execute(rows.db)
    await record(result(await claimOne(lane), delivered))

    await record(result(lost, fault))

    expect(await rows.row(lost.delivery.deliveryId)).toMatchObject({ state: 'delivered' })
  })

  it('records a batch again without a second line or a second move', async () => {
    const claim = await claimed(await rows.lane())
    const batch = result(claim, delivered)
    await record(batch)

    await record(batch)

    expect(await rows.attempts(claim.delivery.deliveryId)).toHaveLength(1)
    expect(await rows.events(claim.delivery.deliveryId)).toHaveLength(1)
  })
})

describe('the breaker of a lane', () => {
  it('stays closed after two faults in a row', async () => {
    const lane = await rows.lane()

    await meet(lane, fault, fault)

    expect(await rows.laneRow(lane)).toMatchObject({ faults_in_row: 2, open_until: null, last_fault: 'HTTP 500: no' })
  })

  it('opens with the third', async () => {
    const lane = await rows.lane()

    await meet(lane, fault, unconnected, { kind: 'unclear', cause: 'UND_ERR_SOCKET' })

    const row = await rows.laneRow(lane)
    expect(row.faults_in_row).toBe(3)
    expect(await secondsFromNow(row.open_until)).toBeCloseTo(15, -1)
  })

  it('counts faults in a row only: a success between them begins anew', async () => {
    const lane = await rows.lane()

    await meet(lane, fault, fault, delivered, fault, fault)

    expect(await rows.laneRow(lane)).toMatchObject({ faults_in_row: 2, open_until: null })
  })

  it('takes a refusal for a sign of life', async () => {
    const lane = await rows.lane()

    await meet(lane, fault, fault, { kind: 'refused', httpStatus: 422, reason: 'no' })

    expect(await rows.laneRow(lane)).toMatchObject({ faults_in_row: 0 })
  })

  it('takes a taken notice for a sign of life', async () => {
    const lane = await rows.lane({ pushStyle: 'notice', faultsInRow: 2 })
    const claim = await claimed(lane, { state: 'available', dueIn: 0 })

    await record(result(claim, { kind: 'notified', httpStatus: 200 }))

    expect(await rows.laneRow(lane)).toMatchObject({ faults_in_row: 0 })
  })

  it('closes when the probe succeeds', async () => {
    const lane = await rows.lane({ faultsInRow: 6, openFor: -1 })

    await meet(lane, delivered)

    const row = await rows.laneRow(lane)
    expect(row).toMatchObject({ faults_in_row: 0, open_until: null })
    expect(row.last_success_at).toBeInstanceOf(Date)
  })

  it.each([
    [3, 30],
    [4, 60],
    [8, 600],
    [40, 600],
  ])('after %i faults stays open for %i s when the probe fails', async (faultsInRow, seconds) => {
    const lane = await rows.lane({ faultsInRow, openFor: -1 })

    await meet(lane, fault)

    const open = await secondsFromNow((await rows.laneRow(lane)).open_until)
    expect(open).toBeGreaterThan(seconds * 0.9)
    expect(open).toBeLessThanOrEqual(seconds)
  })

  // One restart of an endpoint cuts every attempt that is under way. That is one incident, not eight in a row.
  it('opens for its first 15 s however many attempts were under way when the endpoint fell', async () => {
    const lane = await rows.lane()
    for (let i = 0; i < 7; i++) await rows.delivery(lane)
    const claims = await claimDeliveries(rows.db, lane, 64, 8_000, 300)

    await record(...claims.slice(0, 4).map((claim) => result(claim, fault)))
    await record(...claims.slice(4).map((claim) => result(claim, fault)))

    expect(claims).toHaveLength(7)
    const row = await rows.laneRow(lane)
    expect(row.faults_in_row).toBeGreaterThanOrEqual(3)
    expect(await secondsFromNow(row.open_until)).toBeLessThanOrEqual(15)
  })

  it('rests the whole lane while the receiver is busy, at most five minutes', async () => {
    const [short, long] = [await rows.lane(), await rows.lane()]

    await meet(short, { kind: 'busy', httpStatus: 503, retryAfterSeconds: 20 })
    await meet(long, { kind: 'busy', httpStatus: 503, retryAfterSeconds: 7_200 })

    expect(await secondsFromNow((await rows.laneRow(short)).open_until)).toBeCloseTo(20, -1)
    const rest = await secondsFromNow((await rows.laneRow(long)).open_until)
    expect(rest).toBeGreaterThan(290)
    expect(rest).toBeLessThanOrEqual(300)
    await rows.delivery(short)
    expect(await claimDeliveries(rows.db, short, 8, 8_000, 300)).toEqual([])
  })

  it('pauses the lane when the endpoint says that it is gone, and keeps everything', async () => {
    const lane = await rows.lane()
    const waiting = await rows.delivery(lane, { dueIn: -1 })
    const claim = await claimOne(lane)
    expect(claim.delivery.deliveryId).toBe(waiting)

    await record(result(claim, { ...fault, cause: 'HTTP 410', httpStatus: 410, endpointGone: true }))

    expect(await rows.laneRow(lane)).toMatchObject({ paused_reason: 'endpoint_gone' })
    expect(await rows.row(waiting)).toMatchObject({ state: 'waiting', reason_code: 'receiver_unreachable' })
    await rows.delivery(lane, { priority: 4 })
    expect(await claimDeliveries(rows.db, lane, 8, 8_000, 300)).toEqual([])
  })

  it('keeps lanes of one batch apart', async () => {
    const [sick, well] = [await rows.lane(), await rows.lane()]
    const batch = [result(await claimed(sick), fault), result(await claimed(well), delivered)]

    await record(...batch)

    expect(await rows.laneRow(sick)).toMatchObject({ faults_in_row: 1, last_success_at: null })
    expect(await rows.laneRow(well)).toMatchObject({ faults_in_row: 0, last_fault: null })
  })

  it('lets two recorders write the same lanes at once', async () => {
    const lanes = [await rows.lane({ concurrency: 64 }), await rows.lane({ concurrency: 64 })]
    const claims: Claim[] = []
    for (const lane of lanes) {
      for (let i = 0; i < 20; i++) await rows.delivery(lane)
      claims.push(...(await claimDeliveries(rows.db, lane, 64, 8_000, 300)))
    }
    const odd = claims.filter((_, i) => i % 2 === 1)
    const even = claims.filter((_, i) => i % 2 === 0).reverse()

    await Promise.all([
      record(...odd.map((claim) => result(claim, fault))),
      record(...even.map((claim) => result(claim, delivered))),
    ])

    for (const { delivery } of even) expect(await rows.row(delivery.deliveryId)).toMatchObject({ state: 'delivered' })
    for (const { delivery } of odd) expect(await rows.row(delivery.deliveryId)).toMatchObject({ state: 'waiting' })
  })
})

describe('what senders are to be told', () => {
  const noted = async (deliveryId: string) =>
    await rows.db
      .selectFrom('report_items')
      .select(['what', 'incident', 'data'])
      .where('delivery_id', '=', deliveryId)
      .execute()

  it('is a refusal with its reason', async () => {
    const lane = await rows.lane()
    const claim = await claimed(lane)

    await record(result(claim, { kind: 'refused', reason: 'Gửi nhầm' }))

    expect(await noted(claim.delivery.deliveryId)).toEqual([
      { what: 'refused', incident: `refused:${lane}`, data: { reason: 'refused_by_receiver', detail: 'Gửi nhầm' } },
    ])
  })

  it('is the last of the attempts that the policy allows', async () => {
    const lane = await rows.lane()
    const claim = await claimed(lane)
    const few = () => ({ ...policy, attemptsMax: 1 })

    await recordResults(rows.db, [result(claim, fault)], few, uuidv7)

    const id = claim.delivery.deliveryId
    expect(await rows.row(id)).toMatchObject({
      state: 'exhausted',
      reason_code: 'receiver_unreachable',
      next_attempt_at: null,
    })
    expect(await noted(id)).toMatchObject([{ what: 'undelivered', data: { reason: 'receiver_unreachable' } }])
    expect((await rows.events(id)).map((e) => e.type)).toEqual(['delivery.exhausted'])
  })

  it('is a recall that won after all', async () => {
    const claim = await claimed(await rows.lane())
    const id = claim.delivery.deliveryId
    await sql`update deliveries set recall_requested = true where delivery_id = ${id}`.execute(rows.db)

    await record(result(claim, unconnected))

    expect(await rows.row(id)).toMatchObject({ state: 'recalled' })
    expect(await noted(id)).toMatchObject([{ what: 'recall_outcome' }])
  })

  it('is never what became of a report: that is for the operators', async () => {
    const claim = await claimed(await rows.lane())
    const id = claim.delivery.deliveryId
    await sql`update deliveries set type = 'report' where delivery_id = ${id}`.execute(rows.db)
    const report = { ...claim, package: { ...claim.package, type: 'report' as const } }

    const { lostReports } = await record(result(report, { kind: 'refused', reason: 'không nhận' }))

    expect(await noted(id)).toEqual([])
    expect(lostReports).toHaveLength(1)
  })
})

describe('a document that an operator stopped while it was on its way', () => {
  async function stopped(outcome: AttemptOutcome) {
    const claim = await claimed(await rows.lane())
    await sql`update deliveries set repeat_key = (select repeat_key from packages where package_id = deliveries.package_id)
      where delivery_id = ${claim.delivery.deliveryId}`.execute(rows.db)
    await sql`insert into package_holds (hold_id, package_id, reason, requested_by, held_by)
      values (gen_random_uuid(), ${claim.delivery.packageId}, 'kiểm tra', 'Lan', 'Lan')`.execute(rows.db)
    await record(result(claim, outcome))
    return await rows.row(claim.delivery.deliveryId)
  }

  it('waits with the others where nothing was sent', async () => {
    expect(await stopped(unconnected)).toMatchObject({
      state: 'held',
      held_reason: 'by_operator',
      next_attempt_at: null,
      taken_at: null,
    })
  })

  it('goes on where somebody may have it', async () => {
    expect(await stopped(fault)).toMatchObject({ state: 'waiting' })
    expect(await stopped(delivered)).toMatchObject({ state: 'delivered' })
  })
})

describe('a document that its receiver fetched while it could not be reached', () => {
  it.each([
    ['announced', 'notice', { state: 'available', dueIn: 0 }],
    ['pushed', 'package', {}],
  ] as const)('is with the receiver, %s', async (_how, pushStyle, fixture) => {
    const lane = await rows.lane({ pushStyle })
    const claim = await claimed(lane, fixture)
    const id = claim.delivery.deliveryId
    await sql`update deliveries set taken_at = now(), fetched_at = now(), recall_requested = true where delivery_id = ${id}`.execute(
      rows.db,
    )

    await record(result(claim, unconnected))

    const row = await rows.row(id)
    expect(row.state).not.toBe('recalled')
    expect(row.taken_at).toBeInstanceOf(Date)
  })
})

describe('a bundle', () => {
  it('that fails is one fault, and comes back as one', async () => {
    const lane = await rows.lane({ bundle: true })
    const packageId = await rows.package()
    for (let i = 0; i < 4; i++) await rows.delivery(lane, { packageId })
    const claims = await claimDeliveries(rows.db, lane, 64, 8_000, 300)
    const startedAt = new Date()

    await recordResults(
      rows.db,
      claims.map((claim) => result(claim, fault, startedAt)),
      () => ({ ...policy, jitter: 0.2 }),
      uuidv7,
    )

    expect(await rows.laneRow(lane)).toMatchObject({ faults_in_row: 1, is_broken: false })
    const due = await Promise.all(
      claims.map(async (c) => Number((await rows.row(c.delivery.deliveryId)).next_attempt_at)),
    )
    expect(new Set(due).size).toBe(1)
  })
})

describe('a receiver that says "later"', () => {
  it('closes no breaker', async () => {
    const lane = await rows.lane({ faultsInRow: 4, openFor: -1 })

    await meet(lane, { kind: 'busy', httpStatus: 503, retryAfterSeconds: 5 })

    expect(await rows.laneRow(lane)).toMatchObject({ is_broken: true, faults_in_row: 4 })
  })
})
