// What the columns of an imported table are called, in Vietnamese and English, and how their cells are read.
import type { AgencyKind } from '../domain/agency.ts'
import { GatewayError } from '../domain/errors.ts'
import { foldText } from './agency-search.ts'
import type { Cell, Table, TableRow } from './import-table.ts'

export type Column = 'code' | 'otherCodes' | 'name' | 'kind' | 'parent' | 'connected' | 'isOffice'

export interface RowProblem {
  readonly line: number
  readonly column?: string
  readonly rule: string
  readonly found?: string
  readonly expected?: string
}

/** What a row says; what it leaves empty stays as it is, or takes the default of a new agency. */
export interface ImportedRow {
  readonly line: number
  readonly code: string
  readonly otherCodes: readonly string[]
  readonly name: string
  readonly kind?: AgencyKind
  readonly parent?: string
  readonly connected?: boolean
  readonly isOffice?: boolean
}

/** Where each column stands and how this file calls it. */
export type Columns = ReadonlyMap<Column, { readonly index: number; readonly heading: string }>

export function readColumns({ headings }: Table): Columns {
  const columns = new Map<Column, { index: number; heading: string }>()
  headings.forEach((heading, index) => {
    const column = headingNames.get(fold(heading))
    if (column !== undefined && !columns.has(column)) columns.set(column, { index, heading })
  })
  const missing = (['code', 'name'] as const).filter((column) => !columns.has(column))
  if (missing.length > 0) {
    const violations = missing.map((column) => ({ path: column, line: 1, rule: 'import_column_missing' }))
    throw new GatewayError('invalid', 'import_column_missing', { violations, params: { columns: missing.join(', ') } })
  }
  return columns
}

/** Reads one row, or says what is wrong with its cells. */
export function readRow(row: TableRow, columns: Columns): ImportedRow | readonly RowProblem[] {
  const problems: RowProblem[] = []
  const cellOf = (column: Column): Cell => row.cells[columns.get(column)?.index ?? -1] ?? ''
  const report = (column: Column, rule: string) => {
    const { heading } = columns.get(column) ?? { heading: column }
    problems.push({ line: row.line, column: heading, rule, found: String(cellOf(column)).slice(0, 200) })
    return undefined
  }
  const words = <T>(column: Column, known: ReadonlyMap<string, T>, rule: string): T | undefined => {
    const word = fold(String(cellOf(column)))
    return word === '' ? undefined : (known.get(word) ?? report(column, rule))
  }

  const code = cellOf('code')
  // 0100100079 comes out of a number cell as 100100079: another agency's code, or nobody's.
  if (typeof code === 'number') report('code', 'import_code_is_number')
  if (code === '') report('code', 'import_cell_empty')
  if (cellOf('name') === '') report('name', 'import_cell_empty')
  const kind = words('kind', kindWords, 'import_kind_unknown')
  const connected = words('connected', flagWords, 'import_flag_unknown')
  const isOffice = words('isOffice', flagWords, 'import_flag_unknown')
  if (problems.length > 0) return problems

  const parent = String(cellOf('parent')).trim()
  return {
    line: row.line,
    code: String(code),
    otherCodes: String(cellOf('otherCodes'))
      .split(/[;,\s]+/)
      .filter(Boolean),
    name: String(cellOf('name')),
    ...(kind === undefined ? {} : { kind }),
    ...(parent === '' ? {} : { parent }),
    ...(connected === undefined ? {} : { connected }),
    ...(isOffice === undefined ? {} : { isOffice }),
  }
}

/** "Mã định danh", "MA DINH DANH" and "ma_dinh_danh" are one heading. */
function fold(text: string): string {
  return foldText(text)
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()
}

function wordsOf<T>(words: ReadonlyMap<T, readonly string[]>): ReadonlyMap<string, T> {
  return new Map(
    [...words].flatMap(([value, spellings]) => spellings.map((spelling) => [fold(spelling), value] as const)),
  )
}

const headingNames = wordsOf<Column>(
  new Map([
    ['code', ['code', 'organId', 'organ id', 'agency code', 'Mã', 'Mã định danh', 'Mã cơ quan', 'Mã đơn vị']],
    ['otherCodes', ['other codes', 'code102', 'oldCode', 'old codes', 'Mã khác', 'Mã cũ', 'Mã QCVN 102']],
    ['name', ['name', 'agency', 'organName', 'agency name', 'Tên', 'Tên cơ quan', 'Tên đơn vị', 'Cơ quan', 'Đơn vị']],
    ['kind', ['kind', 'type', 'Loại', 'Loại hình', 'Loại cơ quan']],
    ['parent', ['parent', 'parent code', 'Cấp trên', 'Mã cấp trên', 'Cơ quan cấp trên', 'Cơ quan chủ quản']],
    ['connected', ['connected', 'Kết nối', 'Đã kết nối', 'Liên thông']],
    ['isOffice', ['office', 'isOffice', 'Văn phòng', 'Là văn phòng']],
  ]),
)

const kindWords = wordsOf<AgencyKind>(
  new Map([
    ['state', ['state', 'Nhà nước', 'Cơ quan nhà nước']],
    ['joined', ['joined', 'Tự nguyện', 'Tự nguyện tham gia']],
    ['enterprise', ['enterprise', 'Doanh nghiệp']],
    ['bridge', ['bridge', 'Cầu nối', 'Chuyển thủ công']],
  ]),
)

const flagWords = wordsOf<boolean>(
  new Map([
    [true, ['true', 'yes', 'y', '1', 'x', 'có', 'đúng', 'đã kết nối']],
    [false, ['false', 'no', 'n', '0', 'không', 'sai', 'chưa', 'chưa kết nối']],
  ]),
)
