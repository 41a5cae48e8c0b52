import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import {
  BackupLockLost,
  BackupLockTaken,
  backupLock,
  tryWithoutBackup,
  withBackupLock,
} from '../../src/platform/backup-lock.ts'
import { type Database, type OpenDatabase, openDatabase } from '../../src/platform/database.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'

let fresh: FreshDatabase
let opened: OpenDatabase
let db: Database
beforeAll(async () => {
  fresh = await freshDatabase()
  opened = openDatabase({ url: fresh.url, connectionsMax: 6, onIdleError: () => {} })
  db = opened.db
})
afterAll(async () => {
  await opened.close()
  await fresh.drop()
})

function gate() {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, passed }
}

it('lets bytes be removed by many at once while nobody backs up', async () => {
  const gates = gate()

  const first = tryWithoutBackup(db, () => gates.passed.then(() => 'first'))
  const second = await tryWithoutBackup(db, async () => 'second')

  expect(second).toEqual({ done: 'second' })
  gates.open()
  expect(await first).toEqual({ done: 'first' })
})

it('lets nothing be removed during a backup, and again after it', async () => {
  const step = vi.fn(async () => 'removed')

  await withBackupLock(db, async () => {
    expect(await tryWithoutBackup(db, step)).toBeUndefined()
  })

  expect(step).not.toHaveBeenCalled()
  expect(await tryWithoutBackup(db, step)).toEqual({ done: 'removed' })
})

it('begins a backup when the running step is over, and not before', async () => {
  const gates = gate()
  const order: string[] = []
  const step = tryWithoutBackup(db, () => gates.passed.then(() => order.push('step')))

  const early = withBackupLock(db, async () => 'never', { waitMs: 0 })
  await expect(early).rejects.toThrow(BackupLockTaken)
  const backup = withBackupLock(db, async () => order.push('backup'))
  gates.open()
  await Promise.all([step, backup])

  expect(order).toEqual(['step', 'backup'])
})

it('lets one backup run at a time', async () => {
  await withBackupLock(db, async () => {
    await expect(withBackupLock(db, async () => 'second', { waitMs: 0 })).rejects.toThrow(BackupLockTaken)
  })
})

it('lets go when the work fails, and says what it failed of', async () => {
  await expect(withBackupLock(db, () => Promise.reject(new Error('disk')))).rejects.toThrow('disk')
  await expect(tryWithoutBackup(db, () => Promise.reject(new Error('net')))).rejects.toThrow('net')

  expect(await withBackupLock(db, async () => 'done', { waitMs: 0 })).toBe('done')
})

it('is not believed by a backup whose connection was lost: bytes may have been removed meanwhile', async () => {
  const cut = withBackupLock(db, async (lock) => {
    await lock.assertHeld()
    await sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = ${backupLock}`.execute(
      db,
    )
    await vi.waitFor(async () => expect(await tryWithoutBackup(db, async () => 'removed')).toBeDefined())
    return 'a backup with holes'
  })

  await expect(cut).rejects.toThrow(BackupLockLost)
})
