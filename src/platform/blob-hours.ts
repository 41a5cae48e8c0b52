// Where a blob lies below the root of its store: `yyyy/mm/dd/hh/<id>`, by the hour (UTC) in which its id was made. Both
// stores keep to it, so that one can be copied into the other file by file.
import { uuidv7Time } from './ids.ts'

export interface PartOfTime {
  readonly from?: Date
  readonly until?: Date
}

/** Throws for anything that is not a UUIDv7. */
export function blobPath(blobId: string): string {
  return `${hourPath(uuidv7Time(blobId))}/${blobId}`
}

/** `2026-11-20T21:…Z` becomes `2026/11/20/21`. */
export function hourPath(time: Date): string {
  return time.toISOString().slice(0, 13).replace(/[-T]/g, '/')
}

/** Digits of a year, a month, a day and an hour in a path. */
export const levelDigits = [4, 2, 2, 2] as const

/** Whether a folder (`2026`, `2026/11`, … `2026/11/20/21`) may hold hours of the part that is asked for. */
export function mayHold(folder: string, { from, until }: PartOfTime): boolean {
  const { length } = folder
  if (from !== undefined && folder < hourPath(from).slice(0, length)) return false
  return until === undefined || folder <= hourPath(until).slice(0, length)
}

export function hourOf(path: string): Date {
  const [year, month, day, hour] = path.split('/')
  return new Date(`${year}-${month}-${day}T${hour}:00:00Z`)
}
