/* Made by `npm run generate`; never edited. */

/**
 * A code of an agency, as an operator gives it.
 */
export interface AgencyCodeInput {
  /**
   * The code as it is to be written. Compared trimmed and without case.
   */
  code: string
  /**
   * Guessed from the spelling when absent.
   */
  scheme?: 'qcvn102' | 'qd20' | 'enterprise' | 'legacy'
  /**
   * First day of validity, included; absent: no beginning.
   */
  validFrom?: string
  /**
   * Last day of validity, included; absent: no end.
   */
  validTo?: string
}
