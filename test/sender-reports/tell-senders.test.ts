// What was noted about documents reaches their senders: one report for each sender and incident, in the form that the
// sender's system wants, and never a report about a report.
import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Agency } from '../../src/domain/agency.ts'
import { axisSystemId } from '../../src/domain/axis-identity.ts'
import { buildDirectory, type Directory } from '../../src/domain/directory.ts'
import { groupItems, type ReportGroup, type ReportItem } from '../../src/domain/sender-report.ts'
import type { ReportStyle, System } from '../../src/domain/system.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { tellSenders } from '../../src/sender-reports/tell-senders.ts'
import { type DeliveryRows, openDeliveryRows } from '../delivery/delivery-rows.ts'
import { openDeliveries } from '../support/delivery-policy.ts'
import { memoryBlobs } from './memory-blobs.ts'
import { readStatus } from './read-status.ts'

let rows: DeliveryRows
const blobs = memoryBlobs()
let rung: Set<string>
let unreachable: { group: ReportGroup; reason: string }[]
beforeAll(async () => {
  rows = await openDeliveryRows()
})
beforeEach(() => {
  rung = new Set()
  unreachable = []
})
afterAll(() => rows.close())

interface Sender {
  readonly agencyId: string
  readonly code: string
  readonly systemId: string
  readonly directory: Directory
}

let number = 100
async function sender(reports: ReportStyle | undefined, connected = true): Promise<Sender> {
  number += 1
  const code = `H35.${number}`
  const agencyId = await rows.agency()
  const systemId = await rows.lane({ channel: 'mailbox' })
  const agency: Agency = {
    agencyId,
    name: `Sở ${number}`,
    kind: 'state',
    isOffice: false,
    connected,
    updatedAt: new Date(),
    successorIds: [],
    redirects: true,
    codes: [{ code, scheme: 'qd20' }],
  }
  const system: System = {
    systemId,
    name: systemId,
    channel: 'mailbox',
    pushStyle: 'package',
    receivesFor: [agencyId],
    sendsFor: [agencyId],
    credentials: [],
    ...(reports === undefined ? {} : { reports }),
  }
  return { agencyId, code, systemId, directory: buildDirectory(1, [agency], [system]) }
}

/** A document of the sender to a system, and a word about it. */
async function note(from: Sender, lane: string, what: string, more: { state?: 'delivered'; data?: object } = {}) {
  const packageId = await rows.package()
  await sql`update packages set from_agency_id = ${from.agencyId}, from_code = ${from.code}, code = '743/SNV-VP'
    where package_id = ${packageId}`.execute(rows.db)
  const deliveryId = await rows.delivery(lane, {
    packageId,
    ...(more.state === undefined ? {} : { state: more.state }),
  })
  await sql`insert into report_items (item_id, what, incident, delivery_id, package_id, data, noted_at)
    values (${randomUUID()}, ${what}, ${`${what}:${lane}`}, ${deliveryId}, ${packageId},
      ${JSON.stringify(more.data ?? {})}, clock_timestamp())`.execute(rows.db)
  return { packageId, deliveryId }
}

const tell = (from: Sender, gatherMs = 0) =>
  tellSenders({
    db: rows.db,
    blobs,
    clock: { now: () => new Date() },
    newId: uuidv7,
    axisCode: '000.00.99.H35',
    directory: async () => from.directory,
    textOf: (code, language) => `${code} (${language})`,
    signReceipt: async () => 'jws',
    openDeliveries,
    raiseUnreachable: async (_db, group, reason) => void unreachable.push({ group, reason }),
    afterCommit: (systemIds) => {
      for (const id of systemIds) rung.add(id)
    },
    gatherMs,
  })

async function inMailbox(systemId: string) {
  const found = await sql<{
    package_id: string
    type: string
    state: string
    report_at: Date | null
    priority: number
    sha256: Buffer
  }>`
    select d.package_id, d.type, d.state, d.report_at, d.priority, p.sha256 from deliveries d join packages p using (package_id)
    where d.system_id = ${systemId} and p.system_id = ${axisSystemId} order by d.delivery_id`.execute(rows.db)
  return found.rows
}

describe('a report', () => {
  it('lists all documents of one incident, once', async () => {
    const [from, lane] = [await sender(undefined), await rows.lane()]
    const noted = [
      await note(from, lane, 'undelivered', { data: { reason: 'receiver_unreachable', detail: 'ECONNREFUSED' } }),
      await note(from, lane, 'undelivered'),
    ]
    await note(from, await rows.lane(), 'undelivered')

    expect(await tell(from)).toBe(3)
    expect(await tell(from)).toBe(0)

    const sent = await inMailbox(from.systemId)
    expect(sent).toMatchObject([
      { type: 'report', state: 'available', report_at: null },
      { type: 'report', state: 'available' },
    ])
    const bytes = blobs.bytes(sent[0]?.package_id ?? '')
    expect(createHash('sha256').update(bytes).digest()).toEqual(sent[0]?.sha256)
    const report = JSON.parse(bytes.toString('utf8'))
    expect(report).toMatchObject({ type: 'report', what: 'undelivered', from: '000.00.99.H35', to: from.code })
    expect(report.items.map((item: { deliveryId: string }) => item.deliveryId).sort()).toEqual(
      noted.map((n) => n.deliveryId).sort(),
    )
    expect(report.items.find((item: { deliveryId: string }) => item.deliveryId === noted[0]?.deliveryId)).toMatchObject(
      {
        code: '743/SNV-VP',
        organId: 'H35.20',
        reason: { code: 'receiver_unreachable', text: { vi: 'receiver_unreachable (vi)' }, detail: 'ECONNREFUSED' },
      },
    )
    expect(rung).toEqual(new Set([from.systemId]))
  })

  it('waits until the incident has gathered', async () => {
    const from = await sender('json')
    await note(from, await rows.lane(), 'refused')

    expect(await tell(from, 60_000)).toBe(0)
    expect(await tell(from)).toBe(1)
  })

  it('is not sent about a delay that is over', async () => {
    const [from, lane] = [await sender('json'), await rows.lane()]
    await note(from, lane, 'delayed', { state: 'delivered' })

    expect(await tell(from)).toBe(1)
    expect(await inMailbox(from.systemId)).toEqual([])
  })

  it('is a status of the code asked for, one for each document', async () => {
    const [from, lane] = [await sender('status:02'), await rows.lane()]
    await note(from, lane, 'undelivered', { data: { reason: 'not_taken_in_time' } })
    await note(from, lane, 'undelivered')

    await tell(from)

    const sent = await inMailbox(from.systemId)
    expect(sent.map((s) => s.type)).toEqual(['status', 'status'])
    const status = await readStatus(blobs.bytes(sent[0]?.package_id ?? ''))
    expect(status).toMatchObject({
      type: 'status',
      code: '02',
      from: { organId: '000.00.99.H35' },
      responseFor: { organId: from.code, code: '743/SNV-VP' },
    })
    expect(status.description).toContain('Văn bản không chuyển được đến nơi nhận: H35.20')
  })

  it('is not made for a system that wants none', async () => {
    const from = await sender('none')
    await note(from, await rows.lane(), 'undelivered')

    expect(await tell(from)).toBe(1)
    expect(await inMailbox(from.systemId)).toEqual([])
    expect(await tell(from)).toBe(0)
  })

  it('that can go nowhere is an incident and no report', async () => {
    const from = await sender('json', false)
    await note(from, await rows.lane(), 'undelivered')

    expect(await tell(from)).toBe(1)

    expect(unreachable).toMatchObject([{ reason: 'not_connected', group: { fromAgencyId: from.agencyId } }])
    expect(await inMailbox(from.systemId)).toEqual([])
  })

  it('loses nothing when it cannot be written', async () => {
    const from = await sender('json')
    await note(from, await rows.lane(), 'undelivered')
    blobs.failNext()

    await expect(tell(from)).rejects.toThrow('no space')
    expect(await tell(from)).toBe(1)
    expect(await inMailbox(from.systemId)).toHaveLength(1)
  })
})

describe('what belongs together', () => {
  const item = (n: number, more: Partial<ReportItem> = {}): ReportItem => ({
    itemId: `i${n}`,
    what: 'delayed',
    incident: 'delayed:X',
    fromAgencyId: 'a',
    fromCode: 'A',
    packageId: `p${n}`,
    documentId: `d${n}`,
    priority: 0,
    acceptedAt: new Date(0),
    deliveryId: `dl${n}`,
    organId: 'B',
    state: 'waiting',
    notedAt: new Date(0),
    ...more,
  })

  it('is one sender, one subject, one incident', () => {
    const groups = groupItems(
      [
        item(1),
        item(2, { fromAgencyId: 'b' }),
        item(3),
        item(4, { incident: 'delayed:Y' }),
        item(5, { what: 'refused' }),
      ],
      10,
    )

    expect(groups.map((g) => g.items.map((i) => i.itemId))).toEqual([['i1', 'i3'], ['i2'], ['i4'], ['i5']])
  })

  it('goes into several reports where it is too much for one', () => {
    const many = Array.from({ length: 25 }, (_, n) => item(n))

    expect(groupItems(many, 10).map((g) => g.items.length)).toEqual([10, 10, 5])
  })
})
