// Packages for a load generator: one is written properly, then copied with another number and other recipients. What
// is measured is the gateway, so a package must cost the generator next to nothing.
import { createHash } from 'node:crypto'
import type { Priority } from '../domain/document-package.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import { writeDocumentPackage } from '../edxml/write-package.ts'

export type PackageMaker = (number: string, to: readonly string[]) => Buffer

const numberMark = 'SO-MAU'
const recipientMark = 'NOI-NHAN-MAU'

export function packageMaker(from: string, attachmentBytes: number, now: Date, priority: Priority = 0): PackageMaker {
  const sample = writeDocumentPackage({
    from: { organId: from, organName: 'Cơ quan đo thử' },
    to: [{ organId: recipientMark, organName: 'Nơi nhận' }],
    documentId: `${from},${vietnamDay(now).replaceAll('-', '/')},${numberMark}/ĐT-VP`,
    codeNumber: numberMark,
    codeNotation: 'ĐT-VP',
    place: 'Lai Châu',
    promulgationDate: vietnamDay(now),
    documentType: { type: '2', typeDetail: '18', typeName: 'Công văn' },
    subject: 'V/v đo năng lực tiếp nhận và chuyển văn bản điện tử',
    signer: { position: 'CHÁNH VĂN PHÒNG', fullName: 'Nguyễn Văn A' },
    sentAt: now,
    priority,
    attachments: [{ name: 'van-ban.pdf', bytes: noise(attachmentBytes) }],
  })
  // Everything that differs stands before the attachment's content; the rest is copied as bytes.
  const cut = sample.indexOf('ContentTransferEncoded')
  const head = sample.toString('utf8', 0, cut)
  const tail = sample.subarray(cut)
  const to = /<edXML:To>[\s\S]*?<\/edXML:To>\s*/.exec(head)
  if (cut < 0 || to === null) throw new Error('the package writer no longer writes what the template is cut from')
  const [beforeTo = '', afterTo = ''] = [head.slice(0, to.index), head.slice(to.index + to[0].length)]
  return (number, codes) => {
    const recipients = codes.map((code) => to[0].replace(recipientMark, code)).join('')
    const text = (beforeTo + recipients + afterTo).replaceAll(numberMark, number)
    return Buffer.concat([Buffer.from(text), tail])
  }
}

/** Bytes that look like a PDF to a sniffer and do not compress; the same in every run. */
export function noise(length: number): Buffer {
  const parts = [Buffer.from('%PDF-1.4\n')]
  for (let size = 0, n = 0; size < length; size += 32, n++) parts.push(createHash('sha256').update(String(n)).digest())
  return Buffer.concat(parts, length)
}

/**
 * 1, 2, … up to twice the mean less one, again and again: the mean comes out exactly, and every run is alike.
 * The recipients of neighbouring packages overlap, as they do in an office.
 */
export function recipientsOf(number: number, mean: number, all: readonly string[]): string[] {
  const most = Math.min(all.length, Math.max(1, Math.round(2 * mean - 1)))
  const count = 1 + (number % most)
  return Array.from({ length: count }, (_, n) => all[(number * 7 + n) % all.length] ?? '')
}
