// One JSON line per event of note. Lines go to stderr: stdout belongs to the ready line and to the answers of commands.
import { destination, type Logger, pino, stdTimeFunctions } from 'pino'

export type { Logger } from 'pino'

/** Secrets are never logged on purpose; this catches the ones that ride along inside a logged object. */
const secretNames = ['authorization', 'cookie', 'secret', 'password', 'token', 'masterKey', 'clientSecret', 'signature']
const redactedPaths = [
  ...secretNames.flatMap((name) => [name, `*.${name}`, `*.headers.${name}`]),
  ...['["set-cookie"]', '*["set-cookie"]', '*.headers["set-cookie"]'],
]

export function createLogger(options: { readonly level: string; readonly name?: string }): Logger {
  return pino(
    {
      ...options,
      base: options.name === undefined ? null : { name: options.name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFacts },
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    // Written behind: a terminal or journal that stalls must not stall the event loop. Flushed when the process ends.
    destination({ dest: 2, sync: false }),
  )
}

interface ErrorFacts {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly code?: unknown
  readonly cause?: ErrorFacts
}

/** An error carries whatever its library hung on it, connections with their keys among them; these facts are enough. */
function errorFacts(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  return {
    type: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...('code' in error ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: errorFacts(error.cause) }),
  }
}
