// Fills the database with waiting deliveries, by statements over whole sets: a million take minutes and not hours. Every
// package is a copy of one that was really accepted, so that its row is as long as a real one and can be tracked.
import { sql } from 'kysely'
import type { Db } from '../platform/database.ts'

export interface Filling {
  /** Accepted beforehand, with deliveries in a mailbox and on a lane. */
  readonly sample: { readonly packageId: string; readonly number: string }
  /** Codes of agencies; packages come from one after the other. */
  readonly senders: readonly string[]
  /** Every package goes to all of them, on one lane. */
  readonly deep: readonly string[]
  /** Every package goes to as many of them as to the deep lane, to one after the other. */
  readonly lanes: readonly string[]
  /** Every package goes to all of them, in one mailbox; twice as many as the deep lane's. */
  readonly mailbox: readonly string[]
  /** Accepted at even distances from here on. */
  readonly since: Date
  readonly everyMs: number
}

/** Of a statement: short enough for the limit that every statement has. */
const packagesAtOnce = 1_000

/** How many deliveries of a package wait to be pushed, half of them on the deep lane; as many are in the mailbox. */
export function pushedPerPackage({ deep }: Filling): number {
  return 2 * deep.length
}

/** Packages from number `first` up to but not including `end`. */
export async function fillPackages(db: Db, filling: Filling, first: number, end: number): Promise<void> {
  for (let from = first; from < end; from += packagesAtOnce) {
    const numbers = numbersOf(filling, from, Math.min(end, from + packagesAtOnce))
    await insertPackages(db, filling, numbers)
    await insertEvents(db, filling, numbers)
    await insertDeliveries(db, filling, numbers)
  }
}

type Numbers = ReturnType<typeof numbersOf>

/** Number, moment and urgency of each package: one in a hundred is urgent, one in twenty nearly so. */
function numbersOf({ since, everyMs }: Filling, from: number, end: number) {
  return sql`(
    select n, ${since}::timestamptz + n * ${everyMs}::float8 * interval '1 millisecond' as at,
      case when n % 100 = 0 then 4 when n % 20 = 0 then 2 else 0 end::smallint as priority
    from generate_series(${from}::int, ${end - 1}::int) n)`
}

/** An id of its moment, as ours are, that follows from the package's number and a place within the package. */
function idOf(place: ReturnType<typeof sql>) {
  return sql`overlay(uuid_at(m.at)::text placing lpad(to_hex(m.n::bigint * 32 + ${place}), 12, '0') from 25)::uuid`
}

const packageId = idOf(sql`0`)

/** Agencies with the system that receives or sends for them, in the order of the codes. */
function agenciesOf(codes: readonly string[]) {
  return sql`(
    select c.place - 1 as place, c.code, a.agency_id, s.system_id
    from unnest(${codes}::text[]) with ordinality as c(code, place)
    join agency_codes a on a.code = c.code join system_agencies s on s.agency_id = a.agency_id)`
}

async function insertPackages(db: Db, filling: Filling, numbers: Numbers): Promise<void> {
  const { sample, senders } = filling
  const own = (column: string) =>
    sql`replace(replace(p.${sql.ref(column)}, p.from_code, f.code), ${sample.number}, m.n::text)`
  await sql`
    insert into packages select r.*
    from ${numbers} m join ${agenciesOf(senders)} f on f.place = m.n % ${senders.length}
    join packages p on p.package_id = ${sample.packageId}::uuid
    cross join lateral jsonb_populate_record(p, jsonb_build_object(
      'package_id', ${packageId}, 'system_id', f.system_id, 'from_agency_id', f.agency_id, 'from_code', f.code,
      'document_id', ${own('document_id')}, 'document_key', ${own('document_key')}, 'code', ${own('code')},
      'repeat_key', md5('bench ' || m.n)::uuid, 'priority', m.priority, 'accepted_at', m.at)) r`.execute(db)
}

async function insertEvents(db: Db, { sample }: Filling, numbers: Numbers): Promise<void> {
  await sql`
    insert into events select r.*
    from ${numbers} m join events e on e.package_id = ${sample.packageId}::uuid
    cross join lateral jsonb_populate_record(e, jsonb_build_object(
      'event_id', ${idOf(sql`31`)}, 'package_id', ${packageId})) r`.execute(db)
}

async function insertDeliveries(db: Db, filling: Filling, numbers: Numbers): Promise<void> {
  const { sample, senders, deep, lanes, mailbox } = filling
  const pushed = pushedPerPackage(filling)
  await sql`
    insert into deliveries (delivery_id, package_id, type, priority, repeat_key, sender_agency_id, recipient_key,
      recipient_agency_id, organ_id, agency_code, system_id, channel, state, state_since, created_at, available_at,
      next_attempt_at, report_at, warn_at, give_up_at, clock_at)
    select ${idOf(sql`k + 1`)}, ${packageId}, t.type, m.priority, md5('bench ' || m.n)::uuid, f.agency_id, r.agency_id,
      r.agency_id, r.code, r.code, r.system_id, t.channel, t.state, m.at, m.at,
      case when t.state = 'available' then m.at end, case when t.state = 'waiting' then m.at end,
      t.report_at, t.warn_at, t.give_up_at, t.clock_at
    from ${numbers} m join ${agenciesOf(senders)} f on f.place = m.n % ${senders.length}
    cross join generate_series(0, ${pushed + mailbox.length - 1}::int) k
    join ${agenciesOf([...deep, ...lanes, ...mailbox])} r on r.place = case
      when k < ${deep.length} then k
      when k < ${pushed} then ${deep.length} + (m.n * ${deep.length} + k - ${deep.length}) % ${lanes.length}
      else ${deep.length + lanes.length} + k - ${pushed} end
    join (select distinct on (state) * from deliveries where package_id = ${sample.packageId}::uuid) t
      on t.state = case when k < ${pushed} then 'waiting' else 'available' end`.execute(db)
}
