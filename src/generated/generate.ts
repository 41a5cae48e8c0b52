// Writes what is made and never edited: types of the JSON Schemas, row types of the migrated database, the codes of
// the catalogue and their page docs/errors.md, and openapi.yaml. With --check it fails where a file is not current.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compile, type JSONSchema } from 'json-schema-to-typescript'
import { compose } from '../compose.ts'
import { readConfig } from '../config.ts'
import { loadCatalogue } from '../edge/catalogue.ts'
import { errorPage } from '../edge/error-page.ts'
import { openApiText } from '../edge/server.ts'
import { openDatabase } from '../platform/database.ts'
import { startEmbeddedPostgres } from '../platform/embedded-postgres.ts'
import { createLogger } from '../platform/logger.ts'
import { migrate } from '../platform/migrate.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const check = process.argv.includes('--check')
const run = promisify(execFile)
const banner = '/* Made by `npm run generate`; never edited. */'
const stale: string[] = []

function put(path: string, text: string): void {
  const file = join(root, path)
  let current = ''
  try {
    current = readFileSync(file, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  if (current === text) return
  if (check) stale.push(path)
  else writeFileSync(file, text)
}

async function jsonTypes(): Promise<void> {
  const folder = join(root, 'schemas/json')
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const name = basename(file, '.json')
    const text = await compile(readSchema(folder, name), name, {
      $refOptions: {
        resolve: { file: { order: 1, canRead: true, read: ({ url }: { url: string }) => readSchema(folder, basename(url)) } },
      },
      bannerComment: banner,
      cwd: folder,
      format: true,
      style: { semi: false, singleQuote: true, printWidth: 120 },
    })
    put(`src/generated/json/${name}.ts`, text)
  }
}

/** Routes name a schema as `name#`; for the compiler that is the file `name.json`, whose `$id` would mislead it. */
function readSchema(folder: string, name: string): JSONSchema {
  const { $id: _id, ...schema } = JSON.parse(readFileSync(join(folder, `${basename(name, '.json')}.json`), 'utf8'))
  return schema
}

function catalogueFiles(): void {
  const catalogue = loadCatalogue(join(root, 'schemas/errors'))
  const lines = [...catalogue.entries.keys()].sort().map((code) => `  | '${code}'`)
  put('src/generated/catalogue-codes.ts', `${banner}\nexport type CatalogueCode =\n${lines.join('\n')}\n`)
  put('docs/errors.md', errorPage(catalogue))
}

/** Row types of the migrated database, and the description of the API that the composed gateway gives of itself. */
async function madeByRunning(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tram-generate-'))
  chmodSync(folder, 0o755)
  const logger = createLogger({ level: 'warn' })
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: logger, settings: { fsync: 'off' } })
  try {
    const database = openDatabase({ url: postgres.url, connectionsMax: 2, onIdleError: () => {} })
    await migrate(database.pool)
    await database.close()
    await databaseTypes(postgres.url, folder)
    const config = readConfig({ DATA_DIR: folder, SANDBOX: '0' })
    const gateway = await compose({ config, databaseUrl: postgres.url, masterKey: randomBytes(32), logger })
    await gateway.edge.ready()
    put('openapi.yaml', openApiText(gateway.edge))
    await gateway.close()
  } finally {
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function databaseTypes(databaseUrl: string, folder: string): Promise<void> {
  const out = join(folder, 'database.ts')
  await run(join(root, 'node_modules/.bin/kysely-codegen'), [
    ...['--url', databaseUrl, '--out-file', out, '--date-parser', 'string'],
    ...['--type-mapping', '{"int8":"number"}', '--exclude-pattern', 'schema_migrations'],
  ])
  put('src/generated/database.ts', readFileSync(out, 'utf8'))
}

await jsonTypes()
catalogueFiles()
await madeByRunning()
if (stale.length > 0) {
  process.stderr.write(`Not current, run npm run generate:\n${stale.map((path) => `  ${path}\n`).join('')}`)
  process.exitCode = 1
}
