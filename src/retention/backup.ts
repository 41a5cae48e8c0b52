// `tram backup`: database and blobs of one consistent point, while the gateway runs. The database is read in one
// snapshot; nothing that the snapshot names is removed until its bytes are copied, because the backup lock stops whoever
// removes blobs, and blobs are never rewritten. A further backup into the same folder copies new blobs only.
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BlobStore } from '../domain/ports.ts'
import { withBackupLock } from '../platform/backup-lock.ts'
import { createFileBlobStore } from '../platform/blobs.ts'
import type { Database } from '../platform/database.ts'
import { backUpDatabase, blobListFile } from './backup-database.ts'
import {
  type BackupManifest,
  blobsFolder,
  keyFile,
  manifestFile,
  manifestFormat,
  readManifest,
} from './backup-manifest.ts'
import { copyBlobs, type NamedBlob } from './copy-blobs.ts'
import { linesOf, syncPath } from './copy-files.ts'
import { writeJson } from './write-json.ts'

export interface BackupOptions {
  readonly db: Database
  readonly databaseUrl: string
  readonly blobs: Pick<BlobStore, 'read'>
  readonly folder: string
  readonly newId: () => string
  readonly now: () => Date
  /** Of the master key the stored secrets are sealed under, where it is known here. */
  readonly keyFingerprint: string | undefined
  /** The key's file, when it is to go along. */
  readonly masterKeyFile?: string
  readonly onProgress?: (blobs: { readonly count: number; readonly copied: number }) => void
}

export interface BackupResult {
  readonly manifest: BackupManifest
  readonly copiedBlobs: number
  readonly copiedBytes: number
}

export async function backUp(options: BackupOptions): Promise<BackupResult> {
  const { folder, newId } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return await withBackupLock(options.db, async (lock) => {
    const former = await readManifest(folder)
    const backupId = newId()
    const subfolder = `${databasePrefix}${backupId}`
    const { blobList, ...database } = await backUpDatabase(options.databaseUrl, folder, subfolder)
    const list = { file: `${subfolder}/${blobListFile}`, sha256: blobList.sha256, size: blobList.size }
    const blobs = await copyBlobs(namedBlobs(join(folder, list.file)), {
      from: options.blobs,
      to: createFileBlobStore(join(folder, blobsFolder)),
      isSafe: copiedBefore(folder, former),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    })
    if (options.masterKeyFile !== undefined) await keepKey(options.masterKeyFile, join(folder, keyFile))
    await syncPath(join(folder, subfolder), true)
    const manifest: BackupManifest = {
      format: manifestFormat,
      backupId,
      ...database,
      finishedAt: options.now().toISOString(),
      blobs: { list, count: blobs.count, bytes: blobs.bytes, damaged: blobs.damaged },
      masterKey: { fingerprint: options.keyFingerprint, included: options.masterKeyFile !== undefined },
    }
    // Had the lock been lost, something might be missing that the tables name.
    await lock.assertHeld()
    await writeJson(join(folder, manifestFile), manifest)
    await removeFormer(folder, subfolder)
    return { manifest, copiedBlobs: blobs.copied, copiedBytes: blobs.copiedBytes }
  })
}

const databasePrefix = 'database-'

export async function* namedBlobs(file: string): AsyncGenerator<NamedBlob> {
  for await (const line of linesOf(file)) {
    const [id, sha256, size] = line.split('\t')
    if (id === undefined || sha256 === undefined || size === undefined) throw new Error(`${file}: not a list of blobs`)
    yield { id, sha256, size: Number(size) }
  }
}

/**
 * What the former backup lists is here whole: it was compared when it came, and nobody writes here but us. Both lists are
 * in the order of ids, so they are read side by side, however long they are.
 */
function copiedBefore(folder: string, former: BackupManifest | undefined): (blob: NamedBlob) => Promise<boolean> {
  if (former === undefined) return async () => false
  const before = namedBlobs(join(folder, former.blobs.list.file))
  const damaged = new Set(former.blobs.damaged)
  let last: NamedBlob | undefined
  let isOver = false
  return async ({ id, sha256 }) => {
    while (!isOver && (last === undefined || last.id < id)) {
      const next = await before.next()
      if (next.done === true) isOver = true
      else last = next.value
    }
    return last?.id === id && last.sha256 === sha256 && !damaged.has(id)
  }
}

async function keepKey(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to)
  await syncPath(to)
}

/** The manifest names one set of tables; those of backups before it, or of one that was cut off, are of no use. */
async function removeFormer(folder: string, current: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(databasePrefix) && name !== current)
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true })
}
