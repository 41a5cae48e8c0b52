// One round: load, a fault in the middle of it, and then every promise is followed to its end.
import type { Chance } from './chance.ts'
import { watchDueTimes } from './due-times.ts'
import type { Fault } from './faults.ts'
import { createFollower } from './follower.ts'
import type { Installation } from './installation.ts'
import { type RecoveryQuestion, recoveryMs } from './judge.ts'
import { partners } from './province.ts'
import type { Senders } from './senders.ts'
import { sleep } from './wait.ts'
import { whySlow } from './why-slow.ts'

export interface RoundOptions {
  readonly on: Installation
  readonly fault: Fault
  readonly senders: Senders
  readonly rows: readonly string[]
  readonly round: number
  readonly chance: Chance
  readonly isShort: boolean
  readonly note: (text: string) => void
}

/** Seconds by row. */
export type Recoveries = ReadonlyMap<string, number>

/** A lease and a sweep; what takes longer is worth a look. */
const slowSeconds = 10
const settleMsMax = 60_000
/** Retries begin after ten seconds, then thirty, then a minute, and a breaker rests for fifteen, then thirty. */
const retriedSettleMsMax = 150_000

export async function runRound(options: RoundOptions): Promise<Recoveries> {
  const { on, fault, senders, rows, round, chance, isShort, note } = options
  const begun = performance.now()
  await fault.prepare?.(on, round)
  const due = fault.isRetried === true ? watchDueTimes(on) : undefined
  senders.resume(chance)
  try {
    await sleep(chance.between(1_200, 2_500))
    const from = performance.now()
    await fault.strike(on, chance, isShort)
    const to = performance.now()
    if (fault.losesResults) disturb(on, fault, { from, to })

    // The load goes on until it is seen to flow, as it would in an office.
    const question = (row: string): RecoveryQuestion => ({
      row,
      from: begun,
      to,
      ...(due === undefined ? {} : { dueAt: due.dueAt }),
    })
    const isFlowing = (row: string) => recoveryMs(on.ledger, question(row)) !== undefined
    const patienceMs = fault.isOfPartners === true ? freshPartnersMs : settleMsMax
    const follower = createFollower(on, rows)
    await follower.until(() => rows.every(isFlowing), patienceMs)
    await senders.pause()
    await follower.until(
      () => follower.open().length === 0,
      fault.isRetried === true ? retriedSettleMsMax : settleMsMax,
    )
    const seconds = (row: string) => (recoveryMs(on.ledger, question(row)) ?? Number.POSITIVE_INFINITY) / 1000
    for (const row of rows) if (seconds(row) > slowSeconds) note(await whySlow(on, question(row)))
    return new Map(rows.map((row) => [row, seconds(row)]))
  } finally {
    due?.close()
  }
}

/** New documents for a partner need not wait for its old ones; a few seconds of them are enough. */
const freshPartnersMs = 3_000

function disturb({ ledger }: Installation, fault: Fault, { from, to }: { from: number; to: number }): void {
  if (fault.isOfPartners !== true) ledger.disturb({ row: fault.name, from, to })
  // What a bad partner does excuses nothing at its neighbours.
  else
    for (const { systemId, manner } of partners)
      ledger.disturb({ row: manner, from, to, receivers: new Set([systemId]) })
}
