// Whether what is asked all the time stays as fast when very much waits: claims, the sweeper's look at the lanes, and
// the lists and counts of the API, at a small and at a large number of waiting deliveries, in one run. Only the edge
// runs (role edge), so that nothing is sent on and nothing else is busy.
import { sql } from 'kysely'
import { type Database, type Db, openDatabase } from '../platform/database.ts'
import { receipt } from '../platform/gateway-answers.ts'
import { createGatewayClient, type GatewayClient } from '../platform/gateway-client.ts'
import { type BenchGateway, createBenchPlace } from './bench-gateway.ts'
import { addAgency, addSystem, type BenchProvince, type BenchSystem, registerProvince } from './bench-province.ts'
import { describeMachine } from './machine.ts'
import { packageMaker } from './package-template.ts'
import { percentilesOf, rounded } from './statistics.ts'
import { callsOf, type Known, type TimedCall } from './waiting-calls.ts'
import { type Filling, fillPackages, pushedPerPackage } from './waiting-fill.ts'

export interface WaitingRequest {
  /** Deliveries that wait to be pushed; as many wait in a mailbox besides. */
  readonly small: number
  readonly large: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

/** What is measured at the database itself, as the worker and the sweeper call it. */
export interface WaitingQueries {
  readonly claim: (db: Db, systemId: string) => Promise<readonly unknown[]>
  readonly dueLanes: (db: Db) => Promise<readonly string[]>
  readonly oldestDueSeconds: (db: Db) => Promise<number | undefined>
}

const laneCount = 200
const senderCount = 40
const deepAgencies = 5
const mailboxAgencies = 10
/** Beyond the codes that registerProvince gives. */
const firstOwnCode = 80_000
/** A week's backlog, at its largest. */
const spanMs = 5 * 24 * 60 * 60_000
const claims = 300
const warmUps = 3
const samples = 40
/** A call that takes seconds is not made forty times. */
const samplesWithinMs = 10_000
const samplesMin = 5
const asked = 2

export async function benchWaiting(request: WaitingRequest, queries: WaitingQueries): Promise<object> {
  const place = createBenchPlace(request)
  try {
    const gateway = await place.start('edge')
    const database = openDatabase({ url: place.databaseUrl(), connectionsMax: 2, onIdleError: () => {} })
    try {
      const province = await registerWaiting(gateway)
      const run = { request, gateway, province, db: database.db, queries }
      return { ...(await measureBoth(run)), machine: describeMachine() }
    } finally {
      await database.close()
    }
  } finally {
    await place.remove()
  }
}

interface WaitingProvince extends BenchProvince {
  readonly deep: BenchSystem
  readonly mailbox: BenchSystem
}

async function registerWaiting({ operator }: BenchGateway): Promise<WaitingProvince> {
  // Nobody listens there, and nothing is pushed.
  const pushUrl = 'http://127.0.0.1:9/'
  const province = await registerProvince(operator, {
    systems: laneCount,
    agenciesPerSystem: 1,
    senders: senderCount,
    pushUrl: () => pushUrl,
  })
  const codes: string[] = []
  for (let n = 0; n < deepAgencies + mailboxAgencies; n++) codes.push(await addAgency(operator, firstOwnCode + n))
  const deep = await addSystem(operator, { systemId: 'BENCH-DEEP', codes: codes.slice(0, deepAgencies), pushUrl })
  const mailbox = await addSystem(operator, { systemId: 'BENCH-MAILBOX', codes: codes.slice(deepAgencies) })
  return { ...province, deep, mailbox }
}

interface Run {
  readonly request: WaitingRequest
  readonly gateway: BenchGateway
  readonly province: WaitingProvince
  readonly db: Database
  readonly queries: WaitingQueries
}

async function measureBoth(run: Run): Promise<object> {
  const { request, gateway, province, db } = run
  const sample = await sendSample(gateway, province)
  const filling = fillingOf(request, province, sample)
  const packagesOf = (deliveries: number) => Math.ceil(deliveries / pushedPerPackage(filling))
  const fillUpTo = async (from: number, to: number) => {
    request.note(`filling up to ${to} waiting deliveries and as many in a mailbox`)
    const parts = 20
    for (let part = 0; part < parts; part++) {
      request.signal.throwIfAborted()
      const at = (share: number) => packagesOf(from) + Math.round((packagesOf(to) - packagesOf(from)) * share)
      await fillPackages(db, filling, at(part / parts), at((part + 1) / parts))
    }
    await settle(db)
  }
  await fillUpTo(0, request.small)
  const known = await findKnown(db, province, filling)
  const small = await measure(run, known)
  await fillUpTo(request.small, request.large)
  const large = await measure(run, known)
  return report(run, { small, large })
}

async function sendSample({ url }: BenchGateway, { sender, ...to }: WaitingProvince): Promise<Filling['sample']> {
  const number = 'MAU-0'
  const make = packageMaker(sender.codes[0] ?? '', 45_000, new Date())
  const lanes = to.receivers.slice(0, deepAgencies).flatMap(({ codes }) => codes)
  const answer = await clientOf(url, sender).call('POST', '/api/v1/packages', receipt, {
    body: make(number, [...to.deep.codes, ...lanes, ...to.mailbox.codes]),
    contentType: 'application/edxml+xml',
  })
  return { packageId: answer.packageId, number }
}

function clientOf(url: string, { systemId, secret }: BenchSystem): GatewayClient {
  return createGatewayClient({ url, credentials: { kind: 'system', systemId, secret } })
}

function fillingOf(request: WaitingRequest, province: WaitingProvince, sample: Filling['sample']): Filling {
  const { senders, deep, mailbox, recipients } = province
  return {
    sample,
    senders: senders.flatMap(({ codes }) => codes),
    deep: deep.codes,
    lanes: recipients,
    mailbox: mailbox.codes,
    since: new Date(Date.now() - spanMs),
    everyMs: (spanMs * 2 * deep.codes.length) / request.large,
  }
}

/** As the database is when it has had a minute's rest: the statistics, the map of what is visible, nothing to flush. */
async function settle(db: Database): Promise<void> {
  for (const table of ['packages', 'deliveries', 'events']) await sql`vacuum (analyze) ${sql.table(table)}`.execute(db)
  await sql`checkpoint`.execute(db)
}

async function findKnown(db: Database, province: WaitingProvince, { since, everyMs }: Filling): Promise<Known> {
  const [lane] = province.receivers
  const { rows } = await sql<{ package_id: string; delivery_id: string; document_id: string; code: string }>`
    select p.package_id, d.delivery_id, p.document_id, p.code from packages p join deliveries d using (package_id)
    where p.from_code = ${province.sender.codes[0]} order by p.package_id, d.delivery_id limit 1`.execute(db)
  const [row] = rows
  if (row === undefined || lane === undefined) throw new Error('nothing was filled in')
  return {
    laneId: lane.systemId,
    laneCode: lane.codes[0] ?? '',
    deepLaneId: province.deep.systemId,
    mailboxId: province.mailbox.systemId,
    mailboxCode: province.mailbox.codes[0] ?? '',
    packageId: row.package_id,
    deliveryId: row.delivery_id,
    documentId: row.document_id,
    code: row.code,
    since,
    soonAfter: new Date(since.getTime() + 500 * everyMs),
  }
}

interface Figure {
  readonly p50: number
  readonly p99: number
}

type Figures = ReadonlyMap<string, Figure>

async function measure(run: Run, known: Known): Promise<Figures> {
  const { gateway, province, db, queries, request } = run
  const laneIds = province.receivers.map(({ systemId }) => systemId)
  const figures = new Map<string, Figure>()
  const note = (name: string, times: readonly number[]) => {
    const { p50, p99 } = percentilesOf(times)
    request.note(`${name}: p50 ${p50} ms, p99 ${p99} ms`)
    figures.set(name, { p50, p99 })
  }
  note('claim, ordinary lanes', await timeClaims(run, laneIds))
  note('claim, deep lane', await timeClaims(run, [province.deep.systemId]))
  const calls: TimedCall[] = [
    { name: 'sweep, due lanes', run: () => queries.dueLanes(db) },
    { name: 'sweep, oldest due', run: () => queries.oldestDueSeconds(db) },
    ...(await callsOf(
      {
        operator: gateway.operator,
        sender: clientOf(gateway.url, province.sender),
        mailbox: clientOf(gateway.url, province.mailbox),
      },
      known,
    )),
  ]
  for (const call of calls) {
    request.signal.throwIfAborted()
    note(call.name, await timeCall(call))
  }
  return figures
}

/** Every claim is taken back, so that each meets the same lane. */
async function timeClaims({ db, queries }: Run, laneIds: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (let n = -warmUps; n < claims; n++) {
    const trx = await db.startTransaction().execute()
    const began = performance.now()
    const claimed = await queries.claim(trx, laneIds[(n + warmUps) % laneIds.length] ?? '')
    if (n >= 0) times.push(performance.now() - began)
    await trx.rollback().execute()
    if (claimed.length === 0) throw new Error('a lane with work gave none')
  }
  return times
}

async function timeCall({ run }: TimedCall): Promise<number[]> {
  for (let n = 0; n < warmUps; n++) await run()
  const times: number[] = []
  const until = performance.now() + samplesWithinMs
  while (times.length < samples && (times.length < samplesMin || performance.now() < until)) {
    const began = performance.now()
    await run()
    times.push(performance.now() - began)
  }
  return times
}

async function report({ request, db }: Run, { small, large }: { small: Figures; large: Figures }): Promise<object> {
  const figures = [...small].map(([name, before]) => {
    const after = large.get(name) ?? { p50: Number.NaN, p99: Number.NaN }
    const ratio = (of: keyof Figure) => rounded(after[of] / before[of], 2)
    return { name, smallMs: before, largeMs: after, ratio: { p50: ratio('p50'), p99: ratio('p99') } }
  })
  const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db)
  return {
    benchmark: 'waiting',
    conditions: {
      small: request.small,
      large: request.large,
      lanes: laneCount,
      senders: senderCount,
      deepLaneShare: 0.5,
      databaseMiB: rounded((rows[0]?.bytes ?? 0) / 2 ** 20, 0),
    },
    slower: figures.filter(({ ratio }) => ratio.p50 > asked).map(({ name, ratio }) => `${name}: ${ratio.p50}`),
    figures,
  }
}
