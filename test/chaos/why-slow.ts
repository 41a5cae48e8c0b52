// What the gateway itself tells about the last of a backlog, for whoever wants to know where the seconds went.
import { packageView } from './follower.ts'
import type { Installation } from './installation.ts'
import { type RecoveryQuestion, slowest } from './judge.ts'

export async function whySlow(on: Installation, question: RecoveryQuestion): Promise<string> {
  const last = slowest(on.ledger, question)
  if (last === undefined) return 'no fresh document went through'
  const { promised, ms } = last
  const sinceEnd = (at: number) => `${((at - question.to) / 1000).toFixed(1)} s`
  const arrivals = on.ledger
    .arrivalsOf(promised.deliveryId)
    .map(({ at, isKept }) => `${sinceEnd(at)}${isKept ? ' kept' : ''}`)
  const view = await packageView(on, promised.packageId).catch(() => undefined)
  const told = view?.deliveries.find(({ deliveryId }) => deliveryId === promised.deliveryId)
  const ready = on.processes.map((one) => `${one.name} ${sinceEnd(one.readyAt() ?? Number.POSITIVE_INFINITY)}`)
  const endedAt = new Date(performance.timeOrigin + question.to).toISOString()
  return `slowest: ${promised.deliveryId} to ${promised.organId}, ${ms} ms late; fault ended ${endedAt}; accepted ${sinceEnd(promised.acceptedAt)}, arrived ${arrivals.join(', ')}; ready ${ready.join(', ')}; ${JSON.stringify(told)} ${JSON.stringify(view?.timeline)}`
}
