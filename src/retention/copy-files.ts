// Rows of the database as compressed files and back, by COPY: nothing is read into memory, and what COPY writes it reads
// again exactly. The embedded PostgreSQL comes without pg_dump, so the gateway does this itself.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'

export interface WrittenFile {
  /** Of the compressed file. */
  readonly sha256: string
  readonly size: number
  readonly rows: number
}

/** Runs a `copy … to stdout` into a new file that is on disk when this resolves. */
export async function copyToFile(client: Client, statement: string, file: string): Promise<WrittenFile> {
  const rows = client.query(copyTo(statement))
  const hashed = hashing()
  await pipeline(rows, createGzip({ level: 3 }), hashed.stream, createWriteStream(file, { flags: 'w', mode: 0o600 }))
  await syncPath(file)
  return { ...hashed.result(), rows: rows.rowCount }
}

/** Runs a `copy … from stdin`; answers how many rows went in. */
export async function copyFromFile(client: Client, statement: string, file: string): Promise<number> {
  const rows = client.query(copyFrom(statement))
  await pipeline(createReadStream(file), createGunzip(), rows)
  return rows.rowCount
}

/** Lines of a compressed file. */
export async function* linesOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file)
  const unpacked = source.pipe(createGunzip())
  // An error of the file itself would otherwise never reach whoever reads the lines.
  source.on('error', (error) => unpacked.destroy(error))
  yield* createInterface({ input: unpacked, crlfDelay: Number.POSITIVE_INFINITY })
}

export async function hashOfFile(file: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk)
    size += chunk.length
  }
  return { sha256: hash.digest('hex'), size }
}

function hashing() {
  const hash = createHash('sha256')
  let size = 0
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      size += chunk.length
      done(null, chunk)
    },
  })
  return { stream, result: () => ({ sha256: hash.digest('hex'), size }) }
}

/** A file or a folder; Windows cannot open folders and keeps their entries itself. */
export async function syncPath(path: string, isFolder = false): Promise<void> {
  if (isFolder && process.platform === 'win32') return
  const handle = await open(path, isFolder ? 'r' : 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
