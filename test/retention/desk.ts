// Retention over a database and a blob folder of the test's own, with documents of any age put straight into the tables.
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Ajv } from 'ajv'
import addFormatsModule from 'ajv-formats'
import fastify, { type FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { bringBackDeliveries, moveOutDeliveries } from '../../src/delivery/old-deliveries.ts'
import type { DeliveryState } from '../../src/domain/delivery.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import type { BlobStore } from '../../src/domain/ports.ts'
import { bringBackPackages, markContentRemoved, moveOutPackages } from '../../src/intake/old-packages.ts'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { insertAudit } from '../../src/registry/audit-store.ts'
import { builtInPolicy } from '../../src/retention/policy.ts'
import { createRetention, type Retention, type RetentionOptions } from '../../src/retention/retention.ts'
import { scratchFolder } from '../support/scratch.ts'
import { freshDatabase } from '../support/services.ts'

const schemas = join(import.meta.dirname, '../../schemas/')
export const dayMs = 24 * 3_600_000
export const moves = { moveOutDeliveries, bringBackDeliveries, moveOutPackages, bringBackPackages }

export interface OldPackage {
  readonly daysAgo: number
  /** Of its deliveries, one each; ended when the package was accepted unless `endedDaysAgo` says otherwise. */
  readonly states?: readonly DeliveryState[]
  readonly endedDaysAgo?: number
  readonly kind?: 'new' | 'recall' | 'update' | 'replace'
  readonly sender?: string
  readonly size?: number
  /** Puts bytes into the blob store. */
  readonly withBlob?: boolean
}

export interface Desk {
  readonly db: Database
  readonly url: string
  readonly folder: string
  readonly blobs: BlobStore
  readonly app: FastifyInstance
  readonly retention: Retention
  readonly options: RetentionOptions
  readonly builtIn: RetentionOptions['builtIn']
  agency(name?: string): Promise<string>
  readonly system: string
  put(old: OldPackage): Promise<string>
  deliveriesOf(packageId: string): Promise<string[]>
  hasBlob(packageId: string): Promise<boolean>
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<{ status: number; body: any }>
  sweep(task: string): Promise<void>
  audited(): Promise<{ action: string; actor: string; object: string }[]>
  close(): Promise<void>
}

export async function openDesk(more: Partial<RetentionOptions> = {}): Promise<Desk> {
  const fresh = await freshDatabase()
  const scratch = scratchFolder('retention')
  const open = openDatabase({ url: fresh.url, connectionsMax: 8, onIdleError: () => undefined })
  const { db } = open
  const blobs = createFileBlobStore(join(scratch.path, 'blobs'))
  const builtIn = builtInPolicy(schemas)
  const options: RetentionOptions = {
    ...{ db, blobs, builtIn, moves, markContentRemoved, newId: uuidv7 },
    clock: { now: () => new Date() },
    logger: { info: () => undefined },
    audit: (trx, { actor, ...entry }) => {
      return insertAudit(trx, { id: uuidv7(), at: new Date(), actor: { name: actor }, entry })
    },
    ...more,
  }
  const retention = createRetention(options)
  const app = bareServer()
  retention.routes(app, {
    system: async () => undefined,
    operator: async (request) => {
      request.operator = { name: 'operator of the test' }
    },
  })
  const system = `QLVB-${randomBytes(4).toString('hex')}`
  await sql`insert into systems (system_id, name, channel, webhook_secret_cipher) values (${system}, ${system}, 'mailbox',
    ${Buffer.of(0)})`.execute(db)
  const anyAgency = await insertAgency(db, 'Sở Nội vụ')

  return {
    ...{ db, url: fresh.url, folder: scratch.path, blobs, app, retention, options, builtIn, system },
    agency: (name = 'Sở Tài chính') => insertAgency(db, name),
    put: (old) => putPackage(db, blobs, { system, anyAgency }, old),
    async deliveriesOf(packageId) {
      const rows = await db
        .selectFrom('deliveries')
        .select('delivery_id')
        .where('package_id', '=', packageId)
        .orderBy('delivery_id')
        .execute()
      return rows.map((row) => row.delivery_id)
    },
    async hasBlob(packageId) {
      return await blobs.read(packageId).then(
        async (bytes) => (await buffer(bytes)).length > 0,
        () => false,
      )
    },
    async call(method, path, body) {
      const response = await app.inject({
        method,
        url: path,
        ...(body === undefined
          ? {}
          : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      return { status: response.statusCode, body: response.body === '' ? undefined : response.json() }
    },
    async sweep(name) {
      const task = retention.tasks.find((t) => t.name === name)
      if (task === undefined) throw new Error(`no task ${name}`)
      await task.run()
    },
    audited: () => db.selectFrom('audit').select(['action', 'actor', 'object']).orderBy('audit_id').execute(),
    async close() {
      await app.close()
      await open.close()
      await fresh.drop()
      scratch.remove()
    },
  }
}

async function insertAgency(db: Database, name: string): Promise<string> {
  const agencyId = randomUUID()
  await sql`insert into agencies (agency_id, name) values (${agencyId}, ${name})`.execute(db)
  return agencyId
}

async function putPackage(
  db: Database,
  blobs: BlobStore,
  { system, anyAgency }: { system: string; anyAgency: string },
  old: OldPackage,
): Promise<string> {
  const acceptedAt = new Date(Date.now() - old.daysAgo * dayMs)
  const endedAt = new Date(Date.now() - (old.endedDaysAgo ?? old.daysAgo) * dayMs)
  const packageId = uuidv7(acceptedAt.getTime())
  const bytes = randomBytes(old.size ?? 1_000)
  const sender = old.sender ?? anyAgency
  const document = { from: { organId: 'H35.12', organName: 'Sở Nội vụ' }, subject: 'V/v báo cáo', attachments: [] }
  const repeatKey = randomUUID()
  await sql`insert into packages (package_id, type, kind, system_id, face, from_agency_id, from_code, document_id,
      document_key, repeat_key, subject, priority, document, content_hash, sha256, size, receipt, accepted_at)
    values (${packageId}, 'edoc', ${old.kind ?? 'new'}, ${system}, 'rest', ${sender}, 'H35.12', ${packageId},
      ${packageId}, ${repeatKey}, 'V/v báo cáo', 0, ${JSON.stringify(document)}, ${randomBytes(32)},
      ${createHash('sha256').update(bytes).digest()}, ${bytes.length}, 'jws', ${acceptedAt})`.execute(db)
  for (const state of old.states ?? ['delivered']) await putDelivery({ state, repeatKey })
  if (old.withBlob === true) {
    const writer = blobs.create(packageId)
    await writer.write(bytes)
    await writer.finish()
  }
  return packageId

  async function putDelivery(d: { state: DeliveryState; repeatKey: string }): Promise<void> {
    await sql`insert into deliveries (delivery_id, package_id, type, priority, repeat_key, recipient_key,
        recipient_agency_id, organ_id, agency_code, system_id, channel, state, state_since, created_at, held_reason,
        available_at, next_attempt_at, lease_token, lease_until, delivered_at)
      values (${uuidv7(acceptedAt.getTime())}, ${packageId}, 'edoc', 0, ${d.repeatKey}, ${randomUUID()}, ${anyAgency},
        'H35.20', 'H35.20', ${system}, 'mailbox', ${d.state}, ${endedAt}, ${acceptedAt},
        case when ${d.state} = 'held' then 'no_system' end, case when ${d.state} = 'available' then now() end,
        case when ${d.state} = 'waiting' then now() end, case when ${d.state} = 'in_flight' then gen_random_uuid() end,
        case when ${d.state} = 'in_flight' then now() end, case when ${d.state} = 'delivered' then ${endedAt}::timestamptz end)`.execute(
      db,
    )
  }
}

/** As strict as the edge: bodies are taken as they are, query strings are text that may stand for other things. */
function bareServer(): FastifyInstance {
  const app = fastify()
  const settings = { allErrors: true, strict: false, removeAdditional: false, useDefaults: false } as const
  const strict = new Ajv(settings)
  const lenient = new Ajv({ ...settings, coerceTypes: true, useDefaults: true })
  for (const name of readdirSync(join(schemas, 'json'))) {
    const schema = JSON.parse(readFileSync(join(schemas, 'json', name), 'utf8'))
    app.addSchema(schema)
    strict.addSchema(schema)
    lenient.addSchema(schema)
  }
  for (const ajv of [strict, lenient]) addFormatsModule.default(ajv)
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? strict : lenient).compile(schema))
  app.decorateRequest('operator', null)
  app.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof GatewayError) {
      const status = { not_found: 404, conflict: 409, invalid: 422, gone: 410 }[error.kind as string] ?? 500
      return await reply.code(status).send({ ...problem(status, error.code), ...error.facts })
    }
    if (error instanceof Error && 'validation' in error) {
      return await reply.code(422).send(problem(422, 'schema_violation'))
    }
    throw error
  })
  return app
}

function problem(status: number, code: string) {
  return { type: 'about:blank', title: code, status, code, ref: 'TC-0000-00', detail: code }
}
