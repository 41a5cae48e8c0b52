// The audit trail as slices see it: who did what to what, written in the transaction that does it.
import type { Trx } from './database.ts'

export interface AuditedAct {
  /** An operator or a system, by name. */
  readonly actor: string
  readonly action: string
  /** Kind and id, e.g. `system:QLVB-SNV`. */
  readonly object: string
  readonly data: Readonly<Record<string, unknown>>
}

export type Audit = (trx: Trx, act: AuditedAct) => Promise<void>
