// Joins the manifest with the attachment block. Where they disagree the block wins and both sides are told; only a file
// that was promised and did not come is a reason to refuse (edxml-in-practice.md §7.1, §12).
import type { Attachment, Finding } from '../domain/document-package.ts'
import { attachmentName, bareContentId, manifestPath } from './attachment-names.ts'
import type { ContentFacts } from './base64-content.ts'
import type { ElementNode } from './element-tree.ts'
import { type Problem, problemAt, warning } from './problems.ts'
import { present } from './wire-object.ts'
import { isWrapperOf } from './zip-wrapper.ts'

export interface LinkedAttachments {
  readonly attachments: readonly Attachment[]
  readonly problems: readonly Problem[]
  readonly findings: readonly Finding[]
}

export function linkAttachments(root: ElementNode): LinkedAttachments {
  const references = root.find(manifestPath)?.all('Reference') ?? []
  const blocks = root.find('AttachmentEncoded')?.all('Attachment') ?? []
  const linked = pair(references, blocks)
  const promised = new Set(linked.values())
  return {
    attachments: blocks.flatMap((block, index) => decodeAttachment(block, linked.get(block), index)),
    problems: [
      ...blocks.flatMap((block) => contentProblem(block, root)),
      ...references.filter((reference) => !promised.has(reference)).map(missingProblem),
    ],
    findings: blocks.flatMap((block) => [
      ...disagreements(block, linked.get(block), references.length > 0),
      ...damage(block, root),
    ]),
  }
}

/** By id; what is left over by name; and when each side has one left and they are as many, those two. */
function pair(references: readonly ElementNode[], blocks: readonly ElementNode[]): Map<ElementNode, ElementNode> {
  const linked = new Map<ElementNode, ElementNode>()
  const free = new Set(references)
  const link = (isSame: (reference: ElementNode, block: ElementNode) => boolean): void => {
    for (const block of blocks) {
      if (linked.has(block)) continue
      const reference = [...free].find((candidate) => isSame(candidate, block))
      if (reference === undefined) continue
      linked.set(block, reference)
      free.delete(reference)
    }
  }
  link((reference, block) => bareContentId(block) !== '' && bareContentId(reference) === bareContentId(block))
  if (free.size > 0) link((reference, block) => nameOf(block) !== undefined && nameOf(reference) === nameOf(block))
  if (free.size === 1 && references.length === blocks.length) link(() => true)
  return linked
}

function decodeAttachment(block: ElementNode, reference: ElementNode | undefined, index: number): Attachment[] {
  const content = contentOf(block)
  if (content === undefined || content.fault !== undefined) return []
  const { sha256, size, mediaType, wrapped } = content
  const contentId = bareContentId(block) || (reference === undefined ? '' : bareContentId(reference))
  const name = nameOf(block) ?? (reference && nameOf(reference)) ?? `attachment-${index + 1}`
  return [
    present({
      contentId,
      name,
      description: block.valueOf('Description') ?? reference?.valueOf('Description'),
      declaredType: typeOf(block) ?? (reference && typeOf(reference)),
      mediaType,
      sha256,
      innerSha256: wrapped !== undefined && isWrapperOf(name, wrapped.entryName) ? wrapped.sha256 : undefined,
      size,
    }),
  ]
}

function contentProblem(block: ElementNode, root: ElementNode): Problem[] {
  const name = attachmentName(block, root)
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

function damage(block: ElementNode, root: ElementNode): Finding[] {
  const isDamaged = contentOf(block)?.isDamaged ?? false
  return isDamaged ? [warning('attachment_damaged', block, { name: attachmentName(block, root) })] : []
}

function contentOf(block: ElementNode): ContentFacts | undefined {
  return block.all('ContentTransferEncoded')[0]?.content
}

function nameOf(node: ElementNode): string | undefined {
  return node.valueOf('AttachmentName')?.normalize('NFC')
}

function typeOf(node: ElementNode): string | undefined {
  return node.valueOf('ContentType') ?? node.valueOf('MimeType')
}
