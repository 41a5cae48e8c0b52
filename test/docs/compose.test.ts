// docker-compose.yml says the same as the program: which variables there are, which roles, what is secret.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig, variables } from '../../src/config.ts'
import { read } from './documentation.ts'

interface Service {
  readonly image?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>
  readonly volumes?: readonly string[]
  readonly healthcheck?: unknown
}

const text = read('docker-compose.yml')
const compose: { services: Record<string, Service>; volumes: Record<string, unknown> } = parse(text, { merge: true })
const services = Object.entries(compose.services)
const own = services.filter(([, { image }]) => image === 'tram')

/** As compose fills it in from a `.env` that holds what is asked for and nothing else. */
function filledIn(value: string): string {
  const given: Readonly<Record<string, string>> = {
    ...{ MASTER_KEY: '0'.repeat(64), ADMIN_TOKEN: 'a'.repeat(32), AXIS_CODE: '000.00.00.H35' },
    ...{ S3_ACCESS_KEY: 'GK0123', S3_SECRET_KEY: 'secret', POSTGRES_PASSWORD: 'ab', REDIS_PASSWORD: 'cd' },
  }
  return value.replace(/\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g, (_all, name: string, fallback: string | undefined) => {
    const found = given[name] ?? fallback
    if (found === undefined) throw new Error(`nobody sets ${name}`)
    return found
  })
}

describe('docker-compose.yml', () => {
  it('runs every role that has work, and each in processes of its own', () => {
    expect(own.map(([, { environment }]) => environment?.ROLES).sort()).toEqual(['edge', 'sweeper', 'worker'])
  })

  it.each(own)('gives %s settings that the program takes, and knows', (_name, { environment = {} }) => {
    const known = variables.map(({ name }) => name)
    expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([])

    const config = readConfig(Object.fromEntries(Object.entries(environment).map(([name, v]) => [name, filledIn(v)])))

    expect(config.s3).toMatchObject({
      bucket: 'tram',
      endpoint: 'http://garage:3900',
      forcePathStyle: true,
      region: 'garage',
    })
  })

  it('holds no secret, and asks for each instead of making one up', () => {
    const secret = /PASSWORD|SECRET|TOKEN|MASTER_KEY|ACCESS_KEY/
    const values = services.flatMap(([, { environment = {} }]) => Object.entries(environment))

    for (const [name, value] of values.filter(([n]) => secret.test(n)))
      expect.soft(value, name).toMatch(/^\$\{\w+:\?[^}]+\}$/)
    expect([...text.matchAll(/\$\{(\w+):-/g)].filter(([, name = '']) => secret.test(name))).toEqual([])
  })

  it('waits for and mounts only what is there', () => {
    for (const [name, { depends_on = [], volumes = [] }] of services) {
      for (const needed of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on))
        expect.soft(Object.keys(compose.services), name).toContain(needed)
      for (const [source = ''] of volumes.map((volume) => volume.split(':')))
        expect
          .soft(
            source.startsWith('.') ? existsSync(join(import.meta.dirname, '../..', source)) : source in compose.volumes,
            source,
          )
          .toBe(true)
    }
  })

  it('asks every server for its health, but for those of ours that listen nowhere', () => {
    for (const [name, { healthcheck }] of services.filter(([n]) => !['edge', 'worker', 'sweeper'].includes(n)))
      expect.soft(healthcheck, name).toBeDefined()
  })

  it('makes Garage put on disk what it says is stored', () => {
    const settings = read('.docker/garage.toml')

    expect(settings).toMatch(/^data_fsync = true$/m)
    expect(settings).toMatch(/^metadata_fsync = true$/m)
  })
})
