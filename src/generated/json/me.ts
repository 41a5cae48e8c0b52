/* Made by `npm run generate`; never edited. */

/**
 * Who the caller is to Trạm.
 */
export interface Me {
  systemId: string
  name: string
  /**
   * mailbox: the system fetches; push: Trạm posts to pushUrl.
   */
  channel: 'mailbox' | 'push'
  credential: {
    credentialId: string
    label: string
    /**
     * Accepted until then.
     */
    expiresAt?: string
  }
  /**
   * Agencies the caller speaks for.
   */
  agencies: {
    agencyId: string
    /**
     * The code it is written with today.
     */
    code: string
    name: string
    codes: AgencyCode[]
    /**
     * false: the caller may send for it and does not receive.
     */
    receives: boolean
  }[]
  limits: {
    /**
     * Largest package accepted, in bytes.
     */
    packageBytesMax: number
    /**
     * Most bytes of documents the system may send in a day of Vietnam; absent: no limit.
     */
    bytesPerDay?: number
  }
  quota?: {
    /**
     * Today in Vietnam.
     */
    day: string
    /**
     * Bytes of documents accepted from the system today.
     */
    usedBytes: number
    /**
     * What is left of bytesPerDay; absent without a limit.
     */
    remainingBytes?: number
    /**
     * When the next day begins, +07:00.
     */
    resetsAt: string
  }
  /**
   * The axis' time, +07:00.
   */
  time: string
}
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
