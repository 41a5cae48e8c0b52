// `tram doctor`: looks for what would hurt later and says what to do about it.
import { statfs } from 'node:fs/promises'
import { sql } from 'kysely'
import { readConfig } from '../config.ts'
import { oldestDueSeconds } from '../delivery/sweep.ts'
import type { OpenDatabase } from '../platform/database.ts'
import { partitionsReady } from '../platform/partitions.ts'
import { type Command, exitCodes } from './command.ts'
import { withLocalDatabase } from './local-database.ts'

interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly found: string
  readonly next: string
}

/** Less free space than this share is worth a person's attention. */
const freeShareMin = 0.2
/** Due work older than this means that nobody serves it. */
const dueSecondsMax = 60

export const doctorCommand: Command = {
  name: 'doctor',
  summary: { vi: 'kiểm tra tình trạng', en: 'check database, partitions, storage and stalled work' },
  usage: ['doctor'],
  options: {
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: ['doctor', 'doctor --json'],
  async run(_args, { output, env }) {
    const { blobFolder, dataDir } = readConfig(env)
    const findings = await withLocalDatabase(env, async (database) => {
      const first = [await databaseVersion(database), await migrated(database)]
      // What follows asks tables that only a migrated database has.
      if (first.some((finding) => !finding.ok)) return first
      return [...first, await partitions(database), await stalledWork(database), await freeSpace(blobFolder, dataDir)]
    })
    output.table(
      ['', 'KIỂM TRA · CHECK', 'KẾT QUẢ · FOUND', 'VIỆC CẦN LÀM · NEXT'],
      findings.map((f) => [f.ok ? 'ok' : 'LỖI', f.check, f.found, f.ok ? '' : f.next]),
    )
    output.json({ findings })
    return findings.every((f) => f.ok) ? exitCodes.ok : exitCodes.refused
  },
}

async function databaseVersion({ db }: OpenDatabase): Promise<Finding> {
  const { rows } = await sql<{ server_version: string }>`show server_version`.execute(db)
  return { check: 'database', ok: true, found: `PostgreSQL ${rows[0]?.server_version ?? '?'}`, next: '' }
}

async function migrated({ db }: OpenDatabase): Promise<Finding> {
  const { rows } = await sql<{ ok: boolean }>`select to_regclass('deliveries') is not null as ok`.execute(db)
  const ok = rows[0]?.ok ?? false
  return { check: 'schema', ok, found: ok ? 'migrated' : 'empty', next: 'tram migrate, or start the gateway once' }
}

async function partitions({ db }: OpenDatabase): Promise<Finding> {
  const ok = await partitionsReady(db)
  return { check: 'partitions', ok, found: ok ? 'next month is ready' : 'next month is missing', next: 'tram migrate' }
}

async function stalledWork({ db }: OpenDatabase): Promise<Finding> {
  const age = (await oldestDueSeconds(db)) ?? 0
  const found = `oldest due delivery ${Math.round(age)} s`
  return { check: 'stalled work', ok: age < dueSecondsMax, found, next: 'is a worker running? tram queues' }
}

async function freeSpace(blobFolder: string, dataDir: string): Promise<Finding> {
  const stats = await statfs(blobFolder).catch(() => statfs(dataDir))
  const share = stats.bavail / stats.blocks
  const found = `${Math.round(share * 100)} % free (${Math.round((stats.bavail * stats.bsize) / 1024 ** 3)} GiB)`
  return { check: 'storage', ok: share > freeShareMin, found, next: 'make room, or move BLOB_URL' }
}
