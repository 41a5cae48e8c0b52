/* Made by `npm run generate`; never edited. */

/**
 * Why it is offered again, for the audit trail; may be absent.
 */
export type ReofferInput = {
  reason?: string
} & ({
  reason?: string
} | null)
