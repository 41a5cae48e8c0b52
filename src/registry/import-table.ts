// Bytes of a CSV or XLSX file into headings and rows with their line numbers. Knows nothing about agencies.
import { CsvError, parse } from 'csv-parse/sync'
import { InvalidInputError, InvalidSpreadsheetError, readSheet } from 'read-excel-file/node'
import { GatewayError } from '../domain/errors.ts'

export type TableFormat = 'csv' | 'xlsx'

/** A number is a cell that the spreadsheet program stored as one: leading zeros are gone. */
export type Cell = string | number

export interface TableRow {
  /** Line in the file, or row in the sheet, from 1. */
  readonly line: number
  readonly cells: readonly Cell[]
}

export interface Table {
  readonly headings: readonly string[]
  readonly rows: readonly TableRow[]
}

// The whole country has some twenty thousand agencies on its axes; a larger table is a wrong file.
const rowsMax = 50_000

export async function readTable(bytes: Buffer, format: TableFormat): Promise<Table> {
  const rows = (format === 'csv' ? readCsv(bytes) : await readXlsx(bytes)).filter((row) => row.cells.some(hasContent))
  const [first, ...rest] = rows
  if (first === undefined) throw unreadable('the file is empty')
  if (rest.length > rowsMax) throw unreadable(`more than ${rowsMax} rows`)
  return { headings: first.cells.map((cell) => String(cell).trim()), rows: rest }
}

function readCsv(bytes: Buffer): TableRow[] {
  const text = decodeText(bytes)
  try {
    const rows: TableRow[] = []
    parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (cells: readonly string[], { lines }) => {
        rows.push({ line: lines, cells: cells.map((cell) => cell.trim()) })
        return null
      },
    })
    return rows
  } catch (cause) {
    if (cause instanceof CsvError) throw unreadable(cause.message, cause)
    throw cause
  }
}

/** Spreadsheet programs save CSV as UTF-8 or, under the name of Unicode text, as UTF-16. */
function decodeText(bytes: Buffer): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw unreadable('the text is not UTF-8', cause)
  }
}

/** Excel writes semicolons where a comma divides decimals, as it does in Vietnam. */
function delimiterOf(text: string): string {
  const heading = text.slice(0, Math.max(0, text.search(/[\r\n]|$/)))
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: heading.split(delimiter).length }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter
}

async function readXlsx(bytes: Buffer): Promise<TableRow[]> {
  try {
    const rows = await readSheet(bytes)
    return rows.map((cells, n) => ({ line: n + 1, cells: cells.map(readCell) }))
  } catch (cause) {
    if (cause instanceof InvalidInputError || cause instanceof InvalidSpreadsheetError)
      throw unreadable('not an XLSX workbook', cause)
    throw cause
  }
}

function readCell(cell: unknown): Cell {
  if (typeof cell === 'number') return cell
  return cell === null || cell === undefined ? '' : String(cell).trim()
}

function hasContent(cell: Cell): boolean {
  return cell !== ''
}

function unreadable(reason: string, cause?: unknown): GatewayError {
  return new GatewayError('invalid', 'import_unreadable', { params: { reason }, cause })
}
