import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Claim } from '../../src/delivery/claim-deliveries.ts'
import { createLaneServer, type LaneServer } from '../../src/delivery/lane-server.ts'
import type { AttemptResult } from '../../src/delivery/record-results.ts'
import type { AttemptOutcome, ClaimedDelivery } from '../../src/domain/delivery.ts'
import { madeUpClaim } from './delivery-rows.ts'
import { keptLines } from './kept-lines.ts'

const lane = 'QLVB-1'
const delivered: AttemptOutcome = { kind: 'delivered', httpStatus: 200 }

let open: LaneServer | undefined
afterEach(() => open?.close(0))

/** A lane in memory: `slots` at once, deliveries that end when the test says so. */
function laneOf(slots: number, due: Claim[], leaseMs = 60_000) {
  const underWay = new Map<string, { finish: (outcome: AttemptOutcome) => void; signal: AbortSignal }>()
  const recorded: AttemptResult[] = []
  const rung: string[] = []
  const extended: (readonly ClaimedDelivery[])[] = []
  const busy = new Set<string>()
  const { logger, messages } = keptLines()
  let claims = 0
  let beforeAnswer: () => Promise<void> = async () => undefined

  const server = createLaneServer({
    async claim(_systemId, max): Promise<readonly Claim[]> {
      claims += 1
      const free = Math.min(slots - busy.size, max)
      const taken = due.splice(0, Math.max(free, 0))
      for (const { delivery } of taken) busy.add(delivery.deliveryId)
      await beforeAnswer()
      return taken
    },
    isBundled: () => false,
    extend: async (held) => void extended.push(held),
    channel: {
      deliver: async ({ deliveries: [delivery], signal }) => {
        const id = delivery?.deliveryId ?? ''
        const outcome = await new Promise<AttemptOutcome>((finish, cut) => {
          underWay.set(id, { finish, signal })
          signal.addEventListener('abort', () => cut(new Error('cut')))
        })
        return new Map([[id, outcome]])
      },
    },
    recorder: {
      async record(result) {
        recorded.push(result)
        busy.delete(result.claim.delivery.deliveryId)
        underWay.delete(result.claim.delivery.deliveryId)
      },
      flush: async () => undefined,
    },
    ring: (systemIds) => void rung.push(...systemIds),
    clock: { now: () => new Date() },
    logger,
    leaseMs,
  })
  open = server
  const finish = async (claim: Claim | undefined, outcome: AttemptOutcome = delivered) => {
    const id = claim?.delivery.deliveryId ?? ''
    await vi.waitFor(() => expect(underWay.has(id)).toBe(true))
    underWay.get(id)?.finish(outcome)
    await vi.waitFor(() => expect(recorded.some((r) => r.claim === claim)).toBe(true))
  }
  return {
    ...{ server, due, underWay, recorded, rung, extended, messages, finish },
    claims: () => claims,
    onClaim: (act: () => Promise<void>) => {
      beforeAnswer = act
    },
  }
}

const claimsOf = (count: number) => Array.from({ length: count }, () => madeUpClaim(lane))

describe('serving a lane', () => {
  it('attempts what is due and records each outcome', async () => {
    const all = claimsOf(3)
    const box = laneOf(8, [...all])

    await box.server.serve(lane)
    await box.finish(all[0], { kind: 'refused', reason: 'no' })
    await box.finish(all[1])
    await box.finish(all[2])

    expect(box.recorded.map((r) => r.outcome.kind)).toEqual(['refused', 'delivered', 'delivered'])
    expect(box.recorded.every((r) => r.finishedAt >= r.startedAt)).toBe(true)
  })

  it('ends its turn at once when everything due is under way: it never waits for the slowest', async () => {
    const box = laneOf(8, claimsOf(3))

    await box.server.serve(lane)

    expect(box.recorded).toEqual([])
    expect(box.underWay.size).toBe(3)
  })

  it('claims the next as soon as one slot comes free', async () => {
    const all = claimsOf(4)
    const box = laneOf(2, [...all])

    const turn = box.server.serve(lane)
    await box.finish(all[0])
    await vi.waitFor(() => expect(box.underWay.has(all[2]?.delivery.deliveryId ?? '')).toBe(true))

    // The slowest, the second one, is still under way.
    expect(box.underWay.has(all[1]?.delivery.deliveryId ?? '')).toBe(true)
    await box.finish(all[2])
    await box.finish(all[3])
    await box.finish(all[1])
    await turn
    expect(box.recorded).toHaveLength(4)
  })

  it('gives its turn up when every slot hangs, and rings when one of them ends', async () => {
    const all = claimsOf(3)
    const box = laneOf(2, [...all])

    await box.server.serve(lane)
    expect(box.underWay.size).toBe(2)
    expect(box.rung).toEqual([])

    await box.finish(all[0])
    await vi.waitFor(() => expect(box.rung).toEqual([lane]))
  })

  it('rings when a slot ends that it had found taken', async () => {
    const [first, second] = claimsOf(2)
    if (first === undefined || second === undefined) throw new Error('no claim')
    const box = laneOf(1, [first])
    await box.server.serve(lane)
    box.due.push(second)
    await box.server.serve(lane)

    await box.finish(first)

    await vi.waitFor(() => expect(box.rung).toContain(lane))
  })

  // The last slot came free while a claim was counting slots: nobody else will ring for what is due.
  it('looks again when a slot came free while it was counting', async () => {
    const [first, second] = claimsOf(2)
    if (first === undefined || second === undefined) throw new Error('no claim')
    const box = laneOf(1, [first])
    await box.server.serve(lane)
    box.due.push(second)
    box.onClaim(async () => {
      box.onClaim(async () => undefined)
      await box.finish(first)
    })

    await box.server.serve(lane)

    await vi.waitFor(() => expect(box.underWay.has(second.delivery.deliveryId) || box.rung.includes(lane)).toBe(true))
  })

  it('looks again for a ring that came while it was counting', async () => {
    const [claim] = claimsOf(1)
    if (claim === undefined) throw new Error('no claim')
    const box = laneOf(8, [])
    box.onClaim(async () => {
      box.onClaim(async () => undefined)
      box.due.push(claim)
      await box.server.serve(lane)
    })

    await box.server.serve(lane)

    await vi.waitFor(() => expect(box.underWay.size).toBe(1))
  })

  it('leaves a busy lane after its turn and rings for the rest', async () => {
    const box = laneOf(1, claimsOf(1_000_000 / 100))
    const feeder = setInterval(() => {
      for (const { finish } of box.underWay.values()) finish(delivered)
    }, 1)

    const startedAt = performance.now()
    await box.server.serve(lane)
    const tookMs = performance.now() - startedAt
    clearInterval(feeder)

    expect(box.due.length).toBeGreaterThan(0)
    expect(box.rung).toContain(lane)
    expect(tookMs).toBeGreaterThan(900)
    expect(tookMs).toBeLessThan(4_000)
  })

  it('serves one lane in one turn at a time', async () => {
    const box = laneOf(1, claimsOf(2))

    const turn = box.server.serve(lane)
    await box.server.serve(lane)
    await box.server.serve(lane)

    expect(box.claims()).toBe(1)
    await turn
  })

  it('is not kept from one lane by another that hangs', async () => {
    const hanging = claimsOf(1)
    const box = laneOf(1, hanging)
    await box.server.serve(lane)
    const other = laneOf(1, [madeUpClaim('QLVB-2')])
    await other.server.serve('QLVB-2')

    expect(other.underWay.size).toBe(1)
    await other.server.close(0)
  })

  it('keeps the leases of what is under way', async () => {
    const [claim] = claimsOf(1)
    if (claim === undefined) throw new Error('no claim')
    const box = laneOf(1, [claim], 30)

    await box.server.serve(lane)

    await vi.waitFor(() => expect(box.extended.some((held) => held[0] === claim.delivery)).toBe(true))
  })

  it('calls a fault of ours unclear and says so in the log', async () => {
    const [claim] = claimsOf(1)
    if (claim === undefined) throw new Error('no claim')
    const { logger, messages } = keptLines()
    const recorded: AttemptResult[] = []
    let isGiven = false
    open = createLaneServer({
      claim: async () => {
        const claims = isGiven ? [] : [claim]
        isGiven = true
        return claims
      },
      isBundled: () => false,
      extend: async () => undefined,
      channel: {
        deliver: async () => {
          throw new Error('blob is missing')
        },
      },
      recorder: { record: async (result) => void recorded.push(result), flush: async () => undefined },
      ring: () => undefined,
      clock: { now: () => new Date() },
      logger,
      leaseMs: 60_000,
    })

    await open.serve(lane)

    await vi.waitFor(() => expect(recorded).toHaveLength(1))
    expect(recorded[0]?.outcome).toEqual({ kind: 'unclear', cause: 'gateway: blob is missing' })
    expect(messages()).toContain('delivery.attempt_failed')
  })

  it('serves the lane again after a claim failed', async () => {
    const [claim] = claimsOf(1)
    if (claim === undefined) throw new Error('no claim')
    const box = laneOf(1, [claim])
    box.onClaim(async () => {
      box.onClaim(async () => undefined)
      box.due.unshift(claim)
      throw new Error('database away')
    })

    await expect(box.server.serve(lane)).rejects.toThrow('database away')
    await expect(box.server.serve('QLVB-9')).resolves.toBeUndefined()
  })
})

describe('an attempt that does not end', () => {
  afterEach(() => vi.useRealTimers())

  it('is cut at its deadline, which grows with the package', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const small = madeUpClaim(lane, { size: 1_000 })
    const large = madeUpClaim(lane, { size: 100_000_000 })
    const box = laneOf(8, [small, large])
    const turn = box.server.serve(lane)
    await vi.advanceTimersByTimeAsync(300)
    await turn

    await vi.advanceTimersByTimeAsync(61_000)
    expect(box.underWay.has(small.delivery.deliveryId)).toBe(false)
    expect(box.recorded.map((r) => r.claim)).toEqual([small])
    await vi.advanceTimersByTimeAsync(1_000_000)

    expect(box.recorded.map((r) => r.outcome.kind)).toEqual(['unclear', 'unclear'])
  })
})

describe('closing', () => {
  it('lets running attempts end within the grace', async () => {
    const [claim] = claimsOf(1)
    const box = laneOf(1, claim === undefined ? [] : [claim])
    await box.server.serve(lane)

    const closed = box.server.close(10_000)
    await box.finish(claim)
    await closed

    expect(box.recorded.map((r) => r.outcome.kind)).toEqual(['delivered'])
  })

  it('cuts what hangs, without a result: the lease runs out and the delivery is repeated', async () => {
    const [claim] = claimsOf(1)
    const box = laneOf(1, claim === undefined ? [] : [claim])
    await box.server.serve(lane)
    const signal = box.underWay.get(claim?.delivery.deliveryId ?? '')?.signal

    await box.server.close(20)

    expect(signal?.aborted).toBe(true)
    expect(box.recorded).toEqual([])
  })

  it('claims no more, and ends a turn that was waiting for a slot', async () => {
    const all = claimsOf(3)
    const box = laneOf(1, [...all])
    const turn = box.server.serve(lane)
    await vi.waitFor(() => expect(box.underWay.size).toBe(1))

    await box.server.close(0)
    await turn
    await box.server.serve(lane)

    expect(box.claims()).toBe(1)
    expect(box.due).toHaveLength(2)
  })
})
