// Notes every statement that the gateway sends while the tests of a release run, one JSON line each. A set-up file of
// Vitest for whoever makes the fixture of a release (docs/several-processes.md says how); no test run loads it.
import { appendFileSync } from 'node:fs'
import pg from 'pg'

const file = process.env.RECORD_STATEMENTS
if (file === undefined) throw new Error('RECORD_STATEMENTS names the file to write')

// What a test asks for itself is no statement of the release. The file that only carries statements decides nothing.
Error.stackTraceLimit = 100
const ours = /\/src\/(?!platform\/database\.ts)/
const noted = new Set<string>()

// biome-ignore lint/suspicious/noExplicitAny: the driver takes a query in a dozen shapes, and all are passed on as they are
const query: (...args: any[]) => any = pg.Client.prototype.query
pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
  note(args[0])
  return query.apply(this, args)
}

function note(what: unknown): void {
  const text = typeof what === 'string' ? what : textOf(what)
  if (text === undefined || noted.has(text) || !isOfTheGateway(text)) return
  noted.add(text)
  appendFileSync(String(file), `${JSON.stringify(text)}\n`)
}

function textOf(what: unknown): string | undefined {
  return typeof what === 'object' && what !== null && 'text' in what ? String(what.text) : undefined
}

function isOfTheGateway(text: string): boolean {
  if (!/^\s*(select|insert|update|delete|with|merge)\b/i.test(text)) return false
  const stack = new Error().stack?.replaceAll(/\n.*node_modules.*/g, '') ?? ''
  return ours.test(stack)
}
