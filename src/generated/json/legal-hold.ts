/* Made by `npm run generate`; never edited. */

/**
 * What must be kept whatever the policy says.
 */
export interface LegalHold {
  holdId: string
  packageId: string
  documentId: string
  code: string | null
  reason: string
  requestedBy: string
  placedBy: string
  placedAt: string
  liftedAt: string | null
  liftedBy: string | null
  liftReason: string | null
  liftRequestedBy: string | null
}
