// What a check of the database's own consistency found.

export interface IntegrityCheck {
  /** E.g. `delivery_missing`. */
  readonly name: string
  /** What is found here, in one sentence. */
  readonly meaning: { readonly vi: string; readonly en: string }
  /** What an operator does about it. */
  readonly next: { readonly vi: string; readonly en: string }
  readonly count: number
  /** Up to twenty of them. */
  readonly ids: readonly string[]
  /** Why it could not be asked, in the database's words; then count says nothing. */
  readonly failure?: string
}

export interface IntegrityReport {
  readonly ok: boolean
  readonly checks: readonly IntegrityCheck[]
}
