/* Made by `npm run generate`; never edited. */

/**
 * A recall, an update or a replacement towards one recipient, and what came of it.
 */
export interface DeliveryRequest {
  kind: 'recall' | 'update' | 'replace'
  /**
   * withdrawn: taken back before anybody took it. requested: open until 15 (agreed) or 16 (declined) comes, or an operator settles it otherwise.
   */
  outcome: 'withdrawn' | 'requested' | 'agreed' | 'declined' | 'settled_otherwise'
  reason: string | null
  /**
   * ISO 8601 with +07:00
   */
  askedAt: string
  settledAt: string | null
  settledReason: string | null
  /**
   * The package or status that asked; null for a recall by one call that met nobody.
   */
  byPackageId: string | null
  /**
   * The status that answered.
   */
  answeredBy: string | null
}
