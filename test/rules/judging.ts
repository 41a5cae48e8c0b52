// A document that breaks no rule, and the rules as they come with the program, for the tests of single rules.
import { fileURLToPath } from 'node:url'
import type { Attachment, DocumentPackage, Finding } from '../../src/domain/document-package.ts'
import { checkPackage, type Judgement } from '../../src/rules/check-package.ts'
import { type Policy, preparePolicy, type RuleOverride, rulesInForce } from '../../src/rules/policy.ts'
import type { PackageFacts, RuleId } from '../../src/rules/rule.ts'
import { loadRuleBook } from '../../src/rules/rule-book.ts'

export const schemasFolder = fileURLToPath(new URL('../../schemas/', import.meta.url))
export const book = loadRuleBook(schemasFolder)
export const today = '2026-11-20'

export const pdf: Attachment = {
  contentId: 'file-1',
  name: 'bao-cao.pdf',
  mediaType: 'application/pdf',
  sha256: 'a'.repeat(64),
  size: 60_000,
}

export function file(name: string, mediaType = 'application/pdf', more: Partial<Attachment> = {}): Attachment {
  return { ...pdf, name, mediaType, ...more }
}

export function aDocument(more: Partial<DocumentPackage> = {}): DocumentPackage {
  return {
    type: 'edoc',
    kind: 'new',
    from: { organId: '000.00.01.H35', organName: 'Sở Nội vụ' },
    to: [{ organId: '000.00.04.H35', organName: 'Sở Tài chính' }],
    documentId: '000.00.01.H35,2026/11/20,125/BC-SNV',
    codeNumber: '125',
    codeNotation: 'BC-SNV',
    place: 'Lai Châu',
    promulgationDateText: '2026/11/20',
    promulgationDate: today,
    documentType: { type: '2', typeName: 'Báo cáo' },
    subject: 'Báo cáo kết quả công tác cải cách hành chính năm 2026',
    signer: { competence: 'KT. GIÁM ĐỐC', position: 'Phó Giám đốc', fullName: 'Lò Văn A' },
    priority: 0,
    responseFor: [],
    toPlaces: ['Như trên', 'Lưu: VT'],
    traces: [{ organId: '000.00.01.H35', timestamp: '2026/11/20 08:00:00' }],
    attachments: [pdf],
    hasSignature: false,
    ...more,
  }
}

/** The policy of the province on one day, with changes on top of the defaults. */
export function policyWith(changes: Partial<Record<RuleId, Pick<RuleOverride, 'mode' | 'parameters'>>> = {}): Policy {
  const overrides = Object.entries(changes).map(
    ([ruleId, change], index): RuleOverride => ({
      ...{ version: index + 2, ruleId, change: 'set', changedBy: 'test', changedAt: new Date(0), reason: 'test' },
      ...change,
    }),
  )
  return preparePolicy(book, overrides.length + 1, rulesInForce(book, overrides, { day: today }))
}

const defaults = policyWith()

export function judge(
  document: Partial<DocumentPackage>,
  facts: Partial<PackageFacts> = {},
  policy: Policy = defaults,
): Judgement {
  return checkPackage({ document: aDocument(document), day: today, size: 90_000, ...facts }, policy)
}

/** Codes of everything that was found, refusals first, each once. */
export function codesOf({ refusals, findings }: Judgement): string[] {
  return [...new Set([...refusals.map((r) => r.code), ...findings.map((f) => f.code)])]
}

export function findingsOf(judgement: Judgement, code: RuleId): readonly Finding[] {
  return judgement.findings.filter((finding) => finding.code === code)
}
