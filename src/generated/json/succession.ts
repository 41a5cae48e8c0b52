/* Made by `npm run generate`; never edited. */

/**
 * Closes an agency in favour of others.
 */
export interface Succession {
  /**
   * Who takes over. One: its documents can go on to it. Several: a split, documents are held until a person decides. None: it is dissolved.
   *
   * @maxItems 50
   */
  successors: string[]
  /**
   * When it takes effect. In the future: it is carried out by itself at that moment. Absent or past: at once.
   */
  effectiveAt?: string
  /**
   * With exactly one successor: documents to the closed agency go on to it. false: they are held, and the sender is told the successors. Default: true.
   */
  redirect?: boolean
  /**
   * true: says what would happen and changes nothing. Default: false.
   */
  dryRun?: boolean
}
