// The previous release as its statements: what it sent, it sends again here, against a database of this release.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { uuidv7 } from '../../src/platform/ids.ts'
import type { ReleaseStatements } from './statements.ts'

export const previousRelease: ReleaseStatements = JSON.parse(
  readFileSync(new URL('./statements-0.2.0.json', import.meta.url), 'utf8'),
)

export interface OldClaim {
  readonly delivery_id: string
  readonly package_id: string
  readonly system_id: string
  readonly lease_token: string
  readonly attempt: number
}

export interface OldProcess {
  /** An edge accepts a document of the system for the agency, to be pushed to `toSystemId`. Answers its delivery. */
  accept(document: OldDocument): Promise<string>
  /** A worker takes work from a lane. */
  claim(systemId: string, max?: number): Promise<OldClaim[]>
  /** A worker writes down that it was delivered. */
  delivered(claim: OldClaim): Promise<void>
  /** An edge takes a system's word that it has them. */
  confirm(deliveryIds: readonly string[]): Promise<string[]>
  /** A sweeper makes deliveries due again whose lease ran out. Answers how many. */
  reopenLost(): Promise<number>
  close(): Promise<void>
}

export interface OldDocument {
  readonly systemId: string
  readonly agencyId: string
  readonly toSystemId: string
  readonly toAgencyId: string
}

export async function startOldProcess(databaseUrl: string): Promise<OldProcess> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const run = async (beginning: string, values: readonly unknown[]) =>
    (await client.query(statement(beginning), [...values])).rows

  return {
    async accept({ systemId, agencyId, toSystemId, toAgencyId }) {
      const [package_id, delivery_id, repeat_key] = [uuidv7(), uuidv7(), randomUUID()]
      const values = [
        package_id,
        'edoc',
        'new',
        systemId,
        'rest',
        agencyId,
        'H35.12',
        `H35.12,${package_id}`,
        package_id,
      ]
      const hash = Buffer.alloc(32, 1)
      const rest = [repeat_key, null, null, 'V/v báo cáo', 0, null, '{}', '[]', hash, hash, 1_000, 'jws', new Date()]
      await run('insert into "packages" (', [...values, ...rest])
      const recipient = {
        recipient_key: toAgencyId,
        recipient_agency_id: toAgencyId,
        organ_id: 'H35.14',
        agency_code: 'H35.14',
      }
      const way = { system_id: toSystemId, channel: 'push', state: 'waiting', is_due: true }
      const delivery = { delivery_id, package_id, type: 'edoc', priority: 0, repeat_key, ...recipient, ...way }
      await run('insert into deliveries (', [30, JSON.stringify([delivery])])
      const event = {
        event_id: uuidv7(),
        at: new Date(),
        type: 'package.accepted',
        package_id,
        system_id: systemId,
        data: {},
      }
      await run('insert into events (event_id, at, type, package_id, delivery_id, system_id, data) select event_id', [
        JSON.stringify([event]),
      ])
      return delivery_id
    },
    claim: (systemId, max = 64) =>
      run('select c.delivery_id, c.system_id, c.package_id, c.lease_token', [systemId, max, 8]),
    async delivered(claim) {
      const moment = new Date()
      const result = {
        ...claim,
        started_at: moment,
        finished_at: moment,
        outcome: 'delivered',
        next_state: 'delivered',
      }
      await run(
        'with r as ( select * from json_to_recordset($1::json) as r(delivery_id uuid, package_id uuid, system_id text, lease_token',
        [JSON.stringify([{ ...result, clears_taken: false, event_id: uuidv7() }])],
      )
    },
    async confirm(deliveryIds) {
      const rows = await run('with wanted as ( select delivery_id, package_id, system_id, state as was', [deliveryIds])
      return rows.map((row) => row.state)
    },
    async reopenLost() {
      const [row] = await run('with lost as (', [1_000])
      return row.n
    },
    close: () => client.end(),
  }
}

/** The only one that begins so. */
function statement(beginning: string): string {
  const found = previousRelease.statements.filter(({ text }) => text.startsWith(beginning))
  const [only] = found
  if (only === undefined || found.length > 1) throw new Error(`${found.length} statements begin with: ${beginning}`)
  return only.text
}
