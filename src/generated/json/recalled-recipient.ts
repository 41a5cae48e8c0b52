/* Made by `npm run generate`; never edited. */

/**
 * One recipient of a document that is being recalled.
 */
export interface RecalledRecipient {
  /**
   * As written by who recalls.
   */
  organId: string
  /**
   * The delivery of the document, where there is one.
   */
  deliveryId?: string
  /**
   * not_addressed: the document never went there. returned: the recipient gave it back by status 02 and is not asked. Otherwise why the request cannot be delivered.
   */
  reason?: string
}
