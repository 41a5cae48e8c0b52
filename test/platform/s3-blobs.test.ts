import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { BlobMissing, type BlobStore, BlobStoreAway } from '../../src/domain/ports.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { createS3BlobStore } from '../../src/platform/s3-blobs.ts'
import { openS3Bucket, type S3Bucket } from '../../src/platform/s3-client.ts'
import { describeBlobStore } from '../support/conformance/blob-store.ts'
import { leftIn, namedPlace, placeAt, placeBeside, type UsablePlace } from '../support/s3-places.ts'
import { type S3Request, startTestS3, type TestS3 } from '../support/s3-server.ts'

const partBytes = 5 * 1024 * 1024

const openOn = (usable: UsablePlace) => {
  const bucket = openS3Bucket(usable.place)
  return {
    store: createS3BlobStore(bucket, { partBytes }),
    other: createS3BlobStore(bucket, { partBytes }),
    left: () => leftIn(bucket),
    async close() {
      bucket.close()
      await usable.close()
    },
  }
}

describeBlobStore('the S3 blob store', { open: async () => openOn(await placeBeside()), pieceBytes: partBytes })

const named = namedPlace(process.env)
if (named !== undefined)
  describeBlobStore(`the S3 blob store at ${named.place.endpoint}`, {
    open: async () => openOn(named),
    pieceBytes: partBytes,
  })

describe('the S3 blob store when things go wrong', () => {
  const patient = { connectMs: 5_000, requestMs: 10_000, attempts: 2 }
  let s3: TestS3
  let bucket: S3Bucket
  let store: BlobStore
  beforeEach(async () => {
    s3 = await startTestS3()
    bucket = openS3Bucket(placeAt(s3.endpoint, s3.bucket), patient)
    store = createS3BlobStore(bucket, { partBytes })
  })
  afterEach(async () => {
    bucket.close()
    await s3.close()
  })

  const write = async (bytes: Buffer, blobId = uuidv7()) => {
    const writer = store.create(blobId)
    try {
      await writer.write(bytes)
      await writer.finish()
    } catch (error) {
      await writer.abort()
      throw error
    }
    return blobId
  }
  const once = (isMeant: (request: S3Request) => boolean, fault: NonNullable<ReturnType<TestS3['fault']>>) => {
    let isDone = false
    s3.fault = (request) => {
      if (isDone || !isMeant(request)) return undefined
      isDone = true
      return fault
    }
  }
  const isCompletion = ({ method, query }: S3Request) => method === 'POST' && query.has('uploadId')
  const isPut = ({ method, query }: S3Request) => method === 'PUT' && !query.has('uploadId')

  it('writes a small blob with one request', async () => {
    await write(randomBytes(60_000))

    expect(s3.requests.map(({ method }) => method)).toEqual(['PUT'])
  })

  it('files a blob by the hour of its id, below the prefix', async () => {
    const blobId = await write(Buffer.from('x'), uuidv7(Date.parse('2026-11-20T21:22:23Z')))

    expect([...s3.objects.keys()]).toEqual([`${bucket.place.prefix}2026/11/20/21/${blobId}`])
  })

  it('throws for an id that is none', () => {
    expect(() => store.create('../../etc/passwd')).toThrow('not a UUIDv7')
  })

  it.each([
    ['a small blob', 1_000, isPut],
    ['a large blob', 2 * partBytes, isCompletion],
  ])('knows %s as its own when it was stored and the answer was lost', async (_which, size, isMeant) => {
    const bytes = randomBytes(size)
    once(isMeant, 'lose answer')

    const blobId = await write(bytes)

    expect((await buffer(await store.read(blobId))).equals(bytes)).toBe(true)
  })

  it.each([
    ['a small blob', 1_000, isPut],
    ['a large blob', 2 * partBytes, isCompletion],
  ])(
    'leaves nothing of %s that was stored, its answer lost, and not to be asked for again',
    async (_which, size, isMeant) => {
      let tries = 0
      s3.fault = (request) => {
        if (!isMeant(request)) return undefined
        tries += 1
        return tries === 1 ? 'lose answer' : 'refuse'
      }

      await expect(write(randomBytes(size))).rejects.toThrow(BlobStoreAway)

      expect(tries).toBe(patient.attempts)
      expect([...s3.objects]).toEqual([])
      expect([...s3.uploads]).toEqual([])
    },
  )

  it('tries a part again that the store refused once', async () => {
    const bytes = randomBytes(3 * partBytes)
    once(({ query }) => query.get('partNumber') === '2', 'refuse')

    const blobId = await write(bytes)

    expect((await buffer(await store.read(blobId))).equals(bytes)).toBe(true)
  })

  it('fetches a piece again whose answer was cut', async () => {
    const bytes = randomBytes(6_000_000)
    const blobId = await write(bytes)
    once(({ method }) => method === 'GET', 'cut')

    expect((await buffer(await store.read(blobId))).equals(bytes)).toBe(true)
  })

  it.each(['refuse', 'hang', 'lose answer'] as const)(
    'says that the store is away, after few tries, when all it does is %s',
    async (fault) => {
      const blobId = await write(Buffer.from('x'))
      bucket.close()
      bucket = openS3Bucket(bucket.place, { ...patient, requestMs: 300 })
      store = createS3BlobStore(bucket, { partBytes })
      s3.requests.length = 0
      s3.fault = () => fault

      const results = await Promise.allSettled([
        ...[write(Buffer.from('y')), write(randomBytes(partBytes + 1)), store.read(blobId), store.remove(uuidv7())],
        ...[store.hours(), store.idsOfHour(new Date()), store.removeUnfinished(new Date())],
      ])

      for (const result of results)
        expect(result).toMatchObject({ reason: { code: 'storage_unavailable', kind: 'unavailable' } })
      expect(s3.requests.length).toBeLessThan(40)
    },
  )

  it('says that the store is away when nobody listens, and takes packages again when somebody does', async () => {
    const { place } = bucket
    const closed = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => closed.once('listening', resolve))
    const address = closed.address()
    await new Promise((resolve) => closed.close(resolve))
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const nowhere = openS3Bucket({ ...place, endpoint: `http://127.0.0.1:${port}` }, patient)

    const failed = createS3BlobStore(nowhere).read(uuidv7())

    await expect(failed).rejects.toThrow(BlobStoreAway)
    await expect(nowhere.check()).rejects.toThrow(BlobStoreAway)
    await bucket.check()
    nowhere.close()
  })

  it('does not take a missing bucket, or a wrong account, for a missing blob', async () => {
    const elsewhere = openS3Bucket({ ...bucket.place, bucket: 'khong-co' }, patient)
    const stranger = openS3Bucket({ ...bucket.place, accessKeyId: 'nobody' }, patient)

    for (const wrong of [elsewhere, stranger]) {
      await expect(createS3BlobStore(wrong).read(uuidv7())).rejects.toThrow(BlobStoreAway)
      wrong.close()
    }
    await expect(store.read(uuidv7())).rejects.toThrow(BlobMissing)
  })

  it('aborts uploads that fell silent, over all pages of the list, and no others', async () => {
    const abandon = async () => await store.create(uuidv7()).write(randomBytes(2 * partBytes + 1))
    s3.now = () => new Date('2026-11-19T00:00:00Z')
    for (let index = 0; index < 7; index++) await abandon()
    s3.now = () => new Date('2026-11-20T00:00:00Z')
    await abandon()

    expect(await store.removeUnfinished(new Date('2026-11-19T12:00:00Z'))).toBe(7)

    expect(s3.uploads.size).toBe(1)
  })

  it('is an outage that tells when to come back', async () => {
    s3.fault = () => 'refuse'

    const error: unknown = await store.read(uuidv7()).catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(GatewayError)
    expect(error).toMatchObject({ facts: { retryAfterSeconds: expect.any(Number) } })
  })
})
