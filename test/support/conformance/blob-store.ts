// What every blob store must do, whatever it keeps its bytes in. Each implementation runs this suite on a store of its own.
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BlobMissing, type BlobStore } from '../../../src/domain/ports.ts'
import { uuidv7 } from '../../../src/platform/ids.ts'

export function describeBlobStore(
  name: string,
  open: () => Promise<{ readonly store: BlobStore; close(): Promise<void> }>,
): void {
  describe(name, () => {
    let opened: Awaited<ReturnType<typeof open>>
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

    it.each([0, 1, 60_000, 256 * 1024, 256 * 1024 + 1, 3_000_000])('gives back the exact %i bytes', async (size) => {
      const bytes = randomBytes(size)

      const blobId = await put(bytes, 10_007)

      expect((await get(blobId)).equals(bytes)).toBe(true)
    })

    it('reads a range, both ends included, small and large', async () => {
      const bytes = randomBytes(2_000_000)
      const blobId = await put(bytes, 65_536)

      expect((await get(blobId, { start: 5, end: 14 })).equals(bytes.subarray(5, 15))).toBe(true)
      expect((await get(blobId, { start: 1000, end: 1_499_999 })).equals(bytes.subarray(1000, 1_500_000))).toBe(true)
      expect((await get(blobId, { start: 1_999_990, end: 9_999_999 })).equals(bytes.subarray(1_999_990))).toBe(true)
    })

    it('shows nothing before finish has resolved', async () => {
      const blobId = uuidv7()
      const writer = store.create(blobId)
      await writer.write(randomBytes(700_000))

      await expect(store.read(blobId)).rejects.toThrow(BlobMissing)

      await writer.finish()
      expect((await get(blobId)).length).toBe(700_000)
    })

    it.each([10, 700_000])('leaves nothing behind after abort with %i bytes written', async (size) => {
      const blobId = uuidv7(Date.parse('2025-03-04T05:06:07Z'))
      const writer = store.create(blobId)
      await writer.write(randomBytes(size))

      await writer.abort()
      await writer.abort()

      await expect(store.read(blobId)).rejects.toThrow(BlobMissing)
      expect(await store.idsOfHour(new Date('2025-03-04T05:30:00Z'))).toEqual([])
    })

    it('says BlobMissing for what was never there and for what was removed', async () => {
      const blobId = await put(Buffer.from('x'))
      await store.remove(blobId)

      await expect(store.read(blobId)).rejects.toThrow(BlobMissing)
      await expect(store.read(uuidv7())).rejects.toThrow(BlobMissing)
    })

    it('removes what is already gone without a word', async () => {
      await store.remove(uuidv7())
    })

    it('lists the hours that hold blobs, oldest first, and the ids of an hour', async () => {
      const times = ['2024-12-31T23:59:59Z', '2024-02-29T00:00:00Z', '2024-02-29T00:59:59Z'].map((text) =>
        Date.parse(text),
      )
      const ids: string[] = []
      for (const time of times) ids.push(await put(Buffer.from('x'), 1, uuidv7(time)))

      const hours = (await store.hours()).map((hour) => hour.toISOString()).filter((hour) => hour < '2025')
      expect(hours).toEqual(['2024-02-29T00:00:00.000Z', '2024-12-31T23:00:00.000Z'])
      expect((await store.idsOfHour(new Date('2024-02-29T00:30:00Z'))).sort()).toEqual(ids.slice(1).sort())

      for (const id of ids) await store.remove(id)
      expect((await store.hours()).every((hour) => hour.toISOString() > '2025')).toBe(true)
    })

    it('keeps many blobs apart that are written at once', async () => {
      const contents = Array.from({ length: 60 }, () => randomBytes(20_000))

      const ids = await Promise.all(contents.map((bytes) => put(bytes, 4096)))

      for (const [index, id] of ids.entries())
        expect((await get(id)).equals(contents[index] ?? Buffer.alloc(0))).toBe(true)
    })

    it('refuses to write over a finished blob', async () => {
      const blobId = await put(Buffer.from('first'))

      await expect(put(Buffer.from('second'), 6, blobId)).rejects.toThrow()

      expect((await get(blobId)).toString()).toBe('first')
    })
  })
}
