/* Made by `npm run generate`; never edited. */

/**
 * With the lease under which the delivery was claimed, if it was; without a lease no body is needed.
 */
export type ConfirmInput = {
  leaseId?: string
} & ({
  leaseId?: string
} | null)
