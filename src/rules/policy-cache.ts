// The rules in memory. Every process keeps the changes and the policies made of them, and asks for the version now and
// then: a change is seen by its own process at once and by the others within two seconds.
import { type Database, isDatabaseAway } from '../platform/database.ts'
import { type Policy, preparePolicy, rulesInForce, type Scope } from './policy.ts'
import { loadOverrides, rulesVersion, type StoredOverrides } from './policy-store.ts'
import type { RuleBook } from './rule-book.ts'

export interface PolicyCache {
  /** The rules for documents of an agency on a day, ready for use. */
  policyFor(scope: Scope): Promise<Policy>
  /** All changes, no older than a second while the database answers. */
  overrides(): Promise<StoredOverrides>
  /** This process has changed a rule: the next package must already be judged by it. */
  changed(): Promise<void>
}

export interface PolicyCacheOptions {
  readonly db: Database
  readonly book: RuleBook
  /** Told when a check fails because the database is away; the copy in hand stays in use meanwhile. */
  readonly onCheckFailed: (error: unknown) => void
  /** A clock that never goes backwards, in milliseconds. */
  readonly monotonicMs?: () => number
}

// Half of the two seconds that a change may take to arrive. One tiny query a second, whatever the load.
const checkEveryMs = 1_000

// A province has some hundred agencies, few with rules of their own, and one day at a time. More comes from trials of
// other days, and may be made anew.
const policiesMax = 500

export async function openPolicyCache(options: PolicyCacheOptions): Promise<PolicyCache> {
  const { db, book, onCheckFailed, monotonicMs = () => performance.now() } = options
  let stored = await loadOverrides(db)
  let policies = new Map<string, Policy>()
  let checkedAtMs = monotonicMs()
  let running: Promise<void> | undefined

  async function check(): Promise<void> {
    checkedAtMs = monotonicMs()
    try {
      if ((await rulesVersion(db)) === stored.version) return
      stored = await loadOverrides(db)
      policies = new Map()
    } catch (error) {
      if (!isDatabaseAway(error)) throw error
      onCheckFailed(error)
    }
  }

  /** All who come while a check runs share it: two at once could put the older copy over the newer. */
  function start(): Promise<void> {
    running ??= check().finally(() => {
      running = undefined
    })
    return running
  }

  async function fresh(): Promise<StoredOverrides> {
    if (running !== undefined || monotonicMs() - checkedAtMs >= checkEveryMs) await start()
    return stored
  }

  return {
    overrides: fresh,
    async policyFor({ agencyId, day }) {
      const { version, overrides } = await fresh()
      // Agencies without rules of their own share the province's policy.
      const isOwn = agencyId !== undefined && overrides.some((o) => o.agencyId === agencyId)
      const scope = isOwn ? { agencyId, day } : { day }
      const key = `${scope.agencyId ?? ''} ${day}`
      const known = policies.get(key)
      if (known !== undefined) return known
      if (policies.size >= policiesMax) policies.clear()
      const policy = preparePolicy(book, version, rulesInForce(book, overrides, scope))
      policies.set(key, policy)
      return policy
    },
    async changed() {
      // A check that is under way may have read the version before the change.
      await running?.catch(() => undefined)
      await start()
    },
  }
}
