// Cleans up what was abandoned: rows past their time, and folders of this disk that no row wants any more.
import type { Db } from '../platform/database.ts'
import type { UploadFiles } from './upload-files.ts'
import { deleteExpired, wantedUploads } from './upload-store.ts'

/** Answers how many folders went. A row is made before its folder, so a folder without one is never too young. */
export async function sweepUploads(db: Db, files: UploadFiles): Promise<number> {
  await deleteExpired(db)
  const onDisk = await files.uploadIds()
  let removed = 0
  for (let at = 0; at < onDisk.length; at += batch) {
    const ids = onDisk.slice(at, at + batch)
    const wanted = await wantedUploads(db, ids)
    for (const id of ids.filter((one) => !wanted.has(one))) {
      await files.remove(id)
      removed += 1
    }
  }
  return removed
}

const batch = 500
