// The command line of the fault suite.
import { parseArgs } from 'node:util'
import { type Fault, faults } from './faults.ts'
import type { Backend } from './installation.ts'

export interface Options {
  readonly seed: string
  readonly rounds: number
  readonly faults: readonly Fault[]
  readonly backends: readonly Backend[]
  readonly isShort: boolean
  readonly asJson: boolean
  readonly writesFigures: boolean
}

export const usage = `npm run chaos -- [--rounds 20] [--faults name,name] [--backend postgres|redis|both] [--seed text]
                  [--short] [--json] [--write]

  --rounds   of each fault; 20, or 1 in the short form
  --faults   any of: ${faults.map(({ name }) => name).join(', ')}
             (the beginning of a name will do)
  --short    the faults that matter most, in two minutes
  --write    puts the table into docs/figures.md
`

export class WrongUsage extends Error {
  override readonly name = 'WrongUsage'
}

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string' },
      faults: { type: 'string' },
      backend: { type: 'string', default: 'both' },
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  })
  return {
    seed: values.seed ?? Math.random().toString(36).slice(2, 8),
    rounds: roundsOf(values.rounds ?? (values.short ? '1' : '20')),
    faults: faultsOf(values.faults, values.short),
    backends: backendsOf(values.backend),
    isShort: values.short,
    asJson: values.json,
    writesFigures: values.write,
  }
}

function roundsOf(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds > 0 && rounds <= 1_000) return rounds
  throw new WrongUsage(`--rounds must be a whole number from 1 to 1000, not "${text}"`)
}

function faultsOf(text: string | undefined, isShort: boolean): Fault[] {
  if (text === undefined) return faults.filter(({ shortOn }) => shortOn !== undefined || !isShort)
  return text.split(',').flatMap((wanted) => {
    const found = faults.filter(({ name }) => name.toLowerCase().startsWith(wanted.trim().toLowerCase()))
    if (found.length === 0) throw new WrongUsage(`no fault begins with "${wanted}"`)
    return found
  })
}

function backendsOf(text: string): Backend[] {
  if (text === 'both') return ['postgres', 'redis']
  if (text === 'postgres' || text === 'redis') return [text]
  throw new WrongUsage(`--backend must be postgres, redis or both, not "${text}"`)
}
