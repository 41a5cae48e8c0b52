// The holidays of a year that nobody has entered yet, as far as law and moon give them: a proposal to be held against
// the official notice. It cannot know which working days a notice will exchange for Saturdays.
import type { Bilingual, CalendarDay } from './calendar-day.ts'
import { dayNumber, dayText, weekdayOf } from './civil-day.ts'
import { lunarDay, lunarYears } from './lunar-date.ts'

/** Article 112.1 of the Labour Code, with the days off in lieu of article 111.3, in the order of the days. */
export function proposedDays(year: number): CalendarDay[] {
  // Dates so far off are mistyped; the ordinary week is answer enough.
  if (year < lunarYears.first || year > lunarYears.last) return []
  const holidays = inOrder([...fixedDays(year), ...lunarDays(year), nationalDayNeighbour(year)])
  // Two holidays on one day are one day in the table.
  const distinct = holidays.filter(({ day }, index) => day !== holidays[index - 1]?.day)
  return inOrder([...distinct, ...makeupRests(distinct), ...cultureDay(year)])
}

function fixedDays(year: number): CalendarDay[] {
  return fixedHolidays.map(({ date, label }) => holiday(`${year}-${date}`, label, 'confirmed'))
}

/** The holidays whose date every year has, as month and day. */
export const fixedHolidays: readonly { readonly date: string; readonly label: Bilingual }[] = [
  { date: '01-01', label: { vi: 'Tết Dương lịch', en: "New Year's Day" } },
  { date: '04-30', label: { vi: 'Ngày Chiến thắng 30/4', en: 'Reunification Day' } },
  { date: '05-01', label: { vi: 'Ngày Quốc tế Lao động 01/5', en: 'International Labour Day' } },
  { date: '09-02', label: { vi: 'Quốc khánh 02/9', en: 'National Day' } },
]

function lunarDays(year: number): CalendarDay[] {
  const label = { vi: 'Giỗ Tổ Hùng Vương (10/3 âm lịch)', en: "Hùng Kings' Commemoration Day" }
  return [...newYearBreak(dayNumber(lunarDay(year, 1, 1))), holiday(lunarDay(year, 3, 10), label)]
}

/**
 * The five days of Tết. Notices have mostly put two of them before the first of the year. Where that day is a Tuesday it
 * was one, which makes the break a whole week; the days off are the same either way.
 */
function newYearBreak(first: number): CalendarDay[] {
  const before = weekdayOf(first) === 2 ? 1 : 2
  return Array.from({ length: 5 }, (_, index) => {
    const offset = index - before
    return holiday(dayText(first + offset), newYearLabel(offset))
  })
}

function newYearLabel(offset: number): Bilingual {
  if (offset >= 0)
    return { vi: `Tết Nguyên đán (mùng ${offset + 1})`, en: `Lunar New Year (day ${offset + 1} of the year)` }
  const vi = offset === -1 ? 'Tết Nguyên đán (giao thừa)' : 'Tết Nguyên đán (trước giao thừa một ngày)'
  return { vi, en: offset === -1 ? "Lunar New Year's Eve" : "The day before Lunar New Year's Eve" }
}

/** The second day of Quốc khánh, before or after: whichever joins the weekend. Where both or neither do, the one before. */
function nationalDayNeighbour(year: number): CalendarDay {
  const nationalDay = dayNumber(`${year}-09-02`)
  const isAfter = [1, 4, 7].includes(weekdayOf(nationalDay))
  const label = { vi: 'Quốc khánh (ngày liền kề 02/9)', en: 'National Day (adjacent day)' }
  return holiday(dayText(nationalDay + (isAfter ? 1 : -1)), label)
}

/** Each holiday on a Saturday or Sunday gives the next day that would be worked. */
function makeupRests(holidays: readonly CalendarDay[]): CalendarDay[] {
  const free = new Set(holidays.map(({ day }) => dayNumber(day)))
  return holidays
    .filter(({ day }) => isWeekend(dayNumber(day)))
    .map(({ day, label }) => {
      let rest = dayNumber(day) + 1
      while (isWeekend(rest) || free.has(rest)) rest += 1
      free.add(rest)
      return {
        day: dayText(rest),
        kind: 'makeup-rest',
        label: { vi: `Nghỉ bù ${label.vi}`, en: `In lieu of ${label.en}` },
        source: 'Bộ luật Lao động 45/2019/QH14, Điều 111 khoản 3',
        status: 'unverified',
      }
    })
}

/** Ordered by the Politburo and the Government; until the Labour Code says so it must not move a deadline. */
function cultureDay(year: number): CalendarDay[] {
  if (year < 2026) return []
  const label = { vi: 'Ngày Văn hóa Việt Nam', en: 'Vietnamese Culture Day' }
  const source = 'Nghị quyết 80-NQ/TW ngày 07/01/2026; chờ sửa đổi Điều 112 Bộ luật Lao động'
  return [{ day: `${year}-11-24`, kind: 'holiday', label, source, status: 'proposed' }]
}

function holiday(day: string, label: Bilingual, status: CalendarDay['status'] = 'unverified'): CalendarDay {
  return { day, kind: 'holiday', label, source: 'Bộ luật Lao động 45/2019/QH14, Điều 112 khoản 1', status }
}

function isWeekend(day: number): boolean {
  return weekdayOf(day) >= 6
}

function inOrder(days: readonly CalendarDay[]): CalendarDay[] {
  return [...days].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))
}
