// Puts the tables of a backup into a database: the schema is built anew up to the migration that the backup was made at,
// the rows go in, and then the schema goes on to this program's. All rows come in one transaction, or none.
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrate, migrationsFolder } from '../platform/migrate.ts'
import { quoted } from './backup-database.ts'
import { type BackupManifest, BackupProblem } from './backup-manifest.ts'
import { copyFromFile } from './copy-files.ts'

export async function restoreDatabase(url: string, folder: string, manifest: BackupManifest): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'tram restore', keepAlive: true })
  await client.connect()
  try {
    await client.query('drop schema if exists bullmq cascade')
    await client.query('drop schema if exists public cascade')
    await client.query('create schema public')
    await migrateUpTo(url, manifest)
    await client.query('begin')
    await putRows(client, folder, manifest)
    await client.query('commit')
    await client.query('analyze')
  } finally {
    await client.end()
  }
}

/** With the files that this program has; they must be the ones the backup's database was made by. */
async function migrateUpTo(url: string, { migrations }: BackupManifest): Promise<void> {
  const names = await readdir(migrationsFolder)
  const unknown = migrations.find(({ name }) => !names.includes(name))
  if (unknown !== undefined) throw newerBackup(unknown.name)
  const partOfThem = await mkdtemp(join(tmpdir(), 'tram-restore-'))
  const pool = new pg.Pool({ connectionString: url, max: 1, application_name: 'tram restore' })
  try {
    for (const { name } of migrations) await copyFile(join(migrationsFolder, name), join(partOfThem, name))
    await migrate(pool, partOfThem)
    const { rows } = await pool.query<{ name: string; sha256: string }>('select name, sha256 from schema_migrations')
    const made = new Map(rows.map((row) => [row.name, row.sha256]))
    const changed = migrations.find(({ name, sha256 }) => made.get(name) !== sha256)
    if (changed !== undefined) throw newerBackup(changed.name)
  } finally {
    await pool.end()
    await rm(partOfThem, { recursive: true, force: true })
  }
}

function newerBackup(name: string): BackupProblem {
  return new BackupProblem({
    vi: `Bản sao lưu do một bản Trạm khác tạo (bước ${name}); hãy dùng đúng bản đó hoặc bản mới hơn.`,
    en: `The backup was made by another Trạm (step ${name}); restore it with that one or a later one.`,
  })
}

async function putRows(client: pg.Client, folder: string, manifest: BackupManifest): Promise<void> {
  // Without foreign keys and triggers rows may come in any order, and none of them changes a row that came before; the
  // keys are checked when they are put back, all rows of a table at once.
  const keys = await foreignKeys(client)
  for (const key of keys) await client.query(`alter table ${key.table} drop constraint ${quoted(key.name)}`)
  await makeTables(client, manifest)
  const tables = manifest.tables.map(({ name }) => quoted(name))
  for (const table of tables) await client.query(`alter table ${table} disable trigger user`)
  await client.query(`truncate ${tables.join(', ')}`)
  for (const table of manifest.tables) {
    const columns = table.columns.map(quoted).join(', ')
    await copyFromFile(client, `copy ${quoted(table.name)} (${columns}) from stdin`, join(folder, table.file))
    await compareCount(client, table)
  }
  for (const { name, lastValue, isCalled } of manifest.sequences) {
    await client.query('select setval($1::regclass, $2::bigint, $3)', [quoted(name), lastValue, isCalled])
  }
  for (const table of tables) await client.query(`alter table ${table} enable trigger user`)
  for (const key of keys) {
    await client.query(`alter table ${key.table} add constraint ${quoted(key.name)} ${key.definition}`)
  }
}

async function foreignKeys(client: pg.Client): Promise<{ table: string; name: string; definition: string }[]> {
  const { rows } = await client.query<{ table: string; name: string; definition: string }>(`
    select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0`)
  return rows
}

/** Months of the append-only tables, those that were taken off them too. */
async function makeTables(client: pg.Client, { partitions, tables }: BackupManifest): Promise<void> {
  for (const { name, parent, bounds } of partitions) {
    await client.query(`create table if not exists ${quoted(name)} partition of ${quoted(parent)} ${bounds}`)
  }
  for (const { name, likeTable } of tables) {
    if (likeTable === undefined) continue
    await client.query(`create table if not exists ${quoted(name)} (like ${quoted(likeTable)} including all)`)
  }
}

async function compareCount(client: pg.Client, table: BackupManifest['tables'][number]): Promise<void> {
  const { rows } = await client.query<{ n: string }>(`select count(*) as n from ${quoted(table.name)}`)
  if (Number(rows[0]?.n) === table.rows) return
  throw new BackupProblem({
    vi: `Bảng ${table.name} có ${rows[0]?.n} dòng, bản sao lưu ghi ${table.rows}.`,
    en: `Table ${table.name} has ${rows[0]?.n} rows, the backup says ${table.rows}.`,
  })
}
