/* Made by `npm run generate`; never edited. */

/**
 * What the axis tells a sender about its documents: the body of a package of type report.
 */
export interface SenderReport {
  type: 'report'
  reportId: string
  what: 'delayed' | 'about_to_expire' | 'undelivered' | 'refused' | 'recall_outcome' | 'recovered'
  /**
   * What the documents have in common; the same for further reports of it.
   */
  incident: string
  at: string
  /**
   * Code of the axis.
   */
  from: string
  /**
   * The sender's code as it wrote it.
   */
  to: string
  title: {
    vi: string
    en: string
  }
  items: {
    packageId: string
    documentId: string
    code: string | null
    subject: string | null
    priority: number
    acceptedAt: string
    deliveryId: string
    organId: string
    organName: string | null
    /**
     * Of the delivery when the report was written.
     */
    state: string
    since: string
    reason: {
      /**
       * From the catalogue at GET /api/v1/errors.
       */
      code: string
      text: {
        vi: string
        en: string
      }
      /**
       * In the receiver's own words.
       */
      detail: string | null
    } | null
  }[]
}
