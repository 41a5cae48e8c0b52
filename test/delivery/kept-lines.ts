// A logger that keeps what it is told, for tests that ask whether an operator was told.
import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

export interface KeptLines {
  readonly logger: Logger
  /** Messages, in order. */
  messages(): string[]
}

export function keptLines(): KeptLines {
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  return {
    logger: pino({ level: 'debug' }, stream),
    messages: () => lines.map((line) => String(JSON.parse(line).msg)),
  }
}
