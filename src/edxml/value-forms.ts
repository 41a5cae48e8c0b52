// Lexical forms of edXML values: dates as they are written and as they are meant (edxml.md §1.2).

/** `yyyy/MM/dd`, `yyyy-MM-dd` or `dd/MM/yyyy`, with or without a time, as a real date; undefined when it is none. */
export function isoDate(text: string): string | undefined {
  return parse(text)?.date
}

/** The same with `+07:00`: no zone is ever written, and Vietnam time is meant. Midnight when no time is given. */
export function isoTimestamp(text: string): string | undefined {
  const parsed = parse(text)
  return parsed === undefined ? undefined : `${parsed.date}T${parsed.time ?? '00:00:00'}+07:00`
}

/** `yyyy/MM/dd` for an ISO date. */
export function wireDate(iso: string): string {
  return iso.replaceAll('-', '/')
}

/** `yyyy/MM/dd HH:mm:ss` in Vietnam time, which has had no summer time since before any edXML. */
export function wireTimestamp(instant: Date): string {
  const local = new Date(instant.getTime() + vietnamOffsetMs).toISOString()
  return `${wireDate(local.slice(0, 10))} ${local.slice(11, 19)}`
}

/** Some senders write integers. Anything else stays as it is: 14 may be a mistyped 15, and that is not ours to decide. */
export function paddedStatusCode(code: string): string {
  return /^\d$/.test(code) ? `0${code}` : code
}

export function isNonNegativeInteger(text: string): boolean {
  return /^\d{1,9}$/.test(text)
}

function parse(text: string): { date: string; time: string | undefined } | undefined {
  const match = dateForm.exec(text)
  if (match === null) return undefined
  const { y1, m1, d1, y2, m2, d2, time } = match.groups ?? {}
  const date = `${y1 ?? y2}-${m1 ?? m2}-${d1 ?? d2}`
  const day = new Date(`${date}T00:00:00Z`)
  // The calendar decides: 30 February rolls over into March, and then the text is not the date it says.
  // There is no year 0 in the calendar, nor in PostgreSQL.
  const isReal = !date.startsWith('0000') && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date)
  return isReal && isRealTime(time) ? { date, time } : undefined
}

function isRealTime(time: string | undefined): boolean {
  return time === undefined || /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/.test(time)
}

// Year first with one separator throughout, or day first with slashes. One formatter in the field puts two blanks
// before the time; ISO puts a T.
const dateForm =
  /^(?:(?<y1>\d{4})(?<sep>[/-])(?<m1>\d{2})\k<sep>(?<d1>\d{2})|(?<d2>\d{2})\/(?<m2>\d{2})\/(?<y2>\d{4}))(?:(?: {1,2}|T)(?<time>\d{2}:\d{2}:\d{2}))?$/

const vietnamOffsetMs = 7 * 3_600_000
