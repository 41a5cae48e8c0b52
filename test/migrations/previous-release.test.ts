// While a release goes in, processes of the one before still run on the migrated database (decision: each migration works
// with the previous release). All its statements must be understood as they were, and what it writes must be taken up.
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { runClocks } from '../../src/delivery/clocks.ts'
import { dueLanes, reopenExpiredLeases } from '../../src/delivery/sweep.ts'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { type FreshDatabase, freshDatabase } from '../support/services.ts'
import { type OldProcess, previousRelease, startOldProcess } from './previous-release.ts'
import { type ReleaseStatement, readingOf } from './statements.ts'

let fresh: FreshDatabase
beforeAll(async () => {
  fresh = await freshDatabase()
})
afterAll(async () => {
  await fresh?.drop()
})

describe(`the statements of release ${previousRelease.release}`, () => {
  let client: pg.Client
  beforeAll(async () => {
    client = new pg.Client({ connectionString: fresh.url })
    await client.connect()
  })
  afterAll(async () => {
    await client?.end()
  })

  it('are many, and among them those that everything depends on', () => {
    const begins = (text: string) => previousRelease.statements.some((one) => one.text.startsWith(text))

    expect(previousRelease.statements.length).toBeGreaterThan(200)
    expect(begins('insert into deliveries (')).toBe(true)
    expect(previousRelease.statements.some(({ text }) => text.includes(' from claim_deliveries('))).toBe(true)
  })

  it('are read by the newest database as by the one they were written for', async () => {
    const differences: unknown[] = []
    for (const old of previousRelease.statements) {
      const difference = await differenceOf(old)
      if (difference !== undefined) differences.push(difference)
    }

    expect(differences).toEqual([])
  })

  async function differenceOf({ text, ...was }: ReleaseStatement): Promise<unknown> {
    try {
      const is = await readingOf(client, text)
      // What an insert does on conflict is looked for among the unique indexes only when it is planned.
      await client.query(`explain (generic_plan) ${text}`)
      return JSON.stringify(is) === JSON.stringify(was) ? undefined : { text, was, is }
    } catch (error) {
      return { text, problem: String(error) }
    }
  }
})

describe('beside a process of the previous release', () => {
  let db: Database
  let closeDatabase: () => Promise<void>
  let old: OldProcess
  const agencyId = '00000000-0000-7000-8000-0000000000a1'
  let lanes = 0

  beforeAll(async () => {
    const open = openDatabase({ url: fresh.url, connectionsMax: 4, onIdleError: () => undefined })
    db = open.db
    closeDatabase = open.close
    old = await startOldProcess(fresh.url)
    await sql`insert into agencies (agency_id, name) values (${agencyId}, 'Sở Nội vụ')`.execute(db)
  })
  afterAll(async () => {
    await old?.close()
    await closeDatabase?.()
  })

  /** A pushed system with a lane of its own. */
  async function lane(concurrency = 8): Promise<string> {
    lanes += 1
    const systemId = `QLVB-${lanes}`
    await sql`insert into systems (system_id, name, channel, push_url, webhook_secret_cipher)
      values (${systemId}, ${systemId}, 'push', 'http://127.0.0.1:9/', '\\x00')`.execute(db)
    await sql`insert into lanes (system_id, concurrency) values (${systemId}, ${concurrency})`.execute(db)
    return systemId
  }

  const accept = (systemId: string) => old.accept({ systemId, agencyId, toSystemId: systemId, toAgencyId: agencyId })
  const claimHere = (systemId: string) => claimDeliveries(db, systemId, 64, 8_000, 3_600)
  const idsOf = (claims: readonly { delivery: { deliveryId: string } }[]) =>
    claims.map((one) => one.delivery.deliveryId)

  async function rowOf(deliveryId: string): Promise<Record<string, unknown>> {
    const { rows } = await sql<
      Record<string, unknown>
    >`select * from deliveries where delivery_id = ${deliveryId}`.execute(db)
    return rows[0] ?? {}
  }

  it('a worker takes what the old edge accepted', async () => {
    const systemId = await lane()
    const deliveryId = await accept(systemId)

    expect(await dueLanes(db)).toContain(systemId)
    expect(idsOf(await claimHere(systemId))).toEqual([deliveryId])
    expect(await old.claim(systemId)).toEqual([])
  })

  it('a worker leaves alone what the old worker has in hand, and the result of it counts', async () => {
    const systemId = await lane()
    const deliveryId = await accept(systemId)

    const [claim] = await old.claim(systemId)
    if (claim === undefined) throw new Error('nothing was claimed')
    expect(claim).toMatchObject({ delivery_id: deliveryId, attempt: 1 })
    expect(await claimHere(systemId)).toEqual([])
    await old.delivered(claim)

    expect(await rowOf(deliveryId)).toMatchObject({ state: 'delivered', lease_token: null })
    expect((await sql`select from attempts where delivery_id = ${deliveryId}`.execute(db)).rows).toHaveLength(1)
    expect(await claimHere(systemId)).toEqual([])
  })

  it('both take from one lane at the same moment, nothing twice and no more than its slots', async () => {
    const systemId = await lane(6)
    for (let n = 0; n < 20; n += 1) await accept(systemId)

    const [here, there] = await Promise.all([claimHere(systemId), old.claim(systemId)])

    const taken = [...idsOf(here), ...there.map((claim) => claim.delivery_id)]
    // One slot is kept for urgent documents.
    expect(taken).toHaveLength(5)
    expect(new Set(taken).size).toBe(5)
  })

  it('either sweeper makes due again what the other release lost', async () => {
    const [lostThere, lostHere] = [await lane(), await lane()]
    const [ofOld, ofNew] = [await accept(lostThere), await accept(lostHere)]
    await old.claim(lostThere)
    await claimHere(lostHere)
    const runOut = (deliveryId: string) =>
      sql`update deliveries set lease_until = now() - interval '1 second' where delivery_id = ${deliveryId}`.execute(db)

    await runOut(ofOld)
    expect(await reopenExpiredLeases(db)).toBe(1)
    await runOut(ofNew)
    expect(await old.reopenLost()).toBe(1)

    expect(idsOf(await claimHere(lostThere))).toEqual([ofOld])
    expect((await old.claim(lostHere)).map((claim) => claim.delivery_id)).toEqual([ofNew])
  })

  it('the clocks end what the old edge accepted when its life is over, and its sender is told', async () => {
    const systemId = await lane()
    const deliveryId = await accept(systemId)
    await sql`update deliveries set give_up_at = now() - interval '1 second' where delivery_id = ${deliveryId}`.execute(
      db,
    )

    expect(await runClocks(db)).toEqual({ noted: 1, expired: 1 })

    expect(await rowOf(deliveryId)).toMatchObject({ state: 'expired', reason_code: 'not_taken_in_time' })
    const items = await sql`select what from report_items where delivery_id = ${deliveryId}`.execute(db)
    expect(items.rows).toEqual([{ what: 'undelivered' }])
    expect(await old.confirm([deliveryId])).toEqual(['delivered'])
  })

  it('the old edge takes a confirmation of what a thread of the system holds under a lease', async () => {
    const systemId = await lane()
    const deliveryId = await accept(systemId)
    await sql`
      update deliveries set state = 'available', channel = 'mailbox', available_at = now(), next_attempt_at = null,
        mailbox_lease_id = gen_random_uuid(), mailbox_lease_until = now() + interval '1 minute'
      where delivery_id = ${deliveryId}`.execute(db)

    expect(await old.confirm([deliveryId])).toEqual(['delivered'])

    expect(await rowOf(deliveryId)).toMatchObject({ state: 'delivered' })
  })

  it.each(['by_operator', 'draining', 'suspended'])(
    'the old worker leaves a lane alone that is paused: %s',
    async (why) => {
      const systemId = await lane()
      const deliveryId = await accept(systemId)
      await sql`update lanes set paused_reason = ${why} where system_id = ${systemId}`.execute(db)

      expect(await old.claim(systemId)).toEqual([])

      await sql`update lanes set paused_reason = null where system_id = ${systemId}`.execute(db)
      expect((await old.claim(systemId)).map((claim) => claim.delivery_id)).toEqual([deliveryId])
    },
  )

  it('what the old edge writes down of a document stands in the feed of its sender and of its receiver', async () => {
    const systemId = await lane()
    const deliveryId = await accept(systemId)
    const { package_id } = await rowOf(deliveryId)

    const events = await sql`select type, sender_agency_id from events where package_id = ${package_id}`.execute(db)
    expect(events.rows).toEqual([{ type: 'package.accepted', sender_agency_id: agencyId }])
  })
})
