// A change of the rules reaches every process: its own at once, others within two seconds, none by a half.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { openPolicyCache, type PolicyCache } from '../../src/rules/policy-cache.ts'
import { insertOverride, nextRulesVersion } from '../../src/rules/policy-store.ts'
import { freshDatabase } from '../support/services.ts'
import { book, today } from './judging.ts'

let db: Database
let close: () => Promise<void>
let url: string
beforeAll(async () => {
  const fresh = await freshDatabase()
  const open = openDatabase({ url: fresh.url, connectionsMax: 4, onIdleError: () => undefined })
  db = open.db
  url = fresh.url
  close = async () => {
    await open.close()
    await fresh.drop()
  }
})
afterAll(async () => await close())

async function change(mode: 'ignore' | 'warn' | 'refuse'): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const version = await nextRulesVersion(trx)
    const facts = { changedBy: 'another process', changedAt: new Date(), reason: 'a decision' }
    await insertOverride(trx, uuidv7(), { ...facts, version, ruleId: 'package_size', change: 'set', mode })
    return version
  })
}

async function modeIn(cache: PolicyCache): Promise<string | undefined> {
  const { rules } = await cache.policyFor({ day: today })
  return rules.find((rule) => rule.ruleId === 'package_size')?.mode
}

describe('the copy of a process', () => {
  test('is used without asking for a second, and after that is fresh', async () => {
    let nowMs = 0
    const cache = await openPolicyCache({ db, book, onCheckFailed: fail, monotonicMs: () => nowMs })
    await change('refuse')

    nowMs = 999
    expect(await modeIn(cache)).toBe('warn')

    nowMs = 1_000
    expect(await modeIn(cache)).toBe('refuse')
  })

  test('is fresh at once after a change of its own', async () => {
    const cache = await openPolicyCache({ db, book, onCheckFailed: fail, monotonicMs: () => 0 })
    const version = await change('ignore')

    await cache.changed()

    expect(await modeIn(cache)).toBe(undefined)
    expect((await cache.overrides()).version).toBe(version)
  })

  test('sees a change that was made while another check was under way', async () => {
    let nowMs = 0
    const cache = await openPolicyCache({ db, book, onCheckFailed: fail, monotonicMs: () => nowMs })
    nowMs = 5_000
    const underWay = cache.policyFor({ day: today })
    await change('refuse')

    await cache.changed()
    await underWay

    expect(await modeIn(cache)).toBe('refuse')
  })

  test('gives the same policy until something changes', async () => {
    let nowMs = 0
    const cache = await openPolicyCache({ db, book, onCheckFailed: fail, monotonicMs: () => nowMs })
    const [first, sameDay, otherDay] = await Promise.all([
      cache.policyFor({ day: today }),
      cache.policyFor({ day: today, agencyId: uuidv7() }),
      cache.policyFor({ day: '2027-01-01' }),
    ])
    nowMs = 2_000
    const later = await cache.policyFor({ day: today })

    expect(sameDay).toBe(first)
    expect(later).toBe(first)
    expect(otherDay).not.toBe(first)
  })

  test('stays in use while the database is away, and that is told', async () => {
    let nowMs = 0
    const told: unknown[] = []
    const away = openDatabase({ url, connectionsMax: 1, onIdleError: () => undefined })
    const cache = await openPolicyCache({
      ...{ db: away.db, book, monotonicMs: () => nowMs },
      onCheckFailed: (error) => told.push(error),
    })
    const before = await modeIn(cache)
    // What a pool says whose server is gone, without taking the run's server from the other tests.
    away.pool.connect = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
    nowMs = 5_000

    expect(await modeIn(cache)).toBe(before)
    expect(told).toHaveLength(1)
    await away.close()
  })
})

function fail(error: unknown): void {
  throw error
}
