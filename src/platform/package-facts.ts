// The stored facts of a package as every view shows them: its files with their verdicts, and what was found.
import type { DocumentPackage, Finding } from '../domain/document-package.ts'
import { safeFileName } from '../domain/file-name.ts'
import type { AttachmentView } from '../generated/json/attachment-view.ts'

/** The `document` column holds what the reader made of the header, written by intake or feedback. */
export function attachmentViews(document: unknown): AttachmentView[] {
  const { attachments = [] } = document as Partial<DocumentPackage>
  return attachments.map(({ name, sha256, size, mediaType }) => ({
    name,
    safeName: safeFileName(name),
    sha256,
    size,
    mediaType,
    verdict: null,
    signatures: [],
  }))
}

/** A finding with its text in the reader's language. */
export type FindingText = (finding: Finding, acceptLanguage: string | undefined) => string

export function findingViews(findings: unknown, text: FindingText, acceptLanguage: string | undefined) {
  return (findings as Finding[]).map((finding) => ({
    code: finding.code,
    severity: finding.severity,
    message: text(finding, acceptLanguage),
    ...(finding.path === undefined ? {} : { path: finding.path }),
    ...(finding.line === undefined ? {} : { line: finding.line }),
    ...(finding.column === undefined ? {} : { column: finding.column }),
    ...(finding.params?.declared === undefined ? {} : { declared: String(finding.params.declared) }),
  }))
}
