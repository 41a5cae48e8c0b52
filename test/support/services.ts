// What a test file asks for: a database of its own, already migrated, and the run's Redis.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { errorCode } from '../../src/platform/error-code.ts'

export interface FreshDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** A copy of the migrated template. One per file, made in `beforeAll`, dropped in `afterAll`. */
export function freshDatabase(): Promise<FreshDatabase> {
  return makeDatabase('template tram_template')
}

/** A database without a single table, for tests of the migrations themselves. */
export function emptyDatabase(): Promise<FreshDatabase> {
  return makeDatabase('')
}

async function makeDatabase(options: string): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  await asAdmin(`create database ${name} ${options}`)
  const url = new URL(inject('databaseUrl'))
  url.pathname = `/${name}`
  return { url: url.href, drop: () => dropDatabase(name) }
}

/**
 * A closed pool's connections live a moment longer than its `end`, and cutting them raises an error nobody listens to.
 * So the server first waits for them (five seconds, of itself) and only cuts what a test has forgotten.
 */
async function dropDatabase(name: string): Promise<void> {
  try {
    await asAdmin(`drop database if exists ${name}`)
  } catch (error) {
    if (errorCode(error) !== objectInUse) throw error
    await asAdmin(`drop database if exists ${name} with (force)`)
  }
}

const objectInUse = '55006'

async function asAdmin(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('databaseUrl') })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The run's Redis, shared by all files: use key prefixes. None where there is no Redis: `describe.skipIf(!redisUrl())`. */
export function redisUrl(): string | undefined {
  return inject('redisUrl')
}
