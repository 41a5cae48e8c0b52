import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addAgency, addSystem, registerProvince } from '../../src/bench/bench-province.ts'
import { packageMaker } from '../../src/bench/package-template.ts'
import { type Filling, fillPackages } from '../../src/bench/waiting-fill.ts'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { createGatewayClient } from '../../src/platform/gateway-client.ts'
import { type GatewayUnderTest, startGateway } from '../support/gateway-under-test.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

const packages = 40
let gateway: GatewayUnderTest
let filling: Filling
let basicOfSender: string
beforeAll(async () => {
  gateway = await startGateway({ env: { ROLES: 'edge' } })
  const operator = createGatewayClient({
    url: gateway.url,
    credentials: { kind: 'operator', token: gateway.adminToken },
  })
  const pushUrl = 'http://127.0.0.1:9/'
  const wish = { systems: 4, agenciesPerSystem: 1, senders: 2, pushUrl: () => pushUrl }
  const { sender, senders, recipients } = await registerProvince(operator, wish)
  const codes: string[] = []
  for (let n = 0; n < 6; n++) codes.push(await addAgency(operator, 80_000 + n))
  await addSystem(operator, { systemId: 'DEEP', codes: codes.slice(0, 2), pushUrl })
  await addSystem(operator, { systemId: 'BOX', codes: codes.slice(2) })
  basicOfSender = `${sender.systemId}:${sender.secret}`
  const make = packageMaker(sender.codes[0] ?? '', 1_000, new Date())
  const sample = await gateway.submit(basicOfSender, make('MAU-0', [...codes, ...recipients.slice(0, 2)]))
  filling = {
    sample: { packageId: sample.body.packageId, number: 'MAU-0' },
    senders: senders.flatMap((s) => s.codes),
    deep: codes.slice(0, 2),
    lanes: recipients,
    mailbox: codes.slice(2),
    since: new Date(Date.now() - 3_600_000),
    everyMs: 1_000,
  }
  await fillPackages(gateway.db, filling, 0, 15)
  await fillPackages(gateway.db, filling, 15, packages)
})
afterAll(() => gateway?.close())

const sampleId = () => sql`${filling.sample.packageId}::uuid`

it('half of what is pushed waits on one lane, the rest evenly on the others, as much in a mailbox', async () => {
  const { rows } = await sql<{ system_id: string; state: string; n: number }>`
    select system_id, state, count(*)::int as n from deliveries where package_id <> ${sampleId()}
    group by system_id, state order by system_id`.execute(gateway.db)

  expect(rows).toEqual([
    ...[1, 2, 3, 4].map((n) => ({ system_id: `BENCH-${n}`, state: 'waiting', n: (2 * packages) / 4 })),
    { system_id: 'BOX', state: 'available', n: 4 * packages },
    { system_id: 'DEEP', state: 'waiting', n: 2 * packages },
  ])
})

it('ids follow the time of acceptance, and senders take turns', async () => {
  const { rows } = await sql<{ accepted_at: Date; from_code: string; priority: number }>`
    select accepted_at, from_code, priority from packages where package_id <> ${sampleId()} order by package_id`.execute(
    gateway.db,
  )

  expect(rows.map((row) => row.accepted_at.getTime())).toEqual(
    Array.from({ length: packages }, (_, n) => filling.since.getTime() + n * 1_000),
  )
  expect(rows.map((row) => row.from_code)).toEqual(
    Array.from({ length: packages }, (_, n) => filling.senders[n % filling.senders.length]),
  )
  expect(rows.filter((row) => row.priority > 0)).toHaveLength(2)
})

it('what was filled in can be claimed, and is tracked and listed like any other', async () => {
  const { body: list } = await gateway.call('GET', '/api/v1/packages?limit=200', { basic: basicOfSender })
  const last = list.items.at(-1)
  const { body: view } = await gateway.call('GET', `/api/v1/packages/${last.packageId}`, { basic: basicOfSender })
  const claimed = await gateway.db.transaction().execute((trx) => claimDeliveries(trx, 'DEEP', 64, 8_000, 300))

  expect(list.items).toHaveLength(packages / 2 + 1)
  expectSchema('package-view', view)
  expect(view).toMatchObject({ packageId: last.packageId, documentId: last.documentId, priority: 4 })
  expect(view.deliveries).toHaveLength(8)
  expect(view.timeline.map((event: { type: string }) => event.type)).toEqual(['package.accepted'])
  expect(claimed.map((claim) => claim.package.priority).slice(0, 2)).toEqual([4, 4])
})
