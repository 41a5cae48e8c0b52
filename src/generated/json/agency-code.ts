/* Made by `npm run generate`; never edited. */

/**
 * One code an agency is, was or will be written with.
 */
export interface AgencyCode {
  /**
   * The code as written in the directory.
   */
  code: string
  /**
   * qcvn102: QCVN 102:2016; qd20: QĐ 20/2020/QĐ-TTg; enterprise: registration number of a business; legacy: anything older.
   */
  scheme: 'qcvn102' | 'qd20' | 'enterprise' | 'legacy'
  /**
   * First day of validity, included; absent: no beginning.
   */
  validFrom?: string
  /**
   * Last day of validity, included; absent: no end.
   */
  validTo?: string
}
