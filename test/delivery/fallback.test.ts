// While an endpoint is down its documents wait in the mailbox, and go back to the push when it has recovered.
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fitClocks } from '../../src/delivery/clocks.ts'
import { followEndpoints } from '../../src/delivery/fallback.ts'
import { defaultPolicy, startClocks } from '../support/delivery-policy.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

const rung: string[] = []
const follow = () =>
  followEndpoints({
    db: rows.db,
    policyOf: () => ({ ...defaultPolicy, fallbackAfterSeconds: 900 }),
    fitClocks: (db, ids) => fitClocks(db, ids, startClocks),
    afterCommit: (systemIds) => void rung.push(...systemIds),
  })

interface Fixture {
  readonly downFor?: number
  readonly fallback?: 'none' | 'mailbox'
  readonly hasFetched?: boolean
}

async function lane({ downFor = 1_000, fallback = 'mailbox', hasFetched = true }: Fixture = {}) {
  const systemId = await rows.lane({ faultsInRow: 5, openFor: 60 })
  await sql`update systems set fallback = ${fallback}, first_fetched_at = ${hasFetched ? sql`now()` : sql`null`}
    where system_id = ${systemId}`.execute(rows.db)
  await sql`update lanes set broken_since = now() - make_interval(secs => ${downFor}::float8) where system_id = ${systemId}`.execute(
    rows.db,
  )
  return systemId
}

const statesOf = async (ids: readonly string[]) => await Promise.all(ids.map(async (id) => (await rows.row(id)).state))
const three = async (systemId: string) => [
  await rows.delivery(systemId, { takenBefore: true }),
  await rows.delivery(systemId),
  await rows.delivery(systemId),
]

it('all but the probe wait in the mailbox', async () => {
  const down = await lane()
  const ids = await three(down)

  expect(await follow()).toBe(2)

  expect(await statesOf(ids)).toEqual(['waiting', 'available', 'available'])
  expect(await rows.row(ids[1] ?? '')).toMatchObject({
    reason_code: 'waits_in_mailbox',
    next_attempt_at: null,
    give_up_at: null,
    channel: 'push',
  })
  expect(rung).toContain(down)
  expect(await follow()).toBe(0)
})

it.each<[string, Fixture]>([
  ['down for a moment', { downFor: 100 }],
  ['whose operator did not allow it', { fallback: 'none' }],
  ['that has never fetched', { hasFetched: false }],
])('nothing changes for a system %s', async (_which, fixture) => {
  const ids = await three(await lane(fixture))

  await follow()

  expect(await statesOf(ids)).toEqual(['waiting', 'waiting', 'waiting'])
})

it('what nobody has fetched is pushed again when the endpoint is back', async () => {
  const down = await lane()
  const [probe, fetched, untouched] = (await three(down)) as [string, string, string]
  await follow()
  await sql`update deliveries set fetched_at = now(), taken_at = now() where delivery_id = ${fetched}`.execute(rows.db)
  await sql`update lanes set is_broken = false, broken_since = null, faults_in_row = 0 where system_id = ${down}`.execute(
    rows.db,
  )

  expect(await follow()).toBe(1)

  expect(await statesOf([probe, fetched, untouched])).toEqual(['waiting', 'available', 'waiting'])
  expect(Number((await rows.row(untouched)).give_up_at)).toBeGreaterThan(Date.now())
})
