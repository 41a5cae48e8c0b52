// What lies in a bucket: hours, the blobs of an hour, and uploads that nobody finished.
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type MultipartUpload,
} from '@aws-sdk/client-s3'
import { hourOf, hourPath, levelDigits, mayHold, type PartOfTime } from './blob-hours.ts'
import { isUuidv7 } from './ids.ts'
import { isUnknownUpload, type S3Bucket } from './s3-client.ts'

export async function idsOfHour(bucket: S3Bucket, hour: Date): Promise<string[]> {
  const prefix = bucket.keyOf(`${hourPath(hour)}/`)
  const ids: string[] = []
  for await (const page of pagesOf(bucket, prefix))
    for (const { Key } of page.Contents ?? []) ids.push(Key?.slice(prefix.length) ?? '')
  return ids.filter(isUuidv7)
}

/** Level by level, because the keys of all blobs together would be millions. A folder of S3 is only there with a blob. */
export async function hoursOf(bucket: S3Bucket, part: PartOfTime): Promise<Date[]> {
  let folders = ['']
  for (const digits of levelDigits) {
    const below = await inBatches(folders, listsAtOnce, (folder) => foldersIn(bucket, folder, digits))
    folders = below.flat().filter((folder) => mayHold(folder, part))
  }
  return folders.map(hourOf)
}

const listsAtOnce = 8

async function foldersIn(bucket: S3Bucket, folder: string, digits: number): Promise<string[]> {
  const parent = folder === '' ? '' : `${folder}/`
  const prefix = bucket.keyOf(parent)
  const names: string[] = []
  for await (const page of pagesOf(bucket, prefix, '/'))
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) names.push(Prefix.slice(prefix.length, -1))
  return names
    .filter((name) => name.length === digits && /^\d+$/.test(name))
    .sort()
    .map((name) => parent + name)
}

async function* pagesOf(
  bucket: S3Bucket,
  prefix: string,
  delimiter?: string,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const wanted = {
    Bucket: bucket.place.bucket,
    Prefix: prefix,
    ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
  }
  let token: string | undefined
  do {
    const more = token === undefined ? {} : { ContinuationToken: token }
    const page: ListObjectsV2CommandOutput = await bucket.client.send(new ListObjectsV2Command({ ...wanted, ...more }))
    yield page
    token = page.NextContinuationToken
  } while (token !== undefined)
}

/** The parts of an upload that nobody finished lie there unseen and are paid for. Answers how many uploads there were. */
export async function abortUnfinished(bucket: S3Bucket, before: Date): Promise<number> {
  const old = (await unfinishedUploads(bucket)).filter(({ Initiated }) => Initiated !== undefined && Initiated < before)
  await inBatches(old, listsAtOnce, async ({ Key, UploadId }) => {
    try {
      await bucket.client.send(new AbortMultipartUploadCommand({ Bucket: bucket.place.bucket, Key, UploadId }))
    } catch (error) {
      // Another sweeper was faster.
      if (!isUnknownUpload(error)) throw error
    }
  })
  return old.length
}

async function unfinishedUploads(bucket: S3Bucket): Promise<MultipartUpload[]> {
  const uploads: MultipartUpload[] = []
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}
  while (marker !== undefined) {
    const wanted = { Bucket: bucket.place.bucket, Prefix: bucket.place.prefix, ...marker }
    const page: ListMultipartUploadsCommandOutput = await bucket.client.send(new ListMultipartUploadsCommand(wanted))
    uploads.push(...(page.Uploads ?? []))
    marker = nextMarker(page)
  }
  return uploads
}

function nextMarker({ IsTruncated, NextKeyMarker, NextUploadIdMarker }: ListMultipartUploadsCommandOutput) {
  if (IsTruncated !== true || NextKeyMarker === undefined) return undefined
  return {
    KeyMarker: NextKeyMarker,
    ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
  }
}

async function inBatches<A, B>(all: readonly A[], size: number, work: (one: A) => Promise<B>): Promise<B[]> {
  const done: B[] = []
  for (let at = 0; at < all.length; at += size) done.push(...(await Promise.all(all.slice(at, at + size).map(work))))
  return done
}
