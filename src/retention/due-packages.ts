// Which packages retention may touch: all deliveries ended long enough ago, and nobody still needs it. The same
// statement counts for a dry run and chooses for a real one, so they cannot disagree.
import { type RawBuilder, sql } from 'kysely'
import type { OverallState } from '../domain/package-state.ts'
import type { RetentionPolicy } from '../generated/json/retention-policy.ts'
import type { Db } from '../platform/database.ts'

export type PackageKind = keyof RetentionPolicy['content']

export interface LookedAt {
  readonly packageId: string
  readonly kind: PackageKind
  readonly state: OverallState
  readonly size: number
  readonly fromAgencyId: string
  readonly acceptedAt: Date
  readonly isDue: boolean
}

/** Bytes to be removed, or rows to be moved out. */
export type Purpose = 'content' | 'rows'

export interface Window {
  readonly policy: RetentionPolicy
  readonly now: Date
  /** Packages behind this one. */
  readonly after: string
  /** So many packages are looked at, whether due or not: a statement's time is bounded by it. */
  readonly limit: number
}

export const firstId = '00000000-0000-0000-0000-000000000000'

/** The next packages by age that still hold what the purpose is about. Fewer than the limit: the end was reached. */
export async function nextPackages(db: Db, purpose: Purpose, window: Window): Promise<LookedAt[]> {
  const cutoff = youngestLookedAt(purpose, window)
  if (cutoff === undefined) return []
  return await looked(
    db,
    purpose,
    window,
    sql`
    select ${columns} from packages where ${stillThere(purpose)}
      and package_id > ${window.after}::uuid and package_id < uuid_at(${cutoff}::timestamptz)
    order by package_id limit ${window.limit}`,
  )
}

/**
 * Of the packages those that are due, locked. What another transaction holds is left for the next run; whoever opens
 * something again either holds it, or waits for us and finds its content gone (migrations/0012, deliveries_reopened).
 */
export async function lockDue(
  db: Db,
  purpose: Purpose,
  window: Pick<Window, 'policy' | 'now'>,
  packageIds: readonly string[],
): Promise<LookedAt[]> {
  const { rows } = await sql<{ package_id: string }>`
    select package_id from packages where package_id = any(${[...packageIds]}::uuid[]) and ${stillThere(purpose)}
    order by package_id for update skip locked`.execute(db)
  // A statement of its own: it sees what was committed before the locks were granted.
  const locked = rows.map((row) => row.package_id)
  const found = await looked(
    db,
    purpose,
    window,
    sql`
    select ${columns} from packages where package_id = any(${locked}::uuid[]) order by package_id`,
  )
  return found.filter(({ isDue }) => isDue)
}

const columns = sql`package_id, kind, size, from_agency_id, accepted_at`

function stillThere(purpose: Purpose): RawBuilder<unknown> {
  return purpose === 'content' ? sql`content_removed_at is null` : sql`moved_out_at is null`
}

/** Nothing younger can be due: no delivery ends before its package was accepted. */
function youngestLookedAt(purpose: Purpose, { policy, now }: Window): Date | undefined {
  const days = purpose === 'content' ? shortestOf(policy.content) : policy.rows.moveOutAfterDays
  return days === null ? undefined : new Date(now.getTime() - days * dayMs)
}

const dayMs = 24 * 3_600_000

function shortestOf(content: RetentionPolicy['content']): number | null {
  const days = Object.values(content).flatMap((states) => Object.values(states).filter((n) => n !== null))
  return days.length === 0 ? null : Math.min(...days)
}

interface Row {
  package_id: string
  kind: PackageKind
  state: OverallState
  size: number
  from_agency_id: string
  accepted_at: Date
  is_due: boolean
}

async function looked(
  db: Db,
  purpose: Purpose,
  { policy, now }: Pick<Window, 'policy' | 'now'>,
  packages: RawBuilder<unknown>,
): Promise<LookedAt[]> {
  const days =
    purpose === 'content'
      ? sql`(${JSON.stringify(policy.content)}::jsonb -> w.kind ->> s.state)::integer`
      : sql`${policy.rows.moveOutAfterDays}::integer`
  const { rows } = await sql<Row>`
    with w as materialized (${packages}), alerted as materialized (${alertedPackages})
    select w.package_id, w.kind, s.state, w.size, w.from_agency_id, w.accepted_at,
      coalesce(f.open = 0 and f.ended_at < ${now}::timestamptz - make_interval(days => ${days}), false)
        and not (${isNeeded}) as is_due
    from w ${deliveryFacts('w')} ${packageState('w')}
    order by w.package_id`.execute(db)
  return rows.map((row) => ({
    packageId: row.package_id,
    kind: row.kind,
    state: row.state,
    size: row.size,
    fromAgencyId: row.from_agency_id,
    acceptedAt: row.accepted_at,
    isDue: row.is_due,
  }))
}

/** What a package's deliveries come to, wherever they stand. */
export function deliveryFacts(of: string): RawBuilder<unknown> {
  const p = sql.ref(of)
  return sql`cross join lateral (
      select count(*)::integer as deliveries,
        (count(*) filter (where d.state not in ('delivered', 'refused', 'exhausted', 'expired', 'recalled')))::integer as open,
        bool_or(d.state = 'in_flight') as flying,
        bool_and(d.state = 'recalled' or d.recall_agreed) as back,
        bool_and(d.state in ('delivered', 'recalled')) as well,
        greatest(max(d.state_since), ${p}.accepted_at) as ended_at
      from all_deliveries d where d.package_id = ${p}.package_id) f`
}

/**
 * As `overallState` of the domain puts it, which a test holds it against; but for a package that went to nobody, which
 * is `completed` here, because nobody waits for it.
 */
export function packageState(of: string): RawBuilder<unknown> {
  const p = sql.ref(of)
  return sql`cross join lateral (select case
      when f.deliveries = 0 then 'completed'
      when f.open = f.deliveries then case when f.flying then 'in_progress' else 'accepted' end
      when f.open > 0 then 'in_progress'
      when f.back and ${p}.kind in ('new', 'replace') then 'recalled'
      when f.well then 'completed'
      else 'completed_with_failures' end as state) s`
}

/** Whatever id an open alert names, in its subject or beside it: a person is still to look at that document. */
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const alertedPackages = sql`
  with named as (
    select distinct (regexp_matches(subject || ' ' || data::text, ${sql.lit(uuid)}, 'g'))[1]::uuid as id
    from alerts where closed_at is null)
  select id from named
  union select d.package_id from named join all_deliveries d on d.delivery_id = named.id`

const isNeeded = sql`
  exists (select from legal_holds h where h.package_id = w.package_id and h.lifted_at is null)
  or exists (select from package_holds h where h.package_id = w.package_id and h.released_at is null)
  or exists (select from operation_requests r where r.target_package_id = w.package_id and r.outcome = 'requested')
  or exists (select from operation_requests r where r.package_id = w.package_id and r.outcome = 'requested')
  or exists (select from alerted a where a.id = w.package_id)
  or exists (select from all_deliveries d join report_items i on i.delivery_id = d.delivery_id
    where d.package_id = w.package_id and i.told_at is null)
  or exists (select from all_deliveries d join delivery_waits v on v.after_delivery_id = d.delivery_id
    join deliveries later on later.delivery_id = v.delivery_id
    where d.package_id = w.package_id and later.state in ('held', 'waiting', 'in_flight', 'available'))`
