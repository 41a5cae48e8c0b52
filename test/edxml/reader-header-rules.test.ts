// The reader against the headers that are really in circulation: one case for each rule of edxml-in-practice.md §2–§5, §8,
// §12 and edxml.md §7, named by its section.
import { describe, expect, it } from 'vitest'
import { writeDocumentPackage } from '../../src/edxml/write-package.ts'
import {
  type EdxmlFixture,
  edxml,
  oneFile,
  pdfBytes,
  qcvnNamespace,
  read,
  type StatusFixture,
  statusXml,
} from '../support/edxml-fixtures.ts'
import {
  base64,
  businessType,
  el,
  expectRead,
  type Outcome,
  organization,
  refusalCode,
  traceList,
} from './reader-rules.ts'

const everyField: readonly (readonly [string, string])[] = [
  ['From', organization({ OrganId: '000.00.12.H35', OrganName: 'Sở Nội vụ', OrganAdd: 'Lai Châu' })],
  ['To', organization({ OrganId: '000.00.14.H35', OrganizationInCharge: '000.00.00.H35' })],
  ['DocumentId', '000.00.12.H35,2026/11/20,743/SNV-VP'],
  ['Code', el('CodeNumber', '743') + el('CodeNotation', 'SNV-VP')],
  ['PromulgationInfo', el('Place', 'Lai Châu') + el('PromulgationDate', '2026/11/20')],
  ['DocumentType', el('Type', '2') + el('TypeDetail', '18') + el('TypeName', 'Công văn')],
  ['Subject', 'V/v báo cáo'],
  ['Content', 'Nội dung'],
  ['SignerInfo', el('Competence', 'KT.') + el('Position', 'PHÓ GIÁM ĐỐC') + el('FullName', 'Lò Thị Mai')],
  ['DueDate', '2026/12/01'],
  ['OtherInfo', el('Priority', '1') + el('PageAmount', '3') + el('Appendixes', el('Appendix', 'PL1'))],
  ['ResponseFor', el('OrganId', 'H35') + el('Code', '1/UBND') + el('DocumentId', 'd1')],
  ['SteeringType', '1'],
  ['ResponseForTask', el('TaskCode', 'NV01')],
  ['ApplicationType', 'MCDT_DT'],
  ['ToPlaces', el('Place', 'Như trên')],
]
const inOrder = (names: readonly string[]) =>
  names.map((name) => el(name, everyField.find(([known]) => known === name)?.[1] ?? '')).join('\n')

describe('§2 envelopes', () => {
  it('E1: the canonical form', () => expectRead(edxml(), { is: { type: 'edoc' } }))

  it('E2: three labels before the envelope, as the C# library writes them, are passed over', () => {
    const xml = edxml({
      rootAttributes:
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
    }).replace('<e:edXMLEnvelope', '<Boundary>b</Boundary><ContentId>c</ContentId><ContentType/><e:edXMLEnvelope')
    expectRead(xml, { is: { unknown: undefined } })
  })

  it('E3: a prefixed attachment block, if the prefix is bound', () => {
    const prefixed = (xml: string) =>
      xml.replaceAll(/<(\/?)(AttachmentEncoded|Attachment|ContentId|AttachmentName|ContentType)>/g, '<$1p:$2>')
    const bound = prefixed(edxml()).replace('<p:AttachmentEncoded>', `<p:AttachmentEncoded xmlns:p="${qcvnNamespace}">`)
    expectRead(bound, { is: { attachments: [{ name: 'cong-van.pdf', contentId: 'a1' }] } })
    expect(refusalCode(prefixed(edxml()))).toBe('prefix_unbound')
  })

  it('E4: a status has neither body nor attachments', () => expectRead(statusXml(), { is: { type: 'status' } }))

  it('E5: content in the body and attachments inside the envelope, as an early gateway wrote them', () => {
    const attachment = organization({ AttachmentName: 'a.txt', AttachmentType: 'TXT', AttachmentSize: '4' })
    const data = el('AttachmentData', base64(Buffer.from('abcd')))
    const xml = edxml({ files: [], manifest: el('Content', 'Thân văn bản') }).replace(
      '</e:edXMLEnvelope>',
      `${el('edXMLAttachments', el('Attachment', attachment + data))}</e:edXMLEnvelope>`,
    )
    expectRead(xml, {
      is: {
        attachments: [{ name: 'a.txt', declaredType: 'TXT', mediaType: 'text/plain', size: 4 }],
        unknown: [{ path: 'edXMLBody/Content', text: 'Thân văn bản' }],
      },
      findings: ['manifest_missing', 'unknown_elements'],
    })
  })

  it.each([
    ['E6', '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>'],
    ['E7', '<edXML:Envelope xmlns:edXML="http://schemas.xmlsoap.org/soap/envelope/"><edXML:Status/></edXML:Envelope>'],
    ['E8', '<AllDocument><Document/></AllDocument>'],
    ['E9', '<message><van-ban-qua-mang/></message>'],
    ['E10', '<EdXMLEnvelope xmlns="http://www.go.vn/eDoc"/>'],
  ])('%s: another envelope is refused, and named', (_name, xml) => expect(refusalCode(xml)).toBe('not_edxml'))

  it('E11: junk before the declaration', () => expect(refusalCode(`1212${edxml()}`)).toBe('not_xml'))
  it('E12: a closing tag that does not match', () =>
    expect(refusalCode(edxml().replace('</e:From>', '</e:To>'))).toBe('xml_malformed'))

  it('E13: Status in place of MessageHeader', () =>
    expectRead(statusXml({ wrapper: 'Status' }), { is: { type: 'status', code: '03' } }))

  it.each([
    ['a byte order mark', (xml: string) => `\ufeff${xml}`],
    ['CR LF', (xml: string) => xml.replaceAll('\n', '\r\n')],
    ['white space after the root', (xml: string) => `${xml}\r\n\r\n`],
    ['encoding="utf-8"', (xml: string) => xml.replace('UTF-8', 'utf-8')],
  ])('bytes: %s', (_name, change) => expectRead(change(edxml()), { is: { subject: 'V/v báo cáo kết quả quý IV' } }))
})

describe('§3.1 orders', () => {
  const names = everyField.map(([name]) => name)
  const last = (name: string) => [...names.filter((one) => one !== name), name]
  const whole = read(edxml({ messageHeader: inOrder(names) })).package

  it.each<[string, readonly string[]]>([
    ['the reference library’s, which is that of the axis', names],
    ['the C# library’s: DocumentId last', last('DocumentId')],
    ['ToPlaces before OtherInfo', [...names.slice(0, 10), 'ToPlaces', ...names.slice(10, -1)]],
    ['backwards', [...names].reverse()],
  ])('%s', (_name, order) => {
    expect(read(edxml({ messageHeader: inOrder(order) }))).toMatchObject({ findings: [], unknown: [] })
    expect(read(edxml({ messageHeader: inOrder(order) })).package).toEqual(whole)
  })

  it('children of groups in any order', () => {
    const swapped = edxml({
      more: `${el('DocumentType', el('TypeName', 'Công văn') + el('TypeDetail', '1') + el('Type', '2'))}${el('SignerInfo', el('FullName', 'A') + el('Competence', 'TL.'))}`,
    })
    expectRead(swapped, {
      is: { documentType: { type: '2', typeDetail: '1', typeName: 'Công văn' }, signer: { fullName: 'A' } },
    })
  })

  it('a status as the demo files write it', () => {
    const responseFor = el(
      'ResponseFor',
      organization({ OrganId: 'H35.12', Code: '7/SNV', PromulgationDate: '2026/11/20', DocumentId: 'd1' }),
    )
    const staff = el('StaffInfo', organization({ Department: 'VP', Staff: 'A', Mobile: '09', Email: 'a@b' }))
    expectRead(statusXml({ responseFor, rest: staff + el('Timestamp', '2026/11/20 08:00:00') }), {
      is: {
        responseFor: { organId: 'H35.12', code: '7/SNV', promulgationDate: '2026/11/20', documentId: 'd1' },
        staff: { department: 'VP', staff: 'A', mobile: '09', email: 'a@b' },
      },
    })
  })
})

describe('§3.2 fields', () => {
  it.each<[string, EdxmlFixture, Outcome]>([
    [
      'all eight of an agency',
      {
        from: el(
          'From',
          organization({
            OrganId: 'A',
            OrganizationInCharge: 'B',
            OrganName: 'C',
            OrganAdd: 'D',
            Email: 'E',
            Telephone: '(0213) 1',
            Fax: 'G',
            Website: 'H',
          }),
        ),
      },
      {
        is: {
          from: {
            organId: 'A',
            organizationInCharge: 'B',
            organName: 'C',
            organAdd: 'D',
            email: 'E',
            telephone: '(0213) 1',
            fax: 'G',
            website: 'H',
          },
        },
      },
    ],
    [
      'an agency of its code alone, beside empty elements',
      { from: el('From', organization({ OrganId: 'A', OrganName: '', Fax: ' \n' })) },
      { is: { from: { organId: 'A' } } },
    ],
    [
      'To with the same code again',
      { to: el('To', el('OrganId', 'H35.1')) + el('To', el('OrganId', ' h35.1 ')) },
      { is: { to: [{ organId: 'H35.1' }, { organId: 'h35.1' }] }, findings: ['recipient_repeated'] },
    ],
    [
      'To under an old and a new code',
      {
        to:
          el('To', el('OrganId', '000.00.14.H35')) +
          el('To', organization({ OrganId: 'H35.14', OrganizationInCharge: 'TLTVBQG_CDMDD_QD20' })),
      },
      { is: { to: [{ organId: '000.00.14.H35' }, { organId: 'H35.14' }] } },
    ],
    [
      'a number that is none',
      { more: el('Code', el('CodeNumber', '15,01/2020') + el('CodeNotation', 'VPCP-TTĐT')) },
      { is: { codeNumber: '15,01/2020', codeNotation: 'VPCP-TTĐT' } },
    ],
    [
      'Type 71, which only a longer catalogue knows',
      { more: el('DocumentType', el('Type', '71') + el('TypeName', 'Văn bản điện tử mới')) },
      { is: { documentType: { type: '71', typeName: 'Văn bản điện tử mới' } } },
    ],
    [
      'Type that is no number',
      { more: el('DocumentType', el('Type', 'CV')) },
      { is: { documentType: { type: 'CV' } }, findings: ['number_malformed'] },
    ],
    [
      'SignerInfo of three empty elements',
      { more: el('SignerInfo', el('FullName') + el('Position') + el('Competence')) },
      { is: { signer: undefined } },
    ],
    ['DueDate empty', { more: '<e:DueDate/>' }, { is: { dueDate: undefined, dueDateText: undefined } }],
    [
      'DueDate before the document',
      { more: el('DueDate', '2001/01/01') },
      { is: { dueDate: '2001-01-01', dueDateText: '2001/01/01' } },
    ],
    [
      'amounts of nothing, and Direction',
      { more: el('OtherInfo', organization({ PromulgationAmount: '0', PageAmount: '0', Direction: 'false' })) },
      { is: { otherInfo: { promulgationAmount: '0', pageAmount: '0', direction: 'false' } } },
    ],
    [
      'an amount that is none',
      { more: el('OtherInfo', el('PageAmount', '3 trang')) },
      { is: { otherInfo: { pageAmount: '3 trang' } }, findings: ['number_malformed'] },
    ],
    ['empty Appendixes', { more: el('OtherInfo', el('Appendixes', el('Appendix'))) }, { is: { otherInfo: undefined } }],
    [
      'ReplyFors and ReferenceCodes',
      { more: el('OtherInfo', organization({ ReplyFors: 'a', ReferenceCodes: 'b' })) },
      { is: { otherInfo: { replyFors: 'a', referenceCodes: 'b' } } },
    ],
    [
      'ResponseFor of four empty children',
      { more: el('ResponseFor', organization({ OrganId: '', Code: '', PromulgationDate: '', DocumentId: '' })) },
      { is: { responseFor: [] } },
    ],
    [
      'ToPlaces with remarks',
      { more: el('ToPlaces', el('Place', '000.00.00.G22 (để b/c)') + el('Place', 'Lưu: VT')) },
      { is: { toPlaces: ['000.00.00.G22 (để b/c)', 'Lưu: VT'] } },
    ],
    [
      'ApplicationType and ResponseForTask',
      { more: el('ApplicationType', 'MCDT_DT') + el('ResponseForTask', el('TaskCode', 'NV1') + el('TaskCode', 'NV2')) },
      { is: { otherInfo: { applicationType: 'MCDT_DT', taskCodes: ['NV1', 'NV2'] } } },
    ],
    [
      'anything else, which is kept',
      { more: el('Novelty', el('Inner', 'x')) },
      {
        is: { unknown: [{ path: 'edXMLHeader/MessageHeader/Novelty/Inner', text: 'x' }] },
        findings: ['unknown_elements'],
      },
    ],
  ])('%s', (_name, fixture, outcome) => expectRead(edxml(fixture), outcome))
})

describe('§4.1, §4.2 codes and identifiers', () => {
  it.each(['000.00.00.G22', '01.02.G22', 'G12', 'H37.DN.001', '020100107370', 'vxp.saas.03', '001.00.20.TT2'])(
    'the code %s is kept as it is written',
    (code) => expectRead(edxml({ from: el('From', el('OrganId', ` ${code}\n`)) }), { is: { from: { organId: code } } }),
  )

  it.each([
    '000.00.00.G22,2015/09/30,7816/VPCP-TTĐT',
    '000.00.00.G22,2025-10-13,1/VPCP',
    '000.00.00.G22,2014/02/30,7806/VPCP-TTĐT',
    '9fbfbad2-f1f8-4256-a2eb-50fb1061cddb',
    'GW-20251014073327634-773',
    'test-doc',
    '48213',
  ])('the identifier %s is opaque', (id) =>
    expectRead(edxml({ documentId: el('DocumentId', id) }), { is: { documentId: id } }),
  )

  it.each(['null', '', ' '])('the identifier %j is none', (id) => {
    expectRead(edxml({ documentId: el('DocumentId', id) }), {
      is: { documentId: undefined },
      findings: ['document_id_missing'],
    })
    expect(refusalCode(edxml({ from: el('From', el('OrganId', id)) }))).toBe('sender_missing')
  })
})

describe('§4.3 dates', () => {
  it.each([
    ['2026/11/20', '2026-11-20'],
    ['2026-11-20', '2026-11-20'],
    ['20/11/2026', '2026-11-20'],
    ['2026/11/20 08:30:00', '2026-11-20'],
    ['2026/11/20  08:30:00', '2026-11-20'],
    ['20/11/2026 08:30:00', '2026-11-20'],
    ['2026-11-20T08:30:00', '2026-11-20'],
    ['2026/02/30', undefined],
    ['30/02/2026', undefined],
    ['2026/11/20 25:00:00', undefined],
    ['2026.11.20', undefined],
    ['20/11', undefined],
    ['hôm nay', undefined],
  ])('%s is %s', (text, date) => {
    const findings = date === undefined ? ['date_malformed'] : []
    const more = el('PromulgationInfo', el('PromulgationDate', text))
    expectRead(edxml({ more }), { is: { promulgationDateText: text, promulgationDate: date }, findings })
    expectRead(edxml({ more: el('DueDate', text) }), { is: { dueDateText: text, dueDate: date }, findings })
    expectRead(edxml({ more: el('ResponseFor', el('DocumentId', 'd') + el('PromulgationDate', text)) }), { findings })
    expectRead(edxml(traceList(el('TraceHeader', el('OrganId', 'H') + el('Timestamp', text)))), {
      is: { traces: [{ organId: 'H', timestamp: text }] },
      findings,
    })
  })

  it.each([
    ['2026/11/20 08:30:00', '2026-11-20T08:30:00+07:00'],
    ['2026/11/20  08:30:00', '2026-11-20T08:30:00+07:00'],
    ['20/11/2026 08:30:00', '2026-11-20T08:30:00+07:00'],
    ['2026/11/20', '2026-11-20T00:00:00+07:00'],
    ['2026/11/20 8:30', undefined],
  ])('the time %s of a status is %s', (text, timestamp) =>
    expectRead(statusXml({ rest: el('Timestamp', text) }), {
      is: { timestampText: text, timestamp },
      findings: timestamp === undefined ? ['date_malformed'] : [],
    }),
  )
})

describe('§4.5–§4.7 numbers', () => {
  it.each<[string, number, string[]]>([
    ['0', 0, []],
    ['4', 4, []],
    ['02', 2, []],
    ['5', 0, ['priority_unknown']],
    ['khẩn', 0, ['priority_unknown']],
  ])('priority %s is %i', (text, priority, findings) =>
    expectRead(edxml({ more: el('OtherInfo', el('Priority', text)) }), { is: { priority }, findings }),
  )

  it.each(['0', '1', '2', '3'])('SteeringType %s is passed on', (text) =>
    expectRead(edxml({ more: el('SteeringType', text) }), { is: { steeringType: text } }),
  )

  it('a flag that is no number keeps its text', () =>
    expectRead(edxml(traceList(el('Bussiness', el('BussinessDocType', '0') + el('Paper', 'có')))), {
      is: { business: { paper: 'có' } },
      findings: ['number_malformed'],
    }))
})

describe('§5 TraceHeaderList', () => {
  const hop = el('TraceHeader', organization({ OrganId: '00.53.W00', Timestamp: '2026/11/20 08:30:00' }))

  it.each<[string, EdxmlFixture, Outcome]>([
    ['absent', { traces: '' }, { is: { kind: 'new', traces: [], business: undefined } }],
    [
      'without Bussiness',
      traceList(hop),
      { is: { kind: 'new', business: undefined, traces: [{ organId: '00.53.W00' }] } },
    ],
    ['with Bussiness before the hops', traceList(businessType('1') + hop), { is: { kind: 'recall' } }],
    ['with Bussiness after the hops', traceList(hop + businessType('1')), { is: { kind: 'recall' } }],
    [
      'with attributes',
      {
        traces: `<e:TraceHeaderList id="1" version="1.0" mustUnderstand="1" actor="http://schemas.xmlsoap.org/soap/actor/next">${hop}</e:TraceHeaderList>`,
      },
      { is: { kind: 'new' } },
    ],
    [
      'a hop without a code',
      traceList(el('TraceHeader', el('Timestamp', '2026/11/20 08:30:00')) + hop),
      { is: { traces: [{ timestamp: '2026/11/20 08:30:00' }, { organId: '00.53.W00' }] } },
    ],
    [
      'a hop whose code is the word null',
      traceList(el('TraceHeader', organization({ OrganId: 'null', Timestamp: '2026/11/20 08:30:00' }))),
      { is: { traces: [{ timestamp: '2026/11/20 08:30:00' }] } },
    ],
    ['Paper beside Bussiness', traceList(businessType('0') + el('Paper', '1')), { is: { business: { paper: '1' } } }],
    [
      'Paper before StaffInfo',
      traceList(el('Bussiness', el('Paper', '1') + el('StaffInfo', el('Staff', 'A')) + el('BussinessDocType', '0'))),
      { is: { business: { paper: '1', staff: { staff: 'A' } } } },
    ],
    [
      'Paper after StaffInfo',
      traceList(el('Bussiness', el('BussinessDocType', '0') + el('StaffInfo', el('Staff', 'A')) + el('Paper', '1'))),
      { is: { business: { paper: '1', staff: { staff: 'A' } } } },
    ],
    [
      'several StaffInfo, of which the first counts',
      traceList(
        el(
          'Bussiness',
          el('BussinessDocType', '0') + el('StaffInfo', el('Staff', 'A')) + el('StaffInfo', el('Staff', 'B')),
        ),
      ),
      { is: { business: { staff: { staff: 'A' } } } },
    ],
    [
      'Business for Bussiness',
      traceList(el('Business', organization({ BusinessDocType: '3', BusinessDocReason: 'Thay', DocumentId: 'd0' }))),
      { is: { kind: 'replace', business: { reason: 'Thay', documentId: 'd0' } } },
    ],
    [
      'Business and StaffInfo inside a hop, as one gateway writes them',
      traceList(
        el(
          'TraceHeader',
          organization({ OrganId: 'H', Timestamp: '2026/11/20 08:30:00' }) +
            el('Business', organization({ BusinessName: 'Mới', BusinessCode: '0' })) +
            el('StaffInfo', organization({ StaffName: 'A', StaffCode: '1' })),
        ),
      ),
      {
        is: {
          kind: 'new',
          traces: [{ organId: 'H' }],
          unknown: [
            { path: 'edXMLHeader/TraceHeaderList/TraceHeader[1]/Business/BusinessName', text: 'Mới' },
            {},
            {},
            {},
          ],
        },
        findings: ['unknown_elements'],
      },
    ],
    [
      'an unknown business type',
      traceList(businessType('7')),
      { is: { kind: 'new' }, findings: ['business_type_unknown'] },
    ],
  ])('%s', (_name, fixture, outcome) => expectRead(edxml(fixture), outcome))

  it.each<[string, string, string, Record<string, unknown>]>([
    ['0 new', '0', el('DocumentId', 'chính nó'), { kind: 'new' }],
    ['1 recall, whose target stands in ResponseFor', '1', '', { kind: 'recall' }],
    [
      '2 update',
      '2',
      el('DocumentId', 'd1') +
        el(
          'BussinessDocumentInfo',
          organization({ DocumentInfo: '1', DocumentReceiver: '1' }) +
            el(
              'ReceiverList',
              el('Receiver', organization({ OrganId: 'H35.1', ReceiverType: '1' })) +
                el('Receiver', organization({ OrganId: 'H35.2', ReceiverType: '0' })),
            ),
        ),
      {
        kind: 'update',
        business: {
          documentId: 'd1',
          documentInfo: '1',
          documentReceiver: '1',
          receivers: [
            { organId: 'H35.1', receiverType: '1' },
            { organId: 'H35.2', receiverType: '0' },
          ],
        },
      },
    ],
    [
      '3 replace, with the same entry twice',
      '3',
      el(
        'ReplacementInfoList',
        el(
          'ReplacementInfo',
          el('DocumentId', 'd1') + el('OrganIdList', el('OrganId', 'H1') + el('OrganId', 'H2')),
        ).repeat(2),
      ),
      {
        kind: 'replace',
        business: {
          replacements: [
            { documentId: 'd1', organIds: ['H1', 'H2'] },
            { documentId: 'd1', organIds: ['H1', 'H2'] },
          ],
        },
      },
    ],
  ])('§5.1 %s', (_name, type, content, is) =>
    expectRead(edxml(traceList(el('Bussiness', el('BussinessDocType', type) + content))), { is }),
  )
})

describe('§8 statuses', () => {
  it.each<[string, StatusFixture, Outcome]>([
    ['3', { code: el('StatusCode', '3') }, { is: { code: '03', codeText: '3' } }],
    [
      '14, which may be a mistyped 15',
      { code: el('StatusCode', '14') },
      { is: { code: '14' }, findings: ['status_code_unknown'] },
    ],
    ['999', { code: el('StatusCode', '999') }, { is: { code: '999' }, findings: ['status_code_unknown'] }],
    [
      'no identifier of the document',
      { responseFor: el('ResponseFor', organization({ OrganId: 'H35.12', Code: '1/SNV' })) },
      { is: { responseFor: { code: '1/SNV' } }, findings: ['status_document_missing'] },
    ],
    [
      'a database key for an identifier',
      { responseFor: el('ResponseFor', organization({ OrganId: 'H35.12', DocumentId: '48213' })) },
      { is: { responseFor: { documentId: '48213' } } },
    ],
    [
      'a date that contradicts the identifier',
      {
        responseFor: el(
          'ResponseFor',
          organization({ OrganId: 'H', DocumentId: 'H,2015/09/30,1/A', PromulgationDate: '2018/09/28' }),
        ),
      },
      { is: { responseFor: { promulgationDate: '2018/09/28' } } },
    ],
    ['day first', { rest: el('Timestamp', '20/11/2026 08:00:00') }, { is: { timestamp: '2026-11-20T08:00:00+07:00' } }],
    ['no time', { rest: '' }, { is: { timestampText: undefined } }],
    [
      'something unknown',
      { rest: el('Novelty', 'x') },
      { is: { unknown: [{ path: 'edXMLHeader/MessageHeader/Novelty', text: 'x' }] }, findings: ['unknown_elements'] },
    ],
  ])('%s', (_name, fixture, outcome) => expectRead(statusXml(fixture), outcome))
})

describe('§12 reader rules', () => {
  it.each<[string, string | Buffer, string]>([
    ['not well-formed', edxml().replace('</e:Subject>', ''), 'xml_malformed'],
    ['an unbound prefix', edxml({ more: '<x:A/>' }), 'prefix_unbound'],
    ['a DTD', edxml({ declaration: '<!DOCTYPE edXML>' }), 'doctype_forbidden'],
    ['another root', '<edXML/>', 'not_edxml'],
    ['no From/OrganId', edxml({ from: '' }), 'sender_missing'],
    ['no usable addressee', edxml({ to: el('To', el('OrganName', 'A')) }), 'recipient_missing'],
    ['base64 broken', edxml({ files: [{ ...oneFile, content: 'QUJ' }] }), 'attachment_not_base64'],
    [
      'a status without an addressee',
      statusXml({ responseFor: el('ResponseFor', el('DocumentId', 'd')) }),
      'status_addressee_missing',
    ],
    ['two From', edxml({ more: el('From', el('OrganId', 'X')) }), 'element_repeated'],
  ])('refuses %s', (_what, xml, code) => expect(refusalCode(xml)).toBe(code))

  it.each<[string, EdxmlFixture, string[]]>([
    ['no DocumentId', { documentId: '' }, ['document_id_missing']],
    ['an unknown element', { more: '<e:New>1</e:New>' }, ['unknown_elements']],
    ['an unknown attribute', { rootAttributes: ' new="1"' }, []],
    ['a duplicate To', { to: el('To', el('OrganId', 'A')).repeat(3) }, ['recipient_repeated', 'recipient_repeated']],
    [
      'a recipient without a code',
      { to: el('To', el('OrganId', 'A')) + el('To', el('OrganId', 'null') + el('OrganName', 'B')) },
      ['recipient_without_code'],
    ],
  ])('accepts %s', (_what, fixture, findings) => expectRead(edxml(fixture), { findings }))
})

it('edxml.md §7: what is written is read without a finding, whoever reads it', () => {
  const bytes = writeDocumentPackage({
    from: { organId: 'H35.12', organName: 'Sở Nội vụ' },
    to: [{ organId: 'H35.14', organName: 'Sở Tài chính' }],
    ...{ documentId: 'd1', codeNumber: '1', codeNotation: 'SNV', promulgationDate: '2026-11-20', subject: 'V/v' },
    documentType: { type: '2', typeName: 'Công văn' },
    signer: { position: 'GIÁM ĐỐC', fullName: 'A' },
    sentAt: new Date('2026-11-20T01:00:00Z'),
    attachments: [{ name: 'a.pdf', bytes: pdfBytes }],
  })
  expectRead(bytes, { is: { kind: 'new' } })
})
