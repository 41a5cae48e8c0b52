// Follows promises to their end: waits for arrivals and asks the gateway, as the contract lets a sender do, what it says
// of those that have not come. What is open after that is lost.
import type { Installation } from './installation.ts'
import type { Promised } from './ledger.ts'
import { cameTrue } from './wait.ts'

export interface Follower {
  /** Promises that are neither kept nor reported. */
  open(): readonly Promised[]
  /** Asks and waits until that is so, or the time is over. */
  until(isSo: () => boolean, withinMs: number): Promise<void>
}

const packagesAtOnce = 20
const everyMs = 100
const reportedStates = new Set(['held', 'refused', 'exhausted', 'expired', 'recalled'])

export function createFollower(on: Installation, rows: readonly string[]): Follower {
  const { ledger } = on
  const askedAt = new Map<string, number>()
  const open = () =>
    [...ledger.promises.values()].filter(({ row, deliveryId }) => rows.includes(row) && !ledger.isSettled(deliveryId))

  /** Those that were asked about longest ago, so that a few that are lost do not keep the others from their answer. */
  async function ask(): Promise<void> {
    const ids = [...new Set(open().map(({ packageId }) => packageId))]
    const next = ids.sort((a, b) => (askedAt.get(a) ?? 0) - (askedAt.get(b) ?? 0)).slice(0, packagesAtOnce)
    for (const packageId of next) {
      askedAt.set(packageId, performance.now())
      const { deliveries } = await packageView(on, packageId)
      for (const { deliveryId, state } of deliveries) if (reportedStates.has(state)) ledger.report(deliveryId, state)
    }
  }

  return {
    open,
    async until(isSo, withinMs) {
      const look = async () => {
        await ask()
        return isSo()
      }
      await cameTrue(look, withinMs, everyMs)
    },
  }
}

export interface PackageView {
  readonly deliveries: readonly { readonly deliveryId: string; readonly state: string }[]
  readonly timeline: unknown
}

export async function packageView({ url, senderAuthorization }: Installation, packageId: string): Promise<PackageView> {
  const answer = await fetch(`${url}/api/v1/packages/${packageId}`, {
    headers: { authorization: senderAuthorization },
    signal: AbortSignal.timeout(5_000),
  })
  if (!answer.ok) throw new Error(`the tracking view was answered ${answer.status}`)
  return JSON.parse(await answer.text())
}
