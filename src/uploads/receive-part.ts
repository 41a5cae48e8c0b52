// Takes a piece of an upload in. What has come is made durable every few megabytes and promised only then, so that a
// line that is cut, or a process that is killed, costs those last megabytes and not the piece. A piece with a checksum
// counts only as a whole.
import { createHash } from 'node:crypto'
import { GatewayError } from '../domain/errors.ts'
import type { Db } from '../platform/database.ts'
import type { Checksum } from './tus-headers.ts'
import type { PartWriter, UploadFiles } from './upload-files.ts'
import { countParts, extendUpload, type Upload } from './upload-store.ts'

export interface ReceivePartOptions {
  readonly db: Db
  readonly files: UploadFiles
  readonly newId: () => string
}

export interface IncomingPart {
  readonly upload: Pick<Upload, 'uploadId' | 'length' | 'received' | 'expiresAt'>
  readonly body: AsyncIterable<Buffer>
  readonly checksum: Checksum | undefined
  /** Asked before bytes are stored. Throws when there is no room for them. */
  readonly take: (bytes: number) => Promise<void>
}

export interface Received {
  readonly received: number
  readonly expiresAt: Date
}

/** Each of them costs a sync of the disk and a statement; this much is sent again at worst. */
const checkpointBytes = 16 * 1024 * 1024
/** At the sizes that clients use (some megabytes) no upload comes near. */
export const partsMax = 10_000

export async function receivePart(incoming: IncomingPart, options: ReceivePartOptions): Promise<Received> {
  const { upload, body, checksum, take } = incoming
  const part = new IncomingFile(upload, options)
  const hash = checksum === undefined ? undefined : createHash(checksum.algorithm)
  try {
    for await (const chunk of body) {
      if (chunk.length === 0) continue
      refuseOverrun(part.end + chunk.length, upload.length)
      await take(chunk.length)
      hash?.update(chunk)
      await part.write(chunk)
      if (hash === undefined && part.unpromised >= checkpointBytes) await part.promise()
    }
    if (checksum !== undefined && hash !== undefined) compare(checksum, hash.digest())
    await part.promise()
    return part.promised
  } catch (error) {
    // What came is good, unless it was to be judged as a whole or the upload has moved on without us.
    if (hash === undefined && !isMovedOn(error)) await part.promise().catch(() => undefined)
    throw error
  } finally {
    await part.close()
  }
}

class IncomingFile {
  readonly #upload: IncomingPart['upload']
  readonly #options: ReceivePartOptions
  readonly #partId: string
  #writer: PartWriter | undefined
  #bytes = 0
  promised: Received

  constructor(upload: IncomingPart['upload'], options: ReceivePartOptions) {
    this.#upload = upload
    this.#options = options
    this.#partId = options.newId()
    this.promised = { received: upload.received, expiresAt: upload.expiresAt }
  }

  get end(): number {
    return this.#upload.received + this.#bytes
  }

  get unpromised(): number {
    return this.end - this.promised.received
  }

  async write(chunk: Buffer): Promise<void> {
    this.#writer ??= await this.#open()
    await this.#writer.write(chunk)
    this.#bytes += chunk.length
  }

  async #open(): Promise<PartWriter> {
    const { db, files } = this.#options
    if ((await countParts(db, this.#upload.uploadId)) >= partsMax) {
      throw new GatewayError('too_large', 'upload_parts_too_many', { params: { limit: partsMax } })
    }
    return await files.openPart(this.#upload.uploadId, this.#partId)
  }

  /** Resolves when all that was written is on disk and in the row: from then on the client need not send it again. */
  async promise(): Promise<void> {
    if (this.unpromised === 0) return
    const { db } = this.#options
    const { uploadId, received: startsAt } = this.#upload
    await this.#writer?.sync()
    const part = { partId: this.#partId, startsAt, bytes: this.#bytes }
    const expiresAt = await extendUpload(db, { uploadId, part, from: this.promised.received })
    if (expiresAt === undefined) throw movedOn(this.promised.received)
    this.promised = { received: this.end, expiresAt }
  }

  async close(): Promise<void> {
    await this.#writer?.close()
    const isUsed = this.promised.received > this.#upload.received
    if (this.#writer !== undefined && !isUsed) await this.#options.files.removePart(this.#upload.uploadId, this.#partId)
  }
}

export function movedOn(received: number): GatewayError {
  return new GatewayError('conflict', 'upload_offset_wrong', { params: { received }, extra: { offset: received } })
}

function isMovedOn(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'upload_offset_wrong'
}

function refuseOverrun(end: number, length: number): void {
  if (end > length) throw new GatewayError('too_large', 'upload_overrun', { params: { length } })
}

function compare({ algorithm, digest }: Checksum, found: Buffer): void {
  if (digest.equals(found)) return
  const params = { found: found.toString('base64'), algorithm }
  throw new GatewayError('invalid', 'upload_checksum_wrong', { params })
}
