// A canonical status package -> the domain's StatusPackage.
import type { StatusPackage } from '../domain/document-package.ts'
import { decodeParty, decodeReference, decodeStaff } from './decode-common.ts'
import type { FindingsList } from './findings-list.ts'
import { shortened } from './problems.ts'
import { isoDate, isoTimestamp, paddedStatusCode } from './value-forms.ts'
import { present, type WireObject } from './wire-object.ts'

export function decodeStatus(envelope: WireObject, findings: FindingsList): StatusPackage {
  const header = envelope.group('edXMLHeader').group('MessageHeader')
  const responseFor = decodeReference(header.group('ResponseFor'))
  findings.date(responseFor.promulgationDate, 'MessageHeader/ResponseFor/PromulgationDate', isoDate)
  if (responseFor.documentId === undefined) findings.warn('status_document_missing', 'MessageHeader/ResponseFor')
  const codeText = header.text('StatusCode') ?? ''
  const code = paddedStatusCode(codeText)
  if (!knownCodes.includes(code)) {
    findings.warn('status_code_unknown', 'MessageHeader/StatusCode', { found: shortened(codeText) })
  }
  const timestampText = header.text('Timestamp')
  return present({
    type: 'status',
    from: decodeParty(header.group('From')),
    responseFor: { ...responseFor, organId: responseFor.organId ?? '' },
    code,
    codeText,
    description: header.text('Description'),
    staff: decodeStaff(header),
    timestampText,
    timestamp: findings.date(timestampText, 'MessageHeader/Timestamp', isoTimestamp),
  })
}

/** edxml.md §2.3. */
const knownCodes: readonly string[] = ['01', '02', '03', '04', '05', '06', '13', '15', '16']
