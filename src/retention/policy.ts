// How long what is kept: the built-in policy, and the versions that operators put in its place. A version is never
// changed, so that a run in the audit trail can say by which one it went.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../domain/errors.ts'
import type { RetentionPolicy } from '../generated/json/retention-policy.ts'
import type { RetentionPolicyInput } from '../generated/json/retention-policy-input.ts'
import type { Db, Trx } from '../platform/database.ts'

export interface PolicyInForce {
  /** 0: the built-in one. */
  readonly version: number
  readonly policy: RetentionPolicy
  readonly reason: string | null
  readonly changedBy: string | null
  readonly changedAt: Date | null
}

/** The policy that stands until somebody decides otherwise; its reasons are in docs/retention.md. */
export function builtInPolicy(schemasFolder: string): RetentionPolicy {
  // A file of ours that a test holds against its schema.
  return JSON.parse(readFileSync(join(schemasFolder, 'retention/policy.json'), 'utf8')) as RetentionPolicy
}

export async function policyInForce(db: Db, builtIn: RetentionPolicy): Promise<PolicyInForce> {
  const row = await db
    .selectFrom('retention_policies')
    .select(['version', 'policy', 'reason', 'changed_by', 'changed_at'])
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return { version: 0, policy: builtIn, reason: null, changedBy: null, changedAt: null }
  return {
    version: row.version,
    // Checked by the schema when it was put there.
    policy: row.policy as unknown as RetentionPolicy,
    reason: row.reason,
    changedBy: row.changed_by,
    changedAt: row.changed_at,
  }
}

export interface PolicyChange {
  readonly input: RetentionPolicyInput
  readonly operator: string
  readonly at: Date
  readonly builtIn: RetentionPolicy
}

/** Throws when somebody else changed it since `input.version` was read, or when rows would go before their bytes. */
export async function changePolicy(trx: Trx, { input, operator, at, builtIn }: PolicyChange): Promise<PolicyInForce> {
  refuseRowsBeforeContent(input.policy)
  const before = await policyInForce(trx, builtIn)
  if (before.version !== input.version) throw changedMeanwhile(input.version, before.version)
  const inserted = await trx
    .insertInto('retention_policies')
    .values({
      version: before.version + 1,
      policy: JSON.stringify(input.policy),
      reason: input.reason,
      changed_by: operator,
      changed_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('version')
    .executeTakeFirst()
  if (inserted === undefined) throw changedMeanwhile(input.version, before.version + 1)
  return {
    version: inserted.version,
    policy: input.policy,
    reason: input.reason,
    changedBy: operator,
    changedAt: at,
  }
}

function changedMeanwhile(given: number, inForce: number): GatewayError {
  return new GatewayError('conflict', 'retention_policy_changed', { params: { given, inForce } })
}

/** A document whose bytes are still here is found among the present ones. */
function refuseRowsBeforeContent({ content, rows }: RetentionPolicy): void {
  const inPlace = rows.moveOutAfterDays
  if (inPlace === null) return
  for (const [kind, states] of Object.entries(content)) {
    for (const [state, days] of Object.entries(states)) {
      if (days === null || days <= inPlace) continue
      throw new GatewayError('invalid', 'retention_rows_before_content', {
        params: { rows: inPlace, content: days, place: `${kind}/${state}` },
        violations: [
          {
            path: `/policy/content/${kind}/${state}`,
            rule: 'retention_rows_before_content',
            found: String(days),
            expected: `≤ ${inPlace}`,
          },
        ],
      })
    }
  }
}
