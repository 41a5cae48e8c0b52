// From what was read to what will be written: the sender's right to speak, the identity of the document, the
// recipients, the receipt. Pure but for the ids; done again when the directory turns out to be stale.
import { codeKey } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import {
  comparableContent,
  contentHash,
  type DocumentPackage,
  documentCode,
  documentKey,
  type Finding,
  type Priority,
  repeatKey,
} from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import { type AddressedRecipient, address, type Destination } from '../domain/route.ts'
import type { Caller } from '../domain/system.ts'

/** What a sender may declare to override a rule that refuses: the document holds no state secret. */
export type Declaration = 'not-secret'

/** A package that may be accepted, addressed by one version of the directory. */
export interface Draft {
  readonly packageId: string
  readonly caller: Caller
  readonly document: DocumentPackage
  readonly documentId: string
  readonly documentKey: string
  readonly fromAgencyId: string
  readonly repeatKey: string
  /** The keys that the same document has under the agencies that the issuer has taken over. */
  readonly formerRepeatKeys: readonly string[]
  readonly contentHash: Buffer
  readonly findings: readonly Finding[]
  readonly recipients: readonly DraftRecipient[]
  readonly directoryVersion: number
  readonly declaration?: Declaration
  /** Refusals that the declaration turned into findings. */
  readonly declared?: readonly Declared[]
}

/** A rule that would have refused the package, and where. */
export interface Declared {
  readonly code: string
  readonly path: string
}

export interface DraftRecipient extends AddressedRecipient {
  /** Rows of the same agency share the delivery of the first. */
  readonly deliveryId: string
}

/** A delivery as intake asks `delivery/` to open it. */
export interface IntakeDelivery {
  readonly deliveryId: string
  readonly packageId: string
  readonly type: 'edoc'
  readonly priority: Priority
  readonly repeatKey: string
  readonly senderAgencyId: string
  readonly recipient: DraftRecipient
  readonly destination: Destination
}

export interface DraftInput {
  readonly packageId: string
  readonly caller: Caller
  readonly document: DocumentPackage
  readonly findings: readonly Finding[]
  /** Today in Vietnam, ISO. */
  readonly day: string
  readonly newId: () => string
  readonly declaration?: Declaration
}

export function draftPackage(input: DraftInput, directory: Directory): Draft {
  const { document, caller } = input
  const fromAgencyId = senderAgency(document.from.organId, caller, directory, input.day)
  const identity = identify(document)
  const recipients = addressAll(input, directory)
  const predecessors = [...directory.standsFor(fromAgencyId)].filter((id) => id !== fromAgencyId)
  return {
    packageId: input.packageId,
    caller,
    document,
    documentId: identity.documentId,
    documentKey: documentKey(identity.documentId),
    fromAgencyId,
    repeatKey: repeatKey(document, fromAgencyId, identity.documentId),
    formerRepeatKeys: predecessors.map((id) => repeatKey(document, id, identity.documentId)),
    contentHash: contentHash(comparableContent(document)),
    // Which id it got instead is the better half of the same news.
    findings: [...input.findings.filter((f) => f.code !== 'document_id_missing'), ...identity.findings],
    recipients,
    directoryVersion: directory.version,
    ...(input.declaration === undefined ? {} : { declaration: input.declaration }),
  }
}

/** A system speaks for its own agencies only, whatever code of theirs it writes (contract §2). */
export function senderAgency(organId: string, caller: Caller, directory: Directory, day: string): string {
  const agency = directory.findByCode(organId, day)
  if (agency === undefined || !caller.agencyIds.has(agency.agencyId)) {
    throw new GatewayError('forbidden', 'foreign_from', {
      params: { organId, systemId: caller.systemId },
      violations: [
        { path: 'edXMLHeader/MessageHeader/From/OrganId', rule: 'foreign_from', found: organId.slice(0, 200) },
      ],
    })
  }
  return agency.agencyId
}

/** A package without an identity gets the one its number gives it, so that sending it again is still a repeat. */
function identify(document: DocumentPackage): { documentId: string; findings: Finding[] } {
  if (document.documentId !== undefined) return { documentId: document.documentId, findings: [] }
  const code = documentCode(document)
  const date = document.promulgationDate?.replaceAll('-', '/')
  const documentId =
    code !== undefined && date !== undefined
      ? `${document.from.organId},${date},${code}`
      : `TRAM-${contentHash(comparableContent(document)).toString('hex').slice(0, 32)}`
  return { documentId, findings: [{ code: 'document_id_generated', severity: 'warn', params: { documentId } }] }
}

function addressAll(input: DraftInput, directory: Directory): DraftRecipient[] {
  const addressed = address(input.document.to, directory, input.day)
  if (addressed.every((r) => r.destination.kind === 'held' && r.destination.reason === 'unknown_agency')) {
    throw new GatewayError('invalid', 'no_known_recipient', {
      params: { codes: addressed.map((r) => r.organId).join(', ') },
      extra: { recipients: addressed.map(unknownRecipient) },
      violations: addressed.map((r, i) => ({
        path: `edXMLHeader/MessageHeader/To[${i + 1}]/OrganId`,
        rule: 'unknown_agency',
        found: r.organId.slice(0, 200),
        ...(r.suggestions[0] === undefined ? {} : { expected: r.suggestions[0].code }),
      })),
    })
  }
  const ids = new Map<string, string>()
  return addressed.map((recipient) => {
    const deliveryId = ids.get(recipient.recipientKey) ?? input.newId()
    ids.set(recipient.recipientKey, deliveryId)
    return { ...recipient, deliveryId }
  })
}

function unknownRecipient(r: AddressedRecipient) {
  const named = r.organName === undefined ? {} : { organName: r.organName }
  return { organId: r.organId, ...named, outcome: 'held', reason: 'unknown_agency', suggestions: r.suggestions }
}

/** Unknown codes among recipients, for the alert that tells operators of a directory that lacks somebody (R29). */
export function unknownCodes(recipients: readonly AddressedRecipient[]): string[] {
  const codes = recipients.filter((r) => r.agencyId === undefined).map((r) => codeKey(r.organId))
  return [...new Set(codes)].sort()
}
