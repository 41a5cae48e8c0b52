// A small province for tests of intake and feedback: one department with a system of its own, a shared system, and one
// agency for each reason a delivery can be held for. Every package has an id of its own unless the test says otherwise.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect } from 'vitest'
import { errorCode } from '../../src/platform/error-code.ts'
import { type EdxmlFixture, edxml } from './edxml-fixtures.ts'
import {
  type GatewayOptions,
  type GatewayUnderTest,
  type RegisteredSystem,
  startGateway,
} from './gateway-under-test.ts'

export interface Province extends GatewayUnderTest {
  /** Sở Nội vụ's own system; the sender, where nothing else is said. */
  readonly snv: RegisteredSystem
  /** The system that Sở Tài chính, the district and the ward share. */
  readonly shared: RegisteredSystem
  readonly agencyIds: ReadonlyMap<string, string>
}

export const codes = {
  snv: '000.00.12.H35',
  /** The same agency by its QĐ 20 code. */
  snvNew: 'H35.12',
  stc: '000.00.14.H35',
  stcNew: 'H35.14',
  district: 'H35.20',
  ward: 'H35.20.5',
  /** Registered, connected, without a system. */
  alone: 'H35.31',
  /** Registered, exchanges nothing electronically. */
  paper: 'H35.32',
  /** Merged into the district. */
  merged: 'H35.33',
  /** Split between the district and the ward. */
  split: 'H35.34',
} as const

export async function startProvince(options: GatewayOptions = {}): Promise<Province> {
  const gateway = await startGateway(options)
  const closedAt = '2026-01-01T00:00:00+07:00'
  const { agencyIds, systems } = await gateway.register({
    agencies: [
      { name: 'Sở Nội vụ', codes: [codes.snv, codes.snvNew] },
      { name: 'Sở Tài chính', codes: [codes.stc, codes.stcNew] },
      { name: 'UBND huyện', codes: [codes.district] },
      { name: 'UBND xã', codes: [codes.ward] },
      { name: 'Ban Quản lý', codes: [codes.alone] },
      { name: 'Hội', codes: [codes.paper], connected: false },
      { name: 'Phòng Cũ', codes: [codes.merged], closedAt, successors: [codes.district] },
      { name: 'Trung tâm Cũ', codes: [codes.split], closedAt, successors: [codes.district, codes.ward] },
    ],
    systems: [
      { systemId: 'QLVB-SNV', agencies: [codes.snv] },
      { systemId: 'QLVB-CHUNG', agencies: [codes.stc, codes.district, codes.ward] },
    ],
  })
  const [snv, shared] = systems
  if (snv === undefined || shared === undefined) throw new Error('the systems were not registered')
  return { ...gateway, snv, shared, agencyIds }
}

export interface Made {
  readonly xml: string
  readonly documentId: string
}

let number = 700

/** What decision 28/2018 wants every document to say (Đ.10.2), so that no rule has a word about it. */
function wholeHeader(own: string): string {
  return `<e:Code><e:CodeNumber>${own}</e:CodeNumber><e:CodeNotation>SNV-VP</e:CodeNotation></e:Code>
<e:PromulgationInfo><e:Place>Lai Châu</e:Place><e:PromulgationDate>${today()}</e:PromulgationDate></e:PromulgationInfo>
<e:DocumentType><e:Type>2</e:Type><e:TypeName>Công văn</e:TypeName></e:DocumentType>
<e:SignerInfo><e:Position>Giám đốc</e:Position><e:FullName>Lò Văn A</e:FullName></e:SignerInfo>
<e:OtherInfo><e:Priority>0</e:Priority></e:OtherInfo>`
}

/** The same for the same document, so that sending it again is a repeat, and another for every other. */
function numberOf(documentId: string): string {
  return /,(\d+)\/[^,/]*$/.exec(documentId)?.[1] ?? String(crc32(documentId.normalize('NFC').trim()))
}

/** In Vietnam, as the wire has it: a document of today is never late. */
function today(): string {
  return new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', '/')
}

/** A document of Sở Nội vụ to these codes, with a number nobody else has. */
export function documentTo(to: readonly string[], fixture: EdxmlFixture & { readonly id?: string } = {}): Made {
  number += 1
  const { id: documentId = `${codes.snv},2026/11/20,${number}/SNV-VP`, ...rest } = fixture
  return {
    documentId,
    xml: edxml({
      documentId: idElement(documentId),
      to: to.map(toElement).join('\n'),
      more: wholeHeader(numberOf(documentId)),
      ...rest,
    }),
  }
}

export function idElement(documentId: string): string {
  return `<e:DocumentId>${documentId}</e:DocumentId>`
}

export function toElement(code: string): string {
  return `<e:To><e:OrganId>${code}</e:OrganId></e:To>`
}

export function fromElement(code: string): string {
  return `<e:From><e:OrganId>${code}</e:OrganId><e:OrganName>Sở Nội vụ</e:OrganName></e:From>`
}

/** A trace list that says what is to be done with which document. */
export function businessOf(type: 1 | 2 | 3, documentId: string): string {
  return `<e:TraceHeaderList><e:Bussiness><e:BussinessDocType>${type}</e:BussinessDocType>
<e:BussinessDocReason>Sai sót</e:BussinessDocReason><e:DocumentId>${documentId}</e:DocumentId></e:Bussiness></e:TraceHeaderList>`
}

export function traceOf(organId: string): string {
  return `<e:TraceHeaderList><e:TraceHeader><e:OrganId>${organId}</e:OrganId><e:Timestamp>2026/11/20 10:00:00</e:Timestamp></e:TraceHeader></e:TraceHeaderList>`
}

/** The ids of all blobs on disk, sorted. */
export function blobIds({ blobFolder }: GatewayUnderTest): string[] {
  return blobFilesIn(blobFolder)
    .map((path) => path.slice(-36))
    .sort()
}

export function blobBytes({ blobFolder }: GatewayUnderTest, blobId: string): Buffer {
  const path = blobFilesIn(blobFolder).find((one) => one.endsWith(blobId))
  if (path === undefined) throw new Error(`no blob ${blobId} on disk`)
  return readFileSync(path)
}

/** Folders may go while they are read: the last blob of an hour takes its folder along. */
export function blobFilesIn(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? blobFilesIn(path) : [path]
  })
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

/** How much was stored, to be compared before and after a refusal. */
export async function stored(gateway: GatewayUnderTest) {
  const count = async (table: 'packages' | 'deliveries' | 'events' | 'feedback') => {
    const row = await gateway.db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('rows'))
      .executeTakeFirstOrThrow()
    return row.rows
  }
  return {
    packages: await count('packages'),
    deliveries: await count('deliveries'),
    events: await count('events'),
    feedback: await count('feedback'),
    blobs: blobIds(gateway),
  }
}

export async function deliveriesOf(gateway: GatewayUnderTest, documentId: string) {
  return await gateway.db
    .selectFrom('deliveries')
    .innerJoin('packages', 'packages.package_id', 'deliveries.package_id')
    .select(['delivery_id', 'deliveries.package_id', 'organ_id', 'agency_code', 'state', 'held_reason'])
    .select(['deliveries.system_id', 'recipient_agency_id', 'business_code', 'recall_requested', 'recall_agreed'])
    .where('document_id', '=', documentId)
    .where('deliveries.type', '=', 'edoc')
    .orderBy('delivery_id')
    .execute()
}

export async function packageRowsOf(gateway: GatewayUnderTest, documentId: string) {
  return await gateway.db
    .selectFrom('packages')
    .select(['package_id', 'type', 'kind', 'supplement_of', 'sha256', 'size'])
    .where('document_id', '=', documentId)
    .orderBy('package_id')
    .execute()
}

/** Fails with the body in sight when the status is another one. */
export function expectStatus(answer: { status: number; bytes: Buffer }, status: number): void {
  expect({ status: answer.status, body: answer.bytes.toString('utf8') }).toEqual({ status, body: expect.anything() })
}
