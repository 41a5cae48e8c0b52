// `tram doctor`: looks for what would hurt later and says what to do about it.
import { statfs } from 'node:fs/promises'
import { sql } from 'kysely'
import { type Config, readConfig } from '../config.ts'
import { oldestDueSeconds } from '../delivery/sweep.ts'
import type { IntegrityCheck } from '../domain/integrity.ts'
import type { OpenDatabase } from '../platform/database.ts'
import { openBlobs } from '../platform/open-blobs.ts'
import { partitionsReady } from '../platform/partitions.ts'
import { checkIntegrity } from '../reports/check-integrity.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { doctorBlobs } from './doctor-blobs.ts'
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
  usage: ['doctor', 'doctor --blobs [--since DAY] [--until DAY] [--sample N]'],
  options: {
    blobs: { type: 'boolean', help: 'read the bytes of every package and compare them with their hash' },
    since: { type: 'string', value: 'DAY', help: 'only packages accepted from this day or moment on' },
    until: { type: 'string', value: 'DAY', help: 'only packages accepted before it' },
    sample: { type: 'string', value: 'N', help: 'only so many packages, chosen by chance' },
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: ['doctor', 'doctor --json', 'doctor --blobs', 'doctor --blobs --since 2026-11-01 --sample 1000'],
  async run(args, context) {
    const config = readConfig(context.env)
    if (args.flag('blobs'))
      return await withLocalDatabase(context.env, (database) => doctorBlobs(args, database, config, context))
    refuseBlobWords(args)
    return await withLocalDatabase(context.env, (database) => examine(database, config, context))
  },
}

function refuseBlobWords(args: Arguments): void {
  for (const name of ['since', 'until', 'sample'])
    if (args.text(name) !== undefined) throw new UsageError(`--${name} goes with --blobs`)
}

async function examine(database: OpenDatabase, config: Config, { output }: CommandContext): Promise<ExitCode> {
  const findings = [await databaseVersion(database), await migrated(database)]
  let checks: readonly IntegrityCheck[] = []
  // What follows asks tables that only a migrated database has.
  if (findings.every(({ ok }) => ok)) {
    checks = (await checkIntegrity(database.db)).checks
    findings.push(await partitions(database), await stalledWork(database), await store(config), await freeSpace(config))
  }
  const all = [...findings, ...checks.map(integrityFinding)]
  output.table(
    ['', 'KIỂM TRA · CHECK', 'KẾT QUẢ · FOUND', 'VIỆC CẦN LÀM · NEXT'],
    all.map((f) => [f.ok ? 'ok' : 'LỖI', f.check, f.found, f.ok ? '' : f.next]),
  )
  output.json({ findings: all, integrity: checks })
  return all.every((f) => f.ok) ? exitCodes.ok : exitCodes.refused
}

function integrityFinding({ name, meaning, next, count, ids, failure }: IntegrityCheck): Finding {
  const ok = count === 0 && failure === undefined
  const what = `${meaning.vi} · ${meaning.en}`
  const found =
    failure ?? (count === 0 ? '0' : `${count}: ${what}: ${ids.join(', ')}${count > ids.length ? ', …' : ''}`)
  return { check: name, ok, found, next: `${next.vi} · ${next.en}` }
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

async function store(config: Config): Promise<Finding> {
  const where = config.s3 === undefined ? config.blobFolder : `s3://${config.s3.bucket}/${config.s3.prefix}`
  const blobs = await openBlobs(config)
  try {
    await blobs.check()
    return { check: 'blob store', ok: true, found: where, next: '' }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const found = `${where}: ${cause instanceof Error ? `${cause.name} ${cause.message}` : String(cause)}`
    return { check: 'blob store', ok: false, found, next: 'check BLOB_URL, the account and the network' }
  } finally {
    blobs.close()
  }
}

async function freeSpace({ blobFolder, dataDir, s3 }: Config): Promise<Finding> {
  if (s3 !== undefined)
    return { check: 'storage', ok: true, found: 'the bucket does not tell its free space', next: '' }
  const stats = await statfs(blobFolder).catch(() => statfs(dataDir))
  const share = stats.bavail / stats.blocks
  const found = `${Math.round(share * 100)} % free (${Math.round((stats.bavail * stats.bsize) / 1024 ** 3)} GiB)`
  return { check: 'storage', ok: share > freeShareMin, found, next: 'make room, or move BLOB_URL' }
}
