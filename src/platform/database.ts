// The one way to PostgreSQL: a pool, Kysely on top of it, and the two readings of types that the driver leaves open.
import { Kysely, PostgresDialect, type PostgresPool, type Transaction } from 'kysely'
import pg from 'pg'
import { GatewayError } from '../domain/errors.ts'
import type { DB } from '../generated/database.ts'
import { soon } from './retry-after.ts'

export type Database = Kysely<DB>
export type Trx = Transaction<DB>
/** What a query function takes, so that a caller can compose several in one transaction. */
export type Db = Database | Trx

export interface OpenDatabase {
  readonly db: Database
  readonly pool: pg.Pool
  load(): DatabaseLoad
  close(): Promise<void>
}

/** Connections in use, and who waits for one. */
export interface DatabaseLoad {
  readonly busy: number
  readonly idle: number
  readonly waiting: number
  readonly waitingMax: number
}

export interface DatabaseOptions {
  readonly url: string
  readonly connectionsMax: number
  /** Most that wait for a connection at once; who comes then hears at once that the database is busy. */
  readonly waitingMax?: number
  readonly onIdleError: (error: Error) => void
}

// bigint holds sizes and counts here, all far below 2^53; dates are days without a zone and stay text.
const int8 = 20
const date = 1082

/** At 20 connections and 5 ms a transaction the last of them waits a quarter of a second. */
const usualWaitingMax = 1_000

export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const { url, connectionsMax, waitingMax = usualWaitingMax, onIdleError } = options
  const types = new pg.TypeOverrides()
  types.setTypeParser(int8, Number)
  types.setTypeParser(date, (text) => text)
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    types,
    application_name: 'tram',
    // A caller waits this long for a connection, then hears 503: an edge that queues for ever helps nobody.
    connectionTimeoutMillis: 5_000,
    statement_timeout: 12_000,
    // The server's own limit says nothing when the server is frozen or the network gone.
    query_timeout: 15_000,
    keepAlive: true,
    idle_in_transaction_session_timeout: 30_000,
  })
  pool.on('error', onIdleError)
  // A connection lost between two statements of a transaction is told to its client alone, and unheard it would end the
  // process. The next statement fails and says so to whoever waits for it.
  pool.on('connect', (client) => client.on('error', () => {}))
  const db = new Kysely<DB>({ dialect: new PostgresDialect({ pool: boundedPool(pool, waitingMax) }) })
  return {
    db,
    pool,
    load: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      waitingMax,
    }),
    close: () => db.destroy(),
  }
}

/** A line that only grows answers everybody too late; this one turns away early whoever would stand at its end. */
function boundedPool(pool: pg.Pool, waitingMax: number): PostgresPool {
  return {
    async connect() {
      if (pool.waitingCount >= waitingMax) throw databaseBusy()
      try {
        return await pool.connect()
      } catch (error) {
        const isLineTooSlow = error instanceof Error && error.message === waitedTooLong && isAllInUse(pool)
        throw isLineTooSlow ? databaseBusy(error) : error
      }
    },
    end: () => pool.end(),
  }
}

/** The pool gives no code. It says the same when the server does not answer, but then its connections are not all made. */
const waitedTooLong = 'timeout exceeded when trying to connect'

function isAllInUse(pool: pg.Pool): boolean {
  return pool.totalCount >= pool.options.max && pool.idleCount === 0
}

/** SQLSTATE of a driver error, or the system's code when the server was never reached. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

const uniqueViolation = '23505'
const exclusionViolation = '23P01'

export function isUniqueViolation(error: unknown): boolean {
  const state = sqlState(error)
  return state === uniqueViolation || state === exclusionViolation
}

// Class 08 is a lost connection; 57P01–57P03 a server going down or coming up; 53 a server short of something.
const awayStates = /^(08...|57P0[123]|53...|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND)$/

/** Whether the database is away, or too busy to be asked, rather than our statement wrong. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof GatewayError) return error.code === busyCode
  const state = sqlState(error)
  if (state !== undefined) return awayStates.test(state)
  return error instanceof Error && awayTexts.test(error.message)
}

// The pool and the driver give these no code, so their text is all there is to go by. The last one is what a rollback
// says after its connection was lost; it takes the place of the error that made it necessary.
const awayTexts =
  /^(timeout exceeded when trying to connect|Query read timeout|Connection terminated( unexpectedly| due to connection timeout)?|Client (has encountered a connection error|was closed) and is not queryable)$/

// Class 22 is about values: text with a NUL, a cursor that was made up, a day that does not exist. Columns and
// statements are ours and typed, so it is the caller's value that could not be read.
const valueStates = /^22...$/

export function isValueRefused(error: unknown): boolean {
  return valueStates.test(sqlState(error) ?? '')
}

export function databaseAway(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  return new GatewayError('unavailable', 'database_away', { retryAfterSeconds: 5, cause })
}

const busyCode = 'database_busy'

function databaseBusy(cause?: unknown): GatewayError {
  const why = cause === undefined ? {} : { cause }
  return new GatewayError('unavailable', 'database_busy', { retryAfterSeconds: soon(2), ...why })
}
