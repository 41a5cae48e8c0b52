// What systems are told: notices that operators write, and the windows of maintenance beside them.
import { sql } from 'kysely'
import type { MaintenanceIntake } from '../domain/maintenance.ts'
import type { BilingualText } from '../generated/json/bilingual-text.ts'
import type { Db, Trx } from '../platform/database.ts'

export interface OwnNotice {
  readonly noticeId: string
  readonly kind: 'outage' | 'information'
  readonly text: BilingualText
  readonly since: Date
  readonly until: Date | null
  readonly madeBy: string
  readonly announcedAt: Date
  readonly withdrawnAt: Date | null
  readonly withdrawnBy: string | null
}

export interface PublicNotice {
  readonly noticeId: string
  readonly kind: 'maintenance' | 'outage' | 'information'
  readonly text: BilingualText
  readonly since: Date
  readonly until: Date | null
  readonly announcedAt: Date
  readonly intake: MaintenanceIntake | null
}

/** Current and coming ones, newest first; an id says when its notice was made. */
export async function publicNotices(db: Db, before: string | undefined, limit: number): Promise<PublicNotice[]> {
  const older = (id: string) => (before === undefined ? sql`true` : sql`${sql.ref(id)} < ${before}::uuid`)
  const { rows } = await sql<{
    id: string
    kind: PublicNotice['kind']
    note: BilingualText
    since: Date
    until: Date | null
    announced_at: Date
    intake: MaintenanceIntake | null
  }>`
    select window_id as id, 'maintenance' as kind, note, starts_at as since, ends_at as until, announced_at, intake
    from maintenance_windows where state in ('planned', 'running') and ends_at > now() and ${older('window_id')}
    union all
    select notice_id, kind, note, since, until, made_at, null
    from notices where withdrawn_at is null and (until is null or until > now()) and ${older('notice_id')}
    order by 1 desc limit ${limit}`.execute(db)
  return rows.map((row) => ({
    noticeId: row.id,
    kind: row.kind,
    text: row.note,
    since: row.since,
    until: row.until,
    announcedAt: row.announced_at,
    intake: row.intake,
  }))
}

interface OwnRow {
  notice_id: string
  kind: OwnNotice['kind']
  note: BilingualText
  since: Date
  until: Date | null
  made_by: string
  made_at: Date
  withdrawn_at: Date | null
  withdrawn_by: string | null
}

const columns = sql`notice_id, kind, note, since, until, made_by, made_at, withdrawn_at, withdrawn_by`

export async function insertNotice(
  trx: Trx,
  notice: Pick<OwnNotice, 'noticeId' | 'kind' | 'text' | 'since' | 'until' | 'madeBy'>,
): Promise<OwnNotice> {
  const { rows } = await sql<OwnRow>`
    insert into notices (notice_id, kind, note, since, until, made_by)
    values (${notice.noticeId}, ${notice.kind}, ${JSON.stringify(notice.text)}, ${notice.since}, ${notice.until},
      ${notice.madeBy})
    returning ${columns}`.execute(trx)
  if (rows[0] === undefined) throw new Error('the notice that was written is not there')
  return toNotice(rows[0])
}

/** Undefined when there is none of that id, or it was withdrawn before. */
export async function withdrawNotice(trx: Trx, noticeId: string, by: string): Promise<OwnNotice | undefined> {
  const { rows } = await sql<OwnRow>`
    update notices set withdrawn_at = now(), withdrawn_by = ${by}
    where notice_id = ${noticeId} and withdrawn_at is null returning ${columns}`.execute(trx)
  return rows[0] && toNotice(rows[0])
}

/** Newest first, from before an id on. */
export async function noticePage(db: Db, before: string | undefined, limit: number): Promise<OwnNotice[]> {
  const { rows } = await sql<OwnRow>`
    select ${columns} from notices where ${before === undefined ? sql`true` : sql`notice_id < ${before}::uuid`}
    order by notice_id desc limit ${limit}`.execute(db)
  return rows.map(toNotice)
}

function toNotice(row: OwnRow): OwnNotice {
  return {
    noticeId: row.notice_id,
    kind: row.kind,
    text: row.note,
    since: row.since,
    until: row.until,
    madeBy: row.made_by,
    announcedAt: row.made_at,
    withdrawnAt: row.withdrawn_at,
    withdrawnBy: row.withdrawn_by,
  }
}
