/* Made by `npm run generate`; never edited. */

/**
 * The axis' time, the reference for every system.
 */
export interface Time {
  /**
   * ISO 8601, +07:00.
   */
  now: string
  /**
   * Milliseconds since 1970-01-01 UTC.
   */
  epochMs: number
}
