// `tram restore`: a backup into an empty database and an empty blob store. Everything is compared with the manifest
// before and while it is used; what is damaged is said, and nothing is restored over something that is alive.
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pg from 'pg'
import type { BlobStore } from '../domain/ports.ts'
import { createFileBlobStore } from '../platform/blobs.ts'
import { errorCode } from '../platform/error-code.ts'
import { namedBlobs } from './backup.ts'
import { type BackupManifest, BackupProblem, blobsFolder, keyFile, readManifest } from './backup-manifest.ts'
import { copyBlobs } from './copy-blobs.ts'
import { hashOfFile, syncPath } from './copy-files.ts'
import { restoreDatabase } from './restore-database.ts'

export interface RestoreOptions {
  readonly databaseUrl: string
  readonly blobs: BlobStore
  readonly folder: string
  /** Over what is there: every table of the database goes. */
  readonly force: boolean
  /** Of the master key that this machine has, if any. */
  readonly keyFingerprint: string | undefined
  /** Where a master key that came along is put; none where MASTER_KEY is given. */
  readonly masterKeyFile?: string
  /** Brings the restored database to this program's shape. */
  readonly migrateOn: () => Promise<void>
  readonly onProgress?: (blobs: { readonly count: number; readonly copied: number }) => void
}

export interface RestoreResult {
  readonly manifest: BackupManifest
  readonly blobs: number
  /** Packages whose bytes are not in the backup, or not what their rows say. */
  readonly damaged: readonly string[]
  /** What the stored secrets are sealed under: was it brought along, was it here, or must it still be set? */
  readonly masterKey: 'restored' | 'present' | 'unknown' | 'missing'
}

export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const { folder, databaseUrl } = options
  const manifest = await readManifest(folder)
  if (manifest === undefined) throw noBackup(folder)
  await checkFiles(folder, manifest)
  const masterKey = await checkKey(manifest, options)
  await refuseLiveTarget(databaseUrl)
  if (!options.force) await refuseFullTarget(databaseUrl, options.blobs)

  if (masterKey === 'restored' && options.masterKeyFile !== undefined) {
    await putKey(join(folder, keyFile), options.masterKeyFile)
  }
  const blobs = await copyBlobs(namedBlobs(join(folder, manifest.blobs.list.file)), {
    from: createFileBlobStore(join(folder, blobsFolder)),
    to: options.blobs,
    isSafe: () => false,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  })
  // Rows come last: no row is ever there whose bytes are still to come.
  await restoreDatabase(databaseUrl, folder, manifest)
  await options.migrateOn()
  return { manifest, blobs: blobs.count, damaged: blobs.damaged, masterKey }
}

function noBackup(folder: string): BackupProblem {
  return new BackupProblem({
    vi: `Thư mục ${folder} không có bản sao lưu hoàn chỉnh nào (thiếu manifest.json).`,
    en: `The folder ${folder} holds no complete backup (manifest.json is missing).`,
  })
}

async function checkFiles(folder: string, { tables, blobs }: BackupManifest): Promise<void> {
  for (const { file, sha256 } of [...tables, blobs.list]) {
    const found = await hashOfFile(join(folder, file)).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    })
    if (found?.sha256 === sha256) continue
    throw new BackupProblem({
      vi: `Tệp ${file} của bản sao lưu ${found === undefined ? 'bị mất' : 'đã bị thay đổi hoặc hỏng'}; chưa khôi phục gì.`,
      en: `The file ${file} of the backup is ${found === undefined ? 'missing' : 'changed or damaged'}; nothing was restored.`,
    })
  }
}

/** Secrets that no key opens are lost for good, so a wrong key is said before anything is done. */
async function checkKey(manifest: BackupManifest, options: RestoreOptions): Promise<RestoreResult['masterKey']> {
  const { fingerprint, included } = manifest.masterKey
  if (options.keyFingerprint === undefined)
    return included && options.masterKeyFile !== undefined ? 'restored' : 'missing'
  if (fingerprint === undefined) return 'unknown'
  if (fingerprint === options.keyFingerprint) return 'present'
  if (options.force) return 'missing'
  throw new BackupProblem({
    vi: 'MASTER_KEY ở đây khác khóa của bản sao lưu: các mã bí mật đã lưu sẽ không mở được. Đặt đúng khóa, hoặc thêm --force.',
    en: 'The MASTER_KEY here is not the one of the backup: no stored secret could be opened. Set that key, or add --force.',
  })
}

/** Anybody at all: a gateway's queues connect under another name than the gateway. */
async function refuseLiveTarget(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ n: number }>(`
      select count(*)::integer as n from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`)
    if ((rows[0]?.n ?? 0) === 0) return
    throw new BackupProblem({
      vi: 'Trạm đang chạy trên cơ sở dữ liệu này; hãy dừng mọi tiến trình trước khi khôi phục.',
      en: 'Trạm is running on this database; stop every process before a restore.',
    })
  })
}

async function refuseFullTarget(url: string, blobs: BlobStore): Promise<void> {
  const found = await withClient(url, whatIsThere)
  const hours = await blobs.hours()
  if (found === undefined && hours.length === 0) return
  const what = found ?? 'blobs'
  throw new BackupProblem({
    vi: `Nơi khôi phục không trống (${what}); thêm --force để xóa và thay thế.`,
    en: `The target is not empty (${what}); add --force to remove and replace it.`,
  })
}

/** A database that was only migrated is empty; one that anybody has registered in is not. */
async function whatIsThere(client: pg.Client): Promise<string | undefined> {
  for (const table of ['agencies', 'systems', 'packages', 'audit']) {
    const exists = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
      `public.${table}`,
    ])
    if (exists.rows[0]?.there !== true) continue
    const { rowCount } = await client.query(`select from ${table} limit 1`)
    if ((rowCount ?? 0) > 0) return table
  }
  const { rows } = await client.query<{ name: string }>(`
    select relname as name from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and to_regclass('public.schema_migrations') is null limit 1`)
  return rows[0]?.name
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'restore' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function putKey(from: string, to: string): Promise<void> {
  await readFile(from)
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to)
  await syncPath(to)
}
