// A stopped document as its parties see it: the sender is told, its recipients see nothing (contract §5).
import { afterAll, beforeAll, expect, it } from 'vitest'
import { holdPackage, releasePackage } from '../../src/delivery/hold-package.ts'
import { trackPackage } from '../../src/reports/track-package.ts'
import { type DeliveryRows, openDeliveryRows } from '../delivery/delivery-rows.ts'
import { type Desk, openDesk } from '../delivery/desk.ts'

let rows: DeliveryRows
let desk: Desk
beforeAll(async () => {
  rows = await openDeliveryRows()
  desk = openDesk(rows)
})
afterAll(() => rows.close())

it('shows the sender the state and the reason, and its recipients nothing at all', async () => {
  const lane = await rows.lane({ channel: 'mailbox' })
  const agencyId = await rows.agency()
  desk.receives(agencyId, lane, 'mailbox')
  const packageId = await rows.package()
  const { repeat_key: repeatKey, from_agency_id: from } = await rows.db
    .selectFrom('packages')
    .select(['repeat_key', 'from_agency_id'])
    .where('package_id', '=', packageId)
    .executeTakeFirstOrThrow()
  const deliveryId = await rows.delivery(lane, { state: 'available', packageId, repeatKey, agencyId })
  const seenBy = (systemId: string, agency: string) =>
    trackPackage(packageId, { systemId, credentialId: 'c', agencyIds: new Set([agency]) }, undefined, {
      db: rows.db,
      findingText: ({ code }) => code,
      reasonText: (code) => ({ text: code, whoActs: 'provincial_axis' }),
      recipientsOf: () => [],
    })
  const types = (view: Awaited<ReturnType<typeof seenBy>>) => view?.timeline.map((entry) => entry.type)

  expect(await seenBy(lane, agencyId)).toMatchObject({ deliveries: [{ deliveryId, state: 'available' }] })
  await holdPackage({ packageId, reason: 'nghi nhầm', requestedBy: 'bà Hoa', heldBy: 'an' }, desk.options)
  const [sender, recipient] = [await seenBy('QLVB-GUI', from), await seenBy(lane, agencyId)]
  await releasePackage({ packageId, reason: 'đã kiểm tra', releasedBy: 'an' }, desk.options)

  expect(recipient).toBeUndefined()
  expect(sender?.deliveries).toMatchObject([{ deliveryId, state: 'held', reason: { code: 'by_operator' } }])
  expect(types(sender)?.toSorted()).toEqual(['delivery.held', 'package.held'])
  expect(types(await seenBy(lane, agencyId))).toEqual(['delivery.rerouted'])
  expect(types(await seenBy('QLVB-GUI', from))).toContain('package.released')
})
