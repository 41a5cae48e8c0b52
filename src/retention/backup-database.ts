// The database as files, all of one moment: every table by COPY inside one read-only transaction that sees one snapshot.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { BackupManifest } from './backup-manifest.ts'
import { copyToFile, type WrittenFile } from './copy-files.ts'

export type DatabaseFiles = Pick<
  BackupManifest,
  'snapshotAt' | 'migrations' | 'tables' | 'partitions' | 'sequences'
> & {
  /** Compressed lines `id<TAB>sha256<TAB>size`, by id, of every package whose bytes are kept. */
  readonly blobList: WrittenFile
}

export const blobListFile = 'blobs.tsv.gz'

/** Writes into `<folder>/<subfolder>`; files of the result are named from `folder` on. */
export async function backUpDatabase(url: string, folder: string, subfolder: string): Promise<DatabaseFiles> {
  await mkdir(join(folder, subfolder), { recursive: true, mode: 0o700 })
  // No time limits: a table of a year takes as long as it takes, and others only wait for nobody.
  const client = new pg.Client({ connectionString: url, application_name: 'tram backup', keepAlive: true })
  await client.connect()
  try {
    await client.query('begin isolation level repeatable read read only')
    const migrations = await client.query<BackupManifest['migrations'][number]>(
      'select version, name, sha256 from schema_migrations order by version',
    )
    const now = await client.query<{ at: Date }>('select now() as at')
    const tables = []
    for (const table of await tablesOf(client)) {
      const file = `${subfolder}/${table.name}.copy.gz`
      // A partitioned table can only be read through a query.
      const rows = `select ${table.columns.map(quoted).join(', ')} from ${quoted(table.name)}`
      tables.push({ ...table, file, ...(await copyToFile(client, `copy (${rows}) to stdout`, join(folder, file))) })
    }
    const blobList = await copyToFile(client, `copy (${blobRows}) to stdout`, join(folder, subfolder, blobListFile))
    return {
      snapshotAt: now.rows[0]?.at.toISOString() ?? '',
      migrations: migrations.rows,
      tables,
      partitions: await partitionsOf(client),
      sequences: await sequencesOf(client),
      blobList,
    }
  } finally {
    await client.end()
  }
}

const blobRows = `select package_id, encode(sha256, 'hex'), size from packages where content_removed_at is null order by package_id`

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

type TableShape = Pick<BackupManifest['tables'][number], 'name' | 'columns' | 'likeTable'>

/** Partitions go with their table. The queues' own schema is not ours: it holds rings, and the rows say what is due. */
async function tablesOf(client: pg.Client): Promise<TableShape[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; like_table: string | null }>(`
    select c.relname as name, h.parent as like_table, array(
      select a.attname::text from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns
    from pg_class c left join history_months h on h.name = c.relname
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'schema_migrations'
    order by c.relname`)
  return rows.map(({ name, columns, like_table }) => ({ name, columns, likeTable: like_table ?? undefined }))
}

async function partitionsOf(client: pg.Client): Promise<BackupManifest['partitions']> {
  const { rows } = await client.query<BackupManifest['partitions'][number]>(`
    select c.relname as name, p.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
    where c.relnamespace = 'public'::regnamespace and c.relispartition and c.relkind = 'r' order by c.relname`)
  return rows
}

async function sequencesOf(client: pg.Client): Promise<BackupManifest['sequences']> {
  const { rows } = await client.query<{ name: string }>(`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S' order by relname`)
  const found = []
  for (const { name } of rows) {
    const state = await client.query<{ last_value: string; is_called: boolean }>(
      `select last_value::text, is_called from ${quoted(name)}`,
    )
    const [row] = state.rows
    if (row !== undefined) found.push({ name, lastValue: row.last_value, isCalled: row.is_called })
  }
  return found
}
