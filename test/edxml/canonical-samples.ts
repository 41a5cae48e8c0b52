// Canonical packages with every element that a schema knows, and every way to spoil one, for comparing validators.

/** A name with text, or with children. */
export type Tree = readonly [name: string, content: string | readonly Tree[]]

const organization: readonly Tree[] = [
  ['OrganId', 'H35.12'],
  ['OrganizationInCharge', 'UBND tỉnh'],
  ['OrganName', 'Sở Nội vụ'],
  ['OrganAdd', 'Phường Tân Phong'],
  ['Email', 'snv@laichau.gov.vn'],
  ['Telephone', '(0213) 3876 543'],
  ['Fax', '0213 3876 544'],
  ['Website', 'snv.laichau.gov.vn'],
]
const responseFor: readonly Tree[] = [
  ['OrganId', 'H35.14'],
  ['Code', '267/STC-VP'],
  ['DocumentId', 'H35.14,2026/11/01,267/STC-VP'],
  ['PromulgationDate', '2026/11/01'],
]
const staffInfo: readonly Tree[] = [
  ['Department', 'Văn phòng'],
  ['DepartmentId', 'VP'],
  ['Staff', 'Lò Thị Mai'],
  ['StaffId', '12'],
  ['Email', 'mai@laichau.gov.vn'],
  ['Mobile', '0912 345 678'],
]
/** What only packages that are read may hold. */
type Profile = 'read' | 'write'
const onlyRead = (profile: Profile, ...trees: Tree[]): Tree[] => (profile === 'read' ? trees : [])

const messageHeader = (profile: Profile): Tree => [
  'MessageHeader',
  [
    ['From', organization],
    ['To', organization],
    ['To', organization.slice(0, 3)],
    ['DocumentId', 'H35.12,2026/11/20,743/SNV-VP'],
    [
      'Code',
      [
        ['CodeNumber', '743'],
        ['CodeNotation', 'SNV-VP'],
      ],
    ],
    [
      'PromulgationInfo',
      [
        ['Place', 'Lai Châu'],
        ['PromulgationDate', '2026/11/20'],
      ],
    ],
    [
      'DocumentType',
      [
        ['Type', '2'],
        ['TypeDetail', '18'],
        ['TypeName', 'Công văn'],
      ],
    ],
    ['Subject', 'V/v báo cáo kết quả quý IV'],
    ['Content', 'Báo cáo'],
    [
      'SignerInfo',
      [
        ['Competence', 'KT. GIÁM ĐỐC'],
        ['Position', 'PHÓ GIÁM ĐỐC'],
        ['FullName', 'Giàng A Dê'],
      ],
    ],
    ['DueDate', '2026/12/01'],
    [
      'OtherInfo',
      [
        ['Priority', '1'],
        ['SphereOfPromulgation', 'Nội bộ'],
        ['TyperNotation', 'LTM'],
        ['PromulgationAmount', '2'],
        ['PageAmount', '3'],
        ['Direction', 'false'],
        ...onlyRead(profile, ['ReplyFors', 'x'], ['ReferenceCodes', 'y']),
        [
          'Appendixes',
          [
            ['Appendix', 'Phụ lục 1'],
            ['Appendix', 'Phụ lục 2'],
          ],
        ],
      ],
    ],
    ['ResponseFor', responseFor],
    ['SteeringType', '1'],
    ...onlyRead(profile, ['ResponseForTask', [['TaskCode', 'NV1']]], ['ApplicationType', 'MCDT']),
    [
      'ToPlaces',
      [
        ['Place', 'Như trên'],
        ['Place', 'Lưu: VT'],
      ],
    ],
  ],
]

const traceHeaderList = (profile: Profile): Tree => [
  'TraceHeaderList',
  [
    [
      'TraceHeader',
      [
        ['OrganId', 'H35.12'],
        ['Timestamp', '2026/11/20 08:30:00'],
      ],
    ],
    [
      'Bussiness',
      [
        ['BussinessDocType', '2'],
        ['BussinessDocReason', 'Cập nhật'],
        ['DocumentId', 'd1'],
        ['Paper', '0'],
        [
          'BussinessDocumentInfo',
          [
            ['DocumentInfo', '1'],
            ['DocumentReceiver', '1'],
            [
              'ReceiverList',
              [
                [
                  'Receiver',
                  [
                    ['OrganId', 'H35.9'],
                    ['ReceiverType', '1'],
                  ],
                ],
              ],
            ],
          ],
        ],
        [
          'ReplacementInfoList',
          [
            [
              'ReplacementInfo',
              [
                ['DocumentId', 'd0'],
                [
                  'OrganIdList',
                  [
                    ['OrganId', 'H35.1'],
                    ['OrganId', 'H35.2'],
                  ],
                ],
              ],
            ],
          ],
        ],
        ['StaffInfo', staffInfo],
      ],
    ],
    ...onlyRead(profile, ['Paper', '0']),
  ],
]

const labels: readonly Tree[] = [
  ['ContentId', 'cid:a1'],
  ['ContentType', 'application/pdf'],
  ['Description', 'Văn bản'],
  ['AttachmentName', 'van-ban.pdf'],
]
const attachment = (profile: Profile): readonly Tree[] => [
  ['ContentId', 'cid:a1'],
  ['AttachmentName', 'van-ban.pdf'],
  ['Description', 'Văn bản'],
  ...onlyRead(profile, ['FieldName', 'f'], ['MimeType', 'application/pdf']),
  ['ContentType', 'application/pdf'],
  ['ContentTransferEncoded', 'QUJD'],
]

export const wholeDocument = (profile: Profile): Tree => [
  'edXML',
  [
    [
      'edXMLEnvelope',
      [
        [
          'edXMLHeader',
          [
            messageHeader(profile),
            traceHeaderList(profile),
            ...onlyRead(profile, ['Signature', [['SignedInfo', 'x']]]),
          ],
        ],
        ['edXMLBody', [['edXMLManifest version="1.0"', [['Reference', labels]]]]],
      ],
    ],
    ['AttachmentEncoded', [['Attachment', attachment(profile)]]],
  ],
]

export const wholeStatus: Tree = [
  'edXML',
  [
    [
      'edXMLEnvelope',
      [
        [
          'edXMLHeader',
          [
            [
              'MessageHeader',
              [
                ['From', organization],
                ['ResponseFor', responseFor],
                ['StaffInfo', staffInfo],
                ['StatusCode', '03'],
                ['Description', 'Đã tiếp nhận'],
                ['Timestamp', '2026/11/20 09:15:00'],
              ],
            ],
          ],
        ],
      ],
    ],
  ],
]

export function xmlOf(tree: Tree, namespace: string): string {
  return written(tree).replace('<edXML>', `<edXML xmlns="${namespace}">`)
}

function written([name, content]: Tree): string {
  const inside = typeof content === 'string' ? content : content.map(written).join('')
  return `<${name}>${inside}</${name.split(' ')[0]}>`
}

/** The tree spoilt, or not, in one place at a time. */
export function* variants(tree: Tree): Generator<Tree> {
  yield tree
  yield* changed(tree)
}

function* changed([name, content]: Tree): Generator<Tree> {
  if (typeof content === 'string') {
    for (const text of texts) yield [name, text]
    yield [name, [['Unknown', 'x']]]
    return
  }
  for (const [at, child] of content.entries()) {
    const [before, after] = [content.slice(0, at), content.slice(at + 1)]
    const around = (...middle: Tree[]): Tree => [name, [...before, ...middle, ...after]]
    yield around()
    yield around(child, child)
    yield around(['Unknown', 'x'], child)
    yield around([`${child[0]} unknown="1"`, child[1]])
    yield [name, [child, ...before, ...after]]
    for (const inner of changed(child)) yield around(inner)
  }
}

// Each length that a schema names, and one more; forms that are allowed somewhere and nowhere.
const lengths = [10, 11, 20, 30, 35, 50, 100, 150, 200, 250, 300, 500, 600, 1000, 2000, 4000].flatMap((n) => [n, n + 1])
const texts = [
  ...['', ' ', 'đ', 'a b', '0', '3', '4', '5', '9', '12', '012', '-1', '1.5', '65535', '65536', 'true', 'TRUE'],
  ...['cid:', 'cid:x y', 'QQ==', 'QQ', '*', '&lt;', '\n'],
  ...['2026/11/20', '2026/13/20', '2026/11/32', '2026-11-20', '20/11/2026', '2026/1/2', '٢٠٢٦/١١/٢٠'],
  ...['2026/11/20 23:59:59', '2026/11/20 24:00:00', '2026/11/20T08:00:00', '2026/11/20  08:00:00'],
  ...lengths.map((n) => 'ệ'.repeat(n)),
]
