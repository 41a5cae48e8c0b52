// What every blob store must do, whatever it keeps its bytes in. Each implementation runs this suite on a store of its own.
import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BlobMissing, type BlobStore } from '../../../src/domain/ports.ts'
import { uuidv7 } from '../../../src/platform/ids.ts'

export interface BlobStoreUnderTest {
  readonly store: BlobStore
  /** Another process on the same place: it knows nothing of the writers of the first. */
  readonly other: BlobStore
  /** Names of everything that takes up room, half-written things too. */
  left(): Promise<string[]>
  close(): Promise<void>
}

export interface BlobStoreTraits {
  readonly open: () => Promise<BlobStoreUnderTest>
  /** Where it goes over from one way of writing to another: sizes around it are tried. */
  readonly pieceBytes: number
}

const mebibyte = 1024 * 1024

export function describeBlobStore(name: string, { open, pieceBytes }: BlobStoreTraits): void {
  describe(name, () => {
    let opened: BlobStoreUnderTest
    let store: BlobStore
    beforeAll(async () => {
      opened = await open()
      store = opened.store
    })
    afterAll(() => opened.close())

    const put = async (bytes: Buffer, chunkBytes = bytes.length || 1, blobId = uuidv7()) => {
      const writer = store.create(blobId)
      try {
        for (let at = 0; at < bytes.length; at += chunkBytes) await writer.write(bytes.subarray(at, at + chunkBytes))
        await writer.finish()
      } catch (error) {
        await writer.abort()
        throw error
      }
      return blobId
    }
    const get = async (blobId: string, range?: { start: number; end: number }) =>
      buffer(await store.read(blobId, range))
    const leftOf = async (blobId: string) => (await opened.left()).filter((path) => path.endsWith(blobId))

    describe('gives back the exact bytes', () => {
      const around = [pieceBytes - 1, pieceBytes, pieceBytes + 1, 2 * pieceBytes, 2 * pieceBytes + 1]
      const sizes = [...new Set([0, 1, 60_000, 256 * 1024, 256 * 1024 + 1, 3_000_000, ...around])]

      it.each(sizes)('of %i, written in small chunks', async (size) => {
        const bytes = randomBytes(size)

        const blobId = await put(bytes, 10_007)

        expect((await get(blobId)).equals(bytes)).toBe(true)
        await store.remove(blobId)
      })

      it.each([1, 2, 3])('written in chunks of a piece and its neighbours (%i pieces)', async (count) => {
        const bytes = randomBytes(count * pieceBytes + 5)

        for (const chunkBytes of [pieceBytes - 1, pieceBytes, pieceBytes + 1, bytes.length]) {
          const blobId = await put(bytes, chunkBytes)
          expect((await get(blobId)).equals(bytes)).toBe(true)
          await store.remove(blobId)
        }
      })
    })

    describe('reads a range, both ends included', () => {
      const bytes = randomBytes(5_000_000)
      const last = bytes.length - 1
      let blobId: string
      beforeAll(async () => {
        blobId = await put(bytes, 65_536)
      })

      it.each([
        ['its first byte', 0, 0],
        ['its last byte', last, last],
        ['a few bytes', 5, 14],
        ['most of it', 1000, 4_499_999],
        ['all of it', 0, last],
        ['more than there is', last - 10, last + 9_999],
      ])('%s', async (_what, start, end) => {
        expect((await get(blobId, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true)
      })

      it('and nothing behind its end, or of an empty blob', async () => {
        const empty = await put(Buffer.alloc(0))

        expect((await get(blobId, { start: last + 1, end: last + 5 })).length).toBe(0)
        expect((await get(empty, { start: 0, end: 0 })).length).toBe(0)
      })
    })

    it('shows nothing before finish has resolved', async () => {
      const blobId = uuidv7()
      const writer = store.create(blobId)
      await writer.write(randomBytes(pieceBytes + 100))

      await expect(store.read(blobId)).rejects.toThrow(BlobMissing)

      await writer.finish()
      expect((await get(blobId)).length).toBe(pieceBytes + 100)
    })

    describe('leaves nothing behind after an abort', () => {
      const stages: readonly (readonly [string, (writer: ReturnType<BlobStore['create']>) => Promise<unknown>])[] = [
        ['before anything was written', async () => {}],
        ['of a small blob', (writer) => writer.write(randomBytes(10))],
        ['after a full piece', (writer) => writer.write(randomBytes(pieceBytes + 1))],
        ['after many pieces', (writer) => writer.write(randomBytes(3 * pieceBytes + 1))],
        [
          'while a piece is being written',
          async (writer) => void unheard(writer.write(randomBytes(2 * pieceBytes + 1))),
        ],
        [
          'while a small blob is being finished',
          async (writer) => {
            await writer.write(randomBytes(10))
            unheard(writer.finish())
          },
        ],
        [
          'while a large blob is being finished',
          async (writer) => {
            await writer.write(randomBytes(2 * pieceBytes + 1))
            unheard(writer.finish())
          },
        ],
      ]

      it.each(stages)('%s', async (_stage, reach) => {
        const blobId = uuidv7(Date.parse('2025-03-04T05:06:07Z'))
        const writer = store.create(blobId)
        await reach(writer)

        await writer.abort()
        await writer.abort()

        await expect(store.read(blobId)).rejects.toThrow(BlobMissing)
        expect(await store.idsOfHour(new Date('2025-03-04T05:30:00Z'))).toEqual([])
        expect(await leftOf(blobId)).toEqual([])
      })

      it('and takes nothing more', async () => {
        const writer = store.create(uuidv7())
        await writer.abort()

        await expect(writer.write(Buffer.from('x'))).rejects.toThrow()
        await expect(writer.finish()).rejects.toThrow()
      })
    })

    it('keeps a finished blob when its writer is aborted too late', async () => {
      const blobId = uuidv7()
      const writer = store.create(blobId)
      await writer.write(Buffer.from('kept'))
      await writer.finish()

      await writer.abort()

      expect((await get(blobId)).toString()).toBe('kept')
    })

    it.each([10, 2 * pieceBytes + 1])('lets a sweep remove what a killed writer of %i bytes left', async (size) => {
      const blobId = uuidv7(Date.parse('2025-03-05T05:06:07Z'))
      const writer = store.create(blobId)
      // Nobody ends this writer: its process is gone.
      await writer.write(randomBytes(size))

      const { other } = opened
      await other.removeUnfinished(new Date(Date.now() + 60_000))
      for (const id of await other.idsOfHour(new Date('2025-03-05T05:00:00Z'))) await other.remove(id)

      expect(await leftOf(blobId)).toEqual([])
      await expect(other.read(blobId)).rejects.toThrow(BlobMissing)
    })

    it('spares what is still being written when it removes what is unfinished', async () => {
      const bytes = randomBytes(2 * pieceBytes + 1)
      const writer = store.create(uuidv7())
      await writer.write(bytes)

      await opened.other.removeUnfinished(new Date(Date.now() - 3_600_000))

      await writer.finish()
    })

    it('says BlobMissing for what was never there and for what was removed', async () => {
      const blobId = await put(Buffer.from('x'))
      await store.remove(blobId)

      await expect(store.read(blobId)).rejects.toThrow(BlobMissing)
      await expect(store.read(blobId, { start: 0, end: 0 })).rejects.toThrow(BlobMissing)
      await expect(store.read(uuidv7())).rejects.toThrow(BlobMissing)
    })

    it('removes what is already gone without a word', async () => {
      await store.remove(uuidv7())
    })

    it('lists the hours that hold blobs, oldest first, over the ends of months and years, and the ids of an hour', async () => {
      const texts = [
        ...['2024-12-31T23:59:59Z', '2023-12-31T23:00:00Z', '2024-02-29T00:00:00Z', '2024-02-29T00:59:59Z'],
        ...['2024-03-01T00:00:00Z', '2024-02-29T23:59:59Z', '2024-02-28T07:00:00Z'],
      ]
      const ids: string[] = []
      for (const text of texts) ids.push(await put(Buffer.from('x'), 1, uuidv7(Date.parse(text))))
      const hours = async (from: string, until: string) =>
        (await store.hours({ from: new Date(from), until: new Date(until) })).map((hour) =>
          hour.toISOString().slice(0, 13),
        )

      const all = (await store.hours()).map((hour) => hour.toISOString()).filter((hour) => hour < '2025')
      expect(all.map((hour) => hour.slice(0, 13))).toEqual([
        ...['2023-12-31T23', '2024-02-28T07', '2024-02-29T00', '2024-02-29T23', '2024-03-01T00', '2024-12-31T23'],
      ])
      expect(await hours('2024-02-29T00:30:00Z', '2024-03-01T00:10:00Z')).toEqual([
        ...['2024-02-29T00', '2024-02-29T23', '2024-03-01T00'],
      ])
      expect(await hours('2023-12-31T23:10:00Z', '2024-01-31T00:00:00Z')).toEqual(['2023-12-31T23'])
      expect(await hours('2024-04-01T00:00:00Z', '2024-11-30T23:00:00Z')).toEqual([])
      expect((await store.idsOfHour(new Date('2024-02-29T00:30:00Z'))).sort()).toEqual(ids.slice(2, 4).sort())

      for (const id of ids) await store.remove(id)
      expect((await store.hours()).every((hour) => hour.toISOString() > '2025')).toBe(true)
    })

    it('keeps many blobs apart that are written at once', async () => {
      const contents = Array.from({ length: 60 }, (_, index) => randomBytes(index % 20 === 0 ? pieceBytes + 1 : 20_000))

      const ids = await Promise.all(contents.map((bytes) => put(bytes, 4096)))

      for (const [index, id] of ids.entries())
        expect((await get(id)).equals(contents[index] ?? Buffer.alloc(0))).toBe(true)
    })

    it.each([
      ['small', 10],
      ['large', pieceBytes + 1],
    ])('refuses to write over a finished blob, %s', async (_which, size) => {
      const blobId = await put(Buffer.from('first'))

      await expect(put(randomBytes(size), size, blobId)).rejects.toThrow()

      expect((await get(blobId)).toString()).toBe('first')
    })

    it('takes the bytes of one of several who write the same blob at once, whole, and tells the others', async () => {
      const blobId = uuidv7()
      const contents = ['first', 'second', 'third'].map((text) => Buffer.from(text))

      const results = await Promise.allSettled(contents.map((bytes) => put(bytes, bytes.length, blobId)))

      const winners = contents.filter((_, index) => results[index]?.status === 'fulfilled')
      expect(winners).toHaveLength(1)
      expect(await get(blobId)).toEqual(winners[0])
    })

    it('writes and reads 70 MB in memory that stays flat', async () => {
      const chunk = randomBytes(64 * 1024)
      const chunks = 1120
      const memory = measureMemory()
      const blobId = uuidv7()
      const writer = store.create(blobId)
      const hash = createHash('sha256')
      for (let index = 0; index < chunks; index++) {
        const bytes = Buffer.concat([chunk])
        bytes.writeUInt32BE(index)
        hash.update(bytes)
        await writer.write(bytes)
        if (index % 128 === 0) memory.sample()
      }
      await writer.finish()

      const read = createHash('sha256')
      let size = 0
      let sampled = 0
      for await (const bytes of await store.read(blobId)) {
        read.update(bytes)
        size += bytes.length
        if (size - sampled > 8 * mebibyte) {
          memory.sample()
          sampled = size
        }
      }

      expect(size).toBe(chunks * chunk.length)
      expect(read.digest('hex')).toBe(hash.digest('hex'))
      expect(memory.grown() / mebibyte).toBeLessThan(40)
      await store.remove(blobId)
    }, 60_000)
  })
}

/** Whether it fails or not is another test's matter; here it must not count as unhandled. */
function unheard(running: Promise<unknown>): void {
  running.catch(() => undefined)
}

/** What is really held: rubbish is collected before each look. */
function measureMemory(): { sample(): void; grown(): number } {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const held = () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = held()
  let most = before
  return {
    sample() {
      most = Math.max(most, held())
    },
    grown: () => most - before,
  }
}
