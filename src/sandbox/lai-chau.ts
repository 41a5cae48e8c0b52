// The sandbox province: the 52 agencies of Lai Châu's list of 2020, the province itself, and the border guard, which
// has a code and does not exchange. Pure data. The list prints no codes, so all of these are made up under H35.
import type { AgencyKind } from '../domain/agency.ts'

/** S: department · V: office · H: district · Đ: mass organisation · N: vertical branch · B: project board · K: other. */
export type AgencyGroup = 'S' | 'V' | 'H' | 'Đ' | 'N' | 'B' | 'K'

export interface SandboxAgency {
  /** Number in the printed list; the province and the border guard are not in it. */
  readonly number?: number
  readonly name: string
  readonly group?: AgencyGroup
  readonly kind: AgencyKind
  /** The code of QCVN 102:2016 first, then the one of QĐ 20/2020/QĐ-TTg. */
  readonly codes: readonly [string, string]
  /** The agency above, by its QCVN 102 code. */
  readonly parent?: string
  /** Receives for the agency above (R89). */
  readonly isOffice: boolean
  readonly connected: boolean
}

export interface SandboxSystem {
  readonly systemId: string
  readonly name: string
  readonly vendor: string
  readonly channel: 'mailbox' | 'push'
  /** QCVN 102 codes of its agencies. */
  readonly agencies: readonly string[]
  /** Agencies it sends for without receiving for them. */
  readonly sendsFor: readonly string[]
}

const provinceCode = '000.00.00.H35'
/** Văn phòng UBND tỉnh, number 17 of the list, receives for the province. */
const officeNumber = 17

const groups: ReadonlyMap<AgencyGroup, readonly (readonly [number, string])[]> = new Map([
  [
    'S',
    [
      [1, 'Sở Nội vụ'],
      [2, 'Sở Tư pháp'],
      [3, 'Sở Kế hoạch và Đầu tư'],
      [4, 'Sở Tài chính'],
      [5, 'Sở Khoa học và Công nghệ'],
      [6, 'Sở Xây dựng'],
      [7, 'Sở Công Thương'],
      [8, 'Sở Y tế'],
      [9, 'Sở Tài nguyên và Môi trường'],
      [10, 'Sở Nông nghiệp và Phát triển nông thôn'],
      [11, 'Sở Văn hóa, Thể thao và Du lịch'],
      [12, 'Sở Lao động – Thương binh và Xã hội'],
      [13, 'Sở Giáo dục và Đào tạo'],
      [14, 'Sở Ngoại vụ'],
      [15, 'Sở Giao thông vận tải'],
      [16, 'Sở Thông tin và Truyền thông'],
    ],
  ],
  [
    'V',
    [
      [17, 'Văn phòng UBND tỉnh'],
      [26, 'Văn phòng Hội đồng nhân dân tỉnh'],
      [27, 'Văn phòng Đoàn đại biểu Quốc hội'],
    ],
  ],
  [
    'H',
    [
      [18, 'UBND thành phố Lai Châu'],
      [19, 'UBND huyện Tam Đường'],
      [20, 'UBND huyện Tân Uyên'],
      [21, 'UBND huyện Than Uyên'],
      [22, 'UBND huyện Phong Thổ'],
      [23, 'UBND huyện Sìn Hồ'],
      [24, 'UBND huyện Nậm Nhùn'],
      [25, 'UBND huyện Mường Tè'],
    ],
  ],
  [
    'Đ',
    [
      [30, 'Ủy ban Mặt trận Tổ quốc'],
      [31, 'Hội Phụ nữ'],
      [32, 'Hội Nông dân'],
      [34, 'Tỉnh đoàn'],
      [35, 'Liên đoàn Lao động tỉnh'],
      [50, 'Hội Chữ thập đỏ tỉnh'],
    ],
  ],
  [
    'N',
    [
      [37, 'Công an tỉnh'],
      [38, 'Viện kiểm sát nhân dân tỉnh'],
      [39, 'Tòa án nhân dân tỉnh'],
      [40, 'Cục Thuế tỉnh'],
      [41, 'Cục Thống kê'],
      [42, 'Bảo hiểm xã hội'],
      [43, 'Kho bạc Nhà nước'],
      [44, 'Ngân hàng Nhà nước'],
      [52, 'Bộ Chỉ huy quân sự tỉnh'],
    ],
  ],
  [
    'B',
    [
      [45, 'BQLDA ĐTXD các công trình NN&PTNT'],
      [46, 'BQLDA ĐTXD các công trình giao thông'],
      [47, 'BQLDA ĐTXD các công trình dân dụng và công nghiệp'],
    ],
  ],
  [
    'K',
    [
      [28, 'Đài Phát thanh – Truyền hình tỉnh'],
      [29, 'Thanh tra tỉnh'],
      [33, 'Ban Dân tộc'],
      [36, 'Công ty Điện lực'],
      [48, 'Trung tâm Hành chính – Chính trị tỉnh'],
      [49, 'Ban Quản lý Khu kinh tế cửa khẩu Ma Lù Thàng'],
      [51, 'Trường Cao đẳng Cộng đồng'],
    ],
  ],
])

const electricityNumber = 36

/** Who runs a system of its own, by number. */
const ownSystems: ReadonlyMap<number, { readonly systemId: string; readonly name: string }> = new Map([
  [8, { systemId: 'qlvb-so-y-te', name: 'QLVB-ĐH Sở Y tế' }],
  [37, { systemId: 'qlvb-cong-an', name: 'QLVB-ĐH Công an tỉnh' }],
  [42, { systemId: 'qlvb-bhxh', name: 'QLVB-ĐH Bảo hiểm xã hội' }],
  [44, { systemId: 'qlvb-ngan-hang', name: 'QLVB-ĐH Ngân hàng Nhà nước' }],
])

/** The province first: it is the parent of all others. */
export const laiChauAgencies: readonly SandboxAgency[] = [
  {
    name: 'UBND tỉnh Lai Châu',
    kind: 'state',
    codes: [provinceCode, 'H35'],
    isOffice: false,
    connected: true,
  },
  ...listed(),
  {
    // R46: its code is kept up to date although it does not exchange electronic documents.
    name: 'Bộ Chỉ huy Bộ đội biên phòng tỉnh',
    kind: 'state',
    codes: codesOf(53),
    parent: provinceCode,
    isOffice: false,
    connected: false,
  },
]

/** Four agencies run a system of their own and are pushed to; all others share one and fetch. */
export const laiChauSystems: readonly SandboxSystem[] = [
  {
    systemId: 'qlvb-dung-chung',
    name: 'QLVB-ĐH dùng chung tỉnh Lai Châu',
    vendor: 'Sandbox',
    channel: 'mailbox',
    agencies: laiChauAgencies
      .filter((agency) => agency.connected && agency.number !== undefined && !ownSystems.has(agency.number))
      .map((agency) => agency.codes[0]),
    // The province has no system: its office sends its documents and receives for it.
    sendsFor: [provinceCode],
  },
  ...[...ownSystems].map(
    ([number, { systemId, name }]): SandboxSystem => ({
      systemId,
      name,
      vendor: 'Sandbox',
      channel: 'push',
      agencies: [codesOf(number)[0]],
      sendsFor: [],
    }),
  ),
]

function listed(): SandboxAgency[] {
  return [...groups]
    .flatMap(([group, members]) => members.map(([number, name]) => ({ group, number, name })))
    .sort((a, b) => a.number - b.number)
    .map(({ group, number, name }) => ({
      number,
      name,
      group,
      kind: kindOf(group, number),
      codes: codesOf(number),
      parent: provinceCode,
      isOffice: number === officeNumber,
      connected: true,
    }))
}

/** R8: mass organisations take part of their own will; the electricity company is a business. */
function kindOf(group: AgencyGroup, number: number): AgencyKind {
  if (number === electricityNumber) return 'enterprise'
  return group === 'Đ' ? 'joined' : 'state'
}

function codesOf(number: number): readonly [string, string] {
  const two = String(number).padStart(2, '0')
  return [`000.00.${two}.H35`, `H35.${two}`]
}
