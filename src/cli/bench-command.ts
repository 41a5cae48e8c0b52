// `tram bench`: measures this build on this machine. One JSON object on stdout, progress on stderr.
import { type Command, exitCodes, UsageError } from './command.ts'

/** What is measured and how; the measuring programs themselves are given by main.ts. */
export interface BenchRequest {
  readonly rounds: number
  readonly durationMs: number
  readonly warmUpMs: number
  readonly recipients: number
  readonly connections: number
  readonly subscribers: number
  readonly packages: number
  /** MiB of the one big package; absent: the ordinary run. */
  readonly bigMiB?: number
  /** Of the caller; the gateway that is measured inherits what it does not set itself. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

export interface Benchmarks {
  readonly intake: (request: BenchRequest) => Promise<unknown>
  readonly deliver: (request: BenchRequest) => Promise<unknown>
  readonly edxml: (request: BenchRequest) => Promise<unknown>
}

export function benchCommand(benchmarks: Benchmarks): Command {
  return {
    name: 'bench',
    summary: { vi: 'đo năng lực trên máy này', en: 'measure this build on this machine' },
    usage: [
      'bench intake [--recipients 8.5] [--duration 15s]',
      'bench intake --big 500',
      'bench deliver [--packages 500]',
      'bench edxml [--rounds 5]',
    ],
    options: {
      rounds: { type: 'string', value: 'N', help: 'rounds after the warm-up; the median is reported; default 3' },
      duration: { type: 'string', value: 'TIME', help: 'intake: length of a round; default 15s' },
      'warm-up': { type: 'string', value: 'TIME', help: 'intake: before the first round; default 5s' },
      recipients: { type: 'string', value: 'N', help: 'intake: recipients of a package on average; default 8.5' },
      connections: { type: 'string', value: 'N', help: 'connections of the load generator; default 32' },
      subscribers: { type: 'string', value: 'N', help: 'deliver: systems that are pushed to; default 20' },
      packages: {
        type: 'string',
        value: 'N',
        help: 'deliver: packages a round, each to every subscriber; default 500',
      },
      big: { type: 'string', value: 'MIB', help: 'intake: one package of this size in and out instead' },
      json: { type: 'boolean', help: 'the answer is JSON in any case' },
      help: { type: 'boolean', help: 'this text' },
    },
    examples: ['bench intake', 'bench intake --big 500', 'bench deliver --packages 1000 > deliver.json'],
    async run(args, { output, env, signal }) {
      const kind = args.word(0, 'what to measure (intake, deliver or edxml)')
      const run = Object.hasOwn(benchmarks, kind) ? benchmarks[kind as keyof Benchmarks] : undefined
      if (run === undefined) throw new UsageError(`bench knows intake, deliver and edxml, not "${kind}"`)
      const bigMiB = args.number('big')
      if (bigMiB !== undefined && kind !== 'intake') throw new UsageError('--big goes with bench intake')
      const figures = await run({
        rounds: atLeastOne(args.number('rounds') ?? 3, 'rounds'),
        durationMs: args.milliseconds('duration') ?? 15_000,
        warmUpMs: args.milliseconds('warm-up') ?? 5000,
        recipients: atLeastOne(args.number('recipients') ?? 8.5, 'recipients'),
        connections: atLeastOne(args.number('connections') ?? 32, 'connections'),
        subscribers: atLeastOne(args.number('subscribers') ?? 20, 'subscribers'),
        packages: atLeastOne(args.number('packages') ?? 500, 'packages'),
        ...(bigMiB === undefined ? {} : { bigMiB: atLeastOne(bigMiB, 'big') }),
        env,
        signal,
        note: (text) => output.note(text),
      })
      output.result(figures)
      return exitCodes.ok
    },
  }
}

function atLeastOne(value: number, name: string): number {
  if (value < 1) throw new UsageError(`--${name} takes at least 1`)
  return value
}
