/* Made by `npm run generate`; never edited. */

/**
 * What went, or would go.
 */
export interface RetentionRunResult {
  dryRun: boolean
  policyVersion: number
  /**
   * False: the time was up; what is left goes with the sweeper, or was not counted.
   */
  complete: boolean
  content: StorageTally
  movedOut: {
    packages: number
  }
  /**
   * A backup is running: nothing goes until it is over.
   */
  paused: boolean
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
