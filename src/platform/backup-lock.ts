// A backup copies rows first and bytes after them, so nothing may remove bytes while it runs (design D6). Whoever backs
// up holds one lock of the database alone; whoever removes bytes shares it, for a short step at a time.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Database } from './database.ts'

/** Key of the advisory lock, one number for the whole database. */
export const backupLock = 7_246_010

const retryMs = 200

/** Another backup runs, or a removal did not come to its end. */
export class BackupLockTaken extends Error {
  override readonly name = 'BackupLockTaken'
}

/** The connection that held the lock is gone, and with it the promise that nothing was removed meanwhile. */
export class BackupLockLost extends Error {
  override readonly name = 'BackupLockLost'
}

export interface HeldBackupLock {
  /** Rejects with `BackupLockLost`; asked from time to time it keeps a long backup from going on for nothing. */
  assertHeld(): Promise<void>
}

/**
 * Does work during which no bytes are removed. It holds a connection of its own for the whole time. Rejects with
 * `BackupLockTaken` when the lock cannot be had within `waitMs`, and with `BackupLockLost` when it was not held to the
 * end: then what was copied may have holes.
 */
export async function withBackupLock<T>(
  db: Database,
  work: (lock: HeldBackupLock) => Promise<T>,
  { waitMs = 60_000 } = {},
): Promise<T> {
  return await db.connection().execute(async (connection) => {
    await acquire(connection, waitMs)
    try {
      const result = await work({ assertHeld: () => assertHeld(connection) })
      await assertHeld(connection)
      return result
    } finally {
      // A connection that is gone has let go by itself.
      await sql`select pg_advisory_unlock(${backupLock})`.execute(connection).catch(() => undefined)
    }
  })
}

/** Asked for again and again instead of waited for, because a statement that waits is cut after some seconds. */
async function acquire(connection: Database, waitMs: number): Promise<void> {
  for (const endsAt = performance.now() + waitMs; ; await delay(retryMs)) {
    const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock(${backupLock}) as got`.execute(connection)
    if (rows[0]?.got === true) return
    if (performance.now() >= endsAt) throw new BackupLockTaken('another backup runs, or bytes are being removed')
  }
}

async function assertHeld(connection: Database): Promise<void> {
  try {
    await sql`select 1`.execute(connection)
  } catch (cause) {
    throw new BackupLockLost('the connection that held the lock is gone', { cause })
  }
}

/**
 * Removes bytes, unless a backup runs: then nothing is done and the answer is undefined. Keep the step short: a backup
 * waits until it is over.
 */
export async function tryWithoutBackup<T>(
  db: Database,
  step: () => Promise<T>,
): Promise<{ readonly done: T } | undefined> {
  return await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ got: boolean }>`select pg_try_advisory_lock_shared(${backupLock}) as got`.execute(
      connection,
    )
    if (rows[0]?.got !== true) return undefined
    try {
      return { done: await step() }
    } finally {
      // A connection that is gone has let go by itself.
      await sql`select pg_advisory_unlock_shared(${backupLock})`.execute(connection).catch(() => undefined)
    }
  })
}
