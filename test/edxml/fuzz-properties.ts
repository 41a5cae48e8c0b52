// What must hold of every mutant, and the run that looks for one of which it does not.
import fc from 'fast-check'
import { type MutantPlan, mutantOf, mutantPlan } from './fuzz-mutations.ts'
import { codeOf, faultsOf, type Verdict, verdictOn } from './reading-verdict.ts'

/** No mutant takes a tenth of it; longer means that something grows with the square of its size. */
const hangMs = 1_000

export interface FuzzedMutant {
  readonly bytes: Buffer
  readonly code: string
  readonly tookMs: number
}

/** Reads a mutant whole and in chunks; throws when the reader does, or says something that it must not. */
export function fuzzOne(plan: MutantPlan): FuzzedMutant {
  const bytes = mutantOf(plan)
  const start = performance.now()
  const verdict = verdictOn(bytes)
  const tookMs = performance.now() - start
  const faults = [
    ...faultsOf(verdict, bytes),
    ...(tookMs > hangMs ? [`took ${Math.round(tookMs)} ms`] : []),
    ...chunkFaults(verdict, verdictOn(bytes, plan.chunkSizes)),
  ]
  if (faults.length > 0) throw new Error(faults.join('; '))
  return { bytes, code: codeOf(verdict), tookMs }
}

function chunkFaults(whole: Verdict, chunked: Verdict): string[] {
  const [a, b] = [JSON.stringify(comparable(whole)), JSON.stringify(comparable(chunked))]
  return a === b ? [] : [`read in chunks it is another: ${b.slice(0, 500)} instead of ${a.slice(0, 500)}`]
}

/** Text outside the root the XML parser sees when it ends, with a tag or with the chunk; the place says no more. */
function comparable(verdict: Verdict): unknown {
  if (verdict.kind === 'accepted' || verdict.code !== 'xml_malformed' || verdict.violations[0]?.path !== '')
    return verdict
  return { code: verdict.code, reason: verdict.params.reason }
}

export interface FuzzRun {
  readonly seed: number
  readonly runs: number
  /** Of a failure that was reported before: only that mutant is tried again. */
  readonly path?: string
  readonly onMutant?: (mutant: FuzzedMutant) => void
  /** What is asked of each; `fuzzOne` when absent. */
  readonly examine?: (plan: MutantPlan) => FuzzedMutant
}

export type FuzzFailure = {
  readonly plan: MutantPlan
  readonly seed: number
  readonly path: string
  readonly error: string
}

/** The first mutant that fails, made as small as it can be; undefined when all pass. */
export function fuzz({ seed, runs, path, onMutant, examine = fuzzOne }: FuzzRun): FuzzFailure | undefined {
  const property = fc.property(mutantPlan, (plan) => {
    const mutant = examine(plan)
    onMutant?.(mutant)
  })
  const result = fc.check(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) })
  if (!result.failed || result.counterexample === null) return undefined
  const error =
    result.errorInstance instanceof Error ? (result.errorInstance.stack ?? '') : String(result.errorInstance)
  return { plan: result.counterexample[0], seed, path: result.counterexamplePath ?? '', error }
}
