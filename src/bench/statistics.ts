// The few figures that a measurement is summed up in.

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Of several rounds: the one in the middle, and how far the others were. */
export function spreadOf(values: readonly number[], digits = 1): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? Number.NaN
  const median = sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
  return {
    median: rounded(median, digits),
    min: rounded(sorted[0] ?? Number.NaN, digits),
    max: rounded(sorted.at(-1) ?? Number.NaN, digits),
  }
}

export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** By nearest rank: every figure is one that was really measured. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort()
  const at = (share: number) => rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN, 2)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

export function spreadOfPercentiles(rounds: readonly Percentiles[]): Record<keyof Percentiles, Spread> {
  const of = (name: keyof Percentiles) =>
    spreadOf(
      rounds.map((round) => round[name]),
      2,
    )
  return { p50: of('p50'), p95: of('p95'), p99: of('p99') }
}

export function rounded(value: number, digits: number): number {
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}
