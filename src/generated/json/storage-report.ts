/* Made by `npm run generate`; never edited. */

/**
 * What is held, what retention would free, and the room that is left.
 */
export interface StorageReport {
  /**
   * The oldest count in it; none when nothing was accepted yet.
   */
  countedAt: string | null
  /**
   * False: some days are still being counted.
   */
  complete: boolean
  held: StorageTally
  /**
   * Packages whose bytes have gone.
   */
  removed: {
    packages: number
    bytes: number
  }
  /**
   * What retention would free now.
   */
  freeable: {
    packages: number
    bytes: number
    complete: boolean
  }
  legalHolds: number
  /**
   * Packages whose deliveries are in the tables of old ones.
   */
  movedOut: number
  /**
   * Of the blob folder; none where blobs are in an object store.
   */
  disk: {
    freeBytes: number
    totalBytes: number
  } | null
}
/**
 * Packages and their bytes, counted four ways.
 */
export interface StorageTally {
  packages: number
  bytes: number
  byState: {
    state: 'accepted' | 'in_progress' | 'completed' | 'completed_with_failures' | 'recalled'
    packages: number
    bytes: number
  }[]
  byKind: {
    kind: 'new' | 'update' | 'replace' | 'recall' | 'status' | 'report'
    packages: number
    bytes: number
  }[]
  byAge: {
    age: 'under_30_days' | 'under_90_days' | 'under_1_year' | 'under_2_years' | 'older'
    packages: number
    bytes: number
  }[]
  bySender: {
    agencyId: string
    organName: string
    packages: number
    bytes: number
  }[]
}
