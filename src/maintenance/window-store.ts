// Windows of maintenance as rows. When one begins and ends is decided by the database's clock alone.
import { sql } from 'kysely'
import type { IntegrityReport } from '../domain/integrity.ts'
import type { MaintenanceIntake } from '../domain/maintenance.ts'
import type { BilingualText } from '../generated/json/bilingual-text.ts'
import { type Db, isUniqueViolation, type Trx } from '../platform/database.ts'

export interface MaintenanceWindow {
  readonly windowId: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly intake: MaintenanceIntake
  readonly note: BilingualText
  readonly state: 'planned' | 'running' | 'ended' | 'cancelled'
  readonly announcedBy: string
  readonly announcedAt: Date
  readonly changedAt: Date | null
  readonly beganAt: Date | null
  readonly endedAt: Date | null
  readonly endedBy: string | null
  readonly checkedBefore: IntegrityReport | null
  readonly checkedAfter: IntegrityReport | null
}

export type WindowContent = Pick<MaintenanceWindow, 'startsAt' | 'endsAt' | 'intake' | 'note'>

const columns = sql`window_id, starts_at, ends_at, intake, note, state, announced_by, announced_at, changed_at, began_at,
  ended_at, ended_by, checked_before, checked_after`

interface WindowRow {
  window_id: string
  starts_at: Date
  ends_at: Date
  intake: MaintenanceIntake
  note: BilingualText
  state: MaintenanceWindow['state']
  announced_by: string
  announced_at: Date
  changed_at: Date | null
  began_at: Date | null
  ended_at: Date | null
  ended_by: string | null
  checked_before: IntegrityReport | null
  checked_after: IntegrityReport | null
}

/** Undefined when it overlaps another one. */
export async function insertWindow(
  trx: Trx,
  window: WindowContent & { readonly windowId: string; readonly announcedBy: string },
): Promise<MaintenanceWindow | undefined> {
  const { rows } = await sql<WindowRow>`
    insert into maintenance_windows (window_id, starts_at, ends_at, intake, note, announced_by)
    values (${window.windowId}, ${window.startsAt}, ${window.endsAt}, ${window.intake}, ${JSON.stringify(window.note)},
      ${window.announcedBy})
    on conflict do nothing returning ${columns}`.execute(trx)
  return rows[0] && toWindow(rows[0])
}

/** False when its new times overlap another one. */
export async function changeWindow(trx: Trx, windowId: string, content: WindowContent): Promise<boolean> {
  // An exclusion has no way round it but a savepoint: the transaction must be able to say what it overlaps.
  await sql`savepoint changing`.execute(trx)
  try {
    await sql`
      update maintenance_windows set starts_at = ${content.startsAt}, ends_at = ${content.endsAt},
        intake = ${content.intake}, note = ${JSON.stringify(content.note)}, changed_at = now()
      where window_id = ${windowId}`.execute(trx)
    return true
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    await sql`rollback to savepoint changing`.execute(trx)
    return false
  }
}

export async function lockWindow(trx: Trx, windowId: string): Promise<MaintenanceWindow | undefined> {
  return await one(trx, sql`window_id = ${windowId} for update`)
}

export async function windowById(db: Db, windowId: string): Promise<MaintenanceWindow | undefined> {
  return await one(db, sql`window_id = ${windowId}`)
}

/** Planned or running, and at the same time. */
export async function overlapping(
  db: Db,
  { startsAt, endsAt }: Pick<WindowContent, 'startsAt' | 'endsAt'>,
  except?: string,
): Promise<MaintenanceWindow | undefined> {
  return await one(
    db,
    sql`state in ('planned', 'running') and window_id is distinct from ${except ?? null}::uuid
      and tstzrange(starts_at, ends_at) && tstzrange(${startsAt}::timestamptz, ${endsAt}::timestamptz)
      order by starts_at limit 1`,
  )
}

async function one(db: Db, where: ReturnType<typeof sql>): Promise<MaintenanceWindow | undefined> {
  const { rows } = await sql<WindowRow>`select ${columns} from maintenance_windows where ${where}`.execute(db)
  return rows[0] && toWindow(rows[0])
}

/** Newest first, from before an id on. */
export async function windowPage(db: Db, before: string | undefined, limit: number): Promise<MaintenanceWindow[]> {
  const { rows } = await sql<WindowRow>`
    select ${columns} from maintenance_windows
    where ${before === undefined ? sql`true` : sql`window_id < ${before}::uuid`}
    order by window_id desc limit ${limit}`.execute(db)
  return rows.map(toWindow)
}

/** Windows whose time has come begin. One whose whole time went by while nothing ran has no beginning. */
export async function beginDue(trx: Trx): Promise<MaintenanceWindow[]> {
  await sql`
    update maintenance_windows set state = 'ended', ended_at = now()
    where state = 'planned' and ends_at <= now()`.execute(trx)
  const { rows } = await sql<WindowRow>`
    update maintenance_windows set state = 'running', began_at = now()
    where window_id = (
      select window_id from maintenance_windows where state = 'planned' and starts_at <= now()
        and not exists (select from maintenance_windows r where r.state = 'running')
      order by starts_at limit 1 for update skip locked)
    returning ${columns}`.execute(trx)
  return rows.map(toWindow)
}

/** The running window, when its time is over. */
export async function endDue(trx: Trx): Promise<MaintenanceWindow[]> {
  const { rows } = await sql<WindowRow>`
    update maintenance_windows set state = 'ended', ended_at = now()
    where window_id in (
      select window_id from maintenance_windows where state = 'running' and ends_at <= now() for update skip locked)
    returning ${columns}`.execute(trx)
  return rows.map(toWindow)
}

export async function closeWindow(
  trx: Trx,
  windowId: string,
  state: 'ended' | 'cancelled',
  endedBy: string,
): Promise<MaintenanceWindow> {
  const { rows } = await sql<WindowRow>`
    update maintenance_windows set state = ${state}, ended_at = now(), ended_by = ${endedBy}
    where window_id = ${windowId} returning ${columns}`.execute(trx)
  if (rows[0] === undefined) throw new Error(`no window ${windowId}`)
  return toWindow(rows[0])
}

/** A check that was begun by a process that died is begun again after this. */
const checkMinutesMax = 30

export interface CheckToDo {
  readonly windowId: string
  readonly when: 'before' | 'after'
}

/** A check that nobody has made yet, now in this process' hands. */
export async function takeCheck(db: Db): Promise<CheckToDo | undefined> {
  const { rows } = await sql<{ window_id: string; state: string }>`
    update maintenance_windows set checking_since = now()
    where window_id = (
      select window_id from maintenance_windows
      where began_at is not null and began_at > now() - interval '30 days'
        and (checking_since is null or checking_since < now() - make_interval(mins => ${checkMinutesMax}))
        and case state when 'running' then checked_before is null when 'ended' then checked_after is null else false end
      order by began_at limit 1 for update skip locked)
    returning window_id, state`.execute(db)
  const [row] = rows
  return row && { windowId: row.window_id, when: row.state === 'running' ? 'before' : 'after' }
}

export async function recordCheck(db: Db, { windowId, when }: CheckToDo, findings: IntegrityReport): Promise<void> {
  const column = when === 'before' ? sql`checked_before` : sql`checked_after`
  await sql`
    update maintenance_windows set ${column} = ${JSON.stringify(findings)}::jsonb, checking_since = null
    where window_id = ${windowId}`.execute(db)
}

/** So that the check is made again at once, and not after the time for a process that died. */
export async function giveCheckBack(db: Db, windowId: string): Promise<void> {
  await sql`update maintenance_windows set checking_since = null where window_id = ${windowId}`.execute(db)
}

/** Open deliveries by state: what would stand still. */
export async function openDeliveryCounts(db: Db): Promise<Record<string, number>> {
  const { rows } = await sql<{ state: string; n: number }>`
    select state, count(*)::int as n from deliveries where state in ('held', 'waiting', 'in_flight', 'available')
    group by state`.execute(db)
  return Object.fromEntries(rows.map((row) => [row.state, row.n]))
}

function toWindow(row: WindowRow): MaintenanceWindow {
  return {
    windowId: row.window_id,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    intake: row.intake,
    note: row.note,
    state: row.state,
    announcedBy: row.announced_by,
    announcedAt: row.announced_at,
    changedAt: row.changed_at,
    beganAt: row.began_at,
    endedAt: row.ended_at,
    endedBy: row.ended_by,
    checkedBefore: row.checked_before,
    checkedAfter: row.checked_after,
  }
}
