// What the working calendar is made of: days that differ from the ordinary week, year by year, as people entered and
// confirmed them (rules.md §5.2). Data, not arithmetic.

export interface Bilingual {
  readonly vi: string
  readonly en: string
}

/**
 * `holiday`: a public holiday. `makeup-rest`: a day off in lieu of a holiday that fell on a day of rest, or in exchange
 * for a day worked at another time. `working-swap`: a day of the weekly rest on which offices work.
 */
export type DayKind = 'holiday' | 'makeup-rest' | 'working-swap'

/**
 * `confirmed`: read in the notice or the law named as its source. `unverified`: counts like the first, but was computed
 * or not yet held against the notice. `proposed`: kept for when it is decided, and does not count until then.
 */
export type DayStatus = 'confirmed' | 'unverified' | 'proposed'

export interface CalendarDay {
  /** ISO date. */
  readonly day: string
  readonly kind: DayKind
  readonly label: Bilingual
  /** The notice or the article, as a clerk would cite it. */
  readonly source: string
  readonly status: DayStatus
}

export interface CalendarYear {
  readonly year: number
  /** In the order of the days, each at most once. */
  readonly days: readonly CalendarDay[]
  /** Who held the year against the official notice, and when. Absent: nobody has yet. */
  readonly confirmed?: { readonly at: Date; readonly by: string }
}

export function countsInCalendar(day: CalendarDay): boolean {
  return day.status !== 'proposed'
}
