import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BadConfiguration, configSummary, readConfig, variables } from '../src/config.ts'

const onServers = {
  DATABASE_URL: 'postgres://tram:pw@db.example.vn/tram',
  MASTER_KEY: '00'.repeat(32),
  AXIS_CODE: '000.00.00.H35',
}

function mistakesOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof BadConfiguration) return error.mistakes
    throw error
  }
  return []
}

describe('without any variable', () => {
  test('everything is embedded and every value has its default', () => {
    expect(readConfig({})).toEqual({
      port: 8080,
      host: '127.0.0.1',
      healthPort: undefined,
      dataDir: resolve('.tram'),
      databaseUrl: undefined,
      redisUrl: undefined,
      blobFolder: resolve('.tram/blobs'),
      s3: undefined,
      pushAllow: undefined,
      masterKey: undefined,
      axisCode: '000.00.99.H35',
      roles: new Set(['edge', 'worker', 'axis', 'sweeper']),
      adminToken: undefined,
      sandbox: true,
      logLevel: 'info',
      packageBytesMax: 1024 ** 3,
      recipientsMax: 5_000,
      headerBytesMax: 1024 ** 2,
      attachmentsMax: 200,
      databaseConnectionsMax: 20,
      lanesAtOnce: 64,
      pushConnectTimeoutMs: 5_000,
      pushAnswerTimeoutMs: 30_000,
      storageThresholds: {
        alertPercent: 20,
        lowPercent: 10,
        criticalPercent: 5,
        reservePercent: 2,
        reserveBytes: 1024 ** 3,
      },
      historyFolder: undefined,
      sweepEveryMs: 2_000,
      shutdownDrainMs: 0,
    })
  })

  test('the result cannot be changed', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true)
  })

  test('an empty variable counts as none, as docker compose passes it', () => {
    const empty = Object.fromEntries(variables.map((variable) => [variable.name, ' ']))

    expect(readConfig(empty)).toEqual(readConfig({}))
  })
})

describe('on servers of the user', () => {
  test('the sandbox is off unless it is asked for', () => {
    expect(readConfig(onServers).sandbox).toBe(false)
    expect(readConfig({ ...onServers, SANDBOX: '1' }).sandbox).toBe(true)
  })

  test('an edge drains before it stops, for there may be a balancer', () => {
    expect(readConfig(onServers).shutdownDrainMs).toBe(2_000)
    expect(mistakesOf({ ...onServers, SHUTDOWN_DRAIN_MS: '8001' })).toEqual([
      'SHUTDOWN_DRAIN_MS must be a whole number from 0 to 8000, not "8001"',
    ])
  })

  test('the master key and the code of the axis are required', () => {
    expect(mistakesOf({ DATABASE_URL: onServers.DATABASE_URL })).toEqual([
      'MASTER_KEY is required when DATABASE_URL is set',
      'AXIS_CODE is required when DATABASE_URL is set',
    ])
  })
})

describe('a value', () => {
  test.each([
    ['PORT', '0', { port: 0 }],
    ['PORT', ' 9000 ', { port: 9000 }],
    ['ROLES', 'edge, worker', { roles: new Set(['edge', 'worker']) }],
    ['ROLES', 'all', { roles: new Set(['edge', 'worker', 'axis', 'sweeper']) }],
    ['PUSH_ALLOW', 'qlvb.example.vn, 10.0.0.0/8,', { pushAllow: ['qlvb.example.vn', '10.0.0.0/8'] }],
    ['BLOB_URL', 'file:/srv/blobs', { blobFolder: '/srv/blobs' }],
    ['BLOB_URL', 'file:///srv/blobs', { blobFolder: '/srv/blobs' }],
    ['DATA_DIR', '/srv/tram', { dataDir: '/srv/tram', blobFolder: '/srv/tram/blobs' }],
    ['REDIS_URL', 'rediss://cache/1', { redisUrl: 'rediss://cache/1' }],
    ['SANDBOX', '0', { sandbox: false }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
  ])('of %s may be %j', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected)
  })

  test.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', 'http'],
    ['SANDBOX', 'yes'],
    ['LOG_LEVEL', 'loud'],
    ['ROLES', 'edge,cook'],
    ['ROLES', ','],
    ['DATABASE_URL', 'mysql://db/tram'],
    ['REDIS_URL', 'cache:6379'],
    ['BLOB_URL', '/srv/blobs'],
    ['BLOB_URL', 's4://bucket'],
    ['ADMIN_TOKEN', 'too-short'],
    ['PACKAGE_BYTES_MAX', '1GB'],
    ['HEADER_BYTES_MAX', '1'],
    ['ATTACHMENTS_MAX', '0'],
    ['DATABASE_CONNECTIONS_MAX', '1'],
    ['LANES_AT_ONCE', '0'],
    ['PUSH_CONNECT_TIMEOUT_MS', '1'],
    ['PUSH_ANSWER_TIMEOUT_MS', '1'],
    ['SWEEP_EVERY_MS', '99'],
  ])('of %s may not be %j', (name, value) => {
    const mistakes = mistakesOf({ ...onServers, [name]: value })

    expect(mistakes.length).toBeGreaterThan(0)
    expect(mistakes.every((mistake) => mistake.startsWith(name))).toBe(true)
  })
})

describe('a bucket', () => {
  const account = { AWS_ACCESS_KEY_ID: 'tram', AWS_SECRET_ACCESS_KEY: 'hunter2' }
  const place = (env: Record<string, string>) => readConfig({ ...account, ...env }).s3

  test('is at Amazon, named in the host, unless an endpoint is given', () => {
    expect(place({ BLOB_URL: 's3://van-ban' })).toEqual({
      bucket: 'van-ban',
      prefix: '',
      endpoint: undefined,
      region: 'us-east-1',
      forcePathStyle: false,
      accessKeyId: 'tram',
      secretAccessKey: 'hunter2',
    })
    const own = { BLOB_URL: 's3://van-ban/tram', S3_ENDPOINT: 'http://s3:9000', AWS_REGION: 'garage' }
    expect(place(own)).toMatchObject({ endpoint: 'http://s3:9000', forcePathStyle: true, region: 'garage' })
    expect(place({ ...own, S3_FORCE_PATH_STYLE: '0' })).toMatchObject({ forcePathStyle: false })
  })

  test.each([
    ['s3://van-ban', ''],
    ['s3://van-ban/', ''],
    ['s3://van-ban/tram', 'tram/'],
    ['s3://van-ban/tram/2026/', 'tram/2026/'],
  ])('of %s has the prefix "%s"', (url, prefix) => {
    expect(place({ BLOB_URL: url })).toMatchObject({ bucket: 'van-ban', prefix })
  })

  test.each(['s3:', 's3://', 's3://V', 's3://Van_Ban', 's3:van-ban', 's3://van-ban/tiền tố'])('cannot be %j', (url) => {
    const mistakes = mistakesOf({ ...account, BLOB_URL: url })

    expect(mistakes).toEqual([expect.stringMatching(/^BLOB_URL must look like s3/)])
  })

  test('needs an account, and a folder does not', () => {
    expect(mistakesOf({ BLOB_URL: 's3://van-ban' })).toEqual([
      'AWS_ACCESS_KEY_ID is required when BLOB_URL names a bucket',
      'AWS_SECRET_ACCESS_KEY is required when BLOB_URL names a bucket',
    ])
    expect(mistakesOf({ BLOB_URL: 'file:/srv/blobs', S3_ENDPOINT: 'nowhere', AWS_REGION: '?' })).toEqual([])
  })

  test.each([
    ['S3_ENDPOINT', 's3.internal:9000'],
    ['S3_FORCE_PATH_STYLE', 'yes'],
    ['AWS_REGION', 'here and there'],
  ])('may not have %s be %j', (name, value) => {
    const mistakes = mistakesOf({ ...account, BLOB_URL: 's3://van-ban', [name]: value })

    expect(mistakes).toEqual([expect.stringContaining(name)])
  })
})

test('tells all mistakes at once, each with its variable', () => {
  const mistakes = mistakesOf({
    PORT: 'x',
    SANDBOX: 'x',
    ROLES: 'x',
    LOG_LEVEL: 'x',
    DATABASE_URL: 'x',
    SWEEP_EVERY_MS: 'x',
  })

  const names = mistakes.map((mistake) => mistake.split(' ')[0])
  expect(names.sort()).toEqual(
    ['AXIS_CODE', 'DATABASE_URL', 'LOG_LEVEL', 'MASTER_KEY', 'PORT', 'ROLES', 'SANDBOX', 'SWEEP_EVERY_MS'].sort(),
  )
})

describe('secrets', () => {
  const secrets = {
    DATABASE_URL: 'postgres://tram:hunter2@db/tram',
    REDIS_URL: 'redis://:hunter2@cache',
    MASTER_KEY: 'hunter2'.repeat(6),
    ADMIN_TOKEN: 'hunter2-hunter2-hunter2-hunter2',
  }

  test('are shown as set or not set, and nothing else of them', () => {
    const summary = configSummary({ ...secrets, ADMIN_TOKEN: '' })

    expect(JSON.stringify(summary)).not.toContain('hunter2')
    const shown = Object.fromEntries(summary.map(({ name, value }) => [name, value]))
    expect(shown).toMatchObject({ DATABASE_URL: 'set', REDIS_URL: 'set', MASTER_KEY: 'set', ADMIN_TOKEN: 'not set' })
  })

  test('are not repeated in a mistake', () => {
    const wrong = {
      DATABASE_URL: 'mysql://tram:hunter2@db',
      REDIS_URL: 'http://:hunter2@cache',
      ADMIN_TOKEN: 'hunter2',
    }
    const mistakes = mistakesOf({ ...onServers, ...wrong })

    expect(mistakes).toHaveLength(3)
    expect(mistakes.join()).not.toContain('hunter2')
  })
})

describe('the list of variables', () => {
  const source = readFileSync(new URL('../src/config.ts', import.meta.url), 'utf8')
  const read = [...source.matchAll(/read\.\w+\('([A-Z][A-Z0-9_]*)'/g)].map(([, name]) => name ?? '')

  test('has every variable that is read, and no other', () => {
    const names = variables.map((variable) => variable.name)

    expect([...new Set([...read, 'ROLES'])].sort()).toEqual(names.toSorted())
    expect(new Set(names).size).toBe(names.length)
  })

  test('gives every variable a meaning and a default', () => {
    expect(variables.filter((variable) => !/\S/.test(variable.meaning) || !/\S/.test(variable.defaultText))).toEqual([])
  })

  test.each(variables.filter((v) => /^\d+$/.test(v.defaultText)).map((v) => [v.name, v.defaultText]))(
    'says the true default of %s',
    (name, defaultText) => {
      expect(readConfig({ [name]: defaultText })).toEqual(readConfig({}))
    },
  )

  test('leaves what is not a secret readable', () => {
    const summary = configSummary({ PORT: '9000' })

    expect(summary.find(({ name }) => name === 'PORT')).toMatchObject({ value: '9000', default: '8080' })
  })
})
