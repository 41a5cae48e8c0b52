/* Made by `npm run generate`; never edited. */

/**
 * Document ids of an agency in a year: numbers missing, numbers used twice, and ids outside the rule <agency code>-YYYY.N.
 */
export interface DocumentIdReport {
  agency: AgencyReference
  year: number
  /**
   * Distinct document ids of new and replacing documents of the agency and its predecessors: those of the year's series, and those received in the year.
   */
  documents: number
  /**
   * How many ids have which form.
   */
  byForm: {
    /**
     * 000.00.12.H35-2026.7
     */
    qcvn102: number
    /**
     * H35.12-2026.7
     */
    qd20: number
    /**
     * An older code of the agency, with year and number in the same way.
     */
    other: number
    /**
     * 000.00.12.H35,2026/11/20,7/SNV: without a series.
     */
    axis: number
    /**
     * None of these.
     */
    none: number
  }
  /**
   * One for the codes that one agency counts on; a predecessor has its own.
   */
  series: {
    codes: string[]
    name: string
    /**
     * Different numbers that were used.
     */
    count: number
    /**
     * The highest number; 0 when there is none.
     */
    highest: number
    /**
     * Numbers from 1 to the highest that no document has, as ranges; the first thousand ranges.
     */
    missing: {
      from: number
      to: number
    }[]
    /**
     * All numbers missing.
     */
    missingCount: number
    /**
     * Numbers that several documents have; the first two hundred.
     */
    repeated: {
      number: number
      documentIds: string[]
    }[]
    /**
     * All numbers that several documents have.
     */
    repeatedCount: number
  }[]
  /**
   * Ids received in this year that carry another year.
   */
  otherYear: number
  /**
   * Ids that have none of the forms.
   */
  unmatched: {
    count: number
    /**
     * The first two hundred.
     */
    documentIds: string[]
  }
  /**
   * Ids that begin with a code which is not the agency's.
   */
  foreign: {
    count: number
    /**
     * The first two hundred.
     */
    documentIds: string[]
  }
}
/**
 * An agency, named.
 */
export interface AgencyReference {
  agencyId: string
  /**
   * The code it is written with today.
   */
  code: string
  name: string
}
