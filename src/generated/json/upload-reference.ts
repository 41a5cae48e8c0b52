/* Made by `npm run generate`; never edited. */

/**
 * A package that was brought in pieces (/api/v1/uploads) is to be accepted.
 */
export interface UploadReference {
  /**
   * The last part of the Location that creation answered.
   */
  uploadId: string
}
