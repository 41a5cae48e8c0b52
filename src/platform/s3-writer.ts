// Writes one blob to S3. What fits into one part is one PUT; anything larger goes up in parts, one on its way while the
// next gathers. An object only comes to be whole, so there is no half blob that anybody could read.
import { randomUUID } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { BlobWriter } from '../domain/ports.ts'
import { isMissing, isTaken, isUnknownUpload, type S3Bucket, throwAway } from './s3-client.ts'

/**
 * With at most 10,000 parts this leaves room for 80 GiB. A writer holds up to three times as much: what gathers, the
 * part made of it, and the part on its way.
 */
export const partBytesUsual = 8 * 1024 * 1024

export function openS3Writer({ client, place }: S3Bucket, key: string, partBytes: number): BlobWriter {
  const object = { Bucket: place.bucket, Key: key }
  // Tells our object from another one of the same name when the answer to a request was lost.
  const mark = randomUUID()
  const gathered = createGathering()
  const etags: string[] = []
  let uploadId: string | undefined
  // The object may have come to be, although nobody told us.
  let mayExist = false
  let state: 'open' | 'finished' | 'aborted' = 'open'
  let lastPart: Promise<void> = Promise.resolve()
  let finishing: Promise<void> = Promise.resolve()
  let aborting: Promise<void> | undefined

  const refuseEnded = () => {
    if (state !== 'open') throw new Error(`the blob writer is ${state}`)
  }
  const sendPart = async (body: Buffer): Promise<void> => {
    uploadId ??= (await client.send(new CreateMultipartUploadCommand({ ...object, Metadata: { mark } }))).UploadId
    const part = { ...object, UploadId: uploadId, PartNumber: etags.length + 1, Body: body }
    const { ETag } = await client.send(new UploadPartCommand(part))
    etags.push(ETag ?? '')
  }
  const startPart = (body: Buffer): void => {
    lastPart = sendPart(body).catch(throwAway)
    // Whoever awaits it next hears of a failure; until then it must not count as unhandled.
    lastPart.catch(() => undefined)
  }
  /** Never over an existing object: an id is used once (design D6). */
  const put = async (body: Buffer): Promise<void> => {
    mayExist = true
    await client.send(new PutObjectCommand({ ...object, Body: body, IfNoneMatch: '*', Metadata: { mark } }))
  }
  const complete = async (): Promise<void> => {
    // Not every store knows the condition of a completion; those would put ours in the place of what is there.
    if ((await markThere()) !== undefined) throw new Taken(key)
    const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }))
    mayExist = true
    await client.send(
      new CompleteMultipartUploadCommand({
        ...object,
        UploadId: uploadId,
        MultipartUpload: { Parts },
        IfNoneMatch: '*',
      }),
    )
  }
  /** The mark of the object that is there, empty if it has none; undefined if there is no object. */
  const markThere = async (): Promise<string | undefined> => {
    try {
      const { Metadata } = await client.send(new HeadObjectCommand(object))
      return Metadata?.mark ?? ''
    } catch (error) {
      if (isMissing(error)) return undefined
      return throwAway(error)
    }
  }
  const isOurs = async (): Promise<boolean> => (await markThere()) === mark
  const storeRest = async (): Promise<void> => {
    await lastPart
    refuseEnded()
    const rest = gathered.take(gathered.bytes)
    if (etags.length > 0) {
      startPart(rest)
      await lastPart
    }
    try {
      await (etags.length > 0 ? complete() : put(rest))
    } catch (error) {
      // The first try had done it and its answer was lost: the second one finds the name taken, or the upload gone.
      if (error instanceof Taken) throw error
      const isPerhapsDone = isTaken(error) || isUnknownUpload(error)
      if (isPerhapsDone && (await isOurs())) return
      if (isTaken(error)) throw new Taken(key, { cause: error })
      throwAway(error)
    }
  }
  const undo = async (): Promise<void> => {
    await Promise.allSettled([lastPart, finishing])
    if (uploadId !== undefined)
      await client
        .send(new AbortMultipartUploadCommand({ ...object, UploadId: uploadId }))
        .catch(unless(isUnknownUpload))
    if (mayExist && (await isOurs())) await client.send(new DeleteObjectCommand(object))
  }

  return {
    async write(chunk) {
      refuseEnded()
      gathered.add(chunk)
      // More than a part, and not a full one, so that the last part always holds something.
      while (gathered.bytes > partBytes) {
        await lastPart
        refuseEnded()
        startPart(gathered.take(partBytes))
      }
    },

    async finish() {
      refuseEnded()
      finishing = storeRest()
      await finishing
      refuseEnded()
      state = 'finished'
    },

    async abort() {
      if (state === 'finished') return
      state = 'aborted'
      gathered.take(gathered.bytes)
      aborting ??= undo().catch(leaveToSweeps)
      await aborting
    },
  }
}

/** Another blob has this id: a bug of ours, since ids are made for one blob each. */
class Taken extends Error {
  override readonly name = 'Taken'
  constructor(key: string, options?: ErrorOptions) {
    super(`there is an object ${key} already`, options)
  }
}

/** What came in and is not yet a part. Nothing is copied before a part is made of it. */
function createGathering() {
  const chunks: Buffer[] = []
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    add(chunk: Buffer): void {
      chunks.push(chunk)
      bytes += chunk.length
    },
    take(count: number): Buffer {
      const taken: Buffer[] = []
      let missing = Math.min(count, bytes)
      bytes -= missing
      while (missing > 0) {
        const chunk = chunks[0]
        if (chunk === undefined) break
        taken.push(chunk.subarray(0, missing))
        if (chunk.length <= missing) chunks.shift()
        else chunks[0] = chunk.subarray(missing)
        missing -= Math.min(missing, chunk.length)
      }
      return taken.length === 1 && taken[0] ? taken[0] : Buffer.concat(taken)
    },
  }
}

function unless(isHarmless: (error: unknown) => boolean): (error: unknown) => void {
  return (error) => {
    if (!isHarmless(error)) throw error
  }
}

/**
 * What cannot be undone while the store is away stays for the sweeps of uploads and orphans, which exist for that: the
 * caller is about to say why he gave up, and must not say something else instead.
 */
function leaveToSweeps(): void {}
