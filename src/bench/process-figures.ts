// What processes cost, read from /proc: CPU seconds and the peak of memory. Linux only; elsewhere there are no figures
// rather than wrong ones.
import { readdirSync, readFileSync } from 'node:fs'
import { rounded } from './statistics.ts'

export interface ProcessFigures {
  readonly cpuSeconds: number
  /** The most memory that one process of the group ever held (VmHWM). */
  readonly peakMemoryMiB: number
  readonly processes: number
}

// Linux counts CPU time for /proc in hundredths of a second on every architecture Node runs on.
const ticksPerSecond = 100

interface ProcessStat {
  readonly parent: number
  readonly name: string
  /** Its own time and that of children that have ended. */
  readonly cpuSeconds: number
}

/** Undefined for a process that is gone, or where there is no /proc. */
function statOf(pid: number): ProcessStat | undefined {
  const text = readProc(`${pid}/stat`)
  if (text === undefined) return undefined
  // The name stands in brackets and may itself hold spaces and brackets.
  const nameEnd = text.lastIndexOf(')')
  const fields = text.slice(nameEnd + 2).split(' ')
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
  return {
    parent: Number(fields[1]),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    cpuSeconds: ticks / ticksPerSecond,
  }
}

export function figuresOf(pids: readonly number[]): ProcessFigures | undefined {
  const stats = pids.flatMap((pid) => statOf(pid) ?? [])
  if (stats.length === 0) return undefined
  return {
    cpuSeconds: rounded(
      stats.reduce((sum, stat) => sum + stat.cpuSeconds, 0),
      2,
    ),
    peakMemoryMiB: rounded(Math.max(...pids.map((pid) => memoryKiB(pid, 'VmHWM'))) / 1024, 1),
    processes: stats.length,
  }
}

/** CPU used between two readings, with the peak of the later one. */
export function usedBetween(before: ProcessFigures | undefined, after: ProcessFigures | undefined) {
  if (before === undefined || after === undefined) return undefined
  return { ...after, cpuSeconds: rounded(after.cpuSeconds - before.cpuSeconds, 2) }
}

/** `VmRSS` now, `VmHWM` the peak so far; 0 where it is not known. */
export function memoryKiB(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const line = readProc(`${pid}/status`)
    ?.split('\n')
    .find((text) => text.startsWith(`${field}:`))
  return Number(/\d+/.exec(line ?? '')?.[0] ?? 0)
}

/** The embedded database of a gateway: every process under it that is called postgres. */
export function databasePids(gatewayPid: number): number[] {
  const all = new Map(runningPids().flatMap((pid) => (pid === gatewayPid ? [] : [[pid, statOf(pid)] as const])))
  const isBelow = (pid: number): boolean => {
    const parent = all.get(pid)?.parent
    return parent === gatewayPid || (parent !== undefined && parent > 1 && isBelow(parent))
  }
  return [...all]
    .filter(([pid, stat]) => stat?.name.startsWith('postgres') === true && isBelow(pid))
    .map(([pid]) => pid)
}

function runningPids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    // No /proc: not Linux. The measurement goes on without these figures.
    return []
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    // The process ended between listing and reading, or this is not Linux.
    return undefined
  }
}
