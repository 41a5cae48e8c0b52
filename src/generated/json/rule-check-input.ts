/* Made by `npm run generate`; never edited. */

/**
 * The fields of a document that is only tried on the rules. Nothing is stored.
 */
export interface RuleCheckInput {
  /**
   * Any code of the sending agency: its rules are used. Absent: the province.
   */
  organId?: string
  /**
   * Default: new.
   */
  kind?: 'new' | 'recall' | 'update' | 'replace'
  documentId?: string
  codeNumber?: string
  codeNotation?: string
  /**
   * Date of issue.
   */
  promulgationDate?: string
  /**
   * Deadline.
   */
  dueDate?: string
  /**
   * Kind of document by name.
   */
  typeName?: string
  subject?: string
  content?: string
  signer?: {
    competence?: string
    position?: string
    fullName?: string
  }
  priority?: number
  /**
   * Whether paper accompanies it.
   */
  paper?: boolean
  /**
   * @maxItems 1000
   */
  recipients?: string[]
  /**
   * @maxItems 1000
   */
  toPlaces?: string[]
  /**
   * @maxItems 1000
   */
  attachments?: {
    /**
     * Name of the file.
     */
    name: string
    description?: string
    /**
     * What it is by its bytes. Absent: what its name says.
     */
    mediaType?: string
    /**
     * Bytes.
     */
    size?: number
  }[]
  /**
   * Bytes of the package.
   */
  size?: number
  /**
   * As in the header tram-declaration.
   */
  declaration?: 'not-secret'
  /**
   * The day on which it arrives. Absent: today.
   */
  day?: string
}
