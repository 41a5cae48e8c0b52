// Completed uploads for intake: their bytes in order, and their end once they were accepted.
import { GatewayError } from '../domain/errors.ts'
import type { Db } from '../platform/database.ts'
import type { UploadFiles } from './upload-files.ts'
import { findUpload, markAccepted, partsOf, type Upload } from './upload-store.ts'

export interface UploadedPackagesOptions {
  readonly db: Db
  readonly files: UploadFiles
}

export type OpenedUpload =
  | { readonly kind: 'accepted'; readonly packageId: string }
  | { readonly kind: 'complete'; readonly length: number; readonly bytes: AsyncIterable<Buffer> }

export function uploadedPackages({ db, files }: UploadedPackagesOptions) {
  return {
    async open(systemId: string, uploadId: string): Promise<OpenedUpload> {
      const upload = await findUpload(db, uploadId, systemId)
      if (upload?.packageId !== undefined) return { kind: 'accepted', packageId: upload.packageId }
      const { received, length } = present(upload)
      if (received < length) {
        throw new GatewayError('conflict', 'upload_incomplete', {
          params: { received, length },
          extra: { offset: received },
        })
      }
      const parts = await partsOf(db, uploadId)
      const stillThere = async () => (await findUpload(db, uploadId, systemId))?.packageId === undefined
      return { kind: 'complete', length, bytes: readWhileThere(files.read(uploadId, parts), stillThere) }
    },

    /** The row first: files without a row go with the next sweep, a row without files would stay a riddle. */
    async settle(uploadId: string, packageId: string): Promise<void> {
      await markAccepted(db, uploadId, packageId)
      await files.remove(uploadId)
    },
  }
}

/** The upload that a request speaks of, unless it is none of the caller's or its time is over. */
export function present(upload: Upload | undefined): Upload {
  if (upload === undefined) throw new GatewayError('not_found', 'upload_not_found')
  if (upload.packageId !== undefined) {
    const { packageId } = upload
    throw new GatewayError('gone', 'upload_accepted', { params: { packageId }, extra: { packageId } })
  }
  if (upload.isExpired) throw new GatewayError('gone', 'upload_expired')
  return upload
}

/** Another request may accept the same upload while this one reads it; then its files go under our hands. */
async function* readWhileThere(
  bytes: AsyncIterable<Buffer>,
  stillThere: () => Promise<boolean>,
): AsyncGenerator<Buffer> {
  try {
    yield* bytes
  } catch (error) {
    if (await stillThere()) throw error
    throw new GatewayError('conflict', 'upload_taken', { cause: error })
  }
}
