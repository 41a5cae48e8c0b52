// What a command of `tram` is: its words for --help, its options, and the function that runs it. Help, parsing and the
// list of commands all come from this one description, so they cannot disagree.
import { parseArgs } from 'node:util'
import type { Output } from './output.ts'

export interface OptionSpec {
  readonly type: 'string' | 'boolean'
  /** May be given several times. */
  readonly multiple?: boolean
  /** What stands for the value in the help, e.g. `CODE`. */
  readonly value?: string
  readonly help: string
}

export interface Command {
  readonly name: string
  /** One line, Vietnamese and English. */
  readonly summary: { readonly vi: string; readonly en: string }
  readonly usage: readonly string[]
  readonly options: Readonly<Record<string, OptionSpec>>
  readonly examples: readonly string[]
  /** Resolves with the exit code. */
  readonly run: (args: Arguments, context: CommandContext) => Promise<ExitCode>
}

export interface CommandEntry {
  readonly summary: { readonly vi: string; readonly en: string }
  readonly load: () => Promise<Command>
}

export type CommandTable = Readonly<Record<string, CommandEntry>>

/** What a command is given of the world around it. */
export interface CommandContext {
  readonly output: Output
  readonly env: Environment
  /** Ends with Ctrl-C; what runs for long gives up when it does. */
  readonly signal: AbortSignal
}

export type Environment = Readonly<Record<string, string | undefined>>

export const exitCodes = { ok: 0, refused: 1, usage: 2, unreachable: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The command was asked for in a way that cannot be carried out. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** It was done or tried, and did not come out right for a reason that is not a refusal: a damaged file, for one. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
}

type OptionValue = string | boolean | readonly (string | boolean)[] | undefined

/** The words of one command line, asked for by name. */
export class Arguments {
  readonly positionals: readonly string[]
  readonly #values: Readonly<Record<string, OptionValue>>

  constructor(positionals: readonly string[], values: Readonly<Record<string, OptionValue>>) {
    this.positionals = positionals
    this.#values = values
  }

  flag(name: string): boolean {
    return this.#values[name] === true
  }

  text(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  required(name: string): string {
    const value = this.text(name)
    if (value === undefined || value === '') throw new UsageError(`--${name} is needed`)
    return value
  }

  texts(name: string): string[] {
    const value = this.#values[name]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  }

  number(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const parsed = Number(value)
    if (value.trim() === '' || !Number.isFinite(parsed) || parsed < 0) {
      throw new UsageError(`--${name} takes a number, not "${value}"`)
    }
    return parsed
  }

  /** `500ms`, `20s`, `5m`, `1h`; a bare number means seconds. */
  milliseconds(name: string): number | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value) ?? []
    if (amount === undefined) throw new UsageError(`--${name} takes a time such as 500ms, 20s or 5m, not "${value}"`)
    return Number(amount) * (unitMs[unit] ?? 1000)
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    const found = allowed.find((word) => word === value)
    if (found === undefined) throw new UsageError(`--${name} takes ${allowed.join(', ')}, not "${value}"`)
    return found
  }

  /** The n-th word after the command. */
  word(index: number, meaning: string): string {
    const value = this.positionals[index]
    if (value === undefined) throw new UsageError(`${meaning} is missing`)
    return value
  }
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

export function parseArguments(command: Command, words: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      strict: true,
      options: Object.fromEntries(
        Object.entries(command.options).map(([name, o]) => [name, { type: o.type, multiple: o.multiple ?? false }]),
      ),
    })
    return new Arguments(positionals, values)
  } catch (error) {
    // node:util describes what is wrong with the words; anything else it throws would be a fault of ours.
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
