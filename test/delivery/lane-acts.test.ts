// Pause, drain, resume, suspend: what they do to a lane and to the clocks of what waits on it.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { claimDeliveries } from '../../src/delivery/claim-deliveries.ts'
import { actOnLane, type LaneAct } from '../../src/delivery/lane-acts.ts'
import { recordResults } from '../../src/delivery/record-results.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { defaultPolicy } from '../support/delivery-policy.ts'
import { type DeliveryRows, openDeliveryRows, result } from './delivery-rows.ts'

let rows: DeliveryRows
beforeAll(async () => {
  rows = await openDeliveryRows()
})
afterAll(() => rows.close())

const act = (systemId: string, what: LaneAct) =>
  rows.db
    .transaction()
    .execute((trx) => actOnLane(trx, { act: what, systemId, operator: 'Lan', reason: 'Bảo trì', newId: uuidv7 }))
const claim = (lane: string) => claimDeliveries(rows.db, lane, 64, 8_000, 300)
const stops = (lane: string) =>
  rows.db
    .selectFrom('clock_stops')
    .select(['why', 'ended_at'])
    .where('system_id', '=', lane)
    .orderBy('stop_id')
    .execute()
const suspendedAt = async (systemId: string) =>
  (
    await rows.db
      .selectFrom('systems')
      .select('suspended_at')
      .where('system_id', '=', systemId)
      .executeTakeFirstOrThrow()
  ).suspended_at

it('a paused lane gives nothing out, keeps everything, and goes on', async () => {
  const lane = await rows.lane()
  await rows.delivery(lane)

  expect(await act(lane, 'pause')).toEqual({ systemId: lane, state: 'paused', inFlight: 0, waiting: 1 })
  expect(await claim(lane)).toEqual([])
  expect(await rows.laneRow(lane)).toMatchObject({ paused_by: 'Lan', paused_note: 'Bảo trì' })
  expect(await stops(lane)).toEqual([{ why: 'by_operator', ended_at: null }])

  expect(await act(lane, 'resume')).toMatchObject({ state: 'running' })
  expect(await claim(lane)).toHaveLength(1)
  expect((await stops(lane))[0]?.ended_at).toBeInstanceOf(Date)
})

it('a drained lane lets running attempts end', async () => {
  const lane = await rows.lane()
  await rows.delivery(lane)
  const claims = await claim(lane)

  expect(await act(lane, 'drain')).toMatchObject({ state: 'draining', inFlight: 1 })
  const { late } = await recordResults(
    rows.db,
    claims.map((c) => result(c, { kind: 'delivered' })),
    () => defaultPolicy,
    uuidv7,
  )

  expect(late).toEqual([])
  expect(await act(lane, 'drain')).toMatchObject({ state: 'paused', inFlight: 0 })
})

it('a suspended system is marked, and freed by a resume', async () => {
  const lane = await rows.lane()

  expect(await act(lane, 'suspend')).toMatchObject({ state: 'suspended' })
  expect(await suspendedAt(lane)).toBeInstanceOf(Date)
  // Paused instead, its credentials are good again.
  expect(await act(lane, 'pause')).toMatchObject({ state: 'paused' })
  expect(await suspendedAt(lane)).toBeNull()
  await act(lane, 'suspend')
  expect(await act(lane, 'resume')).toMatchObject({ state: 'running' })
  expect(await suspendedAt(lane)).toBeNull()
})

it('acts said twice stop the clocks once', async () => {
  const lane = await rows.lane()

  await act(lane, 'pause')
  await act(lane, 'pause')
  await act(lane, 'suspend')

  expect(await stops(lane)).toHaveLength(1)
})

it('a resume clears the record of faults', async () => {
  const lane = await rows.lane({ faultsInRow: 7, openFor: 600, paused: true })
  await rows.delivery(lane)

  await act(lane, 'resume')

  expect(await claim(lane)).toHaveLength(1)
})

it('a system without a lane is not there', async () => {
  expect(await act('nobody', 'pause')).toBeUndefined()
})
