/* Made by `npm run generate`; never edited. */

/**
 * Something that happened to a package.
 */
export interface TimelineEntry {
  /**
   * ISO 8601 with +07:00
   */
  at: string
  type: string
  deliveryId?: string
  data?: {
    [k: string]: unknown
  }
}
