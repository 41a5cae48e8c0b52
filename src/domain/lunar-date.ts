// The Vietnamese lunar calendar by its astronomical rule, in Vietnam's zone (the Chinese one differs now and then, as in
// 1985, 2007 and 2030). It only fills in proposals for the working calendar; what holds is the table that people confirm.
//
// The rule: a month begins on the day of the new moon; month 11 holds the winter solstice; where thirteen months lie
// between two such months, the first one without a major solar term (a multiple of 30° of the sun) is the leap month.
// Positions after J. Meeus, Astronomical Algorithms, shortened: good to minutes between 1900 and 2199.
import { dayNumber, dayText } from './civil-day.ts'

export const lunarYears = { first: 1900, last: 2199 } as const

/** The day on which `day`/`month` of the lunar year falls, leap months apart. Month 1 begins with Tết. */
export function lunarDay(year: number, month: number, day: number): string {
  const winter = monthOfWinter(month >= 11 ? year : year - 1)
  const nextWinter = monthOfWinter(month >= 11 ? year + 1 : year)
  const index = (month + 1) % 12
  const leap = nextWinter - winter === 13 ? leapIndex(winter) : Number.POSITIVE_INFINITY
  return dayText(newMoonDay(winter + index + (index >= leap ? 1 : 0)) + day - 1)
}

/** The new moon that begins month 11 of the year: the last one whose day begins before the winter solstice. */
function monthOfWinter(year: number): number {
  const moon = Math.floor((dayNumber(`${year}-12-31`) - firstNewMoon) / synodicMonth)
  return majorTerm(newMoonDay(moon)) >= winterSolstice ? moon - 1 : moon
}

/** How many months after month 11 the leap month comes. */
function leapIndex(winter: number): number {
  let index = 1
  while (index < 13 && majorTerm(newMoonDay(winter + index)) !== majorTerm(newMoonDay(winter + index + 1))) index += 1
  return index
}

// New moons are counted from the one of 1 January 1900.
const firstNewMoon = dayNumber('1900-01-01')
const synodicMonth = 29.530588853
const winterSolstice = 9
// Julian day of the midnight in Greenwich that began 1970-01-01.
const julianEpoch = 2_440_587.5
const zone = 7 / 24

/** The day in Vietnam that holds the k-th new moon. */
function newMoonDay(k: number): number {
  return Math.floor(newMoon(k) - julianEpoch + zone)
}

/** The Julian day, with its fraction, of the k-th new moon. */
function newMoon(k: number): number {
  const t = k / 1236.85
  const mean = 2_415_020.75933 + 29.53058868 * k + 0.0001178 * t ** 2 - 0.000000155 * t ** 3
  const wobble = 0.00033 * sin(166.56 + 132.87 * t - 0.009173 * t ** 2)
  const sun = 359.2242 + 29.10535608 * k - 0.0000333 * t ** 2 - 0.00000347 * t ** 3
  const moon = 306.0253 + 385.81691806 * k + 0.0107306 * t ** 2 + 0.00001236 * t ** 3
  const node = 21.2964 + 390.67050646 * k - 0.0016528 * t ** 2 - 0.00000239 * t ** 3
  const correction =
    (0.1734 - 0.000393 * t) * sin(sun) +
    0.0021 * sin(2 * sun) -
    0.4068 * sin(moon) +
    0.0161 * sin(2 * moon) -
    0.0004 * sin(3 * moon) +
    0.0104 * sin(2 * node) -
    0.0051 * sin(sun + moon) -
    0.0074 * sin(sun - moon) +
    0.0004 * sin(2 * node + sun) -
    0.0004 * sin(2 * node - sun) -
    0.0006 * sin(2 * node + moon) +
    0.001 * sin(2 * node - moon) +
    0.0005 * sin(2 * moon + sun)
  // The earth's rotation against uniform time.
  const deltaT = -0.000278 + 0.000265 * t + 0.000262 * t ** 2
  return mean + wobble + correction - deltaT
}

/** How many times 30° the sun has gone from the spring equinox when the day begins in Vietnam: 0 to 11. */
function majorTerm(day: number): number {
  const t = (day - zone + julianEpoch - 2_451_545) / 36_525
  const anomaly = 357.5291 + 35_999.0503 * t - 0.0001559 * t ** 2 - 0.00000048 * t ** 3
  const mean = 280.46645 + 36_000.76983 * t + 0.0003032 * t ** 2
  const centre =
    (1.9146 - 0.004817 * t - 0.000014 * t ** 2) * sin(anomaly) +
    (0.019993 - 0.000101 * t) * sin(2 * anomaly) +
    0.00029 * sin(3 * anomaly)
  const longitude = (((mean + centre) % 360) + 360) % 360
  return Math.floor(longitude / 30)
}

function sin(degrees: number): number {
  return Math.sin((degrees * Math.PI) / 180)
}
