// Lanes, packages and deliveries put straight into the tables, so that a test of delivery/ says only what it is about.
import { randomBytes, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Claim } from '../../src/delivery/claim-deliveries.ts'
import type { AttemptResult } from '../../src/delivery/record-results.ts'
import type { AttemptOutcome } from '../../src/domain/delivery.ts'
import { type Database, openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { freshDatabase } from '../support/services.ts'

export interface DeliveryRows {
  readonly db: Database
  /** A lane of its own, so that tests of one file do not meet. */
  lane(fixture?: LaneFixture): Promise<string>
  agency(): Promise<string>
  package(fixture?: PackageFixture): Promise<string>
  delivery(systemId: string, fixture?: DeliveryFixture): Promise<string>
  row(deliveryId: string): Promise<Record<string, unknown>>
  laneRow(systemId: string): Promise<Record<string, unknown>>
  attempts(deliveryId: string): Promise<Record<string, unknown>[]>
  events(deliveryId: string): Promise<{ type: string; data: unknown }[]>
  close(): Promise<void>
}

export interface LaneFixture {
  readonly channel?: 'push' | 'mailbox'
  readonly pushStyle?: 'package' | 'notice'
  readonly concurrency?: number
  readonly ratePerSecond?: number
  readonly tokens?: number
  readonly paused?: boolean
  readonly faultsInRow?: number
  /** Seconds from now; negative: the breaker's time is over. */
  readonly openFor?: number
  /** Keeps the order of acceptance. */
  readonly inOrder?: boolean
  readonly bundle?: boolean
}

export interface PackageFixture {
  readonly packageId?: string
  readonly size?: number
  readonly priority?: number
}

export interface DeliveryFixture {
  readonly state?: 'waiting' | 'available' | 'held' | 'delivered' | 'refused' | 'exhausted' | 'expired' | 'recalled'
  readonly priority?: number
  /** Seconds from now; null: nothing is due. */
  readonly dueIn?: number | null
  readonly giveUpIn?: number
  readonly takenBefore?: boolean
  readonly packageId?: string
  readonly repeatKey?: string
  readonly agencyId?: string
  readonly heldReason?: string
  /** Agency whose document it is. */
  readonly sender?: string
}

export async function openDeliveryRows(connectionsMax = 24): Promise<DeliveryRows> {
  const fresh = await freshDatabase()
  const open = openDatabase({ url: fresh.url, connectionsMax, onIdleError: () => undefined })
  const { db } = open
  const anyAgency = await insertAgency(db)
  const sender = await insertLane(db, { channel: 'mailbox' })

  return {
    db,
    lane: (fixture = {}) => insertLane(db, fixture),
    agency: () => insertAgency(db),
    package: (fixture = {}) => insertPackage(db, sender, anyAgency, fixture),
    async delivery(systemId, fixture = {}) {
      const packageId = fixture.packageId ?? (await insertPackage(db, sender, anyAgency, fixture))
      return insertDelivery(db, systemId, fixture.agencyId ?? anyAgency, packageId, fixture)
    },
    row: (deliveryId) => one(db, sql`select * from deliveries where delivery_id = ${deliveryId}`),
    laneRow: (systemId) => one(db, sql`select * from lanes where system_id = ${systemId}`),
    async attempts(deliveryId) {
      const found = sql<
        Record<string, unknown>
      >`select * from attempts where delivery_id = ${deliveryId} order by started_at`
      return (await found.execute(db)).rows
    },
    async events(deliveryId) {
      const found = sql<{ type: string; data: unknown }>`
        select type, data from events where delivery_id = ${deliveryId} order by at, event_id`
      return (await found.execute(db)).rows
    },
    async close() {
      await open.close()
      await fresh.drop()
    },
  }
}

async function one(db: Database, query: ReturnType<typeof sql>): Promise<Record<string, unknown>> {
  const { rows } = await query.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('no such row')
  return { ...(row as object) }
}

async function insertAgency(db: Database): Promise<string> {
  const agencyId = randomUUID()
  await sql`insert into agencies (agency_id, name) values (${agencyId}, 'Sở Nội vụ')`.execute(db)
  return agencyId
}

async function insertLane(db: Database, fixture: LaneFixture): Promise<string> {
  const systemId = `QLVB-${randomBytes(4).toString('hex')}`
  const channel = fixture.channel ?? 'push'
  const url = channel === 'push' ? 'http://127.0.0.1:9/edxml' : null
  await sql`insert into systems (system_id, name, channel, push_url, push_style, bundle, webhook_secret_cipher)
    values (${systemId}, ${systemId}, ${channel}, ${url}, ${fixture.pushStyle ?? 'package'}, ${fixture.bundle ?? false},
      ${Buffer.of(0)})`.execute(db)
  await sql`insert into lanes (system_id, concurrency, rate_per_second, tokens, paused_reason, faults_in_row, is_broken, in_order, open_until)
    values (${systemId}, ${fixture.concurrency ?? 8}, ${fixture.ratePerSecond ?? null}, ${fixture.tokens ?? 0},
      ${fixture.paused === true ? 'endpoint_gone' : null}, ${fixture.faultsInRow ?? 0}, ${(fixture.faultsInRow ?? 0) >= 3}, ${fixture.inOrder ?? false},
      now() + make_interval(secs => ${fixture.openFor ?? null}::double precision))`.execute(db)
  return systemId
}

async function insertPackage(db: Database, sender: string, agencyId: string, fixture: PackageFixture): Promise<string> {
  const packageId = fixture.packageId ?? uuidv7()
  await sql`insert into packages (package_id, type, kind, system_id, face, from_agency_id, from_code, document_id,
      document_key, repeat_key, subject, priority, document, content_hash, sha256, size, receipt, accepted_at)
    values (${packageId}, 'edoc', 'new', ${sender}, 'rest', ${agencyId}, 'H35.12', ${`H35.12,${packageId}`},
      ${packageId}, ${randomUUID()}, 'V/v báo cáo', ${fixture.priority ?? 0}, '{}', ${randomBytes(32)},
      ${randomBytes(32)}, ${fixture.size ?? 1_000}, 'jws', now())`.execute(db)
  return packageId
}

async function insertDelivery(
  db: Database,
  systemId: string,
  agencyId: string,
  packageId: string,
  fixture: DeliveryFixture,
): Promise<string> {
  const deliveryId = uuidv7()
  const state = fixture.state ?? 'waiting'
  const isHeld = state === 'held'
  const dueIn = fixture.dueIn === undefined ? (state === 'waiting' ? 0 : null) : fixture.dueIn
  await sql`insert into deliveries (delivery_id, package_id, type, priority, repeat_key, recipient_key,
      recipient_agency_id, organ_id, agency_code, system_id, channel, state, held_reason, available_at,
      next_attempt_at, give_up_at, taken_at, delivered_at, sender_agency_id)
    select ${deliveryId}, ${packageId}, 'edoc', ${fixture.priority ?? 0}, ${fixture.repeatKey ?? randomUUID()},
      ${fixture.agencyId ?? randomUUID()}, ${agencyId}, 'H35.20', 'H35.20', ${isHeld ? null : systemId},
      case when ${isHeld} then null else (select channel from systems where system_id = ${systemId}) end,
      ${state}, ${isHeld ? (fixture.heldReason ?? 'no_system') : null},
      case when ${state === 'available'} then now() end,
      now() + make_interval(secs => ${dueIn}::double precision),
      now() + make_interval(secs => ${fixture.giveUpIn ?? null}::double precision),
      case when ${fixture.takenBefore === true} then now() end,
      case when ${state === 'delivered'} then now() end, ${fixture.sender ?? agencyId}`.execute(db)
  return deliveryId
}

/** What an attempt at a claimed delivery came to. */
export function result(claim: Claim, outcome: AttemptOutcome, startedAt = new Date()): AttemptResult {
  return { claim, outcome, startedAt, finishedAt: new Date(startedAt.getTime() + 5) }
}

/** A claim that nothing stands behind, for what needs no database. */
export function madeUpClaim(systemId: string, fixture: { size?: number; deliveryId?: string } = {}): Claim {
  const packageId = uuidv7()
  return {
    delivery: {
      deliveryId: fixture.deliveryId ?? uuidv7(),
      systemId,
      packageId,
      leaseToken: randomUUID(),
      attempt: 1,
      organId: 'H35.20',
      agencyCode: 'H35.20',
    },
    package: {
      packageId,
      type: 'edoc',
      kind: 'new',
      documentId: 'H35.12,2026/11/20,743/SNV-VP',
      sha256: '00'.repeat(32),
      size: fixture.size ?? 1_000,
      priority: 0,
      from: 'H35.12',
      acceptedAt: new Date(),
    },
    firstTaking: true,
    announcesOnly: false,
  }
}
