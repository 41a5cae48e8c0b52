// From the tree of a read package to the domain: which kind it is, what it lacks, what its schema says, what is worth
// telling. All reasons to refuse are gathered before one is acted on, so that a vendor corrects them in one go.
import type { AnyPackage, DocumentPackage, Finding } from '../domain/document-package.ts'
import { canonicalise } from './canonical.ts'
import { decodeDocument } from './decode-document.ts'
import { decodeStatus } from './decode-status.ts'
import { ElementNode } from './element-tree.ts'
import { FindingsList } from './findings-list.ts'
import { linkAttachments } from './link-attachments.ts'
import { type Problem, problemAt, refuse, warning } from './problems.ts'
import { type SchemaName, schemaProblems } from './schema-check.ts'
import { documentShape, type Shape, statusShape } from './vocabulary.ts'
import { parseEnvelope } from './wire-object.ts'

export interface ReadPackage {
  readonly package: AnyPackage
  readonly findings: readonly Finding[]
  /** Paths of elements that are not part of edXML as it is known here; their bytes travel on unchanged. */
  readonly unknown: readonly string[]
}

export function assemblePackage(root: ElementNode, unknown: readonly string[]): ReadPackage {
  const header = root.find('edXMLEnvelope/edXMLHeader')
  const messageHeader = header?.find('MessageHeader')
  if (messageHeader === undefined) {
    return refuse([problemAt('message_header_missing', header ?? root, { path: 'edXMLHeader/MessageHeader' })])
  }
  return isStatus(messageHeader)
    ? assembleStatus(root, messageHeader, unknown)
    : assembleDocument(root, messageHeader, unknown)
}

/** The transport may say so too; the content decides (edxml.md §2.2). */
function isStatus(messageHeader: ElementNode): boolean {
  if (messageHeader.spelling === 'Status' || messageHeader.find('StatusCode') !== undefined) return true
  const hasCode = messageHeader.children.some((child) => child.shape.name === 'StatusCode')
  return hasCode && messageHeader.find('To') === undefined
}

function assembleStatus(root: ElementNode, messageHeader: ElementNode, unknown: readonly string[]): ReadPackage {
  const missing = [
    ...required(messageHeader, 'From/OrganId', 'sender_missing'),
    ...required(messageHeader, 'ResponseFor/OrganId', 'status_addressee_missing'),
    ...required(messageHeader, 'StatusCode', 'status_code_missing'),
  ]
  const xml = checked({ root, shape: statusShape, schema: 'status-package', problems: missing })
  const findings = new FindingsList(messageHeader.parent)
  const statusPackage = decodeStatus(parseEnvelope(xml), findings)
  return { package: statusPackage, findings: findings.all, unknown }
}

function assembleDocument(root: ElementNode, messageHeader: ElementNode, unknown: readonly string[]): ReadPackage {
  const withoutCode = setAsideUnaddressed(messageHeader)
  const linked = linkAttachments(root)
  const problems = [
    ...required(messageHeader, 'From/OrganId', 'sender_missing'),
    ...required(messageHeader, 'To/OrganId', 'recipient_missing'),
    ...required(messageHeader, 'Subject', 'subject_missing'),
    ...linked.problems,
  ]
  const xml = checked({ root, shape: documentShape, schema: 'document-package', problems })
  const findings = new FindingsList(messageHeader.parent)
  const hasSignature = messageHeader.parent?.find('Signature') !== undefined
  const document = decodeDocument(parseEnvelope(xml), { attachments: linked.attachments, hasSignature }, findings)
  const all = [...findings.all, ...withoutCode, ...linked.findings, ...missingFile(document, messageHeader)]
  return { package: document, findings: all, unknown }
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

/** The canonical form, when nothing forbids it. */
function checked(check: {
  readonly root: ElementNode
  readonly shape: Shape
  readonly schema: SchemaName
  readonly problems: readonly Problem[]
}): string {
  const { xml, repeated } = canonicalise(check.root, check.shape)
  const known = [...check.problems, ...repeated.map(repeatedProblem)]
  const bySchema = schemaProblems({ ...check, xml })
  // What is missing or stands twice shows in the schema as a structure that does not fit, and is said better above.
  const news = known.length === 0 ? bySchema : bySchema.filter(({ violation }) => violation.rule !== 'structure')
  const [first, ...rest] = [...known, ...news]
  return first === undefined ? xml : refuse([first, ...rest])
}

function repeatedProblem(node: ElementNode): Problem {
  return problemAt('element_repeated', node, { params: { path: node.path, line: node.line } })
}

/** A recall needs no file, nor does an update that only changes the recipients. */
function missingFile(document: DocumentPackage, messageHeader: ElementNode): Finding[] {
  if (document.attachments.length > 0 || document.kind === 'recall') return []
  if (document.kind === 'update' && document.business?.documentInfo !== '1') return []
  return [warning('no_attachment', messageHeader)]
}
