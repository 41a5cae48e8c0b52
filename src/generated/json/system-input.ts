/* Made by `npm run generate`; never edited. */

/**
 * A QLVB-ĐH installation as an operator registers it.
 */
export interface SystemInput {
  /**
   * Name of the system, chosen by the operator; it is also the client_id.
   */
  systemId: string
  /**
   * Name for people.
   */
  name: string
  /**
   * Agencies it sends and receives for. At most one system receives for an agency.
   *
   * @maxItems 20000
   */
  agencies: string[]
  /**
   * Further agencies it may send for without receiving for them.
   *
   * @maxItems 20000
   */
  sendsFor?: string[]
  /**
   * How it receives. mailbox: the system fetches; push: Trạm posts to pushUrl.
   */
  channel: string
  /**
   * Where packages are posted, http or https; needed for push.
   */
  pushUrl?: string
  /**
   * package: the exact bytes; notice: a small event, then the system fetches. Default: package.
   */
  pushStyle?: 'package' | 'notice'
  /**
   * A header the receiving side wants with every push.
   */
  pushAuth?: {
    /**
     * Name of the header.
     */
    header: string
    /**
     * Its value; stored encrypted and never shown again.
     */
    value: string
  }
  /**
   * PEM certificates of the authority that signed the receiving side's certificate.
   */
  pushCa?: string
  /**
   * Deliveries under way at once. Default: 8.
   */
  concurrency?: number
  /**
   * Deliveries started per second; absent: no limit.
   */
  ratePerSecond?: number
  /**
   * Who made the software.
   */
  vendor?: string
  /**
   * People to be told.
   *
   * @maxItems 50
   */
  contacts?: Contact[]
}
/**
 * A person who is told when documents wait, fail or are late.
 */
export interface Contact {
  /**
   * Full name.
   */
  name: string
  /**
   * Position, e.g. văn thư.
   */
  position?: string
  /**
   * Unit within the agency.
   */
  unit?: string
  /**
   * Mobile number.
   */
  mobile?: string
  /**
   * Official mailbox.
   */
  mailbox?: string
}
