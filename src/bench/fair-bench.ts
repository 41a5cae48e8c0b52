// What one bad subscriber does to the others. In one run three states take turns: all are well; all are well and one
// gets bulk besides; one hangs, and the one with the bulk is flooded and answers slowly. The other
// subscribers' times are compared. Then one sender's bulk against another sender's single document.
import { anything } from '../platform/json-decode.ts'
import { type BenchGateway, createBenchPlace } from './bench-gateway.ts'
import { arrivals, listening, loadResult } from './bench-messages.ts'
import { type BenchProvince, type BenchSystem, registerProvince } from './bench-province.ts'
import { type BenchChild, startChild } from './child-process.ts'
import { attachmentBytes, basic } from './intake-bench.ts'
import { describeMachine } from './machine.ts'
import { recipientsOf } from './package-template.ts'
import { type Percentiles, percentilesOf, rounded, spreadOf, spreadOfPercentiles } from './statistics.ts'
import { timedSender, timesOf } from './timed-document.ts'
import { depthOf, untilDelivered } from './until-delivered.ts'

export interface FairRequest {
  readonly rounds: number
  /** Default 40; one of them hangs and one is flooded. */
  readonly subscribers?: number
  /** Of each state in each round. */
  readonly seconds: number
  /** Documents of the one sender behind which another sender's single ones are sent. */
  readonly bulk: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

const states = ['well', 'bulk', 'ill'] as const
type State = (typeof states)[number]

// A working day's load of a province: 85 deliveries a second in ten packages, far below what the machine can do.
const steady = { packagesPerSecond: 10, recipientsMean: 8.5 }
// Who answers after half a second takes fourteen a second: it gets more than it takes, on top of what waits for it.
// The flood comes in before the clock runs, for its intake costs everybody's processor whoever receives it.
const slowAnswerMs = 500
const bulkPerSecond = 20
const floodDocuments = 2_000
const warmUpSeconds = 5
const connections = 32
const arriveWithinMs = 60_000
const drainWithinMs = 5 * 60_000
/** Single documents, one after the other; fewer than the bulk leaves time for. */
const singles = 20

export async function benchFair(request: FairRequest): Promise<object> {
  const place = createBenchPlace(request)
  const parts = {
    well: startChild('subscriber-child'),
    ill: startChild('subscriber-child'),
    steady: startChild('load-child'),
    bulk: startChild('load-child'),
  }
  try {
    const gateway = await place.start()
    const province = await registerSubscribers(gateway, subscribersOf(request), parts)
    const run = new FairRun({ request, gateway, province, parts })
    return { ...(await run.all()), machine: describeMachine() }
  } finally {
    for (const child of Object.values(parts)) child.end()
    await place.remove()
  }
}

interface Parts {
  /** Where all but two arrive. */
  readonly well: BenchChild
  /** The one that hangs, and the one that is flooded. */
  readonly ill: BenchChild
  readonly steady: BenchChild
  readonly bulk: BenchChild
}

const subscribersOf = ({ subscribers = 40 }: FairRequest) => Math.max(3, subscribers)

const hangingPath = '/hanging'
const floodedPath = '/flooded'

/** The last but one hangs, the last is flooded. */
async function registerSubscribers(gateway: BenchGateway, systems: number, parts: Parts): Promise<BenchProvince> {
  const well = await parts.well.ask({ kind: 'listen' }, listening)
  const ill = await parts.ill.ask({ kind: 'listen' }, listening)
  const pathOf = (index: number) => (index === systems ? floodedPath : hangingPath)
  return registerProvince(gateway.operator, {
    systems,
    agenciesPerSystem: 1,
    senders: 3,
    pushUrl: (index) =>
      index <= systems - 2 ? `http://127.0.0.1:${well.port}/${index}` : `http://127.0.0.1:${ill.port}${pathOf(index)}`,
  })
}

interface Run {
  readonly request: FairRequest
  readonly gateway: BenchGateway
  readonly province: BenchProvince
  readonly parts: Parts
}

interface Phase {
  readonly latencyMs: Percentiles
  readonly deliveries: number
  readonly missing: number
  /** On the flooded one's lane, when the load began and when it ended. */
  readonly waitingBefore: number
  readonly waitingAfter: number
}

class FairRun {
  readonly #run: Run
  readonly #wellCodes: ReadonlySet<string>
  readonly #floodedCode: string
  readonly #next = { steady: 1, bulk: 1 }
  #expected = 0

  constructor(run: Run) {
    this.#run = run
    const { recipients } = run.province
    this.#wellCodes = new Set(recipients.slice(0, -2))
    this.#floodedCode = recipients.at(-1) ?? ''
  }

  async all(): Promise<object> {
    const { request } = this.#run
    await this.#phase('bulk', warmUpSeconds)
    const rounds: Record<State, Phase>[] = []
    for (let n = 1; n <= request.rounds; n++) {
      const round: Partial<Record<State, Phase>> = {}
      for (const state of states) {
        request.signal.throwIfAborted()
        const phase = await this.#phase(state, request.seconds)
        request.note(`round ${n}, ${state}: p50 ${phase.latencyMs.p50} ms, p99 ${phase.latencyMs.p99} ms`)
        round[state] = phase
      }
      rounds.push(round as Record<State, Phase>)
    }
    const senders = await this.#senders()
    return { ...report(request, rounds), senders, undelivered: await this.#undelivered() }
  }

  async #phase(state: State, seconds: number): Promise<Phase> {
    const { parts } = this.#run
    if (state === 'ill') await this.#fallIll()
    const waitingBefore = await this.#waitingForFlooded()
    await parts.well.ask({ kind: 'reset' }, anything)
    const first = this.#next.steady
    await Promise.all([this.#steadyLoad(seconds), state === 'well' ? undefined : this.#bulkLoad(seconds)])
    const deliveries = this.#deliveriesOfWell(first, this.#next.steady)
    const arrived = await parts.well.ask({ kind: 'wait', deliveries, withinMs: arriveWithinMs }, arrivals)
    const waitingAfter = await this.#waitingForFlooded()
    await this.#getWell()
    // The next state begins with empty lanes.
    await this.#untilDelivered(drainWithinMs)
    const missing = deliveries - arrived.distinct
    return { latencyMs: percentilesOf(arrived.latenciesMs), deliveries, missing, waitingBefore, waitingAfter }
  }

  async #steadyLoad(seconds: number): Promise<void> {
    const { sender, recipients } = this.#run.province
    const order = { ...this.#orderOf(sender), recipients, ...steady, durationMs: seconds * 1000 }
    this.#next.steady = await this.#load(this.#run.parts.steady, { ...order, firstNumber: this.#next.steady })
  }

  async #bulkLoad(seconds: number): Promise<void> {
    const order = { durationMs: seconds * 1000, packagesPerSecond: bulkPerSecond }
    await this.#bulk(order)
  }

  async #bulk(how: object): Promise<void> {
    const order = { ...this.#orderOf(this.#run.province.senders[1]), recipients: [this.#floodedCode], ...how }
    this.#next.bulk = await this.#load(this.#run.parts.bulk, { ...order, firstNumber: this.#next.bulk })
  }

  #orderOf(sender: BenchSystem | undefined) {
    if (sender === undefined) throw new Error('there are not enough senders')
    const { url } = this.#run.gateway
    return { url, authorization: basic(sender), from: sender.codes[0], attachmentBytes, connections }
  }

  /** Answers the number that comes next. */
  async #load(generator: BenchChild, order: object): Promise<number> {
    const result = await generator.ask(order, loadResult)
    if (result.refused > 0) throw new Error(`${result.refused} packages were not accepted: ${result.firstProblem}`)
    this.#expected += result.deliveries
    return result.nextNumber
  }

  #deliveriesOfWell(first: number, end: number): number {
    const { recipients } = this.#run.province
    let count = 0
    for (let number = first; number < end; number++) {
      const to = recipientsOf(number, steady.recipientsMean, recipients)
      count += to.filter((code) => this.#wellCodes.has(code)).length
    }
    return count
  }

  async #fallIll(): Promise<void> {
    await this.#slowDown()
    await this.#bulk({ count: floodDocuments })
    await this.#run.parts.ill.ask({ kind: 'answer', path: hangingPath }, anything)
  }

  async #slowDown(): Promise<void> {
    await this.#run.parts.ill.ask({ kind: 'answer', path: floodedPath, afterMs: slowAnswerMs }, anything)
  }

  async #getWell(): Promise<void> {
    const { ill } = this.#run.parts
    await ill.ask({ kind: 'answer', path: hangingPath, afterMs: 0 }, anything)
    await ill.ask({ kind: 'answer', path: floodedPath, afterMs: 0 }, anything)
  }

  async #waitingForFlooded(): Promise<number> {
    const { gateway, province } = this.#run
    return depthOf(gateway.operator, province.receivers.at(-1)?.systemId ?? '')
  }

  /** Another sender's documents to the flooded subscriber: with nothing before them, and behind the first one's bulk. */
  async #senders(): Promise<object> {
    const { gateway, province, parts, request } = this.#run
    const sender = province.senders[2]
    if (sender === undefined) throw new Error('there are not enough senders')
    const single = timedSender({
      url: gateway.url,
      sender,
      attachmentBytes,
      priority: 0,
      subscribers: parts.ill,
      withinMs: arriveWithinMs,
    })
    await this.#slowDown()
    const alone = await this.#singles(single)
    await this.#bulk({ count: request.bulk })
    const waitingBefore = await this.#waitingForFlooded()
    const behindBulk = await this.#singles(single)
    const waitingAfter = await this.#waitingForFlooded()
    await this.#getWell()
    await this.#untilDelivered(drainWithinMs)
    request.note(`singles behind ${waitingBefore}: p50 ${behindBulk.p50} ms, at most ${behindBulk.max} ms`)
    return {
      bulk: request.bulk,
      answerMs: slowAnswerMs,
      waitingBefore,
      waitingAfter,
      aloneMs: alone,
      behindBulkMs: behindBulk,
    }
  }

  async #singles(single: ReturnType<typeof timedSender>) {
    const documents = []
    for (let n = 0; n < singles; n++) documents.push(await single.send(this.#floodedCode))
    this.#expected += singles
    return timesOf(documents, 'sinceSubmissionMs')
  }

  async #undelivered(): Promise<number> {
    return this.#expected - (await this.#untilDelivered(0))
  }

  #untilDelivered(withinMs: number): Promise<number> {
    const { gateway, request } = this.#run
    return untilDelivered(gateway.operator, { deliveries: this.#expected, withinMs, signal: request.signal })
  }
}

function report(request: FairRequest, rounds: readonly Record<State, Phase>[]): object {
  const of = (state: State) => spreadOfPercentiles(rounds.map((round) => round[state].latencyMs))
  const ratio = (state: State, base: State) =>
    spreadOf(
      rounds.map((round) => rounded(round[state].latencyMs.p99 / round[base].latencyMs.p99, 3)),
      2,
    )
  return {
    benchmark: 'fair',
    conditions: {
      attachmentBytes,
      subscribers: subscribersOf(request),
      rounds: request.rounds,
      secondsPerState: request.seconds,
      ...steady,
      bulkPerSecond,
      floodDocuments,
      slowAnswerMs,
    },
    submissionToArrivalMs: { well: of('well'), bulk: of('bulk'), ill: of('ill') },
    // The bad ones' whole price, and how much of it is only the machine's work for the bulk.
    p99Ratio: { illToWell: ratio('ill', 'well'), illToBulk: ratio('ill', 'bulk') },
    missing: rounds.reduce((sum, round) => sum + states.reduce((lost, state) => lost + round[state].missing, 0), 0),
    rounds,
  }
}
