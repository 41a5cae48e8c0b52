/* Made by `npm run generate`; never edited. */

/**
 * A document as the archive takes it: the fields of TT 05/2025/TT-BNV that the axis knows, and its processing history.
 */
export interface ArchiveDocument {
  packageId: string
  /**
   * Field names and values of TT 05/2025/TT-BNV, document level. What only the keeper of the dossier knows is left empty.
   */
  metadata: {
    docId: string
    docCode: string
    maintenance: string
    typeName: string
    codeNumber: string
    codeNotation: string
    issuedDate: string
    organName: string
    subject: string
    language: string
    inforSign: string
    keyword: string
    mode: string
    confidenceLevel: string
    autograph: string
    format: string
    riskRecoveryStatus: string
    description: string
    numberOfPage: string
    riskRecovery: '0' | '1'
    process: '0' | '1'
  }
  /**
   * How the axis knows it.
   */
  axis: {
    documentId: string
    kind: string
    fromCode: string
    acceptedAt: string
    sha256: string
    size: number
    receipt: string
    contentRemovedAt: string | null
    attachments: {
      name: string
      sha256: string
      size: number
      mediaType: string
    }[]
  }
  /**
   * Oldest first: what happened to it, each try, and what its recipients reported.
   */
  history: {
    at: string
    what: string
    deliveryId?: string
    organId?: string
    data?: {
      [k: string]: unknown
    }
  }[]
}
