/* Made by `npm run generate`; never edited. */

/**
 * Codes to look up in the directory.
 */
export interface AgencyResolveInput {
  /**
   * Codes to look up.
   *
   * @minItems 1
   * @maxItems 500
   */
  codes: [string, ...string[]]
}
