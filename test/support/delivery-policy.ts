// The delivery policy that holds where nobody has said otherwise, and deliveries opened under it.
import { createStartClocks } from '../../src/delivery/clocks.ts'
import { createOpenDeliveries } from '../../src/delivery/open-deliveries.ts'
import { buildCalendar } from '../../src/domain/calendar.ts'
import { builtInDeliveryPolicy } from '../../src/registry/delivery-policy.ts'

export const defaultPolicy = builtInDeliveryPolicy()

/** Mondays to Fridays, seven and a half hours, with the holidays that law and moon give. */
export const plainCalendar = buildCalendar({
  version: 1,
  years: [],
  hours: {
    weekdays: [1, 2, 3, 4, 5],
    spans: [
      { from: '07:30', to: '11:30' },
      { from: '13:30', to: '17:00' },
    ],
  },
})

export const startClocks = createStartClocks({
  clock: { now: () => new Date() },
  calendar: () => plainCalendar,
  policyOf: () => defaultPolicy,
})

export const openDeliveries = createOpenDeliveries(startClocks)
