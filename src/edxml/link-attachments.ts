// Joins the manifest with the attachment block. Where they disagree the block wins and both sides are told; only when
// none of the files that were promised has come is the package refused (edxml-in-practice.md §7.1, §12).
import type { Attachment, Finding, WrappedFileFacts } from '../domain/document-package.ts'
import { isSafeFileName } from '../domain/file-name.ts'
import { bareContentId, manifestPath } from './attachment-names.ts'
import type { ContentFacts } from './base64-content.ts'
import type { ElementNode } from './element-tree.ts'
import { type Problem, problemAt, shortened, warning } from './problems.ts'
import { present } from './wire-object.ts'
import { isWrapperOf, type WrappedFile } from './zip-wrapper.ts'

export interface LinkedAttachments {
  readonly attachments: readonly Attachment[]
  readonly problems: readonly Problem[]
  readonly findings: readonly Finding[]
}

export function linkAttachments(root: ElementNode): LinkedAttachments {
  const references = root.find(manifestPath)?.all('Reference') ?? []
  const blocks = root.find('AttachmentEncoded')?.all('Attachment') ?? []
  const linked = pair(references, blocks)
  const came = new Set(linked.values())
  const missing = references.filter((reference) => !came.has(reference))
  // As attachment-names.ts says it, from what is known here: a search for each of thousands would take seconds.
  const nameForPeople = (block: ElementNode, index: number): string =>
    nameOf(block) ?? nameOf(linked.get(block) ?? references[index]) ?? `#${index + 1}`
  return {
    attachments: blocks.flatMap((block, index) => decodeAttachment(block, linked.get(block), index)),
    problems: [
      ...blocks.flatMap((block, index) => contentProblem(block, nameForPeople(block, index))),
      ...(blocks.length === 0 ? missing.map(missingProblem) : []),
    ],
    findings: [
      ...blocks.flatMap((block, index) => [
        ...disagreements(block, linked.get(block), references.length > 0),
        ...fileFindings(block, nameForPeople(block, index)),
      ]),
      ...(blocks.length === 0 ? [] : missing.map(missingFinding)),
    ],
  }
}

/**
 * By id; what is left over by name; and when each side has one left and they are as many, those two. Looked up and not
 * searched for: a manifest may list ten thousand.
 */
function pair(references: readonly ElementNode[], blocks: readonly ElementNode[]): Map<ElementNode, ElementNode> {
  const linked = new Map<ElementNode, ElementNode>()
  const free = new Set(references)
  const link = (keyOf: (node: ElementNode) => string): void => {
    const waiting = groupedBy(free, keyOf)
    for (const block of blocks) {
      if (linked.has(block)) continue
      const reference = waiting.get(keyOf(block))?.shift()
      if (reference === undefined) continue
      linked.set(block, reference)
      free.delete(reference)
    }
  }
  link(bareContentId)
  if (free.size > 0) link((node) => nameOf(node) ?? '')
  const [last] = free
  const unpaired = blocks.find((block) => !linked.has(block))
  const isLastPair = free.size === 1 && references.length === blocks.length
  if (isLastPair && last !== undefined && unpaired !== undefined) linked.set(unpaired, last)
  return linked
}

/** What says nothing belongs to no group. */
function groupedBy(nodes: Iterable<ElementNode>, keyOf: (node: ElementNode) => string): Map<string, ElementNode[]> {
  const groups = new Map<string, ElementNode[]>()
  for (const node of nodes) {
    const key = keyOf(node)
    const group = groups.get(key)
    if (group !== undefined) group.push(node)
    else if (key !== '') groups.set(key, [node])
  }
  return groups
}

function decodeAttachment(block: ElementNode, reference: ElementNode | undefined, index: number): Attachment[] {
  const content = contentOf(block)
  if (content === undefined || content.fault !== undefined) return []
  const { sha256, size, mediaType, zip } = content
  const contentId = bareContentId(block) || (reference === undefined ? '' : bareContentId(reference))
  const name = nameOf(block) ?? nameOf(reference) ?? `attachment-${index + 1}`
  const wrapped = zip?.wrapped !== undefined && isWrapperOf(name, zip.wrapped.entryName) ? zip.wrapped : undefined
  return [
    present({
      contentId,
      name,
      description: block.valueOf('Description') ?? reference?.valueOf('Description'),
      declaredType: typeOf(block) ?? (reference && typeOf(reference)),
      mediaType,
      sha256,
      innerSha256: wrapped?.sha256,
      inner: wrapped && innerFacts(wrapped),
      hasMacros: content.hasMacros || wrapped?.hasMacros ? (true as const) : undefined,
      size,
    }),
  ]
}

function innerFacts({ sha256, size, mediaType, entryName }: WrappedFile): WrappedFileFacts {
  // Only for people; a name of sixty-four kilobytes is for nobody.
  return { sha256, size, mediaType, entryName: shortened(entryName) }
}

function contentProblem(block: ElementNode, name: string): Problem[] {
  const content = contentOf(block)
  const path = `${block.path}/ContentTransferEncoded`
  if (content?.fault !== undefined) {
    const { line, column, found, expected } = content.fault
    const problem = problemAt('attachment_not_base64', block, { path, found, expected, params: { name, line, column } })
    return [{ ...problem, violation: { ...problem.violation, line, column } }]
  }
  if (content !== undefined && content.size > 0) return []
  return [problemAt('attachment_empty', block, { path, found: name, params: { name, line: block.line } })]
}

function missingProblem(reference: ElementNode): Problem {
  const name = nameOf(reference) ?? bareContentId(reference)
  return problemAt('attachment_missing', reference, {
    found: name,
    expected: 'AttachmentEncoded/Attachment',
    params: { name, line: reference.line },
  })
}

function missingFinding(reference: ElementNode): Finding {
  return warning('attachment_not_in_package', reference, { name: nameOf(reference) ?? bareContentId(reference) })
}

function disagreements(block: ElementNode, reference: ElementNode | undefined, hasManifest: boolean): Finding[] {
  const name = nameOf(block) ?? ''
  if (reference === undefined) {
    return [warning(hasManifest ? 'attachment_not_in_manifest' : 'manifest_missing', block, { name })]
  }
  const compared = [
    { code: 'attachment_id_differs', there: bareContentId(reference), here: bareContentId(block) },
    { code: 'attachment_name_differs', there: nameOf(reference) ?? '', here: name },
    { code: 'attachment_type_differs', there: typeOf(reference) ?? '', here: typeOf(block) ?? '' },
  ]
  return compared
    .filter(({ there, here }) => there !== '' && here !== '' && there !== here)
    .map(({ code, there, here }) => warning(code, block, { name, manifest: there, attachment: here }))
}

/** What the bytes and the name of a file give to tell, each by its code. */
function fileFindings(block: ElementNode, name: string): Finding[] {
  const content = contentOf(block)
  if (content === undefined || content.fault !== undefined) return []
  const { zip, mediaType } = content
  const isOneTooMany = mediaType === 'application/zip' && (zip?.count ?? 0) > 1 && !/\.zip$/i.test(name)
  const codes = [
    content.isDamaged ? 'attachment_damaged' : undefined,
    zip?.trouble,
    isOneTooMany ? 'zip_many_entries' : undefined,
    isSafeFileName(name) ? undefined : 'attachment_name_unsafe',
  ]
  return codes.flatMap((code) => {
    if (code === undefined) return []
    const finding = warning(code, block, { name })
    return [code === 'zip_not_inspected' ? { ...finding, severity: 'info' } : finding]
  })
}

function contentOf(block: ElementNode): ContentFacts | undefined {
  return block.all('ContentTransferEncoded')[0]?.content
}

function nameOf(node: ElementNode | undefined): string | undefined {
  return node?.valueOf('AttachmentName')?.normalize('NFC')
}

function typeOf(node: ElementNode): string | undefined {
  return node.valueOf('ContentType') ?? node.valueOf('MimeType')
}
