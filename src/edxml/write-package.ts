// Writes packages in the one form that all known readers take (edxml-in-practice.md §11): VNPT order, `edXML:` inside the
// envelope, no prefix in the attachment block. For what this gateway originates; relayed packages keep their own bytes.
import type { DocumentKind, DocumentReference, Party, Priority, StaffInfo } from '../domain/document-package.ts'
import { documentKinds } from '../domain/document-package.ts'
import { type AttachmentToWrite, packageBytes, type Writable } from './package-bytes.ts'
import { paddedStatusCode, wireDate, wireTimestamp } from './value-forms.ts'

export type { AttachmentToWrite } from './package-bytes.ts'

/** A reference whose date is ISO. */
export type ReferenceToWrite = DocumentReference

/** What schemas/edxml/document-package-write.xsd wants must be given; it refuses what it does not take. */
export interface DocumentToWrite {
  readonly kind?: DocumentKind
  readonly from: Party
  readonly to: readonly Party[]
  readonly documentId: string
  readonly codeNumber: string
  readonly codeNotation: string
  readonly place?: string
  /** ISO date. */
  readonly promulgationDate: string
  readonly documentType: { readonly type: string; readonly typeDetail?: string; readonly typeName: string }
  readonly subject: string
  readonly content?: string
  readonly signer: { readonly competence?: string; readonly position: string; readonly fullName: string }
  /** ISO date. */
  readonly dueDate?: string
  readonly priority?: Priority
  readonly sphereOfPromulgation?: string
  readonly typerNotation?: string
  readonly promulgationAmount?: number
  readonly pageAmount?: number
  readonly appendixes?: readonly string[]
  readonly responseFor?: readonly ReferenceToWrite[]
  readonly steeringType?: string
  readonly toPlaces?: readonly string[]
  readonly business?: {
    readonly reason?: string
    readonly documentId?: string
    readonly staff?: StaffInfo
    /** Of an update. */
    readonly documentInfo?: boolean
    readonly receivers?: readonly { readonly organId: string; readonly receiverType: string }[]
    /** Of a replacement. */
    readonly replacements?: readonly { readonly documentId: string; readonly organIds: readonly string[] }[]
  }
  /** When the package leaves its author: the first trace. */
  readonly sentAt: Date
  readonly attachments: readonly AttachmentToWrite[]
}

export interface StatusToWrite {
  readonly from: Party
  readonly responseFor: ReferenceToWrite & { readonly organId: string }
  readonly code: string
  readonly description?: string
  readonly staff?: StaffInfo
  readonly at: Date
}

export function writeDocumentPackage(document: DocumentToWrite): Buffer {
  const header = { MessageHeader: documentHeader(document), TraceHeaderList: traceHeaderList(document) }
  return packageBytes('document-package-write', header, document.attachments)
}

export function writeStatusPackage(status: StatusToWrite): Buffer {
  const header = {
    From: organization(status.from),
    ResponseFor: reference(status.responseFor),
    StaffInfo: staffInfo(status.staff),
    StatusCode: paddedStatusCode(status.code),
    Description: status.description,
    Timestamp: wireTimestamp(status.at),
  }
  return packageBytes('status-package-write', { MessageHeader: header }, [])
}

function documentHeader(d: DocumentToWrite): Writable {
  return {
    From: organization(d.from),
    To: d.to.map(organization),
    DocumentId: d.documentId,
    Code: { CodeNumber: d.codeNumber, CodeNotation: d.codeNotation },
    PromulgationInfo: { Place: d.place, PromulgationDate: date(d.promulgationDate) },
    DocumentType: {
      Type: d.documentType.type,
      TypeDetail: d.documentType.typeDetail,
      TypeName: d.documentType.typeName,
    },
    Subject: d.subject,
    Content: d.content,
    SignerInfo: { Competence: d.signer.competence, Position: d.signer.position, FullName: d.signer.fullName },
    DueDate: date(d.dueDate),
    OtherInfo: {
      Priority: String(d.priority ?? 0),
      SphereOfPromulgation: d.sphereOfPromulgation,
      TyperNotation: d.typerNotation,
      PromulgationAmount: d.promulgationAmount?.toString(),
      PageAmount: d.pageAmount?.toString(),
      Appendixes: { Appendix: d.appendixes ?? [] },
    },
    ResponseFor: (d.responseFor ?? []).map(reference),
    SteeringType: d.steeringType,
    ToPlaces: { Place: d.toPlaces ?? [] },
  }
}

function traceHeaderList(d: DocumentToWrite): Writable {
  const { business } = d
  const kind = d.kind ?? 'new'
  return {
    TraceHeader: { OrganId: d.from.organId, Timestamp: wireTimestamp(d.sentAt) },
    Bussiness: {
      BussinessDocType: String(documentKinds.indexOf(kind)),
      BussinessDocReason: business?.reason ?? defaultReasons[kind],
      DocumentId: business?.documentId ?? d.documentId,
      Paper: '0',
      BussinessDocumentInfo: kind === 'update' ? updateScope(business) : undefined,
      ReplacementInfoList: kind === 'replace' ? replacementList(business) : undefined,
      StaffInfo: staffInfo(business?.staff),
    },
  }
}

function updateScope(business: DocumentToWrite['business']): Writable {
  const receivers = business?.receivers ?? []
  return {
    DocumentInfo: business?.documentInfo === false ? '0' : '1',
    DocumentReceiver: receivers.length > 0 ? '1' : '0',
    ReceiverList: { Receiver: receivers.map((r) => ({ OrganId: r.organId, ReceiverType: r.receiverType })) },
  }
}

function replacementList(business: DocumentToWrite['business']): Writable {
  return { ReplacementInfo: (business?.replacements ?? []).map(replacement) }
}

function replacement(r: { readonly documentId: string; readonly organIds: readonly string[] }): Writable {
  return { DocumentId: r.documentId, OrganIdList: { OrganId: r.organIds } }
}

function organization(party: Party): Writable {
  return {
    OrganId: party.organId,
    OrganizationInCharge: party.organizationInCharge,
    // Strict readers want a name; where none is known the code is what people know the agency by.
    OrganName: party.organName ?? party.organId,
    OrganAdd: party.organAdd,
    Email: party.email,
    Telephone: party.telephone,
    Fax: party.fax,
    Website: party.website,
  }
}

function reference(r: DocumentReference): Writable {
  return {
    OrganId: r.organId,
    Code: r.code,
    DocumentId: r.documentId,
    PromulgationDate: date(r.promulgationDate),
  }
}

function staffInfo(staff: StaffInfo | undefined): Writable {
  return {
    Department: staff?.department,
    DepartmentId: staff?.departmentId,
    Staff: staff?.staff,
    StaffId: staff?.staffId,
    Email: staff?.email,
    Mobile: staff?.mobile,
  }
}

function date(iso: string | undefined): string | undefined {
  return iso === undefined ? undefined : wireDate(iso)
}

const defaultReasons: Readonly<Record<DocumentKind, string>> = {
  new: 'Văn bản điện tử mới',
  recall: 'Thu hồi văn bản điện tử',
  update: 'Cập nhật văn bản điện tử',
  replace: 'Văn bản thay thế',
}
