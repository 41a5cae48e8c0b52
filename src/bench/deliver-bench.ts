// How many deliveries a second are pushed and recorded. The backlog is taken in by a gateway that does nothing else
// (role edge); then a whole gateway is started on it, and the subscribers count what reaches them.
import { anything } from '../platform/json-decode.ts'
import { type BenchGateway, type BenchPlace, createBenchPlace, usedByGateway } from './bench-gateway.ts'
import { arrivals, listening, loadResult } from './bench-messages.ts'
import { type BenchProvince, registerProvince } from './bench-province.ts'
import { type BenchChild, startChild } from './child-process.ts'
import { attachmentBytes, basic } from './intake-bench.ts'
import { describeMachine } from './machine.ts'
import { usedBetween } from './process-figures.ts'
import { percentilesOf, rounded, spreadOf } from './statistics.ts'
import { untilDelivered } from './until-delivered.ts'

export interface DeliverRequest {
  readonly rounds: number
  /** Default 20. */
  readonly subscribers?: number
  /** Of a round; each goes to every subscriber. */
  readonly packages: number
  readonly connections: number
  /** Of the caller; the gateway that is measured inherits what it does not set itself. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

// A calm day's load, far below what the machine can do: the latency of a gateway that is not waiting for itself.
const pacedPackagesPerSecond = 5
const pacedPackages = 50
const usualSubscribers = 20
const roundWithinMs = 5 * 60_000

export async function benchDeliver(request: DeliverRequest): Promise<object> {
  const place = createBenchPlace(request)
  const subscribers = startChild('subscriber-child')
  const generator = startChild('load-child')
  try {
    const run = new DeliverRun(request, { place, subscribers, generator })
    return { ...(await run.all()), machine: describeMachine() }
  } finally {
    generator.end()
    subscribers.end()
    await place.remove()
  }
}

interface Round {
  readonly deliveries: number
  readonly seconds: number
  /** Counted at the subscribers, from the first arrival to the last. */
  readonly deliveriesPerSecond: number
  /** Until the database says so of the last one; null when it never did. */
  readonly recordedPerSecond: number | null
  readonly lost: number
  readonly repeated: number
  readonly used: object
}

interface Parts {
  readonly place: BenchPlace
  readonly subscribers: BenchChild
  readonly generator: BenchChild
}

class DeliverRun {
  readonly #request: DeliverRequest
  readonly #parts: Parts
  #province: BenchProvince | undefined
  #nextNumber = 1
  /** Deliveries of all packages that got a receipt. */
  #expected = 0

  constructor(request: DeliverRequest, parts: Parts) {
    this.#request = request
    this.#parts = parts
  }

  async all(): Promise<object> {
    const { request, place, subscribers } = { request: this.#request, ...this.#parts }
    const { port } = await subscribers.ask({ kind: 'listen' }, listening)
    let gateway = await place.start()
    this.#province = await registerProvince(gateway.operator, {
      systems: request.subscribers ?? usualSubscribers,
      agenciesPerSystem: 1,
      pushUrl: (index) => `http://127.0.0.1:${port}/${index}`,
    })
    const latencyMs = await this.#pacedLatency(gateway)
    request.note(`paced: p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms from submission to arrival`)
    await gateway.stop()

    const rounds: Round[] = []
    for (let n = 1; n <= request.rounds; n++) {
      request.signal.throwIfAborted()
      gateway = await place.start('edge')
      await subscribers.ask({ kind: 'reset' }, anything)
      const deliveries = await this.#load(gateway, { count: request.packages })
      await gateway.stop()
      gateway = await place.start()
      const round = await this.#drain(gateway, deliveries)
      await gateway.stop()
      request.note(`round ${n}: ${round.deliveriesPerSecond} deliveries/s, ${round.lost} lost`)
      rounds.push(round)
    }
    return this.#report(rounds, latencyMs)
  }

  /** Answers the number of deliveries that were accepted. */
  async #load(gateway: BenchGateway, how: { count: number; packagesPerSecond?: number }): Promise<number> {
    const { sender, recipients } = this.#province ?? { sender: undefined, recipients: [] }
    if (sender === undefined) throw new Error('the province is not registered yet')
    const result = await this.#parts.generator.ask(
      {
        url: gateway.url,
        authorization: basic(sender),
        from: sender.codes[0],
        recipients,
        attachmentBytes,
        connections: this.#request.connections,
        firstNumber: this.#nextNumber,
        ...how,
      },
      loadResult,
    )
    if (result.refused > 0) throw new Error(`${result.refused} packages were not accepted: ${result.firstProblem}`)
    this.#nextNumber = result.nextNumber
    this.#expected += result.deliveries
    return result.deliveries
  }

  async #pacedLatency(gateway: BenchGateway) {
    const { subscribers } = this.#parts
    const warmUp = await this.#load(gateway, { count: 10 })
    await subscribers.ask({ kind: 'wait', deliveries: warmUp, withinMs: roundWithinMs }, arrivals)
    await subscribers.ask({ kind: 'reset' }, anything)
    const how = { count: pacedPackages, packagesPerSecond: pacedPackagesPerSecond }
    const deliveries = await this.#load(gateway, how)
    const arrived = await subscribers.ask({ kind: 'wait', deliveries, withinMs: roundWithinMs }, arrivals)
    await this.#untilRecorded(gateway)
    return percentilesOf(arrived.latenciesMs)
  }

  async #drain(gateway: BenchGateway, deliveries: number): Promise<Round> {
    const { subscribers } = this.#parts
    const before = { ...gateway.figures(), subscribers: subscribers.figures() }
    const arrived = await subscribers.ask({ kind: 'wait', deliveries, withinMs: roundWithinMs }, arrivals)
    const isRecorded = await this.#untilRecorded(gateway)
    const recordedAt = Date.now()
    const seconds = (arrived.lastAt - arrived.firstAt) / 1000
    return {
      deliveries,
      seconds: rounded(seconds, 2),
      deliveriesPerSecond: rounded(arrived.distinct / seconds, 1),
      recordedPerSecond: isRecorded ? rounded((deliveries * 1000) / (recordedAt - arrived.firstAt), 1) : null,
      lost: deliveries - arrived.distinct,
      repeated: arrived.repeated,
      used: {
        ...usedByGateway(before, gateway.figures()),
        subscribers: usedBetween(before.subscribers, subscribers.figures()),
      },
    }
  }

  /** Until the database says of every delivery that it was delivered. */
  async #untilRecorded({ operator }: BenchGateway): Promise<boolean> {
    const { signal } = this.#request
    const wish = { deliveries: this.#expected, withinMs: roundWithinMs, signal }
    return (await untilDelivered(operator, wish)) >= this.#expected
  }

  #report(rounds: readonly Round[], latencyMs: object): object {
    const { subscribers = usualSubscribers, packages, connections } = this.#request
    return {
      benchmark: 'deliver',
      conditions: { attachmentBytes, subscribers, packagesPerRound: packages, connections, rounds: rounds.length },
      deliveriesPerSecond: spreadOf(rounds.map((round) => round.deliveriesPerSecond)),
      recordedPerSecond: spreadOf(rounds.map((round) => round.recordedPerSecond ?? 0)),
      submissionToArrivalMs: { ...latencyMs, packagesPerSecond: pacedPackagesPerSecond, subscribers },
      lost: rounds.reduce((sum, round) => sum + round.lost, 0),
      repeated: rounds.reduce((sum, round) => sum + round.repeated, 0),
      rounds,
    }
  }
}
