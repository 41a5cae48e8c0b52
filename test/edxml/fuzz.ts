// `npm run fuzz`: damaged packages by the hundred thousand. Prints progress, what came of them, the slowest one and the
// memory used. A failing mutant is written to a file, with the seed and path that find it again; then it ends with 1.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutantOf } from './fuzz-mutations.ts'
import { type FuzzedMutant, type FuzzFailure, fuzz } from './fuzz-properties.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, runs: { type: 'string' }, path: { type: 'string' } },
})
const seed = wholeNumber('seed', 20_261_120)
const runs = wholeNumber('runs', 100_000)
const batchRuns = 2_000

let done = 0
let bytesRead = 0
let slowest: FuzzedMutant | undefined
const codes = new Map<string, number>()

process.exitCode = (await run()) ? 0 : 1

async function run(): Promise<boolean> {
  const start = performance.now()
  const first = failureOf(seed, values.path === undefined ? Math.min(runs, batchRuns) : 1, values.path)
  if (first !== undefined || values.path !== undefined) return report(first)
  // Everything has been loaded and compiled by now, so what stays from here on would go on growing.
  const heapBefore = await heapInUse()
  for (let batch = 1; batch * batchRuns < runs; batch++) {
    const failure = failureOf(seed + batch, Math.min(batchRuns, runs - batch * batchRuns))
    if (failure !== undefined) return report(failure)
    if (batch % 5 === 4)
      say(`${done} mutants, ${Math.round(performance.now() - start)} ms, heap ${megabytes(await heapInUse())}`)
  }
  const seconds = (performance.now() - start) / 1000
  say(
    `${done} mutants of ${megabytes(bytesRead)} in ${seconds.toFixed(1)} s, ${Math.round(done / seconds)} a second, seed ${seed}`,
  )
  say(`slowest: ${slowest?.tookMs.toFixed(1)} ms for ${slowest?.bytes.length} bytes (${slowest?.code})`)
  say(
    `memory: at most ${megabytes(process.resourceUsage().maxRSS * 1024)} resident, heap grown by ${megabytes((await heapInUse()) - heapBefore)}`,
  )
  for (const [code, count] of [...codes].sort(([, a], [, b]) => b - a)) say(`${String(count).padStart(9)}  ${code}`)
  return report(undefined)
}

/** Each batch has a seed of its own; a failure names it. */
function failureOf(batchSeed: number, batchSize: number, path?: string): FuzzFailure | undefined {
  return fuzz({ seed: batchSeed, runs: batchSize, onMutant: count, ...(path === undefined ? {} : { path }) })
}

function count(mutant: FuzzedMutant): void {
  done += 1
  bytesRead += mutant.bytes.length
  codes.set(mutant.code, (codes.get(mutant.code) ?? 0) + 1)
  if (mutant.tookMs > (slowest?.tookMs ?? 0)) slowest = mutant
}

function report(failure: FuzzFailure | undefined): boolean {
  if (failure === undefined) {
    say('no failure')
    return true
  }
  const file = join(mkdtempSync(join(tmpdir(), 'tram-fuzz-')), 'mutant.edxml')
  writeFileSync(file, mutantOf(failure.plan))
  say(`FAILED after ${done} mutants: ${failure.error}`)
  say(`the mutant: ${file}`)
  say(`the plan: ${JSON.stringify(failure.plan)}`)
  say(`again: npm run fuzz -- --seed ${failure.seed} --path ${failure.path}`)
  return false
}

/** What is only weakly held goes when a task ends, so one must end first. */
async function heapInUse(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function wholeNumber(name: 'seed' | 'runs', usual: number): number {
  const value = values[name] ?? String(usual)
  if (!/^\d{1,9}$/.test(value)) throw new Error(`--${name} takes a whole number, not "${value}"`)
  return Number(value)
}
