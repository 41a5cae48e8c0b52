/* Made by `npm run generate`; never edited. */

/**
 * Takes part of the mailbox for one of several threads.
 */
export interface MailboxClaimInput {
  /**
   * Any code of the receiving agency.
   */
  organId?: string
  type?: 'edoc' | 'status' | 'report'
  limit: number
  /**
   * From now on; 300 when absent.
   */
  leaseSeconds?: number
  /**
   * Seconds to wait for something to claim.
   */
  wait?: number
}
