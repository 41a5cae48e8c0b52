// How many packages a second are accepted: validated, made durable, addressed to 8.5 agencies on average, receipt
// given. Deliveries end in mailboxes, so that sending them on is not part of the figure.
import { stats } from '../platform/gateway-answers.ts'
import { type BenchGateway, createBenchPlace, type GatewayFigures, usedByGateway } from './bench-gateway.ts'
import { loadResult } from './bench-messages.ts'
import { type BenchProvince, registerProvince } from './bench-province.ts'
import { bigPackage } from './big-bench.ts'
import { type BenchChild, startChild } from './child-process.ts'
import { describeMachine } from './machine.ts'
import { usedBetween } from './process-figures.ts'
import { percentilesOf, rounded, spreadOf, spreadOfPercentiles } from './statistics.ts'

export interface IntakeRequest {
  readonly rounds: number
  readonly durationMs: number
  readonly warmUpMs: number
  readonly recipients: number
  readonly connections: number
  /** MiB of the one big package; absent: the ordinary run. */
  readonly bigMiB?: number
  /** Of the caller; the gateway that is measured inherits what it does not set itself. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

// 45 KB of PDF make a package of 60 KB, the usual size of an official letter.
export const attachmentBytes = 45 * 1000

export async function benchIntake(request: IntakeRequest): Promise<object> {
  const place = createBenchPlace(request)
  try {
    const gateway = await place.start()
    const province = await registerProvince(gateway.operator, { systems: 20, agenciesPerSystem: 3 })
    const run = request.bigMiB === undefined ? ordinary : bigPackage
    return { ...(await run(request, gateway, province)), machine: describeMachine() }
  } finally {
    await place.remove()
  }
}

async function ordinary(request: IntakeRequest, gateway: BenchGateway, province: BenchProvince): Promise<object> {
  const generator = startChild('load-child')
  try {
    const load = loader({ request, gateway, province, generator })
    request.note(`warm-up, ${request.warmUpMs} ms`)
    await load(request.warmUpMs)
    const rounds: Round[] = []
    for (let n = 1; n <= request.rounds; n++) {
      request.signal.throwIfAborted()
      const round = await load(request.durationMs)
      request.note(`round ${n}: ${round.packagesPerSecond} packages/s, p99 ${round.latencyMs.p99} ms`)
      rounds.push(round)
    }
    const counted = await gateway.operator.call('GET', '/api/v1/admin/stats', stats)
    return report(request, rounds, { ...load.totals(), stored: counted })
  } finally {
    generator.end()
  }
}

type Round = Awaited<ReturnType<Loader>>

interface Loading {
  readonly request: IntakeRequest
  readonly gateway: BenchGateway
  readonly province: BenchProvince
  readonly generator: BenchChild
}

type Loader = ReturnType<typeof loader>

/** Runs the generator for a time, and keeps count of everything that was accepted. */
function loader({ request, gateway, province, generator }: Loading) {
  const totals = { packages: 0, deliveries: 0 }
  let firstNumber = 1
  const load = async (durationMs: number) => {
    const before = { ...gateway.figures(), generator: generator.figures() }
    const result = await generator.ask(
      {
        url: gateway.url,
        authorization: basic(province.sender),
        from: province.sender.codes[0],
        recipients: province.recipients,
        recipientsMean: request.recipients,
        attachmentBytes,
        connections: request.connections,
        firstNumber,
        durationMs,
      },
      loadResult,
    )
    if (result.refused > 0) throw new Error(`${result.refused} packages were not accepted: ${result.firstProblem}`)
    firstNumber = result.nextNumber
    totals.packages += result.accepted
    totals.deliveries += result.deliveries
    const after: GatewayFigures = gateway.figures()
    const seconds = result.elapsedMs / 1000
    return {
      packages: result.accepted,
      deliveries: result.deliveries,
      seconds: rounded(seconds, 2),
      packagesPerSecond: rounded(result.accepted / seconds, 1),
      deliveriesPerSecond: rounded(result.deliveries / seconds, 1),
      latencyMs: percentilesOf(result.latenciesMs),
      used: {
        ...usedByGateway(before, after),
        generator: usedBetween(before.generator, generator.figures()),
      },
    }
  }
  return Object.assign(load, { totals: () => totals })
}

export function basic({ systemId, secret }: { systemId: string; secret: string }): string {
  return `Basic ${Buffer.from(`${systemId}:${secret}`).toString('base64')}`
}

interface Totals {
  readonly packages: number
  readonly deliveries: number
  readonly stored: {
    readonly packages: number
    readonly deliveries: { readonly byState: Readonly<Record<string, number>> }
  }
}

function report(request: IntakeRequest, rounds: readonly Round[], totals: Totals): object {
  const stored = Object.values(totals.stored.deliveries.byState).reduce((sum, count) => sum + count, 0)
  return {
    benchmark: 'intake',
    conditions: {
      attachmentBytes,
      recipientsMean: request.recipients,
      connections: request.connections,
      rounds: request.rounds,
      roundSeconds: request.durationMs / 1000,
    },
    packagesPerSecond: spreadOf(rounds.map((round) => round.packagesPerSecond)),
    deliveriesPerSecond: spreadOf(rounds.map((round) => round.deliveriesPerSecond)),
    latencyMs: spreadOfPercentiles(rounds.map((round) => round.latencyMs)),
    // Every package that got a receipt, against what the database holds; warm-up included.
    lost: { packages: totals.packages - totals.stored.packages, deliveries: totals.deliveries - stored },
    rounds,
  }
}
