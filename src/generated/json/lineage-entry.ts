/* Made by `npm run generate`; never edited. */

/**
 * A package of the same family of documents: the first one, its updates and replacements, and recalls.
 */
export interface LineageEntry {
  packageId: string
  documentId: string
  code: string | null
  kind: 'new' | 'recall' | 'update' | 'replace'
  /**
   * 1 for the first, 2 for what updates or replaces it, …; null for a recall.
   */
  version: number | null
  /**
   * ISO 8601 with +07:00
   */
  acceptedAt: string
  actsOn: {
    packageId: string
    relation: 'recalls' | 'updates' | 'replaces'
  }[]
}
