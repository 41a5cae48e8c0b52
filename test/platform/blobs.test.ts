import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { createFolderSync } from '../../src/platform/folder-sync.ts'
import { uuidv7, uuidv7Time } from '../../src/platform/ids.ts'
import { describeBlobStore } from '../support/conformance/blob-store.ts'
import { scratchFolder } from '../support/scratch.ts'

describeBlobStore('the file blob store', {
  async open() {
    const folder = scratchFolder('blobs')
    const files = () => readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
    return {
      store: createFileBlobStore(folder.path),
      other: createFileBlobStore(folder.path),
      left: async () => files().map(({ name }) => name),
      close: async () => folder.remove(),
    }
  },
  pieceBytes: 256 * 1024,
})

describe('where the file blob store puts things', () => {
  const folder = scratchFolder('blobs')
  afterAll(() => folder.remove())

  it('files a blob by the hour of its id, readable by nobody else', async () => {
    const store = createFileBlobStore(folder.path)
    const blobId = uuidv7(Date.parse('2026-11-20T21:22:23Z'))
    const writer = store.create(blobId)
    await writer.write(randomBytes(100))
    await writer.finish()

    const file = join(folder.path, '2026', '11', '20', '21', blobId)
    expect(statSync(file).mode & 0o777).toBe(0o600)

    await store.remove(blobId)
    expect(readdirSync(folder.path)).toEqual([])
  })

  it('throws for an id that is none, instead of leaving its folder', () => {
    const store = createFileBlobStore(folder.path)

    expect(() => store.create('../../etc/passwd')).toThrow('not a UUIDv7')
  })
})

describe('folder sync', () => {
  it('shares one fsync between all who came while another was running', async () => {
    const started: (() => void)[] = []
    const sync = createFolderSync(() => new Promise((resolve) => started.push(resolve)))

    const first = sync('a')
    const others = Promise.all([sync('a'), sync('a'), sync('a')])
    expect(started.length).toBe(1)
    started[0]?.()
    await first
    await setImmediate()
    expect(started.length).toBe(2)
    started[1]?.()
    await others

    expect(started.length).toBe(2)
  })

  it('tells everybody who waited when the disk refuses', async () => {
    const sync = createFolderSync(() => Promise.reject(new Error('disk')))

    const results = await Promise.allSettled([sync('a'), sync('a'), sync('a')])

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  })
})

describe('ids', () => {
  it('increase within one millisecond and name their moment', () => {
    const now = Date.parse('2026-11-20T21:22:23.456Z')

    const ids = Array.from({ length: 20_000 }, () => uuidv7(now))

    expect(ids).toEqual([...ids].sort())
    expect(new Set(ids).size).toBe(ids.length)
    expect(uuidv7Time(ids[0] ?? '').getTime()).toBe(now)
  })
})
