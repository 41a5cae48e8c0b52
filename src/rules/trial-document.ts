// A document that exists only as the fields an operator typed, so that a subject or a file name can be tried on the
// rules without sending anything.
import type { Attachment, DocumentPackage } from '../domain/document-package.ts'
import type { RuleCheckInput } from '../generated/json/rule-check-input.ts'
import type { RuleParameters } from '../generated/json/rule-parameters.ts'

export function trialDocument(input: RuleCheckInput, { attachment_name_mismatch }: RuleParameters): DocumentPackage {
  const { organId = '', signer, priority = 0, paper, recipients = [], attachments = [] } = input
  const known = priorities.find((level) => level === priority)
  const { documentId, codeNumber, codeNotation, promulgationDate, dueDate, content, typeName } = input
  return {
    type: 'edoc',
    kind: input.kind ?? 'new',
    from: { organId },
    to: recipients.map((code) => ({ organId: code })),
    subject: input.subject ?? '',
    priority: known ?? 0,
    responseFor: [],
    toPlaces: input.toPlaces ?? [],
    traces: [],
    attachments: attachments.map((file, index) => trialFile(file, index, attachment_name_mismatch)),
    hasSignature: false,
    ...(documentId === undefined ? {} : { documentId }),
    ...(codeNumber === undefined ? {} : { codeNumber }),
    ...(codeNotation === undefined ? {} : { codeNotation }),
    ...(promulgationDate === undefined ? {} : { promulgationDate }),
    ...(dueDate === undefined ? {} : { dueDate }),
    ...(content === undefined ? {} : { content }),
    ...(typeName === undefined ? {} : { documentType: { typeName } }),
    ...(signer === undefined ? {} : { signer }),
    // As the reader keeps a priority that edXML does not know.
    ...(known === undefined ? { otherInfo: { priorityText: String(priority) } } : {}),
    ...(paper === undefined ? {} : { business: { paper: paper ? '1' : '0', receivers: [], replacements: [] } }),
  }
}

type TrialFile = NonNullable<RuleCheckInput['attachments']>[number]

/** Without a type it is what its name says, so that only the name is tried. */
function trialFile(
  { name, description, mediaType, size = 0 }: TrialFile,
  index: number,
  { formats }: RuleParameters['attachment_name_mismatch'],
): Attachment {
  const ending = name.split('.').at(-1)?.toLowerCase() ?? ''
  const byName = formats.find(({ extensions }) => extensions.includes(ending))?.mediaTypes[0]
  return {
    contentId: `file-${index + 1}`,
    name,
    mediaType: mediaType ?? byName ?? 'application/octet-stream',
    sha256: '0'.repeat(64),
    size,
    ...(description === undefined ? {} : { description }),
  }
}

const priorities = [0, 1, 2, 3, 4] as const
