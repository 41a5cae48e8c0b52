/* Made by `npm run generate`; never edited. */

/**
 * The caller's packages, newest first.
 */
export interface PackageList {
  items: {
    packageId: string
    documentId: string
    code: string | null
    kind: 'new' | 'recall' | 'update' | 'replace' | 'status'
    type: 'edoc' | 'status'
    from: string
    subject: string | null
    priority: number
    /**
     * ISO 8601 with +07:00
     */
    acceptedAt: string
    state: string
    summary: {
      byState: {
        [k: string]: number
      }
    }
  }[]
  nextCursor: string | null
}
