/* Made by `npm run generate`; never edited. */

/**
 * Takes an agency to another system that receives for it from then on.
 */
export interface Move {
  /**
   * The system that receives for the agency afterwards.
   */
  toSystemId: string
  /**
   * When it takes effect. In the future: it is carried out by itself at that moment. Absent or past: at once.
   */
  effectiveAt?: string
  /**
   * true: says what would happen and changes nothing. Default: false.
   */
  dryRun?: boolean
}
