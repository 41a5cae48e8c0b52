// `tram bench`: measures this build on this machine. One JSON object on stdout, progress on stderr.
import { type Command, exitCodes, UsageError } from './command.ts'

/** What is measured and how; the measuring programs themselves are given by main.ts. */
export interface BenchRequest {
  readonly rounds: number
  readonly durationMs: number
  readonly warmUpMs: number
  readonly recipients: number
  readonly connections: number
  /** Absent: as many as the measurement is meant for. */
  readonly subscribers?: number
  readonly packages: number
  /** Of each state. */
  readonly seconds: number
  /** Documents of one sender at once. */
  readonly bulk: number
  /** Deliveries before an urgent one. */
  readonly backlog: number
  readonly samples: number
  /** Waiting deliveries. */
  readonly small: number
  readonly large: number
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
  readonly fair: (request: BenchRequest) => Promise<unknown>
  readonly urgent: (request: BenchRequest) => Promise<unknown>
  readonly waiting: (request: BenchRequest) => Promise<unknown>
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
      'bench fair [--subscribers 40] [--seconds 20]',
      'bench urgent [--backlog 50000] [--samples 200]',
      'bench waiting [--small 10000] [--large 1000000]',
    ],
    options: {
      rounds: { type: 'string', value: 'N', help: 'rounds after the warm-up; the median is reported; default 3' },
      duration: { type: 'string', value: 'TIME', help: 'intake: length of a round; default 15s' },
      'warm-up': { type: 'string', value: 'TIME', help: 'intake: before the first round; default 5s' },
      recipients: { type: 'string', value: 'N', help: 'intake: recipients of a package on average; default 8.5' },
      connections: { type: 'string', value: 'N', help: 'connections of the load generator; default 32' },
      subscribers: {
        type: 'string',
        value: 'N',
        help: 'deliver, fair: systems that are pushed to; default 20 and 40',
      },
      packages: {
        type: 'string',
        value: 'N',
        help: 'deliver: packages a round, each to every subscriber; default 500',
      },
      seconds: { type: 'string', value: 'N', help: 'fair: of each state in each round; default 20' },
      bulk: { type: 'string', value: 'N', help: 'fair: documents of one sender before another; default 5000' },
      backlog: { type: 'string', value: 'N', help: 'urgent: ordinary deliveries on the lane; default 50000' },
      samples: { type: 'string', value: 'N', help: 'urgent: urgent documents, one after the other; default 200' },
      small: { type: 'string', value: 'N', help: 'waiting: deliveries to compare with; default 10000' },
      large: { type: 'string', value: 'N', help: 'waiting: deliveries at the most; default 1000000' },
      big: { type: 'string', value: 'MIB', help: 'intake: one package of this size in and out instead' },
      json: { type: 'boolean', help: 'the answer is JSON in any case' },
      help: { type: 'boolean', help: 'this text' },
    },
    examples: [
      'bench intake',
      'bench intake --big 500',
      'bench deliver --packages 1000 > deliver.json',
      'bench waiting --large 200000 > waiting.json',
    ],
    async run(args, { output, env, signal }) {
      const kinds = Object.keys(benchmarks).join(', ')
      const kind = args.word(0, `what to measure (${kinds})`)
      const run = Object.hasOwn(benchmarks, kind) ? benchmarks[kind as keyof Benchmarks] : undefined
      if (run === undefined) throw new UsageError(`bench knows ${kinds}, not "${kind}"`)
      const bigMiB = args.number('big')
      if (bigMiB !== undefined && kind !== 'intake') throw new UsageError('--big goes with bench intake')
      const subscribers = args.number('subscribers')
      const whole = (name: string, usual: number) => wholeNumber(args.number(name) ?? usual, name)
      const figures = await run({
        rounds: atLeastOne(args.number('rounds') ?? 3, 'rounds'),
        durationMs: args.milliseconds('duration') ?? 15_000,
        warmUpMs: args.milliseconds('warm-up') ?? 5000,
        recipients: atLeastOne(args.number('recipients') ?? 8.5, 'recipients'),
        connections: atLeastOne(args.number('connections') ?? 32, 'connections'),
        ...(subscribers === undefined ? {} : { subscribers: atLeastOne(subscribers, 'subscribers') }),
        packages: atLeastOne(args.number('packages') ?? 500, 'packages'),
        seconds: atLeastOne(args.number('seconds') ?? 20, 'seconds'),
        bulk: whole('bulk', 5000),
        backlog: whole('backlog', 50_000),
        samples: whole('samples', 200),
        small: whole('small', 10_000),
        large: whole('large', 1_000_000),
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

function wholeNumber(value: number, name: string): number {
  if (!Number.isInteger(value)) throw new UsageError(`--${name} takes a whole number`)
  return atLeastOne(value, name)
}
