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
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    // Written behind: a terminal or journal that stalls must not stall the event loop. Flushed when the process ends.
    destination({ dest: 2, sync: false }),
  )
}
