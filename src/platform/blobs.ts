// Packages as plain files, one folder for each hour: `<root>/yyyy/mm/dd/hh/<id>`. The folder follows from the id, so no
// table is needed to find a file, and a sweep looks at one hour instead of at everything.
import { mkdir, open, readdir, rmdir, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { BlobMissing, type BlobStore, type BlobWriter } from '../domain/ports.ts'
import { blobPath, hourOf, hourPath, levelDigits, mayHold, type PartOfTime } from './blob-hours.ts'
import { type BlobFolders, openBlobWriter } from './blob-writer.ts'
import { errorCode } from './error-code.ts'
import { createFolderSync } from './folder-sync.ts'
import { isUuidv7 } from './ids.ts'

/** Blob ids must be UUIDv7 (`uuidv7()`); any other is a bug of the caller and throws. */
export function createFileBlobStore(folder: string): BlobStore {
  const root = resolve(folder)
  const folders = createFolders(root)
  // Until `finish` the file has its final name already, because a rename would cost a second journal commit for every
  // package. Only this process can know the id before the package is accepted, so hiding it here is enough.
  const unfinished = new Set<string>()

  return {
    create(blobId: string): BlobWriter {
      unfinished.add(blobId)
      return openBlobWriter({
        path: pathOf(root, blobId),
        folders,
        onEnd: () => unfinished.delete(blobId),
      })
    },

    async read(blobId, range) {
      if (unfinished.has(blobId)) throw new BlobMissing(blobId)
      return readBlob(blobId, pathOf(root, blobId), range)
    },

    async remove(blobId) {
      const path = pathOf(root, blobId)
      await unlink(path).catch(ignoring('ENOENT'))
      await removeEmptyFolders(root, dirname(path))
    },

    async idsOfHour(hour) {
      return (await list(join(root, hourPath(hour)))).filter(isUuidv7)
    },

    hours: (part = {}) => hoursOf(root, part),

    // A half file has the name of its blob and is listed with it.
    removeUnfinished: () => Promise.resolve(0),
  }
}

function pathOf(root: string, blobId: string): string {
  return join(root, blobPath(blobId))
}

// --- reading ---

/** A small blob is read whole and its file closed at once: most packages are small, and no reader can leak their file. */
const wholeBytesMax = 256 * 1024

async function readBlob(blobId: string, path: string, range?: { readonly start: number; readonly end: number }) {
  const file = await open(path).catch((cause: unknown) => {
    throw errorCode(cause) === 'ENOENT' ? new BlobMissing(blobId, { cause }) : cause
  })
  try {
    const { size } = await file.stat()
    const start = range?.start ?? 0
    const end = Math.min(range?.end ?? size - 1, size - 1)
    const length = Math.max(0, end - start + 1)
    if (length > wholeBytesMax) return file.createReadStream({ start, end, highWaterMark: wholeBytesMax })

    const bytes = Buffer.alloc(length)
    if (length > 0) await file.read(bytes, 0, length, start)
    await file.close()
    return Readable.from(length > 0 ? [bytes] : [], { objectMode: false })
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
}

// --- folders ---

function createFolders(root: string): BlobFolders {
  const sync = createFolderSync()
  const known = new Map<string, Promise<void>>()

  // Also a folder that was there already: whoever made it may have been killed before its name reached the disk.
  const make = async (folder: string) => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (let made = folder; made.length >= root.length; made = dirname(made)) await sync(dirname(made))
  }
  const forget = (folder: string) => void known.delete(folder)
  return {
    sync,
    forget,
    async ensure(folder) {
      // Only the present hour and perhaps the last one are written to.
      if (known.size > 50) known.clear()
      const making = known.get(folder) ?? make(folder)
      known.set(folder, making)
      await making.catch((error: unknown) => {
        forget(folder)
        throw error
      })
    },
  }
}

/** Removes the hour, the day, the month and the year as far as nothing is left in them. */
async function removeEmptyFolders(root: string, hour: string): Promise<void> {
  for (let folder = hour; folder.length > root.length; folder = dirname(folder)) {
    const isRemoved = await rmdir(folder).then(
      () => true,
      (error: unknown) => {
        if (occupiedCodes.has(errorCode(error) ?? '')) return false
        throw error
      },
    )
    if (!isRemoved) return
  }
}

const occupiedCodes = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EPERM', 'EBUSY'])

async function hoursOf(root: string, part: PartOfTime): Promise<Date[]> {
  let folders = ['']
  for (const digits of levelDigits) {
    const below: string[] = []
    for (const folder of folders)
      for (const name of await numbered(join(root, folder), digits))
        below.push(folder === '' ? name : `${folder}/${name}`)
    folders = below.filter((folder) => mayHold(folder, part))
  }
  const found: Date[] = []
  for (const folder of folders) if ((await list(join(root, folder))).some(isUuidv7)) found.push(hourOf(folder))
  return found
}

async function numbered(folder: string, digits: number): Promise<string[]> {
  return (await list(folder)).filter((name) => name.length === digits && /^\d+$/.test(name)).sort()
}

async function list(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  })
}

function ignoring(code: string): (error: unknown) => void {
  return (error) => {
    if (errorCode(error) !== code) throw error
  }
}
