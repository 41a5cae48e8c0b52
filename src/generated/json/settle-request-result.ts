/* Made by `npm run generate`; never edited. */

export interface SettleRequestResult {
  deliveryId: string
  /**
   * Open requests that were closed.
   */
  settled: number
  outcome: 'settled_otherwise'
}
