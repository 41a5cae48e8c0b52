// `npm run chaos`: faults of every kind while documents flow, and a count by an independent ledger of what became of
// each (docs/chaos.md). Ends with 1 when anything was lost, altered, misdirected, repeated without need or late.
import { spawnSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { type Chance, chanceOf } from './chance.ts'
import type { Fault } from './faults.ts'
import { refuseWithoutBuild } from './gateway-process.ts'
import { type Backend, createInstallation, type Ground, type Installation } from './installation.ts'
import { judge } from './judge.ts'
import { type Options, readOptions, usage, WrongUsage } from './options.ts'
import { partners, receiverOf, someRecipients, withPartners } from './province.ts'
import { failures, type Result, type Row, table, writeFigures } from './result.ts'
import { runRound } from './round.ts'
import { createSenders } from './senders.ts'

const neighbours = 'neighbours of bad partners'
/** Of the short form: what has not begun by then, counted for each backend, is left out and said to be. */
const shortMs = 55_000

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  refuseWithoutBuild()
  const begun = performance.now()
  note(`seed ${options.seed}, ${options.rounds} rounds of each fault`)
  const [load = 0] = loadavg()
  if (load > cpus().length)
    note(`the machine is busy (load ${load.toFixed(1)}): recovery will take longer than it needs`)
  const rows: Row[] = []
  const skipped = notHere(options)
  const strays: string[] = []
  for (const backend of options.backends) {
    const begunHere = performance.now()
    const hasTime = () => !options.isShort || performance.now() - begunHere < shortMs
    for (const { ground, faults } of installationsOf(backend, options)) {
      const on = await createInstallation(ground, backend, chanceOf(options.seed, ground, backend))
      try {
        const verdicts: (() => Row[])[] = []
        for (const fault of faults) {
          if (hasTime()) verdicts.push(await runFault(on, fault, options))
          else skipped.push(`${fault.name}, ${backend}: no time left`)
        }
        // Only now: what one fault left undone may come again while the next one is on.
        rows.push(...verdicts.flatMap((verdict) => verdict()))
        strays.push(...on.ledger.unpromised())
      } finally {
        await on.close()
      }
    }
  }
  return tell({ seed: options.seed, seconds: (performance.now() - begun) / 1000, rows, skipped, strays }, options)
}

/** Where each thing could not be had on this machine, the result says so. */
function notHere({ faults, backends }: Options): string[] {
  const without = faults.flatMap(({ name, notHere: why }) => (why === undefined ? [] : [`${name}: ${why}`]))
  if (backends.includes('redis') && !hasRedis()) without.push('queues on Redis: redis-server is not installed')
  return without
}

function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
}

interface Planned {
  readonly ground: Ground
  readonly faults: readonly Fault[]
}

/** Faults that need nothing of their own share an installation: what one leaves behind is the next one's burden. */
function installationsOf(backend: Backend, { faults, isShort }: Options): Planned[] {
  if (backend === 'redis' && !hasRedis()) return []
  const backendsOf = ({ shortOn, backends }: Fault) => (isShort ? (shortOn ?? backends) : backends)
  const planned = faults.filter((fault) => fault.notHere === undefined && backendsOf(fault).includes(backend))
  return [...new Set(planned.map(({ ground }) => ground))].map((ground) => ({
    ground,
    faults: planned.filter((fault) => fault.ground === ground),
  }))
}

/** Answers how to judge what it did, once nothing more can come of it. */
async function runFault(on: Installation, fault: Fault, { seed, rounds, isShort }: Options): Promise<() => Row[]> {
  const rowNames = fault.isOfPartners === true ? [neighbours, ...partners.map(({ manner }) => manner)] : [fault.name]
  const senders = createSenders({
    url: on.url,
    authorization: on.senderAuthorization,
    ledger: on.ledger,
    documentsPerSecond: fault.hasLargeDocuments === true ? 8 : 12,
    bytesOf: (chance) => bytesOf(chance, fault),
    recipientsOf: fault.isOfPartners === true ? withPartners : someRecipients,
    rowOf: fault.isOfPartners === true ? partnerRow : () => fault.name,
  })
  const recoveries = new Map<string, number[]>(rowNames.map((row) => [row, []]))
  const fallsBefore = on.processes.map(({ falls }) => falls.length)
  for (let round = 0; round < rounds; round++) {
    const chance = chanceOf(seed, fault.name, on.backend, round)
    const recovered = await runRound({ on, fault, senders, rows: rowNames, round, chance, isShort, note })
    for (const [row, seconds] of recovered) recoveries.get(row)?.push(seconds)
    note(
      `${fault.name}, ${on.backend}, round ${round + 1}: ${[...recovered.values()].map((s) => s.toFixed(1)).join(' ')} s`,
    )
  }
  const complaints = [
    ...senders.refusals.map((text) => `a good document was turned away: ${text}`),
    ...on.processes.flatMap(({ falls }, at) => falls.slice(fallsBefore[at]).map((text) => `a process fell: ${text}`)),
  ]
  return () =>
    rowNames.map((row, at) => ({
      ...{ fault: row, backend: on.backend, rounds, complaints: at === 0 ? complaints : [] },
      verdict: judge(on.ledger, { row, receiverOf }),
      recoverySeconds: recoveries.get(row) ?? [],
    }))
}

function partnerRow(organId: string): string {
  return partners.find(({ agency }) => agency === organId)?.manner ?? neighbours
}

/** Mostly small, as real ones are. */
function bytesOf(chance: Chance, { hasLargeDocuments }: Fault): number {
  if (hasLargeDocuments === true) return chance.between(1_000, 400_000)
  return chance.next() < 0.1 ? chance.between(100_000, 300_000) : chance.between(500, 20_000)
}

function tell(result: Result, { asJson, writesFigures }: Options): number {
  const wrong = failures(result)
  process.stdout.write(asJson ? `${JSON.stringify({ ...result, failures: wrong }, null, 2)}\n` : `${table(result)}\n`)
  for (const text of result.skipped) note(`left out: ${text}`)
  for (const text of wrong) note(`FAILED ${text}`)
  if (writesFigures) writeFigures(result)
  note(
    `seed ${result.seed}, ${Math.round(result.seconds)} s, ${wrong.length === 0 ? 'all is well' : `${wrong.length} failures`}`,
  )
  return wrong.length === 0 ? 0 : 1
}

function note(text: string): void {
  process.stderr.write(`[chaos] ${text}\n`)
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof WrongUsage || (error instanceof TypeError && 'code' in error))) throw error
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
}
