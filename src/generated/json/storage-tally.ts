/* Made by `npm run generate`; never edited. */

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
