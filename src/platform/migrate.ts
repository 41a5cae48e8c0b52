// Brings the database to the shape this program expects: numbered SQL files, forward only, each in a transaction of
// its own, one gateway at a time. A file that was applied is history and may never change.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Pool, PoolClient } from 'pg'
import { sqlState } from './database.ts'
import { StartFailure } from './start-failure.ts'

/** This file lies two folders below the top, in the sources and in what is built from them alike. */
export const migrationsFolder = fileURLToPath(new URL('../../migrations/', import.meta.url))

/** Applies what is missing and answers the names of the files applied. */
export async function migrate(pool: Pool, folder: string = migrationsFolder): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(folder)
  const client = await pool.connect()
  try {
    await refuseUnsuitable(client)
    await client.query('set statement_timeout = 0')
    try {
      await client.query(unhurried('select pg_advisory_lock($1)', [lockKey]))
      return { applied: await applyMissing(client, migrations) }
    } finally {
      await client.query('select pg_advisory_unlock($1)', [lockKey])
      await client.query('reset statement_timeout')
    }
  } finally {
    client.release()
  }
}

/** What a request may take is no measure for a table of millions of rows, nor for the wait until another gateway is done. */
function unhurried(text: string, values?: readonly unknown[]) {
  return { text, query_timeout: 6 * 3_600_000, ...(values === undefined ? {} : { values: [...values] }) }
}

// Any fixed number: it only has to be the same in every Trạm that shares the database.
const lockKey = 7_246_001

interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly sha256: string
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)))
  migrations.forEach(({ version, name }, index) => {
    if (version === migrations[index - 1]?.version) throw new Error(`two migrations have the number of ${name}`)
  })
  return migrations
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const number = /^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]
  if (number === undefined) throw new Error(`a migration is called NNNN-name.sql, not ${name}`)
  // A checkout on Windows may have changed the line ends, which is no change of the migration.
  const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
  return { version: Number(number), name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
}

/** Older servers lack what the SQL uses; another encoding could not hold every Vietnamese name. */
async function refuseUnsuitable(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ version: number; text: string; encoding: string }>(
    `select current_setting('server_version_num')::int as version, current_setting('server_version') as text,
            current_setting('server_encoding') as encoding`,
  )
  const [server] = rows
  if (!server || server.version < oldestVersion)
    throw new StartFailure('database_old', {
      vi: `Máy chủ cơ sở dữ liệu là PostgreSQL ${server?.text}; cần từ 15 trở lên.`,
      en: `The database server is PostgreSQL ${server?.text}; 15 or later is needed.`,
    })
  if (server.encoding !== 'UTF8')
    throw new StartFailure('bad_configuration', {
      vi: `Cơ sở dữ liệu dùng bảng mã ${server.encoding}; cần UTF8 (create database … encoding 'UTF8' template template0).`,
      en: `The database is encoded in ${server.encoding}; it must be UTF8 (create database … encoding 'UTF8' template template0).`,
    })
}

const oldestVersion = 150_000

async function applyMissing(client: PoolClient, migrations: readonly Migration[]): Promise<string[]> {
  const done = await appliedBefore(client)
  refuseForeignHistory(done, migrations)

  const applied: string[] = []
  for (const migration of migrations) {
    if (done.has(migration.version)) continue
    await apply(client, migration)
    applied.push(migration.name)
  }
  return applied
}

interface AppliedRow {
  readonly version: number
  readonly name: string
  readonly sha256: string
}

async function appliedBefore(client: PoolClient): Promise<Map<number, AppliedRow>> {
  await client.query(
    `create table if not exists schema_migrations (
       version int primary key,
       name text not null,
       sha256 text not null,
       applied_at timestamptz not null default now()
     )`,
  )
  const { rows } = await client.query<AppliedRow>(
    'select version, name, sha256 from schema_migrations order by version',
  )
  return new Map(rows.map((row) => [row.version, row]))
}

/** The database must be a former state of what our files make; anything else we could only damage. */
function refuseForeignHistory(done: ReadonlyMap<number, AppliedRow>, migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  const lastKnown = migrations.at(-1)?.version ?? 0
  const lastDone = Math.max(0, ...done.keys())
  for (const row of done.values()) {
    const ours = known.get(row.version)
    if (!ours && row.version > lastKnown)
      throw new StartFailure('database_newer', {
        vi: `Cơ sở dữ liệu đã ở bước ${row.name}, mới hơn bản Trạm này.`,
        en: `The database is at ${row.name}, which is newer than this Trạm.`,
      })
    if (ours?.sha256 !== row.sha256) throw new Error(`migration ${row.name} was applied and has changed or gone since`)
  }
  const late = migrations.find(({ version }) => version < lastDone && !done.has(version))
  if (late) throw new Error(`migration ${late.name} came after a later one was applied; give it a new number`)
}

async function apply(client: PoolClient, migration: Migration): Promise<void> {
  await client.query('begin')
  try {
    await lockAllTables(client)
    await client.query(unhurried(migration.sql))
    await client.query('insert into schema_migrations (version, name, sha256) values ($1, $2, $3)', [
      migration.version,
      migration.name,
      migration.sha256,
    ])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    throw new Error(`migration ${migration.name} failed`, { cause })
  }
}

/**
 * Processes of the previous release work on while a migration runs. Taking its locks one after the other as the SQL comes
 * to them would meet theirs the other way round, and the server would end one of the two: a sender would be refused, or
 * the start would fail. So all locks are taken before anything else is done, and whenever one is not to be had at once all
 * are given back. Whoever comes meanwhile waits until the migration is over, and notices nothing else.
 */
async function lockAllTables(client: PoolClient): Promise<void> {
  const giveUpAt = performance.now() + lockWithinMs
  await client.query('savepoint unlocked')
  for (;;) {
    try {
      await client.query(lockThem)
      return
    } catch (error) {
      if (sqlState(error) !== lockNotAvailable) throw error
      await client.query('rollback to savepoint unlocked')
      if (performance.now() > giveUpAt)
        throw new Error(`for ${lockWithinMs / 1_000} s some transaction held a lock; is a backup running?`, {
          cause: error,
        })
      await new Promise((resolve) => setTimeout(resolve, betweenLocksMs))
    }
  }
}

// Well below the second after which the server looks for deadlocks, for all tables together: a transaction takes some
// milliseconds, so either the lock comes soon or its holder waits for one of ours.
const lockThem = `
  do $$
  declare
    one regclass;
    until timestamptz := clock_timestamp() + interval '500 milliseconds';
  begin
    for one in
      select c.oid from pg_class c
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      order by c.relname
    loop
      perform set_config('lock_timeout',
        greatest(1, extract(milliseconds from until - clock_timestamp())::integer)::text, true);
      execute format('lock table %s in access exclusive mode', one);
    end loop;
    perform set_config('lock_timeout', '0', true);
  end $$`
const lockNotAvailable = '55P03'
const betweenLocksMs = 100
const lockWithinMs = 120_000
