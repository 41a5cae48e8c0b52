// Who holds a code on which days. The domain's directory answers for one day; a registration must not overlap any day.
import { type Agency, type AgencyCode, codeKey } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'

export interface CodeHolder {
  readonly agency: Agency
  readonly code: AgencyCode
}

/** The agencies that answer to this code on one of its days. */
export function codeHolders(directory: Directory, code: AgencyCode): CodeHolder[] {
  return (indexOf(directory).get(codeKey(code.code)) ?? []).filter((holder) => overlap(holder.code, code))
}

/** Whether two periods share a day; both ends belong to a period, and an absent end is open. */
export function overlap(a: AgencyCode, b: AgencyCode): boolean {
  return startsBeforeEnd(a, b) && startsBeforeEnd(b, a)
}

function startsBeforeEnd(a: AgencyCode, b: AgencyCode): boolean {
  return a.validFrom === undefined || b.validTo === undefined || a.validFrom <= b.validTo
}

// Made once per directory: an import asks it for every row.
const indexes = new WeakMap<Directory, Map<string, CodeHolder[]>>()

function indexOf(directory: Directory): Map<string, CodeHolder[]> {
  const known = indexes.get(directory)
  if (known !== undefined) return known
  const index = new Map<string, CodeHolder[]>()
  for (const agency of directory.agencies.values()) {
    for (const code of agency.codes) {
      const holders = index.get(codeKey(code.code)) ?? []
      holders.push({ agency, code })
      index.set(codeKey(code.code), holders)
    }
  }
  indexes.set(directory, index)
  return index
}
