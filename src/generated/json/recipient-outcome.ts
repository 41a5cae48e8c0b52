/* Made by `npm run generate`; never edited. */

/**
 * What became of one `To` of a package, in package order.
 */
export interface RecipientOutcome {
  organId: string
  organName?: string
  outcome: 'queued' | 'duplicate_of' | 'redirected' | 'held'
  agencyCode?: string
  deliveryId?: string
  reason?: 'unknown_agency' | 'not_connected' | 'no_system' | 'closed' | 'quarantined' | 'by_operator'
  suggestions?: {
    code: string
    name: string
  }[]
}
