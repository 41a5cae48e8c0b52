/* Made by `npm run generate`; never edited. */

/**
 * One row per delivery asked for.
 */
export interface ConfirmManyResult {
  results: {
    deliveryId: string
    state: string | null
    /**
     * Of the catalogue, where it could not be confirmed.
     */
    code?: string
    /**
     * With `leased`: until when another thread has it.
     */
    leaseUntil?: string
  }[]
}
