// What a backup says of itself: written last, so a folder without it holds no backup, and one that was cut off leaves the
// former backup in force.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../platform/error-code.ts'
import { type Decoded, flag, list, maybe, number, record, text, UnexpectedJson } from '../platform/json-decode.ts'

const file = record({ file: text, sha256: text, size: number })

const manifest = record({
  format: number,
  backupId: text,
  /** The moment of the snapshot: all that was committed before it is in the backup, nothing later. */
  snapshotAt: text,
  finishedAt: text,
  migrations: list(record({ version: number, name: text, sha256: text })),
  tables: list(
    record({
      name: text,
      columns: list(text),
      file: text,
      sha256: text,
      size: number,
      rows: number,
      likeTable: maybe(text),
    }),
  ),
  partitions: list(record({ name: text, parent: text, bounds: text })),
  sequences: list(record({ name: text, lastValue: text, isCalled: flag })),
  blobs: record({ list: file, count: number, bytes: number, damaged: list(text) }),
  masterKey: record({ fingerprint: maybe(text), included: flag }),
})
export type BackupManifest = Decoded<typeof manifest>

export const manifestFormat = 1
export const manifestFile = 'manifest.json'
export const blobsFolder = 'blobs'
export const keyFile = join('keys', 'master-key')

/** Something about the backup or its target that a person must know before anything is done. */
export class BackupProblem extends Error {
  override readonly name = 'BackupProblem'
  readonly vi: string
  readonly en: string
  constructor({ vi, en }: { readonly vi: string; readonly en: string }, options?: ErrorOptions) {
    super(`${vi} · ${en}`, options)
    this.vi = vi
    this.en = en
  }
}

/** Undefined where no backup was ever completed. */
export async function readManifest(folder: string): Promise<BackupManifest | undefined> {
  const path = join(folder, manifestFile)
  try {
    const read = manifest(JSON.parse(await readFile(path, 'utf8')), '')
    if (read.format === manifestFormat) return read
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined
    if (!(cause instanceof SyntaxError || cause instanceof UnexpectedJson)) throw cause
    throw unreadable(path, cause)
  }
  throw unreadable(path)
}

function unreadable(path: string, cause?: unknown): BackupProblem {
  return new BackupProblem(
    {
      vi: `Không đọc được bản kê ${path}: tệp hỏng, hoặc do bản Trạm mới hơn ghi.`,
      en: `The manifest ${path} cannot be read: damaged, or written by a later Trạm.`,
    },
    { cause },
  )
}

/** Says whether two keys are the same without saying anything of either. */
export function keyFingerprint(masterKey: Buffer): string {
  return createHash('sha256').update('tram master key ').update(masterKey).digest('hex')
}
