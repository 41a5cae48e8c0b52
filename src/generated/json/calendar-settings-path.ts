/* Made by `npm run generate`; never edited. */

/**
 * Whose settings.
 */
export interface CalendarSettingsPath {
  /**
   * Code of the province, e.g. H35, or default for all others.
   */
  province: string
}
