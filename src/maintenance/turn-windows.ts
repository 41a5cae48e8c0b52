// Begins and ends windows of maintenance when their time has come, and has the database checked on both sides (R60).
// Called by the sweeper of any number of processes; what happens, happens once.

import type { IntegrityReport } from '../domain/integrity.ts'
import { lanesRest } from '../domain/maintenance.ts'
import type { Audit, AuditedAct } from '../platform/audit.ts'
import type { Database, Trx } from '../platform/database.ts'
import { beginDue, endDue, giveCheckBack, type MaintenanceWindow, recordCheck, takeCheck } from './window-store.ts'

/** delivery/'s: the clocks of all deliveries stand still, and go on. */
export interface Clocks {
  readonly stopAllClocks: (trx: Trx) => Promise<void>
  readonly letAllClocksRun: (trx: Trx) => Promise<void>
}

export interface TurnOptions extends Clocks {
  readonly db: Database
  readonly audit: Audit
  /** This process has turned a window: its guard need not wait for its next look. */
  readonly changed: () => Promise<void>
}

/** Answers the windows that began or ended now. */
export async function turnWindows(options: TurnOptions): Promise<MaintenanceWindow[]> {
  const turned = await options.db.transaction().execute(async (trx) => {
    const ended = await endDue(trx)
    for (const window of ended) await afterEnd(trx, window, window.announcedBy, options)
    const begun = await beginDue(trx)
    for (const window of begun) {
      if (lanesRest(window.intake)) await options.stopAllClocks(trx)
      await options.audit(trx, entryOf(window, 'maintenance.began', window.announcedBy))
    }
    return [...ended, ...begun]
  })
  if (turned.length > 0) await options.changed()
  return turned
}

export async function afterEnd(
  trx: Trx,
  window: MaintenanceWindow,
  actor: string,
  options: Pick<TurnOptions, 'letAllClocksRun' | 'audit'>,
): Promise<void> {
  if (lanesRest(window.intake)) await options.letAllClocksRun(trx)
  await options.audit(trx, entryOf(window, 'maintenance.ended', actor))
}

export function entryOf(window: MaintenanceWindow, action: string, actor: string): AuditedAct {
  const { windowId, startsAt, endsAt, intake, note } = window
  return { actor, action, object: `maintenance:${windowId}`, data: { startsAt, endsAt, intake, note } }
}

export interface CheckOptions {
  readonly db: Database
  /** Looks whether the database is sound; may take minutes. */
  readonly checkIntegrity: () => Promise<IntegrityReport>
}

/** Makes the check that is due, if any. Answers what it found. */
export async function runDueCheck({ db, checkIntegrity }: CheckOptions): Promise<IntegrityReport | undefined> {
  const todo = await takeCheck(db)
  if (todo === undefined) return undefined
  try {
    const findings = await checkIntegrity()
    await recordCheck(db, todo, findings)
    return findings
  } catch (error) {
    await giveCheckBack(db, todo.windowId)
    throw error
  }
}
