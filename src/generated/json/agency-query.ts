/* Made by `npm run generate`; never edited. */

/**
 * Which agencies to list.
 */
export interface AgencyQuery {
  /**
   * Words of the name, with or without Vietnamese marks, or parts of a code; all must occur.
   */
  q?: string
  /**
   * Only agencies with a code of this scheme.
   */
  scheme?: 'qcvn102' | 'qd20' | 'enterprise' | 'legacy'
  /**
   * Only agencies changed at this moment or later. ISO 8601; without a zone it is Vietnam time.
   */
  updatedSince?: string
  /**
   * From nextCursor of the page before.
   */
  cursor?: string
  /**
   * Most rows of a page. Default: 100.
   */
  limit?: number
}
