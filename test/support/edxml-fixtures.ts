// Packages for tests, built piece by piece so that each test changes only what it speaks of.
import { readFileSync } from 'node:fs'
import { PackageReader, type PackageReaderLimits, type ReadPackage } from '../../src/edxml/package-reader.ts'

export const qcvnNamespace = 'http://www.mic.gov.vn/TBT/QCVN_102_2016'

export const pdfBytes = Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n')

export interface FileFixture {
  readonly id?: string
  readonly name?: string
  readonly type?: string
  /** As it stands in the package; base64 of a small PDF when absent. */
  readonly content?: string
  /** Replaces the whole `Attachment` element. */
  readonly block?: string
  /** Replaces the whole `Reference`; empty leaves it out. */
  readonly reference?: string
}

export interface EdxmlFixture {
  readonly declaration?: string
  readonly rootAttributes?: string
  readonly from?: string
  readonly to?: string
  readonly documentId?: string
  readonly subject?: string
  /** Further children of MessageHeader. */
  readonly more?: string
  /** Replaces all children of MessageHeader. */
  readonly messageHeader?: string
  readonly traces?: string
  /** After TraceHeaderList. */
  readonly headerRest?: string
  readonly files?: readonly FileFixture[]
  /** Replaces the manifest; empty leaves it out. */
  readonly manifest?: string
}

export const oneFile: FileFixture = { id: 'a1', name: 'cong-van.pdf', type: 'application/pdf' }

/** A small document package of Sở Nội vụ to two agencies. Text given is markup and is not escaped. */
export function edxml(fixture: EdxmlFixture = {}): string {
  const files = fixture.files ?? [oneFile]
  const header = fixture.messageHeader ?? messageHeader(fixture)
  const manifest =
    fixture.manifest ?? `<e:edXMLManifest version="1.0">${files.map(reference).join('')}</e:edXMLManifest>`
  return [
    fixture.declaration ?? '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<edXML xmlns="${qcvnNamespace}"${fixture.rootAttributes ?? ''}>\n`,
    `<e:edXMLEnvelope xmlns:e="${qcvnNamespace}">\n<e:edXMLHeader>\n`,
    `<e:MessageHeader>\n${header}\n</e:MessageHeader>\n${fixture.traces ?? ''}${fixture.headerRest ?? ''}</e:edXMLHeader>\n`,
    `<e:edXMLBody>${manifest}</e:edXMLBody>\n</e:edXMLEnvelope>\n`,
    files.length === 0 ? '' : `<AttachmentEncoded>\n${files.map(block).join('\n')}\n</AttachmentEncoded>\n`,
    '</edXML>\n',
  ].join('')
}

function messageHeader(fixture: EdxmlFixture): string {
  return [
    fixture.from ?? '<e:From><e:OrganId>000.00.12.H35</e:OrganId><e:OrganName>Sở Nội vụ</e:OrganName></e:From>',
    fixture.to ?? '<e:To><e:OrganId>000.00.14.H35</e:OrganId></e:To>\n<e:To><e:OrganId>H35.20</e:OrganId></e:To>',
    fixture.documentId ?? '<e:DocumentId>000.00.12.H35,2026/11/20,743/SNV-VP</e:DocumentId>',
    fixture.subject ?? '<e:Subject>V/v báo cáo kết quả quý IV</e:Subject>',
    fixture.more ?? '',
  ].join('\n')
}

function reference(file: FileFixture): string {
  return file.reference ?? `<e:Reference>${labels(file, 'e:')}</e:Reference>`
}

function block(file: FileFixture): string {
  const content = file.content ?? pdfBytes.toString('base64')
  const encoded = `<e:ContentTransferEncoded xmlns:e="${qcvnNamespace}">${content}</e:ContentTransferEncoded>`
  return file.block ?? `<Attachment>${labels(file, '')}${encoded}</Attachment>`
}

function labels(file: FileFixture, prefix: string): string {
  const one = (name: string, value: string | undefined) =>
    value === undefined ? '' : `<${prefix}${name}>${value}</${prefix}${name}>`
  const id = file.id === undefined ? undefined : `cid:${file.id}`
  return one('ContentId', id) + one('AttachmentName', file.name) + one('ContentType', file.type)
}

export interface StatusFixture {
  readonly wrapper?: string
  readonly from?: string
  readonly responseFor?: string
  readonly code?: string
  readonly rest?: string
}

/** A status 03 of Sở Tài chính about the document of `edxml()`. */
export function statusXml(fixture: StatusFixture = {}): string {
  const wrapper = fixture.wrapper ?? 'MessageHeader'
  const responseFor =
    fixture.responseFor ??
    `<e:ResponseFor><e:OrganId>000.00.12.H35</e:OrganId><e:Code>743/SNV-VP</e:Code>
<e:DocumentId>000.00.12.H35,2026/11/20,743/SNV-VP</e:DocumentId><e:PromulgationDate>2026/11/20</e:PromulgationDate></e:ResponseFor>`
  return `<?xml version="1.0" encoding="utf-8"?>
<edXML xmlns="${qcvnNamespace}"><e:edXMLEnvelope xmlns:e="${qcvnNamespace}"><e:edXMLHeader><e:${wrapper}>
${fixture.from ?? '<e:From><e:OrganId>000.00.14.H35</e:OrganId></e:From>'}
${responseFor}
${fixture.code ?? '<e:StatusCode>03</e:StatusCode>'}
${fixture.rest ?? '<e:Timestamp>2026/11/20 09:15:00</e:Timestamp>'}
</e:${wrapper}></e:edXMLHeader></e:edXMLEnvelope></edXML>`
}

export const generousLimits: PackageReaderLimits = { headerBytesMax: 1 << 20, attachmentsMax: 50, depthMax: 64 }

/** Reads a package in chunks of the given size. */
export function read(
  xml: string | Buffer,
  limits: Partial<PackageReaderLimits> = {},
  chunkBytes = 1 << 16,
): ReadPackage {
  return readInChunks(xml, [chunkBytes], limits)
}

/** Reads a package in chunks of these sizes, again from the first size after the last. */
export function readInChunks(
  xml: string | Buffer,
  sizes: readonly number[],
  limits: Partial<PackageReaderLimits> = {},
): ReadPackage {
  const bytes = Buffer.from(xml)
  const reader = new PackageReader({ ...generousLimits, ...limits })
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = at + (sizes[i % sizes.length] ?? 1)
    // Overwritten afterwards, as a caller that reuses its buffer would.
    const chunk = Buffer.from(bytes.subarray(at, end))
    reader.write(chunk)
    chunk.fill(0x21)
    at = end
  }
  return reader.end()
}

/** The line and column, from 1, at which `part` begins in `text`. */
export function placeOf(text: string, part: string): { line: number; column: number } {
  const before = text.slice(0, text.indexOf(part)).split('\n')
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 }
}

const catalogue: ReadonlyMap<string, unknown> = new Map(
  ['edxml', 'edxml-bounds'].flatMap((name) =>
    Object.entries(JSON.parse(readFileSync(new URL(`../../schemas/errors/${name}.json`, import.meta.url), 'utf8'))),
  ),
)

/** The names in braces in the catalogue text of a code. */
export function placeholdersOf(code: string): string[] {
  const entry = catalogue.get(code)
  if (entry === undefined) throw new Error(`${code} is not in the catalogue`)
  return [...new Set([...JSON.stringify(entry).matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))]
}
