// What the tests of recall, update and replace do over HTTP: Sở Nội vụ sends documents and acts on them, the others
// take them and answer. Every document has an id of its own, which is the beginning of all ids that belong to it.
import { expect, vi } from 'vitest'
import { statusXml } from '../support/edxml-fixtures.ts'
import type { RegisteredSystem } from '../support/gateway-under-test.ts'
import {
  businessOf,
  codes,
  documentTo,
  expectStatus,
  fromElement,
  type Province,
} from '../support/gateway-under-test-province.ts'
import type { Answer } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

export interface Sent {
  readonly documentId: string
  readonly packageId: string
  readonly answer: Answer
  /** The delivery to the one who is written so. */
  to(code: string): string
}

type Fixture = NonNullable<Parameters<typeof documentTo>[1]>

export interface Acting extends Fixture {
  /** Who says so; Sở Nội vụ when absent. */
  readonly by?: RegisteredSystem
}

let statusSecond = 0
let operationNumber = 0

export type Desk = ReturnType<typeof deskIn>

export function deskIn(province: Province) {
  const { call, snv, shared } = province

  /** Posts a package that must be accepted. */
  async function submitted(made: { xml: string; documentId: string }, by = snv): Promise<Sent> {
    const answer = await province.submit(by.basic, made.xml)
    expectStatus(answer, 202)
    expectSchema('package-receipt', answer.body)
    return sentBy(made.documentId, answer)
  }

  function sentBy(documentId: string, answer: Answer): Sent {
    const rows: { organId: string; deliveryId: string }[] = answer.body.deliveries
    const to = (code: string) => rows.find((row) => row.organId === code)?.deliveryId ?? `no delivery to ${code}`
    return { documentId, packageId: answer.body.packageId, answer, to }
  }

  async function send(to: readonly string[], { by = snv, ...fixture }: Acting = {}): Promise<Sent> {
    return await submitted(documentTo(to, fixture), by)
  }

  /** A package that acts on the document, under an id of its own. */
  function operation(type: 1 | 2 | 3, documentId: string, to: readonly string[], fixture: Fixture = {}) {
    operationNumber += 1
    const id = `${documentId}-${operationNumber}`
    return documentTo(to, {
      id,
      traces: type === 3 ? replacing([documentId]) : businessOf(type, documentId),
      ...fixture,
    })
  }

  const statusBy = async (basic: string, body: unknown): Promise<Answer> => {
    const type = typeof body === 'string' ? { type: 'application/edxml+xml' } : {}
    return await call('POST', '/api/v1/status', { basic, body, ...type })
  }

  return {
    send,
    submitted,
    operation,

    async recallByPackage(document: Sent, to: readonly string[], { by = snv, ...fixture }: Acting = {}): Promise<Sent> {
      return await submitted(operation(1, document.documentId, to, fixture), by)
    },

    /** Status 13 as a package of the sender's QLVB. */
    async recallByStatus(document: Pick<Sent, 'documentId'>, to: string, by = snv, from: string = codes.snv) {
      return await statusBy(by.basic, statusOf({ from, to, documentId: document.documentId, code: '13' }))
    },

    async recallByJson(document: Pick<Sent, 'documentId'>, to: string, by = snv) {
      const body = { documentId: document.documentId, organId: to, code: '13', description: 'Gửi nhầm' }
      return await statusBy(by.basic, body)
    },

    async recallByCall(packageId: string, body: object = {}, by = snv): Promise<Answer> {
      return await call('POST', `/api/v1/packages/${packageId}/recall`, {
        basic: by.basic,
        body: { reason: 'Gửi nhầm', ...body },
      })
    },

    async update(document: Sent, to: readonly string[], { by = snv, ...fixture }: Acting = {}): Promise<Sent> {
      return await submitted(operation(2, document.documentId, to, fixture), by)
    },

    async replace(documents: readonly Sent[], to: readonly string[], { by = snv, ...fixture }: Acting = {}) {
      const traces = replacing(documents.map((d) => d.documentId))
      return await submitted(operation(3, documents[0]?.documentId ?? '', to, { traces, ...fixture }), by)
    },

    fetchBytes: (deliveryId: string, by = shared) =>
      call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic: by.basic }),
    confirm: (deliveryId: string, by = shared) =>
      call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic: by.basic }),
    refuse: (deliveryId: string, by = shared) =>
      call('POST', `/api/v1/mailbox/${deliveryId}/refuse`, { basic: by.basic, body: { reason: 'Sai nơi nhận' } }),

    /** Fetched and confirmed, as a QLVB does. */
    async take(deliveryId: string, by = shared): Promise<void> {
      expectStatus(await call('GET', `/api/v1/mailbox/${deliveryId}/package`, { basic: by.basic }), 200)
      expectStatus(await call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic: by.basic }), 200)
    },

    status: (by: RegisteredSystem, body: unknown) => statusBy(by.basic, body),

    /** What lies in the mailbox and belongs to the document: `edoc new → H35.20` and the like, in mailbox order. */
    async waiting(document: Pick<Sent, 'documentId'>, by = shared): Promise<string[]> {
      const items = await mailboxItems(document, by)
      return items.map((item) => `${item.kind} → ${item.to}`)
    },
    mailboxItems,

    row: async (deliveryId: string) =>
      await province.db
        .selectFrom('deliveries')
        .selectAll()
        .where('delivery_id', '=', deliveryId)
        .executeTakeFirstOrThrow(),

    /** Requests towards the delivery, oldest first. */
    async requests(deliveryId: string): Promise<string[]> {
      const rows = await province.db
        .selectFrom('operation_requests')
        .select(['kind', 'outcome'])
        .where('target_delivery_id', '=', deliveryId)
        .orderBy('asked_at')
        .orderBy('request_id')
        .execute()
      return rows.map(({ kind, outcome }) => `${kind} ${outcome}`)
    },

    async view(packageId: string, by = snv) {
      const answer = await call('GET', `/api/v1/packages/${packageId}`, { basic: by.basic })
      expectStatus(answer, 200)
      expectSchema('package-view', answer.body)
      return answer.body
    },
    viewAnswer: (packageId: string, by: RegisteredSystem) =>
      call('GET', `/api/v1/packages/${packageId}`, { basic: by.basic }),

    async stateBecomes(deliveryId: string, expected: object): Promise<void> {
      await vi.waitFor(
        async () =>
          expect(
            await province.db
              .selectFrom('deliveries')
              .selectAll()
              .where('delivery_id', '=', deliveryId)
              .executeTakeFirstOrThrow(),
          ).toMatchObject(expected),
        { timeout: 15_000, interval: 20 },
      )
    },
  }

  async function mailboxItems(document: Pick<Sent, 'documentId'>, by = shared) {
    const { body } = await call('GET', '/api/v1/mailbox?limit=200', { basic: by.basic })
    const items: { deliveryId: string; documentId: string; kind: string; to: string; type: string }[] = body.items
    return items.filter((item) => isOf(document, item))
  }
}

/** Whether an id is the document's own or one made from it. */
function isOf({ documentId }: Pick<Sent, 'documentId'>, item: { readonly documentId: string }): boolean {
  return item.documentId === documentId || item.documentId.startsWith(`${documentId}-`)
}

export interface Said {
  readonly from: string
  readonly to: string
  readonly documentId?: string
  readonly number?: string
  readonly code: string
  readonly reason?: string
}

/** A status package with a moment of its own, so that no two are repeats of each other by chance. */
export function statusOf({ from, to, documentId, number, code, reason = 'Theo đề nghị' }: Said): string {
  statusSecond += 1
  const moment = new Date(Date.UTC(2026, 10, 20, 8, 0, statusSecond)).toISOString()
  const one = (name: string, value: string | undefined) =>
    value === undefined ? '' : `<e:${name}>${value}</e:${name}>`
  return statusXml({
    from: fromElement(from),
    responseFor: `<e:ResponseFor><e:OrganId>${to}</e:OrganId>${one('Code', number)}${one('DocumentId', documentId)}</e:ResponseFor>`,
    code: `<e:StatusCode>${code}</e:StatusCode>`,
    rest: `<e:Description>${reason}</e:Description><e:Timestamp>${moment.slice(0, 10).replaceAll('-', '/')} ${moment.slice(11, 19)}</e:Timestamp>`,
  })
}

/** What a replacement says about the documents it stands for. */
export function replacing(documentIds: readonly string[]): string {
  const each = documentIds.map((id) => `<e:ReplacementInfo><e:DocumentId>${id}</e:DocumentId></e:ReplacementInfo>`)
  return business(3, `<e:ReplacementInfoList>${each.join('')}</e:ReplacementInfoList>`)
}

export interface Changes {
  readonly removed?: readonly string[]
  readonly added?: readonly string[]
}

/** What an update says about the receivers of the document. */
export function changing(documentId: string, { removed = [], added = [] }: Changes): string {
  const one = (organId: string, type: 0 | 1) =>
    `<e:Receiver><e:OrganId>${organId}</e:OrganId><e:ReceiverType>${type}</e:ReceiverType></e:Receiver>`
  const receivers = [...removed.map((code) => one(code, 0)), ...added.map((code) => one(code, 1))].join('')
  const info = `<e:BussinessDocumentInfo><e:DocumentReceiver>1</e:DocumentReceiver><e:ReceiverList>${receivers}</e:ReceiverList></e:BussinessDocumentInfo>`
  return business(2, `<e:DocumentId>${documentId}</e:DocumentId>${info}`)
}

export function business(type: 1 | 2 | 3, more: string): string {
  return `<e:TraceHeaderList><e:Bussiness><e:BussinessDocType>${type}</e:BussinessDocType>
<e:BussinessDocReason>Sai sót</e:BussinessDocReason>${more}</e:Bussiness></e:TraceHeaderList>`
}

/** The code list of an answer: `withdrawn`, `requested`, `undeliverable`, each as codes with what stands beside them. */
export function lists({ body }: Pick<Answer, 'body'>) {
  const written = (items: { organId: string; reason?: string }[] | undefined) =>
    items?.map(({ organId, reason }) => (reason === undefined ? organId : `${organId} (${reason})`)).sort()
  return {
    withdrawn: written(body.withdrawn),
    requested: written(body.requested),
    undeliverable: written(body.undeliverable),
  }
}
