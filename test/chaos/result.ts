// The result of a run: one row for each fault and backend, what makes it fail, and how it is printed.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Verdict } from './judge.ts'

export interface Row {
  readonly fault: string
  readonly backend: string
  readonly rounds: number
  readonly verdict: Verdict
  readonly recoverySeconds: readonly number[]
  /** Good documents that were turned away, processes that fell: each with its words. */
  readonly complaints: readonly string[]
}

export interface Result {
  readonly seed: string
  readonly seconds: number
  readonly rows: readonly Row[]
  /** Deliveries that somebody got and nobody was promised. */
  readonly strays: readonly string[]
  /** What could not be had here, and why. */
  readonly skipped: readonly string[]
}

/** Design §3: whatever is lost heals by itself within this. */
const recoverySecondsMax = 15

/** What must not be; empty when all is well. */
export function failures({ rows, strays }: Result): string[] {
  const few = (ids: readonly string[]) => `${ids.length} (${ids.slice(0, 3).join(', ')})`
  const promisedToNobody = strays.length > 0 ? [`delivered and promised to nobody: ${few(strays)}`] : []
  const wrong = rows.flatMap(({ fault, backend, verdict, recoverySeconds, complaints }) => {
    const where = `${fault}, ${backend}`
    const bad = (['lost', 'altered', 'misdirected', 'unexplained'] as const)
      .filter((name) => verdict[name].length > 0)
      .map((name) => `${where}: ${name} ${few(verdict[name])}`)
    const slow = recoverySeconds.filter((seconds) => !(seconds < recoverySecondsMax))
    if (slow.length > 0) bad.push(`${where}: recovery took ${slow.map((s) => s.toFixed(1)).join(', ')} s`)
    if (verdict.accepted === 0) bad.push(`${where}: nothing was accepted, so nothing was shown`)
    if (complaints.length > 0) bad.push(`${where}: ${complaints.length} complaints, the first: ${complaints[0]}`)
    return bad
  })
  return [...promisedToNobody, ...wrong]
}

const headings = ['Fault', 'Queues on', 'Rounds', 'Accepted', 'Delivered', 'Reported', 'Lost', 'Duplicated']

export function table({ rows }: Result): string {
  const lines = [[...headings, 'of them unexplained', 'Recovery, median (max)'], ...rows.map(cells)]
  const rule = lines[0]?.map((_, at) => (at < 2 ? '---' : '---:')) ?? []
  return [lines[0], rule, ...lines.slice(1)].map((line) => `| ${line?.join(' | ')} |`).join('\n')
}

function cells({ fault, backend, rounds, verdict, recoverySeconds }: Row): string[] {
  const counts = [verdict.accepted, verdict.delivered, verdict.reported, verdict.lost.length]
  const repeats = [verdict.duplicated.length, verdict.unexplained.length]
  const numbers = [rounds, ...counts, ...repeats].map((count) => count.toLocaleString('en-US'))
  const queues = backend === 'postgres' ? 'PostgreSQL' : 'Redis'
  return [fault, queues, ...numbers, recoveryText(recoverySeconds)]
}

function recoveryText(seconds: readonly number[]): string {
  const sorted = [...seconds].sort((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)]
  const max = sorted.at(-1)
  return median === undefined || max === undefined ? '–' : `${median.toFixed(1)} s (${max.toFixed(1)} s)`
}

const begin = '<!-- chaos:begin -->'
const end = '<!-- chaos:end -->'
const figuresFile = fileURLToPath(new URL('../../docs/figures.md', import.meta.url))

/** Puts the table into docs/figures.md, in place of the former one. */
export function writeFigures(result: Result): void {
  const text = readFileSync(figuresFile, 'utf8')
  const section = `${begin}\n${sectionOf(result)}\n${end}`
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  const before = from < 0 ? `${text.trimEnd()}\n\n## Under faults\n\n` : text.slice(0, from)
  writeFileSync(figuresFile, before + section + (to < 0 ? '\n' : text.slice(to + end.length)))
}

function sectionOf(result: Result): string {
  const minutes = Math.round(result.seconds / 60)
  const skipped = result.skipped.map((text) => `\nLeft out: ${text}.`).join('')
  return `\`npm run chaos -- --seed ${result.seed}\`, ${minutes} min, counted by senders and receivers apart from the
gateway ([what is shown](chaos.md)). Counts are deliveries.

${table(result)}
${skipped}`.trimEnd()
}
