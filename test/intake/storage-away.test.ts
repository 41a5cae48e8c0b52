// A store of bytes that is away: nothing is promised, the sender hears when to come back, and nothing is left behind.
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { refusalOf } from '../../src/edge/problem.ts'
import { readSubmission } from '../../src/intake/read-submission.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { createS3BlobStore } from '../../src/platform/s3-blobs.ts'
import { openS3Bucket, type S3Bucket } from '../../src/platform/s3-client.ts'
import { documentTo } from '../support/gateway-under-test-province.ts'
import { placeAt } from '../support/s3-places.ts'
import { startTestS3, type TestS3 } from '../support/s3-server.ts'

const catalogue = loadCatalogue(fileURLToPath(new URL('../../schemas/errors', import.meta.url)))
const limits = { packageBytesMax: 1_000_000, headerBytesMax: 100_000, attachmentsMax: 10 }
let s3: TestS3
let bucket: S3Bucket
beforeEach(async () => {
  s3 = await startTestS3()
  bucket = openS3Bucket(placeAt(s3.endpoint, s3.bucket), { connectMs: 5_000, requestMs: 10_000, attempts: 2 })
})
afterEach(async () => {
  bucket.close()
  await s3.close()
})

async function* only(xml: string): AsyncGenerator<Buffer> {
  yield Buffer.from(xml)
}

const submit = () =>
  readSubmission(only(documentTo(['H35.14']).xml), uuidv7(), {}, { blobs: createS3BlobStore(bucket), limits })

test('a document is never stored, so never promised, and its sender is told to come back', async () => {
  s3.fault = () => 'refuse'

  const read = await submit()
  const error: unknown = await read.stored.catch((reason: unknown) => reason)

  const { status, body, error: known } = refusalOf(error, { catalogue, language: 'vi' })
  expect(status).toBe(503)
  expect(body).toMatchObject({ code: 'storage_unavailable', whoActs: 'provincial_axis' })
  expect(body.title).toMatch(/^Kho lưu gói tin/)
  expect(known.facts.retryAfterSeconds).toBeGreaterThan(0)
})

test('what was stored and not accepted is taken back once the store is there again', async () => {
  const read = await submit()
  await read.stored
  expect(s3.objects.size).toBe(1)

  await read.discard()

  expect(s3.objects.size).toBe(0)
})
