/* Made by `npm run generate`; never edited. */

/**
 * A file of a package. The verdict is null until its signatures have been checked.
 */
export interface AttachmentView {
  name: string
  /**
   * The name to save it under; the same where the name is safe.
   */
  safeName: string
  sha256: string
  size: number
  mediaType: string
  verdict: string | null
  signatures: {
    signer?: string
    organisation?: string
    signedAt?: string
    verdict?: string
    coversWholeFile?: boolean
    page?: number
    reasons?: string[]
  }[]
}
