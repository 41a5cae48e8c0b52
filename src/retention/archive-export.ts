// `tram archive export`: documents of a span of time as files, a thousand in a batch, each batch with a manifest of
// SHA-256 checksums that is written last. A run that was cut off goes on behind the last complete batch.
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../platform/database.ts'
import { errorCode } from '../platform/error-code.ts'
import { type Decoded, flag, list, number, record, text } from '../platform/json-decode.ts'
import { type ArchiveCodeOf, archiveDocument, docIdOf, documentsToArchive, historiesOf } from './archive-document.ts'
import { hashOfFile } from './copy-files.ts'
import { firstId } from './due-packages.ts'
import { writeJson } from './write-json.ts'

const batchManifest = record({
  since: text,
  until: text,
  /** The last package of the batch; the next one begins behind it. */
  lastPackageId: text,
  /** Nothing comes behind this batch. */
  isLast: flag,
  documents: number,
  files: list(record({ path: text, sha256: text, size: number })),
})
type BatchManifest = Decoded<typeof batchManifest>

const manifestFile = 'manifest.json'
const batchSize = 1_000

export interface ExportOptions {
  readonly db: Database
  readonly folder: string
  readonly since: Date
  readonly until: Date
  readonly archiveCodeOf: ArchiveCodeOf
  /** Documents of one batch; 1,000 when absent. */
  readonly batchSize?: number
  readonly onBatch?: (batch: string, documents: number) => void
}

export interface Exported {
  readonly batches: number
  readonly documents: number
  /** Batches that were there already. */
  readonly resumed: number
}

/** The folder holds batches of another span of time. */
export class OtherSpan extends Error {
  override readonly name = 'OtherSpan'
}

export async function exportArchive(options: ExportOptions): Promise<Exported> {
  const { folder, since, until } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const done = await completeBatches(folder)
  const other = done.find((batch) => batch.since !== since.toISOString() || batch.until !== until.toISOString())
  if (other !== undefined) throw new OtherSpan(`${other.since} – ${other.until}`)
  let number = done.length
  let documents = done.reduce((sum, batch) => sum + batch.documents, 0)
  let last = done.at(-1)
  while (last?.isLast !== true) {
    number += 1
    const batch = `batch-${String(number).padStart(6, '0')}`
    last = await writeBatch(join(folder, batch), last?.lastPackageId ?? firstId, options)
    documents += last.documents
    options.onBatch?.(batch, last.documents)
  }
  return { batches: number, documents, resumed: done.length }
}

/** Without a gap from the first: a batch without its manifest was cut off, and is written anew. */
async function completeBatches(folder: string): Promise<BatchManifest[]> {
  const found: BatchManifest[] = []
  for (const name of await batchNames(folder)) {
    const batch = await readBatch(join(folder, name))
    if (batch === undefined) break
    found.push(batch)
  }
  return found
}

async function batchNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^batch-\d{6}$/.test(name)).sort()
}

async function readBatch(folder: string): Promise<BatchManifest | undefined> {
  try {
    return batchManifest(JSON.parse(await readFile(join(folder, manifestFile), 'utf8')), '')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function writeBatch(folder: string, after: string, options: ExportOptions): Promise<BatchManifest> {
  const { db, since, until, archiveCodeOf } = options
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const limit = options.batchSize ?? batchSize
  const rows = await documentsToArchive(db, { since, until, after, limit })
  const histories = await historiesOf(
    db,
    rows.map(({ packageId }) => packageId),
  )
  const files: BatchManifest['files'] = []
  for (const row of rows) {
    const path = `${docIdOf(row.packageId)}.json`
    const document = archiveDocument(row, histories.get(row.packageId) ?? [], archiveCodeOf)
    await writeJson(join(folder, path), document)
    files.push({ path, ...hashOfText(`${JSON.stringify(document, null, 2)}\n`) })
  }
  const manifest: BatchManifest = {
    since: since.toISOString(),
    until: until.toISOString(),
    lastPackageId: rows.at(-1)?.packageId ?? after,
    isLast: rows.length < limit,
    documents: rows.length,
    files,
  }
  await writeJson(join(folder, manifestFile), manifest)
  return manifest
}

function hashOfText(content: string): { sha256: string; size: number } {
  const bytes = Buffer.from(content, 'utf8')
  return { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length }
}

export interface Verified {
  readonly batches: number
  readonly documents: number
  /** Whether the last batch of the span is there. */
  readonly complete: boolean
  readonly faults: readonly { readonly path: string; readonly fault: 'changed' | 'missing' | 'unknown' }[]
}

/** Compares every file with its manifest; needs nothing but the folder. */
export async function verifyArchive(folder: string): Promise<Verified> {
  const faults: { path: string; fault: 'changed' | 'missing' | 'unknown' }[] = []
  const names = await batchNames(folder)
  let documents = 0
  let complete = false
  for (const [index, name] of names.entries()) {
    const batch = await readBatch(join(folder, name))
    // A number that is left out is a batch that somebody took away.
    if (Number(name.slice(-6)) !== index + 1) faults.push({ path: name, fault: 'unknown' })
    if (batch === undefined) {
      faults.push({ path: join(name, manifestFile), fault: 'missing' })
      continue
    }
    complete = batch.isLast
    documents += batch.documents
    faults.push(...(await faultsOf(folder, name, batch)))
  }
  return { batches: names.length, documents, complete, faults }
}

async function faultsOf(folder: string, name: string, { files }: BatchManifest) {
  const faults: { path: string; fault: 'changed' | 'missing' | 'unknown' }[] = []
  const present = new Set((await readdir(join(folder, name))).filter((file) => file !== manifestFile))
  for (const { path, sha256 } of files) {
    if (!present.delete(path)) faults.push({ path: join(name, path), fault: 'missing' })
    else if ((await hashOfFile(join(folder, name, path))).sha256 !== sha256) {
      faults.push({ path: join(name, path), fault: 'changed' })
    }
  }
  return [...faults, ...[...present].map((path) => ({ path: join(name, path), fault: 'unknown' as const }))]
}
