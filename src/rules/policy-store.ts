// The changes of rules and the number that tells every process its copy is stale. Rows are only ever added.
import type { RuleMode } from '../generated/json/rule-mode.ts'
import type { Database, Db, Trx } from '../platform/database.ts'
import type { RuleOverride } from './policy.ts'

export interface StoredOverrides {
  readonly version: number
  /** Oldest first. */
  readonly overrides: readonly RuleOverride[]
}

/** One consistent snapshot of the version and the changes it counts. */
export async function loadOverrides(db: Database): Promise<StoredOverrides> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => await readOverrides(trx))
}

/** Consistent only under `nextRulesVersion` or a repeatable read. */
export async function readOverrides(trx: Trx): Promise<StoredOverrides> {
  const version = await rulesVersion(trx)
  const rows = await trx
    .selectFrom('rule_overrides')
    .select(['version', 'rule_id', 'agency_id', 'change', 'mode', 'parameters', 'valid_from', 'valid_to'])
    .select(['changed_by', 'changed_at', 'reason'])
    .orderBy('version')
    .execute()
  return { version, overrides: rows.map(toOverride) }
}

export async function rulesVersion(db: Db): Promise<number> {
  const row = await db.selectFrom('rules_version').select('version').executeTakeFirstOrThrow()
  return row.version
}

/** Raises the version, and lets one change happen at a time. */
export async function nextRulesVersion(trx: Trx): Promise<number> {
  const row = await trx
    .updateTable('rules_version')
    .set((eb) => ({ version: eb('version', '+', 1) }))
    .returning('version')
    .executeTakeFirstOrThrow()
  return row.version
}

export async function insertOverride(trx: Trx, overrideId: string, override: RuleOverride): Promise<void> {
  await trx
    .insertInto('rule_overrides')
    .values({
      override_id: overrideId,
      version: override.version,
      rule_id: override.ruleId,
      agency_id: override.agencyId ?? null,
      change: override.change,
      mode: override.mode ?? null,
      parameters: override.parameters === undefined ? null : JSON.stringify(override.parameters),
      valid_from: override.validFrom ?? null,
      valid_to: override.validTo ?? null,
      changed_by: override.changedBy,
      changed_at: override.changedAt,
      reason: override.reason,
    })
    .execute()
}

interface OverrideRow {
  readonly version: number
  readonly rule_id: string
  readonly agency_id: string | null
  readonly change: string
  readonly mode: string | null
  readonly parameters: unknown
  readonly valid_from: string | null
  readonly valid_to: string | null
  readonly changed_by: string
  readonly changed_at: Date
  readonly reason: string
}

function toOverride(row: OverrideRow): RuleOverride {
  const { parameters } = row
  return {
    version: row.version,
    ruleId: row.rule_id,
    change: row.change === 'removed' ? 'removed' : 'set',
    changedBy: row.changed_by,
    changedAt: row.changed_at,
    reason: row.reason,
    ...(row.agency_id === null ? {} : { agencyId: row.agency_id }),
    ...(row.mode === null ? {} : { mode: modeOf(row.mode) }),
    ...(isObject(parameters) ? { parameters } : {}),
    ...(row.valid_from === null ? {} : { validFrom: row.valid_from }),
    ...(row.valid_to === null ? {} : { validTo: row.valid_to }),
  }
}

/** A value of a checked column. Another one means that a newer release has written to this database. */
function modeOf(text: string): RuleMode {
  const mode = modes.find((known) => known === text)
  if (mode === undefined) throw new Error(`unknown mode of a rule: ${text}`)
  return mode
}

const modes: readonly RuleMode[] = ['ignore', 'warn', 'refuse']

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
