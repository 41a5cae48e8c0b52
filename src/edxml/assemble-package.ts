// From the tree of a read package to the domain: which kind it is, what it lacks, what its schema says, what is worth
// telling. All reasons to refuse are gathered before one is acted on, so that a vendor corrects them in one go.
import type { AnyPackage, DocumentPackage, Finding } from '../domain/document-package.ts'
import { canonicalise } from './canonical.ts'
import { decodeDocument } from './decode-document.ts'
import { decodeStatus } from './decode-status.ts'
import { ElementNode } from './element-tree.ts'
import { FindingsList } from './findings-list.ts'
import { linkAttachments } from './link-attachments.ts'
import { boundedFindings, type Problem, problemAt, refuse, warning } from './problems.ts'
import { type HeaderJudgement, type SchemaName, schemaProblems } from './schema-check.ts'
import type { UnknownElements } from './unknown-elements.ts'
import { documentShape, type Shape, statusShape } from './vocabulary.ts'
import { envelopeOf } from './wire-object.ts'

export interface ReadPackage {
  readonly package: AnyPackage
  readonly findings: readonly Finding[]
  /** Paths of elements that are not part of edXML as it is known here. */
  readonly unknown: readonly string[]
}

/** A package that is read but for what its schema says, which for a large header is asked on another thread. */
export interface UnjudgedPackage {
  readonly schema: SchemaName
  /** The canonical form. */
  readonly xml: string
  complete(judgement: HeaderJudgement): ReadPackage
}

export function preparePackage(root: ElementNode, unknown: UnknownElements): UnjudgedPackage {
  const header = root.find('edXMLEnvelope/edXMLHeader')
  const messageHeader = header?.find('MessageHeader')
  if (messageHeader === undefined) {
    return refuse([problemAt('message_header_missing', header ?? root, { path: 'edXMLHeader/MessageHeader' })])
  }
  const parts = { root, messageHeader, unknown }
  return isStatus(messageHeader) ? prepareStatus(parts) : prepareDocument(parts)
}

interface PackageParts {
  readonly root: ElementNode
  readonly messageHeader: ElementNode
  readonly unknown: UnknownElements
}

/** The transport may say so too; the content decides (edxml.md §2.2). */
export function isStatus(messageHeader: ElementNode): boolean {
  if (messageHeader.spelling === 'Status' || messageHeader.find('StatusCode') !== undefined) return true
  const hasCode = messageHeader.children.some((child) => child.shape.name === 'StatusCode')
  return hasCode && messageHeader.find('To') === undefined
}

function prepareStatus(parts: PackageParts): UnjudgedPackage {
  const { root, messageHeader, unknown } = parts
  const missing = [
    ...required(messageHeader, 'From/OrganId', 'sender_missing'),
    ...required(messageHeader, 'ResponseFor/OrganId', 'status_addressee_missing'),
    ...required(messageHeader, 'StatusCode', 'status_code_missing'),
  ]
  const { xml, check } = canonical(root, statusShape, missing)
  return {
    schema: 'status-package',
    xml,
    complete(judgement) {
      check(judgement)
      const findings = new FindingsList(messageHeader.parent)
      const status = decodeStatus(envelopeOf(judgement.object), findings)
      return readPackage(status, [...findings.all, ...novelties(unknown)], parts)
    },
  }
}

function prepareDocument(parts: PackageParts): UnjudgedPackage {
  const { root, messageHeader, unknown } = parts
  const aboutRecipients = [...setAsideUnaddressed(messageHeader), ...repeatedRecipients(messageHeader)]
  const linked = linkAttachments(root)
  const problems = [
    ...required(messageHeader, 'From/OrganId', 'sender_missing'),
    ...required(messageHeader, 'To/OrganId', 'recipient_missing'),
    ...required(messageHeader, 'Subject', 'subject_missing'),
    ...linked.problems,
  ]
  const { xml, check } = canonical(root, documentShape, problems)
  return {
    schema: 'document-package',
    xml,
    complete(judgement) {
      check(judgement)
      const findings = new FindingsList(messageHeader.parent)
      const hasSignature = messageHeader.parent?.find('Signature') !== undefined
      const besides = { attachments: linked.attachments, hasSignature }
      const document = decodeDocument(envelopeOf(judgement.object), besides, findings)
      const aboutFiles = [...linked.findings, ...missingFile(document, messageHeader)]
      return readPackage(document, [...findings.all, ...aboutRecipients, ...aboutFiles, ...novelties(unknown)], parts)
    },
  }
}

function readPackage(read: AnyPackage, findings: readonly Finding[], { unknown }: PackageParts): ReadPackage {
  const { all } = unknown
  return {
    package: all.length === 0 ? read : { ...read, unknown: all },
    findings: boundedFindings(findings),
    unknown: all.map(({ path }) => path),
  }
}

function required(messageHeader: ElementNode, path: string, code: string): Problem[] {
  if (messageHeader.find(path) !== undefined) return []
  const [first = ''] = path.split('/')
  const nearest = messageHeader.children.find((child) => child.shape.name === first) ?? messageHeader
  const problem = problemAt(code, nearest, { path: `${messageHeader.path}/${path}`, params: { line: nearest.line } })
  standIn(messageHeader, path)
  return [problem]
}

/** Puts something where a required element is missing: the schema stops at a gap, and what comes after shall be told too. */
function standIn(messageHeader: ElementNode, path: string): void {
  let node = messageHeader
  for (const name of path.split('/')) {
    const shape = node.shape.spellings.get(name)
    if (shape === undefined) throw new Error(`${name} is not part of ${node.shape.name}`)
    const known = node.find(name)
    const child = known ?? new ElementNode(shape, node, { spelling: name, line: node.line, column: node.column })
    if (known === undefined) node.children.push(child)
    node = child
  }
  node.text = '?'
}

/** A recipient without a code cannot be served. The others still are; without any other the package is refused. */
function setAsideUnaddressed(messageHeader: ElementNode): Finding[] {
  const unaddressed = messageHeader.all('To').filter((to) => to.find('OrganId') === undefined)
  for (const to of unaddressed) to.setAside = true
  return unaddressed.map((to) => warning('recipient_without_code', to, { name: to.valueOf('OrganName') ?? '' }))
}

/** The canonical form, and what refuses the package once its schema has spoken too. */
function canonical(root: ElementNode, shape: Shape, problems: readonly Problem[]) {
  const { xml, repeated } = canonicalise(root, shape)
  const known = [...problems, ...repeated.map(repeatedProblem)]
  const check = ({ faults }: HeaderJudgement): void => {
    const bySchema = schemaProblems(faults, root, shape)
    // What is missing or stands twice shows in the schema as a structure that does not fit, and is said better above.
    const news = known.length === 0 ? bySchema : bySchema.filter(({ violation }) => violation.rule !== 'structure')
    const [first, ...rest] = [...known, ...news]
    if (first !== undefined) refuse([first, ...rest])
  }
  return { xml, check }
}

function repeatedProblem(node: ElementNode): Problem {
  // The path begins below the envelope, so a second envelope has none.
  const path = node.path === '' ? node.shape.name : node.path
  return problemAt('element_repeated', node, { path, params: { path, line: node.line } })
}

/** One delivery is made of them; under two codes of one agency only the directory sees it. */
function repeatedRecipients(messageHeader: ElementNode): Finding[] {
  const seen = new Set<string>()
  return messageHeader.all('To').flatMap((to) => {
    const organId = to.valueOf('OrganId') ?? ''
    const key = organId.toUpperCase()
    if (!seen.has(key)) return seen.add(key) && []
    return [warning('recipient_repeated', to, { organId })]
  })
}

/** Said and not acted on: whoever sends them means something by them. */
function novelties({ all, count }: UnknownElements): Finding[] {
  const [first] = all
  if (first === undefined) return []
  return [{ code: 'unknown_elements', severity: 'info', path: first.path, params: { count, path: first.path } }]
}

/** A recall needs no file, nor does an update that only changes the recipients. */
function missingFile(document: DocumentPackage, messageHeader: ElementNode): Finding[] {
  if (document.attachments.length > 0 || document.kind === 'recall') return []
  if (document.kind === 'update' && document.business?.documentInfo !== '1') return []
  return [warning('no_attachment', messageHeader)]
}
