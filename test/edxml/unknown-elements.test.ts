// What edXML does not know survives: in the bytes always, and here far enough to be shown and compared.
import { describe, expect, it } from 'vitest'
import { comparableContent, contentHash, type DocumentPackage } from '../../src/domain/document-package.ts'
import { edxml, read, statusXml } from '../support/edxml-fixtures.ts'

const readDocument = (xml: string) => read(xml).package as DocumentPackage
const hashOf = (more: string, prefix = 'e') =>
  contentHash(
    comparableContent(
      readDocument(edxml({ more }).replaceAll(/(<\/?)e:|xmlns:e=/g, (found) => found.replace('e', prefix))),
    ),
  ).toString('hex')

describe('an unknown element', () => {
  it.each([
    ['with text', '<e:A> một </e:A>', [{ path: 'A', text: 'một' }]],
    ['of another namespace', '<x:A xmlns:x="urn:x">1</x:A>', [{ path: '{urn:x}A', text: '1' }]],
    [
      'with others inside',
      '<e:A><e:B>1</e:B><e:C>2</e:C></e:A>',
      [
        { path: 'A/B', text: '1' },
        { path: 'A/C', text: '2' },
      ],
    ],
    [
      'with text around others',
      '<e:A>1<e:B>2</e:B>3</e:A>',
      [
        { path: 'A/B', text: '2' },
        { path: 'A', text: '13' },
      ],
    ],
    ['that is empty', '<e:A/>', [{ path: 'A' }]],
    ['that holds what is known elsewhere', '<e:A><e:Subject>x</e:Subject></e:A>', [{ path: 'A/Subject', text: 'x' }]],
    ['in CDATA, with references', '<e:A><![CDATA[<b>]]>&amp;</e:A>', [{ path: 'A', text: '<b>&' }]],
  ])('%s is kept with its path', (_what, more, kept) => {
    const { package: back, unknown, findings } = read(edxml({ more }))

    const paths = kept.map(({ path }) => `edXMLHeader/MessageHeader/${path}`)
    expect(back.unknown).toEqual(kept.map((one, n) => ({ ...one, path: paths[n] })))
    expect(unknown).toEqual(paths)
    expect(findings).toMatchObject([
      { code: 'unknown_elements', severity: 'info', path: paths[0], params: { count: kept.length } },
    ])
  })

  it('keeps the known one beside it as it is', () => {
    expect(readDocument(edxml({ more: '<e:A><e:Subject>khác</e:Subject></e:A>' })).subject).toBe(
      readDocument(edxml()).subject,
    )
  })

  it('may stand anywhere', () => {
    const xml = edxml({
      from: '<e:From><e:OrganId>H35</e:OrganId><e:Zalo>09</e:Zalo></e:From>',
      traces: '<e:TraceHeaderList><e:Hop>1</e:Hop></e:TraceHeaderList>',
      headerRest: '<e:ErrorList><e:Error>x</e:Error></e:ErrorList>',
    }).replace('</edXML>', '<Extra>y</Extra></edXML>')

    expect(read(xml).unknown).toEqual([
      'edXMLHeader/MessageHeader/From/Zalo',
      'edXMLHeader/TraceHeaderList/Hop',
      'edXMLHeader/ErrorList/Error',
      'Extra',
    ])
    expect(read(statusXml({ rest: '<e:A>1</e:A>' })).package.unknown).toEqual([
      { path: 'edXMLHeader/MessageHeader/A', text: '1' },
    ])
  })

  it('is not there where there is none', () => expect(readDocument(edxml())).not.toHaveProperty('unknown'))
})

describe('other unknown content of the header is another document', () => {
  const one = '<e:A>1</e:A><e:B>2</e:B>'

  it.each([
    ['another text', '<e:A>1</e:A><e:B>3</e:B>'],
    ['another name', '<e:A>1</e:A><e:C>2</e:C>'],
    ['one less', '<e:A>1</e:A>'],
    ['one more', `${one}<e:A>1</e:A>`],
    ['another end of a long text', `<e:A>1</e:A><e:B>${'2'.repeat(2000)}</e:B>`],
  ])('%s', (_what, other) => expect(hashOf(other)).not.toBe(hashOf(one)))

  it('also behind what is kept of it', () => {
    const long = (end: string) => `<e:A>${'x'.repeat(5000)}${end}</e:A>`
    const many = (last: string) => `${'<e:A>1</e:A>'.repeat(300)}<e:A>${last}</e:A>`

    expect(hashOf(long('1'))).not.toBe(hashOf(long('2')))
    expect(hashOf(many('1'))).not.toBe(hashOf(many('2')))
    expect(hashOf(many('1'))).toBe(hashOf(many('1')))
  })

  it.each([
    ['another order', '<e:B>2</e:B><e:A>1</e:A>'],
    ['an empty one more', `${one}<e:C/>`],
    ['white space', '<e:A> 1\n</e:A> <e:B>2</e:B>'],
  ])('%s is not', (_what, same) => expect(hashOf(same)).toBe(hashOf(one)))

  it('nor is another prefix', () => {
    expect(hashOf(one.replaceAll('e:', 'q:'), 'q')).toBe(hashOf(one))
  })

  it('nor what a recipient or a relay adds elsewhere', () => {
    const relayed = edxml({
      to: '<e:To><e:OrganId>H35</e:OrganId><e:Note>x</e:Note></e:To>',
      traces: '<e:TraceHeaderList><e:Hop>1</e:Hop></e:TraceHeaderList>',
    })
    expect(comparableContent(readDocument(relayed))).toEqual(comparableContent(readDocument(edxml())))
  })
})

it('a thousand of them are counted, and a hundred are kept', () => {
  const { package: back, findings } = read(edxml({ more: `<e:A>${'x'.repeat(900)}</e:A>`.repeat(1000) }))

  expect(back.unknown).toHaveLength(101)
  expect(back.unknown?.at(-1)).toEqual({
    path: 'edXMLHeader/MessageHeader/…',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(JSON.stringify(back.unknown).length).toBeLessThan(100_000)
  expect(findings).toMatchObject([{ params: { count: 1000 } }])
})
