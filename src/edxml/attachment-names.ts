// How an attachment is called and how it is joined to its entry in the manifest.
import type { ElementNode } from './element-tree.ts'

/** The name of an attachment for people: its own, else that of its reference, else its number in the block. */
export function attachmentName(attachment: ElementNode | undefined, root: ElementNode | undefined): string {
  const own = attachment?.valueOf('AttachmentName')
  if (own !== undefined || attachment === undefined) return own ?? '?'
  const all = root?.find('AttachmentEncoded')?.children.filter((node) => node.shape.name === 'Attachment') ?? []
  const position = all.indexOf(attachment)
  const references = root?.find(manifestPath)?.all('Reference') ?? []
  const id = bareContentId(attachment)
  const reference = references.find((node) => id !== '' && bareContentId(node) === id) ?? references[position]
  return reference?.valueOf('AttachmentName') ?? `#${position + 1}`
}

/** `cid:` is written on both sides, on one, or twice (edxml-in-practice.md §7.1). */
export function bareContentId(node: ElementNode): string {
  return (node.valueOf('ContentId') ?? '').replace(/^(cid:\s*)+/i, '').trim()
}

export const manifestPath = 'edXMLEnvelope/edXMLBody/edXMLManifest'
