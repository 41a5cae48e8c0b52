import { describe, expect, it } from 'vitest'
import { makeDocument, onePagePdf } from '../../src/sandbox/virtual-qlvb-documents.ts'
import { PackageArrival } from '../../src/sandbox/virtual-qlvb-reading.ts'

describe('documents of a virtual system', () => {
  it('are packages that the gateway reads without a finding', () => {
    const from = { code: 'H35.12', name: 'Sở Y tế tỉnh Lai Châu' }
    const to = [{ code: 'H35.15', name: 'Sở Tư pháp tỉnh Lai Châu' }]
    const made = makeDocument({ from, to, number: 743, now: new Date('2026-11-20T01:00:00Z') }, () => 0.99)
    const arrival = new PackageArrival()

    arrival.write(made.bytes)

    const { package: read } = arrival.finish()
    expect(read).toMatchObject({
      type: 'edoc',
      kind: 'new',
      documentId: made.documentId,
      promulgationDate: '2026-11-20',
    })
    expect(made.documentId).toBe(`H35.12,2026/11/20,${made.code}`)
  })

  it('carry a PDF whose table of contents points at its objects', () => {
    const pdf = onePagePdf('VAN BAN (THU)').toString('latin1')

    const start = Number(/startxref\n(\d+)/.exec(pdf)?.[1])
    expect(pdf.slice(start, start + 4)).toBe('xref')
    const offsets = [...pdf.matchAll(/^(\d{10}) 00000 n $/gm)].map(([, offset]) => Number(offset))
    expect(offsets.map((offset) => pdf.slice(offset, offset + 5))).toEqual([
      '1 0 o',
      '2 0 o',
      '3 0 o',
      '4 0 o',
      '5 0 o',
    ])
  })
})
