// Where a command says things. Answers go to stdout, trouble and progress to stderr; with --json stdout carries one
// JSON document and nothing else, so that a script can always parse it.
export interface Output {
  readonly isJson: boolean
  /** A line for people; silent with --json. */
  line(text?: string): void
  /** Progress and warnings. */
  note(text: string): void
  /** Rows in aligned columns, under headings if there are any; silent with --json. */
  table(columns: readonly string[], rows: readonly (readonly Cell[])[]): void
  /** The answer for programs; silent without --json. */
  json(value: unknown): void
  /** An answer that is for programs in any case. */
  result(value: unknown): void
}

export type Cell = string | number | boolean | undefined | null

export interface Streams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

export function createOutput(streams: Streams, isJson: boolean): Output {
  return {
    isJson,
    line(text = '') {
      if (!isJson) streams.out(`${text}\n`)
    },
    note(text) {
      streams.err(`${text}\n`)
    },
    table(columns, rows) {
      if (isJson) return
      const lines = columns.length === 0 ? alignedRows(rows) : alignedTable(columns, rows)
      for (const line of lines) streams.out(`${line}\n`)
    },
    json(value) {
      if (isJson) this.result(value)
    },
    result(value) {
      streams.out(`${JSON.stringify(value, null, 2)}\n`)
    },
  }
}

const gap = '  '

/** Lines of a table with its heading; columns that hold only numbers are set to the right. */
export function alignedTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const isNumeric = columns.map((_, index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'))
  return alignedRows([columns, ...rows], isNumeric)
}

export function alignedRows(rows: readonly (readonly Cell[])[], isNumeric: readonly boolean[] = []): string[] {
  const texts = rows.map((row) => row.map(cellText))
  const widths: number[] = []
  for (const row of texts) {
    for (const [index, text] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(text))
  }
  return texts.map((row) =>
    row
      .map((text, index) => padded(text, widths[index] ?? 0, isNumeric[index]))
      .join(gap)
      .trimEnd(),
  )
}

function padded(text: string, columnWidth: number, isNumeric = false): string {
  const padding = ' '.repeat(columnWidth - width(text))
  return isNumeric ? padding + text : text + padding
}

function cellText(cell: Cell): string {
  return cell === undefined || cell === null || cell === '' ? '-' : printable(String(cell))
}

/** A subject may hold line breaks and control characters; on a terminal they would break the table, or worse. */
export function printable(text: string): string {
  return text.normalize('NFC').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** Columns a text takes on a terminal; Vietnamese in NFC takes one for each letter. */
function width(text: string): number {
  return [...text.normalize('NFC').replace(/\p{M}/gu, '')].length
}

export function shortened(text: string | undefined, max: number): string | undefined {
  const letters = [...(text ?? '')]
  return letters.length <= max ? text : `${letters.slice(0, max - 1).join('')}…`
}
