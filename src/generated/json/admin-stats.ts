/* Made by `npm run generate`; never edited. */

/**
 * Exact counts from the database.
 */
export interface AdminStats {
  packages: number
  statuses: number
  deliveries: {
    byState: {
      [k: string]: number
    }
  }
  oldestWaitingSeconds: number | null
  refusals24h: number
}
