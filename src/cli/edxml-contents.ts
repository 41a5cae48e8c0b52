// The files inside a package. The reader shows their bytes and keeps none, so they go to a folder of temporary files
// while it reads, whatever their size; a file that stands in a ZIP around it is taken out.
import { createHash, type Hash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, writeSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import type { Attachment } from '../domain/document-package.ts'
import type { ContentTaker } from '../edxml/package-reader.ts'
import { listZip, packedBytes } from '../edxml/zip-listing.ts'
import { CommandFailure } from './command.ts'

/** Gives `use` somewhere to keep contents, and removes them whatever comes of it. */
export async function withContents<T>(use: (contents: KeptContents) => Promise<T>): Promise<T> {
  const contents = new KeptContents()
  try {
    return await use(contents)
  } finally {
    await contents.remove()
  }
}

export class KeptContents implements ContentTaker {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tram-edxml-'))
  readonly #files = new Map<string, string>()
  #open: { readonly path: string; readonly descriptor: number; readonly hash: Hash } | undefined
  #count = 0

  begin(): (decoded: Buffer) => void {
    this.#close()
    const path = join(this.#folder, String(this.#count++))
    const open = { path, descriptor: openSync(path, 'wx', 0o600), hash: createHash('sha256') }
    this.#open = open
    return (decoded) => {
      open.hash.update(decoded)
      for (let at = 0; at < decoded.length; ) at += writeSync(open.descriptor, decoded, at)
    }
  }

  /** The temporary file with the bytes as they stand in the package. */
  pathOf(attachment: Attachment): string {
    this.#close()
    const path = this.#files.get(attachment.sha256)
    if (path === undefined) throw new Error(`the content of ${attachment.name} was not shown by the reader`)
    return path
  }

  /** The file that people know, out of its wrapper. */
  async bytesOf(attachment: Attachment): Promise<Buffer> {
    const bytes = await readFile(this.pathOf(attachment))
    return attachment.inner === undefined ? bytes : unwrapped(bytes, attachment.name, attachment.inner.sha256)
  }

  async remove(): Promise<void> {
    this.#close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #close(): void {
    if (this.#open === undefined) return
    const { path, descriptor, hash } = this.#open
    closeSync(descriptor)
    this.#files.set(hash.digest('hex'), path)
    this.#open = undefined
  }
}

/** The reader has opened this wrapper before and found nothing wrong with it. */
function unwrapped(zip: Buffer, name: string, sha256: string): Buffer {
  const listing = listZip({ bytes: zip, startsAt: 0 })
  const [entry] = typeof listing === 'string' ? [] : listing.entries
  const packed = entry && packedBytes(zip, entry)
  if (entry === undefined || packed === undefined) throw new CommandFailure(`${name}: the ZIP around it does not open`)
  const bytes = entry.method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(entry.size, 1) })
  if (createHash('sha256').update(bytes).digest('hex') === sha256) return bytes
  throw new CommandFailure(`${name}: the ZIP around it holds another file than was read`)
}
