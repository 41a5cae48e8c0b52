// GET /api/v1/events: what happened to the caller's documents, oldest first, nothing skipped and nothing told twice.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Trx } from '../../src/platform/database.ts'
import { continueEventPositions } from '../../src/platform/event-positions.ts'
import { type MailboxApp, startMailbox } from '../mailbox/mailbox-app.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let box: MailboxApp
beforeAll(async () => {
  box = await startMailbox()
})
afterAll(() => box?.close())

const read = async (caller: string, query = '') => {
  const answer = await box.call('GET', `/api/v1/events${query === '' ? '' : `?${query}`}`, { basic: caller })
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 })
  expectSchema('event-list', answer.body)
  return answer.body
}
/** Everything from a place on, page by page. */
async function readAll(caller: string, query: string) {
  const items = []
  let page = await read(caller, query)
  for (;;) {
    items.push(...page.items)
    if (!page.hasMore) return { items, cursor: page.nextCursor }
    page = await read(caller, `${query.replace(/since=[^&]*/, '')}&cursor=${page.nextCursor}`)
  }
}
const types = (items: { type: string }[]) => items.map((item) => item.type)

interface Parties {
  readonly sender: string
  readonly receiver: string
  readonly recipientAgency: string
  readonly deliveryId: string
  readonly packageId: string
}

/** A document from an agency, which its own system sends for, to an agency of another system. */
async function document(more: { sender?: string; receiver?: string; recipientAgency?: string } = {}): Promise<Parties> {
  const sender = more.sender ?? (await box.rows.agency())
  const receiver = more.receiver ?? (await box.rows.lane({ channel: 'mailbox' }))
  const recipientAgency = more.recipientAgency ?? (await box.rows.agency())
  const deliveryId = await box.rows.delivery(receiver, { state: 'available', sender, agencyId: recipientAgency })
  const { package_id: packageId } = await box.rows.row(deliveryId)
  return { sender, receiver, recipientAgency, deliveryId, packageId: String(packageId) }
}
const asSender = ({ sender }: Parties) => `QLVB-GUI:+${sender}`
const asReceiver = ({ receiver }: Parties) => `${receiver}:`
const happens = (
  doc: Parties,
  type = 'delivery.rerouted',
  data: object = {},
  db: Trx | typeof box.rows.db = box.rows.db,
) =>
  sql`insert into events (event_id, at, type, package_id, delivery_id, system_id, data)
    values (${randomUUID()}, now(), ${type}, ${doc.packageId}, ${doc.deliveryId}, ${doc.receiver}, ${JSON.stringify(data)})`.execute(
    db,
  )
const confirm = (doc: Parties) =>
  box.call('POST', `/api/v1/mailbox/${doc.deliveryId}/confirm`, { basic: asReceiver(doc) })

describe('what each side is told', () => {
  it('is the same event, as the side that it is', async () => {
    const doc = await document()
    await confirm(doc)

    const item = {
      ...{ type: 'delivery.delivered', packageId: doc.packageId, deliveryId: doc.deliveryId, organId: 'H35.20' },
      ...{ documentId: `H35.12,${doc.packageId}`, at: expect.stringMatching(/\+07:00$/), data: {} },
    }
    expect((await read(asSender(doc))).items).toEqual([expect.objectContaining({ ...item, side: 'sender' })])
    expect((await read(asReceiver(doc))).items).toEqual([expect.objectContaining({ ...item, side: 'receiver' })])
  })

  it('is nothing of what others do', async () => {
    const [doc, other] = [await document(), await document()]
    await confirm(other)

    expect((await read(asSender(doc))).items).toEqual([])
    expect((await read(asReceiver(doc))).items).toEqual([])
  })

  it('is for a receiver its own delivery of a document and no other recipient', async () => {
    const doc = await document()
    const elsewhere = await box.rows.lane({ channel: 'mailbox' })
    const deliveryId = await box.rows.delivery(elsewhere, {
      ...{ state: 'available', packageId: doc.packageId, sender: doc.sender },
      agencyId: await box.rows.agency(),
    })
    await confirm(doc)
    await box.call('POST', `/api/v1/mailbox/${deliveryId}/refuse`, {
      ...{ basic: `${elsewhere}:`, body: { reason: 'Không phải nơi nhận' } },
    })

    expect((await read(asReceiver(doc))).items.map((item: { deliveryId: string }) => item.deliveryId)).toEqual([
      doc.deliveryId,
    ])
    expect((await read(`${elsewhere}:`)).items).toMatchObject([{ deliveryId, data: { reason: 'Không phải nơi nhận' } }])
    expect(types((await read(asSender(doc))).items)).toEqual(['delivery.delivered', 'delivery.refused'])
  })

  it('names no operator, and to a receiver nothing that is not about its delivery', async () => {
    const doc = await document()
    await happens(doc, 'recall.settled_otherwise', { reason: 'Gọi điện', operator: 'Lò Văn A', recipients: 7 })

    expect((await read(asSender(doc))).items[0].data).toEqual({ reason: 'Gọi điện', recipients: 7 })
    expect((await read(asReceiver(doc))).items[0].data).toEqual({ reason: 'Gọi điện' })
  })

  it('is what concerns the whole package for the sender alone', async () => {
    const doc = await document()
    await sql`update packages set from_agency_id = ${doc.sender} where package_id = ${doc.packageId}`.execute(
      box.rows.db,
    )
    await sql`insert into events (event_id, at, type, package_id, system_id)
      values (gen_random_uuid(), now(), 'package.accepted', ${doc.packageId}, ${doc.receiver})`.execute(box.rows.db)

    expect((await read(asSender(doc))).items).toMatchObject([
      { type: 'package.accepted', deliveryId: null, organId: null },
    ])
    expect((await read(asReceiver(doc))).items).toEqual([])
  })

  it('is told once to a system that is both sides', async () => {
    const doc = await document()
    await confirm(doc)

    expect((await read(`${doc.receiver}:+${doc.sender}`)).items).toMatchObject([{ side: 'sender' }])
  })

  it('is for a limited credential what its agency receives, past any number of others', async () => {
    const doc = await document()
    const other = await document({ receiver: doc.receiver })
    await sql`insert into events (event_id, at, type, package_id, delivery_id)
      select gen_random_uuid(), now(), 'delivery.retried', ${other.packageId}, ${other.deliveryId}
      from generate_series(1, 2500)`.execute(box.rows.db)
    await confirm(doc)

    const { items } = await readAll(`${doc.receiver}:${doc.recipientAgency}`, 'limit=10')

    expect(types(items)).toEqual(['delivery.delivered'])
  })

  it('keeps from a receiver what is not there yet for it', async () => {
    const [doc, before] = [await document(), await document()]
    await sql`insert into delivery_waits values (${doc.deliveryId}, ${before.deliveryId}, false)`.execute(box.rows.db)
    await sql`update deliveries set waits = true where delivery_id = ${doc.deliveryId}`.execute(box.rows.db)
    await happens(doc)

    expect((await read(asReceiver(doc))).items).toEqual([])
    expect((await read(asSender(doc))).items).toHaveLength(1)
  })
})

describe('the order', () => {
  it('skips nothing that a transaction began earlier and commits later', async () => {
    const doc = await document()
    let cursor = (await read(asSender(doc))).nextCursor
    const next = async () => {
      const page = await read(asSender(doc), `cursor=${cursor}`)
      cursor = page.nextCursor
      return types(page.items)
    }

    await box.rows.db.transaction().execute(async (trx) => {
      await happens(doc, 'began.earlier', {}, trx)
      await happens(doc, 'committed.earlier')
      // It is there, and would carry the cursor past the other one.
      const there = await sql`select 1 from events where type = 'committed.earlier'`.execute(box.rows.db)
      expect(there.rows).toHaveLength(1)
      expect(await next()).toEqual([])
    })

    expect(await next()).toEqual(['began.earlier', 'committed.earlier'])
    expect(await next()).toEqual([])
  })

  it('holds while writers and a reader run side by side', async () => {
    const doc = await document()
    const written: string[] = []
    const writer = async (w: number) => {
      for (let i = 0; i < 30; i++) {
        await box.rows.db.transaction().execute(async (trx) => {
          await happens(doc, `written.${w}.${i}`, {}, trx)
          await sql`select pg_sleep(random() * 0.01)`.execute(trx)
        })
        written.push(`written.${w}.${i}`)
      }
    }
    let isWriting = true
    const writers = Promise.all([0, 1, 2, 3].map(writer)).then(() => {
      isWriting = false
    })
    const seen: string[] = []
    let cursor: string | undefined
    for (;;) {
      const wasWriting = isWriting
      const page = await read(asSender(doc), `limit=7${cursor === undefined ? '' : `&cursor=${cursor}`}`)
      seen.push(...types(page.items))
      cursor = page.nextCursor
      if (!wasWriting && !page.hasMore) break
    }
    await writers

    expect(seen).toHaveLength(120)
    expect([...seen].sort()).toEqual([...written].sort())
  })

  it('goes on where a page ended, in the middle of one transaction too', async () => {
    const doc = await document()
    await sql`insert into events (event_id, at, type, package_id, delivery_id)
      select gen_random_uuid(), now(), 'delivery.retried', ${doc.packageId}, ${doc.deliveryId}
      from generate_series(1, 25)`.execute(box.rows.db)

    const { items, cursor } = await readAll(asSender(doc), 'limit=4')

    expect(new Set(items.map((item: { eventId: string }) => item.eventId)).size).toBe(25)
    await confirm(doc)
    expect(types((await read(asSender(doc), `cursor=${cursor}`)).items)).toEqual(['delivery.delivered'])
  })

  it('goes on behind a restored backup, in a cluster that counts its own transactions', async () => {
    const doc = await document()
    await happens(doc, 'before.backup')
    const { nextCursor } = await read(asSender(doc))
    await box.rows.db.transaction().execute(async (trx) => {
      // What comes from the other cluster has places far ahead of this one's count.
      await sql`update events set position = position + 1000000000 where type = 'before.backup'`.execute(trx)
      await sql`update event_feed set cluster = 1`.execute(trx)
    })
    const lost = await box.call('GET', `/api/v1/events?cursor=${far(nextCursor)}`, { basic: asSender(doc) })
    expect(lost).toMatchObject({ status: 410, body: { code: 'events_gone' } })

    expect(await continueEventPositions(box.rows.db)).toBe(true)
    await happens(doc, 'after.restore')

    expect(types((await read(asSender(doc), `cursor=${far(nextCursor)}`)).items)).toEqual(['after.restore'])
    expect(types((await read(asSender(doc))).items)).toEqual(['before.backup', 'after.restore'])
    expect(await continueEventPositions(box.rows.db)).toBe(false)
  })
})

/** The cursor as a reader of the other cluster has it. */
function far(cursor: string): string {
  const [position, ...rest] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  return Buffer.from(JSON.stringify([position + 1_000_000_000, ...rest])).toString('base64url')
}

describe('where to begin', () => {
  it('is a moment, and what happened before it is not told', async () => {
    const doc = await document()
    await happens(doc, 'before')
    await sql`update events set at = at - interval '1 second' where type = 'before'`.execute(box.rows.db)
    const since = new Date().toISOString()
    await happens(doc, 'after')

    expect(types((await read(asSender(doc), `since=${since}`)).items)).toEqual(['after'])
    expect(types((await read(asSender(doc))).items)).toEqual(['before', 'after'])
  })

  it('is refused where something is missing, with the moment from which it is kept', async () => {
    const doc = await document()
    const { nextCursor } = await read(asSender(doc))
    await sql`insert into history_months (name, parent, month, detached_at)
      values ('events_2099_01', 'events', '2099-01-01', now())`.execute(box.rows.db)
    try {
      for (const query of ['since=2026-01-01T00:00:00Z', `cursor=${nextCursor}`]) {
        const answer = await box.call('GET', `/api/v1/events?${query}`, { basic: asSender(doc) })
        expect(answer).toMatchObject({
          status: 410,
          body: { code: 'events_gone', keptSince: '2099-02-01T07:00:00.000+07:00' },
        })
        expect(answer.body.next).toContain('2099-02-01')
      }
      // Who names no moment gets what there is.
      expect((await read(asSender(doc))).items).toEqual([])
    } finally {
      await sql`delete from history_months`.execute(box.rows.db)
    }
  })

  it.each([
    ['cursor=abc', 'bad_cursor'],
    [`cursor=${Buffer.from('["1","2","3","4"]').toString('base64url')}`, 'bad_cursor'],
    [`cursor=${Buffer.from(`[1e300,"0","${randomUUID()}","0"]`).toString('base64url')}`, 'bad_cursor'],
    ['since=yesterday', 'bad_request'],
    ['limit=0', 'bad_request'],
    ['limit=501', 'bad_request'],
    ['wait=61', 'bad_request'],
    ['type=edoc', 'bad_request'],
  ])('is refused as %s', async (query, code) => {
    const answer = await box.call('GET', `/api/v1/events?${query}`, { basic: 'QLVB:' })

    expect(answer).toMatchObject({ status: 400, body: { code } })
  })

  it('waits for what comes, and ends when the process goes down', async () => {
    const doc = await document()
    const { nextCursor } = await read(asSender(doc))
    const waiting = read(asSender(doc), `cursor=${nextCursor}&wait=30`)
    await happens(doc, 'came.later')
    expect(types((await waiting).items)).toEqual(['came.later'])

    const idle = read(`${doc.receiver}-x:`, 'wait=30')
    box.closing.abort()
    expect((await idle).items).toEqual([])
  })
})
