// Makes the fixture of a release from what record-statements.ts noted, against a database of that release:
// tsx test/migrations/make-fixture.ts <release> <noted.jsonl> <database url> > test/migrations/statements-<release>.json
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { formsOf, type ReleaseStatement, type ReleaseStatements, readingOf } from './statements.ts'

const [release = '', noted = '', url = ''] = process.argv.slice(2)
const texts: string[] = readFileSync(noted, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const client = new pg.Client({ connectionString: url })
await client.connect()
const statements: ReleaseStatement[] = []
for (const text of formsOf(texts)) {
  try {
    statements.push({ text, ...(await readingOf(client, text)) })
  } catch (error) {
    // Of the queues, or of a database that a test made strange on purpose.
    process.stderr.write(`left out: ${error instanceof Error ? error.message : error}: ${text.slice(0, 120)}\n`)
  }
}
await client.end()
// One statement a line: a release's worth of them is read in differences.
const made: ReleaseStatements = { release, statements }
process.stdout.write(
  `{\n"release": ${JSON.stringify(made.release)},\n"statements": [\n${made.statements.map((s) => JSON.stringify(s)).join(',\n')}\n]\n}\n`,
)
