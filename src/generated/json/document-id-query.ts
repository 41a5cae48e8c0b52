/* Made by `npm run generate`; never edited. */

/**
 * Whose document ids of which year are looked through.
 */
export interface DocumentIdQuery {
  /**
   * Any code of the agency, or its agencyId.
   */
  organId: string
  year: number
}
