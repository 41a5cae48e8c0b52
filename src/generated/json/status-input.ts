/* Made by `npm run generate`; never edited. */

/**
 * Status feedback as JSON: about a delivery, or about a document by its id.
 */
export type StatusInput = {
  [k: string]: unknown
} & {
  /**
   * The delivery it speaks of; then the other identities are known.
   */
  deliveryId?: string
  /**
   * Or the sender's identity of the document.
   */
  documentId?: string
  /**
   * With documentId: who shall read this status; by default the document's sender.
   */
  organId?: string
  /**
   * Code of the reporting agency; by default the recipient of the delivery.
   */
  from?: string
  /**
   * 01–06, 13, 15, 16
   */
  code: string
  /**
   * Required for 02, 13, 16.
   */
  description?: string
  staff?: {
    department?: string
    name?: string
    mobile?: string
    email?: string
  }
  /**
   * When it happened, ISO 8601; by default now.
   */
  at?: string
}
