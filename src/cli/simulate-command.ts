// `tram simulate qlvb`: a QLVB-ĐH system that is not there. It sends, receives, confirms and reports like a real one,
// so that a gateway can be tried without anybody else's software.
import { vietnamTime } from '../domain/vietnam-time.ts'
import { anything } from '../platform/json-decode.ts'
import { type Command, exitCodes, UsageError } from './command.ts'
import { gatewayUrl, systemClient, systemCredentials, systemOptions } from './connection.ts'
import { timeText } from './words.ts'

/** What the simulation is asked to do; the program itself is given by main.ts. */
export interface SimulationRequest {
  readonly gatewayUrl: string
  readonly systems: readonly {
    readonly systemId: string
    readonly secret: string
    /** Codes it sends for; absent: all agencies that the gateway knows for it. */
    readonly agencies?: readonly string[]
    readonly webhookSecrets: readonly string[]
  }[]
  /** Pushes are taken at this address; absent: the mailbox is emptied. */
  readonly listen?: { readonly host: string; readonly port: number }
  readonly behaviour: {
    readonly sendEveryMs: number
    readonly replyDelayMs: number
    readonly errorRate: number
    readonly refuseRate: number
  }
  readonly signal: AbortSignal
  readonly log: (act: string, facts: Readonly<Record<string, string | number | undefined>>) => void
}

export function simulateCommand(simulate: (request: SimulationRequest) => Promise<void>, now: () => Date): Command {
  return {
    name: 'simulate',
    summary: { vi: 'hệ thống QLVB-ĐH giả lập', en: 'a virtual document system' },
    usage: ['simulate qlvb [--agency CODE] [--listen PORT --webhook-secret S] [--send-every 20s] [--for 60s]'],
    options: {
      agency: {
        type: 'string',
        value: 'CODE',
        multiple: true,
        help: 'send for this agency; default all of the system',
      },
      listen: {
        type: 'string',
        value: 'PORT',
        help: 'take pushes at http://127.0.0.1:PORT/qlvb/ID; default: use the mailbox',
      },
      'webhook-secret': {
        type: 'string',
        value: 'S',
        multiple: true,
        help: 'whsec_…, twice while it is being rotated',
      },
      'send-every': { type: 'string', value: 'TIME', help: 'time between two documents; default 20s, 0 sends none' },
      delay: { type: 'string', value: 'TIME', help: 'time from one status to the next; default 1s' },
      'error-rate': { type: 'string', value: '0-1', help: 'share of pushes answered with 500; default 0' },
      'refuse-rate': { type: 'string', value: '0-1', help: 'share of documents refused; default 0' },
      for: { type: 'string', value: 'TIME', help: 'stop after this time; default: with Ctrl-C' },
      ...systemOptions,
    },
    examples: [
      'simulate qlvb --system QLVB-SYT --secret … --send-every 20s',
      'simulate qlvb --system QLVB-STP --secret … --listen 9001 --webhook-secret whsec_… --error-rate 0.1',
    ],
    async run(args, { env, output, signal }) {
      if (args.word(0, 'what to simulate (qlvb)') !== 'qlvb') throw new UsageError('simulate knows qlvb')
      const { systemId, secret } = systemCredentials(args, env)
      const port = args.number('listen')
      const webhookSecrets = args.texts('webhook-secret')
      if (port !== undefined && webhookSecrets.length === 0) throw new UsageError('--listen needs --webhook-secret')
      // A wrong secret or address is said at once; later the simulation would wait patiently for it to become right.
      await systemClient(args, { env, output, signal }).call('GET', '/api/v1/me', anything)
      const agencies = args.texts('agency')
      const ended = new AbortController()
      signal.addEventListener('abort', () => ended.abort(), { once: true })
      const runMs = args.milliseconds('for')
      const timer = runMs === undefined ? undefined : setTimeout(() => ended.abort(), runMs)
      await simulate({
        gatewayUrl: gatewayUrl(args, env),
        systems: [{ systemId, secret, webhookSecrets, ...(agencies.length === 0 ? {} : { agencies }) }],
        ...(port === undefined ? {} : { listen: { host: '127.0.0.1', port } }),
        behaviour: {
          sendEveryMs: args.milliseconds('send-every') ?? 20_000,
          replyDelayMs: args.milliseconds('delay') ?? 1000,
          errorRate: rate(args.number('error-rate'), 'error-rate'),
          refuseRate: rate(args.number('refuse-rate'), 'refuse-rate'),
        },
        signal: ended.signal,
        log: (act, facts) => {
          const told = Object.entries(facts).flatMap(([name, value]) =>
            value === undefined ? [] : [`${name}=${value}`],
          )
          output.line(`${timeText(vietnamTime(now()))} ${act} ${told.join(' ')}`)
        },
      })
      clearTimeout(timer)
      output.json({ ended: true })
      return exitCodes.ok
    },
  }
}

function rate(value: number | undefined, name: string): number {
  if (value !== undefined && value > 1) throw new UsageError(`--${name} takes a share between 0 and 1`)
  return value ?? 0
}
