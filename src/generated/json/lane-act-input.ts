/* Made by `npm run generate`; never edited. */

/**
 * Why an operator stops or starts a lane; the body may be absent.
 */
export type LaneActInput = {
  reason?: string
} & ({
  reason?: string
} | null)
