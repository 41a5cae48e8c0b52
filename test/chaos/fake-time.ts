// Another time of day for the processes of a round, by libfaketime (Debian package `faketime`): an offset for all of
// them, or one that is stepped while they run. What waits for a timer is not touched: only the wall clock is.
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const library = findLibrary()

/** Where it can be had, undefined; else why not. */
export const noFakeTime = library === undefined ? 'libfaketime is not installed (Debian package faketime)' : undefined

export function offsetEnv(offsetMs: number): Record<string, string> {
  return { ...always(), FAKETIME: seconds(offsetMs) }
}

export interface SteppedClock {
  readonly env: Readonly<Record<string, string>>
  /** From now on the wall clock is off by so much. */
  step(offsetMs: number): void
}

export function createSteppedClock(folder: string, name: string): SteppedClock {
  const file = join(folder, `${name}.faketime`)
  const step = (offsetMs: number) => {
    // Renamed into place, so that no process ever reads half a number.
    writeFileSync(`${file}.new`, `${seconds(offsetMs)}\n`)
    renameSync(`${file}.new`, file)
  }
  step(0)
  return { step, env: { ...always(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1' } }
}

function always(): Record<string, string> {
  if (library === undefined) throw new Error(noFakeTime)
  return { LD_PRELOAD: library, FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' }
}

function seconds(ms: number): string {
  return `${ms < 0 ? '' : '+'}${Math.round(ms / 1000)}`
}

function findLibrary(): string | undefined {
  if (process.platform !== 'linux') return undefined
  return readdirSync('/usr/lib')
    .map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)
    .find((file) => existsSync(file))
}
