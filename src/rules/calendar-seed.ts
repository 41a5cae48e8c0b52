// Fills the calendar from the file that comes with the program: all of it at the first start, later only the years
// that a newer file has and nobody has entered. What people entered is never touched.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CalendarDay } from '../domain/calendar-day.ts'
import type { DeadlineSettings } from '../domain/calendar-in-force.ts'
import type { Clock } from '../domain/ports.ts'
import type { Database } from '../platform/database.ts'
import { list, number, record } from '../platform/json-decode.ts'
import { decodeDay, decodeSettings } from './calendar-decode.ts'
import {
  defaultScope,
  insertSettings,
  insertVersion,
  insertYears,
  latestVersion,
  lockCalendar,
  readCalendar,
} from './calendar-store.ts'

export interface CalendarFile {
  readonly defaults: DeadlineSettings
  readonly years: readonly { readonly year: number; readonly days: readonly CalendarDay[] }[]
}

/** Reads `calendar.json` of the folder schemas/rules. */
export function readCalendarFile(folder: string): CalendarFile {
  const file = 'calendar.json'
  return decodeFile(JSON.parse(readFileSync(join(folder, file), 'utf8')), file)
}

const decodeFile = record({
  defaults: decodeSettings,
  years: list(record({ year: number, days: list(decodeDay) })),
})

/** Safe at every start and from several processes at once. Answers the version in force afterwards. */
export async function seedCalendar(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  file: CalendarFile,
): Promise<number> {
  const version = await latestVersion(db)
  if (version > 0 && (await missingYears(db, version, file)).length === 0) return version
  return await db.transaction().execute(async (trx) => {
    const before = await lockCalendar(trx)
    const years = await missingYears(trx, before, file)
    if (before > 0 && years.length === 0) return before
    const seeded = before + 1
    await insertVersion(trx, { version: seeded, at: clock.now(), by: seeder, reason: seedReason, change: 'seeded' })
    if (before === 0) await insertSettings(trx, { version: seeded, province: defaultScope, settings: file.defaults })
    await insertYears(
      trx,
      seeded,
      years.map(({ year, days }) => ({ year, days: days.map((day) => ({ ...day, enteredBy: seeder })) })),
    )
    return seeded
  })
}

async function missingYears(db: Parameters<typeof readCalendar>[0], version: number, file: CalendarFile) {
  if (version === 0) return file.years
  const { years } = await readCalendar(db, version)
  const entered = new Set(years.map(({ year }) => year))
  return file.years.filter(({ year }) => !entered.has(year))
}

const seeder = 'tram'
const seedReason = 'Lịch kèm theo phần mềm, chưa đối chiếu thông báo chính thức'
