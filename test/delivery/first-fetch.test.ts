// Whether a system has ever fetched from a mailbox: only then may its documents wait there while its endpoint is down.
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { markFetched } from '../../src/delivery/transitions.ts'
import { type DeliveryRows, openDeliveryRows } from './delivery-rows.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows(4)
})
afterAll(() => rows.close())

async function firstFetch(systemId: string): Promise<Date | null> {
  const found = await rows.db
    .selectFrom('systems')
    .select('first_fetched_at')
    .where('system_id', '=', systemId)
    .execute()
  return found[0]?.first_fetched_at ?? null
}
const directoryVersion = async () =>
  (await sql<{ version: number }>`select version from directory_version`.execute(rows.db)).rows[0]?.version

it('is noted at the first fetch, and no fetch after it has the directory read anew', async () => {
  const system = await rows.lane({ channel: 'mailbox' })
  const [one, two] = [
    await rows.delivery(system, { state: 'available' }),
    await rows.delivery(system, { state: 'available' }),
  ]

  expect(await markFetched(rows.db, one)).toBe(true)
  const first = await firstFetch(system)
  const version = await directoryVersion()
  expect(await markFetched(rows.db, two)).toBe(true)

  expect(first).toBeInstanceOf(Date)
  expect(await firstFetch(system)).toEqual(first)
  expect(await directoryVersion()).toEqual(version)
})

it('is not said of a system that reads what was pushed to it', async () => {
  const system = await rows.lane({ channel: 'push' })

  expect(await markFetched(rows.db, await rows.delivery(system, { state: 'delivered' }))).toBe(true)

  expect(await firstFetch(system)).toBeNull()
})

it('is said of a push system that fetches from the mailbox meanwhile', async () => {
  const system = await rows.lane({ channel: 'push' })

  expect(await markFetched(rows.db, await rows.delivery(system, { state: 'available' }))).toBe(true)

  expect(await firstFetch(system)).toBeInstanceOf(Date)
})
