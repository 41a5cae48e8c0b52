// The only reader of the environment: every variable once, with its default, unit and meaning. All mistakes are
// reported together; the result is frozen.
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { type StorageThresholds, thresholdMistakes, usualThresholds } from './domain/storage-reserve.ts'
import type { S3Place } from './platform/s3-client.ts'

export type Role = 'edge' | 'worker' | 'axis' | 'sweeper'
const allRoles: readonly Role[] = ['edge', 'worker', 'axis', 'sweeper']

export interface Config {
  readonly port: number
  readonly host: string
  /** Undefined: a process without an edge listens nowhere. */
  readonly healthPort: number | undefined
  readonly dataDir: string
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined
  /** Undefined: BullMQ on PostgreSQL. */
  readonly redisUrl: string | undefined
  /** Holds the bytes of packages, unless a bucket does. */
  readonly blobFolder: string
  /** Undefined: packages are files in the blob folder. */
  readonly s3: S3Place | undefined
  /** Undefined: any but loopback, link-local and metadata addresses. */
  readonly pushAllow: readonly string[] | undefined
  readonly masterKey: string | undefined
  readonly axisCode: string
  readonly roles: ReadonlySet<Role>
  readonly adminToken: string | undefined
  readonly sandbox: boolean
  readonly logLevel: string
  readonly packageBytesMax: number
  readonly headerBytesMax: number
  readonly attachmentsMax: number
  readonly recipientsMax: number
  readonly databaseConnectionsMax: number
  readonly lanesAtOnce: number
  readonly pushConnectTimeoutMs: number
  readonly pushAnswerTimeoutMs: number
  readonly sweepEveryMs: number
  readonly storageThresholds: StorageThresholds
  /** Where months of history go before they are dropped; without it they are never dropped. */
  readonly historyFolder: string | undefined
  readonly shutdownDrainMs: number
}

export interface Variable {
  readonly name: string
  readonly defaultText: string
  readonly unit?: string
  readonly meaning: string
  readonly isSecret?: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/** As `tram config` prints them and docs/configuration.md lists them. */
export const variables: readonly Variable[] = [
  { name: 'PORT', defaultText: '8080', meaning: 'Where the edge listens; 0 takes any free port.' },
  { name: 'HOST', defaultText: '127.0.0.1', meaning: 'Address the edge listens on.' },
  {
    name: 'HEALTH_PORT',
    defaultText: 'unset: listens nowhere',
    meaning: 'Where a process without the role edge answers /health and /metrics, on HOST; an edge does so on PORT.',
  },
  { name: 'DATA_DIR', defaultText: './.tram', meaning: 'Embedded database, blobs and keys.' },
  {
    name: 'DATABASE_URL',
    defaultText: 'unset: embedded PostgreSQL',
    meaning: "A PostgreSQL (15 or newer) of the user's own.",
    isSecret: true,
  },
  {
    name: 'REDIS_URL',
    defaultText: 'unset: BullMQ on PostgreSQL',
    meaning: "A Redis or Valkey of the user's own, with maxmemory-policy noeviction.",
    isSecret: true,
  },
  {
    name: 'BLOB_URL',
    defaultText: 'file:$DATA_DIR/blobs',
    meaning: 'Folder (file:) or bucket (s3://bucket/prefix) that holds the bytes of packages.',
  },
  {
    name: 'S3_ENDPOINT',
    defaultText: "unset: Amazon's own, by AWS_REGION",
    meaning: 'Address of an S3-compatible store; used while BLOB_URL begins with s3:.',
  },
  {
    name: 'S3_FORCE_PATH_STYLE',
    defaultText: '1 with S3_ENDPOINT, else 0',
    meaning: '1 names the bucket in the path (endpoint/bucket/key), 0 in the host (bucket.endpoint/key).',
  },
  { name: 'AWS_REGION', defaultText: 'us-east-1', meaning: 'Region that requests to the bucket are signed for.' },
  {
    name: 'AWS_ACCESS_KEY_ID',
    defaultText: 'unset: required with a bucket',
    meaning: 'Account that may read, write, list and delete in the bucket.',
  },
  {
    name: 'AWS_SECRET_ACCESS_KEY',
    defaultText: 'unset: required with a bucket',
    meaning: 'Secret of that account.',
    isSecret: true,
  },
  {
    name: 'PUSH_ALLOW',
    defaultText: 'unset: any but loopback, link-local and metadata addresses; loopback too while embedded',
    meaning: 'Hosts and networks (CIDR) that pushes may go to, comma-separated.',
  },
  {
    name: 'MASTER_KEY',
    defaultText: 'a file in DATA_DIR while embedded, else required',
    meaning: 'Key that protects stored secrets: 32 bytes as 64 hex digits or base64.',
    isSecret: true,
  },
  {
    name: 'AXIS_CODE',
    defaultText: '000.00.99.H35 (sandbox) while embedded, else required',
    meaning: "The axis' own agency code, named in every receipt.",
  },
  { name: 'ROLES', defaultText: 'all', meaning: 'Any of edge, worker, axis, sweeper, comma-separated, or all.' },
  {
    name: 'ADMIN_TOKEN',
    defaultText: 'generated on first start, printed once',
    meaning: 'Bearer token of the first administrator, at least 24 characters.',
    isSecret: true,
  },
  {
    name: 'SANDBOX',
    defaultText: '1 while embedded, else 0',
    meaning: '1 loads the sandbox province and runs its virtual QLVB-ĐH systems.',
  },
  { name: 'LOG_LEVEL', defaultText: 'info', meaning: 'fatal, error, warn, info, debug or trace; logs go to stderr.' },
  {
    name: 'PACKAGE_BYTES_MAX',
    defaultText: '1073741824',
    unit: 'bytes',
    meaning: 'Largest package accepted; 50 MB of PDF is about 67 MB of edXML.',
  },
  {
    name: 'HEADER_BYTES_MAX',
    defaultText: '1048576',
    unit: 'bytes',
    meaning: 'Most markup a package may hold outside its attachments; real ones have 2 to 20 KB.',
  },
  { name: 'ATTACHMENTS_MAX', defaultText: '200', meaning: 'Most files one package may hold.' },
  { name: 'RECIPIENTS_MAX', defaultText: '5000', meaning: 'Most `To` one package may hold.' },
  {
    name: 'DATABASE_CONNECTIONS_MAX',
    defaultText: '20',
    meaning: 'Connections of one process to PostgreSQL, those of the queue apart.',
  },
  { name: 'LANES_AT_ONCE', defaultText: '64', meaning: 'Lanes one worker process serves side by side.' },
  {
    name: 'PUSH_CONNECT_TIMEOUT_MS',
    defaultText: '5000',
    unit: 'ms',
    meaning: 'Longest wait for a connection to a receiving system.',
  },
  {
    name: 'PUSH_ANSWER_TIMEOUT_MS',
    defaultText: '30000',
    unit: 'ms',
    meaning: 'Longest wait for the answer to a push; slow receivers store before they answer.',
  },
  {
    name: 'STORAGE_ALERT_PERCENT',
    defaultText: '20',
    unit: 'percent',
    meaning: 'Free space of the blob folder under which there is an alert.',
  },
  {
    name: 'STORAGE_LOW_PERCENT',
    defaultText: '10',
    unit: 'percent',
    meaning: 'Free space under which documents without urgency are taken only up to 1 MiB.',
  },
  {
    name: 'STORAGE_CRITICAL_PERCENT',
    defaultText: '5',
    unit: 'percent',
    meaning: 'Free space under which only statuses, recalls and urgent documents up to 10 MiB are taken.',
  },
  {
    name: 'STORAGE_RESERVE_PERCENT',
    defaultText: '2',
    unit: 'percent',
    meaning: 'Free space that is never given to packages.',
  },
  {
    name: 'STORAGE_RESERVE_BYTES',
    defaultText: '1073741824',
    unit: 'bytes',
    meaning: 'The least of that reserve, whatever the percentage.',
  },
  {
    name: 'HISTORY_DIR',
    defaultText: 'unset: months of history are never dropped',
    meaning: 'Folder that months of the history are exported to before they are dropped.',
  },
  { name: 'SWEEP_EVERY_MS', defaultText: '2000', unit: 'ms', meaning: 'How often the sweeper looks for silent work.' },
  {
    name: 'SHUTDOWN_DRAIN_MS',
    defaultText: '0 while embedded, else 2000',
    unit: 'ms',
    meaning: 'How long an edge that is told to stop still serves while /health/ready answers 503.',
  },
]

export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration'
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

export function readConfig(env: Environment): Config {
  const read = reader(env)
  const embedded = read.text('DATABASE_URL') === undefined
  const dataDir = resolve(read.text('DATA_DIR') ?? '.tram')
  const config: Config = {
    port: read.integer('PORT', 8080, 0, 65_535),
    host: read.text('HOST') ?? '127.0.0.1',
    healthPort: read.text('HEALTH_PORT') === undefined ? undefined : read.integer('HEALTH_PORT', 0, 0, 65_535),
    dataDir,
    databaseUrl: read.url('DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: read.url('REDIS_URL', ['redis:', 'rediss:']),
    blobFolder: read.folder('BLOB_URL') ?? resolve(dataDir, 'blobs'),
    s3: s3Place(read),
    pushAllow: read.networks('PUSH_ALLOW'),
    masterKey: read.key('MASTER_KEY', !embedded),
    axisCode: embedded ? (read.text('AXIS_CODE') ?? '000.00.99.H35') : read.required('AXIS_CODE'),
    roles: read.roles(),
    adminToken: read.secret('ADMIN_TOKEN', 24),
    sandbox: read.flag('SANDBOX', embedded),
    logLevel: read.oneOf('LOG_LEVEL', 'info', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    packageBytesMax: read.integer('PACKAGE_BYTES_MAX', 1024 ** 3, 1024, 64 * 1024 ** 3),
    headerBytesMax: read.integer('HEADER_BYTES_MAX', 1024 ** 2, 1024, 64 * 1024 ** 2),
    attachmentsMax: read.integer('ATTACHMENTS_MAX', 200, 1, 10_000),
    recipientsMax: read.integer('RECIPIENTS_MAX', 5_000, 1, 100_000),
    databaseConnectionsMax: read.integer('DATABASE_CONNECTIONS_MAX', 20, 2, 500),
    lanesAtOnce: read.integer('LANES_AT_ONCE', 64, 1, 1_000),
    pushConnectTimeoutMs: read.integer('PUSH_CONNECT_TIMEOUT_MS', 5_000, 100, 120_000),
    pushAnswerTimeoutMs: read.integer('PUSH_ANSWER_TIMEOUT_MS', 30_000, 100, 600_000),
    storageThresholds: {
      alertPercent: read.integer('STORAGE_ALERT_PERCENT', usualThresholds.alertPercent, 0, 100),
      lowPercent: read.integer('STORAGE_LOW_PERCENT', usualThresholds.lowPercent, 0, 100),
      criticalPercent: read.integer('STORAGE_CRITICAL_PERCENT', usualThresholds.criticalPercent, 0, 100),
      reservePercent: read.integer('STORAGE_RESERVE_PERCENT', usualThresholds.reservePercent, 0, 100),
      reserveBytes: read.integer('STORAGE_RESERVE_BYTES', usualThresholds.reserveBytes, 0, Number.MAX_SAFE_INTEGER),
    },
    historyFolder: read.text('HISTORY_DIR') === undefined ? undefined : resolve(read.text('HISTORY_DIR') ?? ''),
    sweepEveryMs: read.integer('SWEEP_EVERY_MS', 2_000, 100, 60_000),
    // With five seconds for what is still coming in, the whole stop stays within its 15 s.
    shutdownDrainMs: read.integer('SHUTDOWN_DRAIN_MS', embedded ? 0 : 2_000, 0, 8_000),
  }
  read.mistakes.push(...thresholdMistakes(config.storageThresholds))
  if (read.mistakes.length > 0) throw new BadConfiguration(read.mistakes)
  return Object.freeze(config)
}

const withBucket = 'BLOB_URL names a bucket'

/** Only a configuration with a bucket is held to what a bucket needs; AWS_… may be set for other programs. */
function s3Place(read: Reader): S3Place | undefined {
  const place = read.bucket('BLOB_URL')
  if (place === undefined) return undefined
  const endpoint = read.url('S3_ENDPOINT', ['http:', 'https:'])
  return {
    ...place,
    endpoint,
    forcePathStyle: read.flag('S3_FORCE_PATH_STYLE', endpoint !== undefined),
    region: read.oneWord('AWS_REGION', 'us-east-1'),
    accessKeyId: read.required('AWS_ACCESS_KEY_ID', withBucket),
    secretAccessKey: read.required('AWS_SECRET_ACCESS_KEY', withBucket),
  }
}

type Reader = ReturnType<typeof reader>

function reader(env: Environment) {
  const mistakes: string[] = []
  // An empty variable is what `docker compose` passes for an unset one.
  const text = (name: string) => (env[name] === undefined || env[name].trim() === '' ? undefined : env[name].trim())

  return {
    mistakes,
    text,
    required(name: string, when = 'DATABASE_URL is set'): string {
      const value = text(name)
      if (value === undefined) mistakes.push(`${name} is required when ${when}`)
      return value ?? ''
    },
    integer(name: string, fallback: number, min: number, max: number): number {
      const value = text(name)
      if (value === undefined) return fallback
      const number = Number(value)
      if (Number.isInteger(number) && number >= min && number <= max) return number
      mistakes.push(`${name} must be a whole number from ${min} to ${max}, not "${value}"`)
      return fallback
    },
    flag(name: string, fallback: boolean): boolean {
      const value = text(name)
      if (value === undefined) return fallback
      if (value !== '0' && value !== '1') mistakes.push(`${name} must be 0 or 1, not "${value}"`)
      return value === '1'
    },
    oneOf(name: string, fallback: string, values: readonly string[]): string {
      const value = text(name) ?? fallback
      if (!values.includes(value)) mistakes.push(`${name} must be one of ${values.join(', ')}, not "${value}"`)
      return value
    },
    oneWord(name: string, fallback: string): string {
      const value = text(name) ?? fallback
      if (!/^[A-Za-z0-9-]+$/.test(value)) mistakes.push(`${name} may hold letters, digits and hyphens, not "${value}"`)
      return value
    },
    url(name: string, protocols: readonly string[]): string | undefined {
      const value = text(name)
      if (value === undefined) return undefined
      // The value may hold a password, so it is never repeated in the message.
      if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
        mistakes.push(`${name} must be a URL that begins with ${protocols.map((p) => `${p}//`).join(' or ')}`)
      }
      return value
    },
    folder(name: string): string | undefined {
      const value = text(name)
      if (value === undefined) return undefined
      if (value.startsWith('file:')) return resolve(value.slice('file:'.length).replace(/^\/\/(?=\/)/, ''))
      if (!value.startsWith('s3:')) mistakes.push(`${name} must begin with file: or s3:, not "${value}"`)
      return undefined
    },
    /** Undefined: it names no bucket. The prefix is empty or ends with a slash. */
    bucket(name: string): { readonly bucket: string; readonly prefix: string } | undefined {
      const value = text(name)
      if (value === undefined || !value.startsWith('s3:')) return undefined
      const [, bucket = '', path = ''] =
        /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w!.*'()/-]*))?$/.exec(value) ?? []
      if (bucket === '') mistakes.push(`${name} must look like s3://bucket/prefix, not "${value}"`)
      const prefix = path.replace(/^\/+|\/+$/g, '')
      return { bucket, prefix: prefix === '' ? '' : `${prefix}/` }
    },
    networks(name: string): string[] | undefined {
      const entries = text(name)
        ?.split(',')
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '')
      for (const entry of entries?.filter((e) => !isHostOrNetwork(e)) ?? []) {
        mistakes.push(`${name} may hold host names, addresses and networks such as 10.0.0.0/8, not "${entry}"`)
      }
      return entries
    },
    secret(name: string, lengthMin: number): string | undefined {
      const value = text(name)
      if (value !== undefined && value.length < lengthMin)
        mistakes.push(`${name} must have at least ${lengthMin} characters`)
      return value
    },
    key(name: string, isRequired: boolean): string | undefined {
      const value = text(name)
      if (value === undefined) {
        if (isRequired) mistakes.push(`${name} is required when DATABASE_URL is set`)
        return undefined
      }
      const isKey = /^[0-9a-f]{64}$/i.test(value) || /^[A-Za-z0-9+/_-]{43}=?$/.test(value)
      if (!isKey) mistakes.push(`${name} must be 32 bytes, written as 64 hex digits or as base64`)
      return value
    },
    roles(): ReadonlySet<Role> {
      const names = (text('ROLES') ?? 'all').split(',').map((name) => name.trim())
      if (names.includes('all')) return new Set(allRoles)
      const known = names.filter((name): name is Role => allRoles.some((role) => role === name))
      for (const name of names.filter((n) => !allRoles.some((role) => role === n))) {
        mistakes.push(`ROLES may hold ${allRoles.join(', ')} or all, not "${name}"`)
      }
      return new Set(known)
    },
  }
}

function isHostOrNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/')
  const version = isIP(address)
  if (version === 0) return prefix === undefined && /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(address)
  if (prefix === undefined) return true
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 6 ? 128 : 32)
}

/** One line a variable, secrets only as "set" or "not set". */
export function configSummary(
  env: Environment,
): { name: string; value: string; default: string; unit: string; meaning: string }[] {
  return variables.map((v) => {
    const given = env[v.name]
    const isSet = given !== undefined && given.trim() !== ''
    const value = v.isSecret === true ? (isSet ? 'set' : 'not set') : isSet ? given : ''
    return { name: v.name, value, default: v.defaultText, unit: v.unit ?? '', meaning: v.meaning }
  })
}
