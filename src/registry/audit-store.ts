// Who changed what in the registry. A row is written in the transaction of its change and never holds a secret.
import type { Trx } from '../platform/database.ts'

export interface AuditEntry {
  /** E.g. `system.created`. */
  readonly action: string
  /** E.g. `system:SYS-A`. */
  readonly object: string
  readonly data?: Readonly<Record<string, unknown>>
}

export interface Actor {
  readonly name: string
}

export async function insertAudit(trx: Trx, row: { id: string; at: Date; actor: Actor; entry: AuditEntry }) {
  await trx
    .insertInto('audit')
    .values({
      audit_id: row.id,
      at: row.at,
      actor: row.actor.name,
      action: row.entry.action,
      object: row.entry.object,
      data: JSON.stringify(row.entry.data ?? {}),
    })
    .execute()
}
