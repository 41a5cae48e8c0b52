// Everything known about who takes part, as one immutable value that every decision of one moment shares.
import { type Agency, type AgencyId, codeKey, currentCode, isCodeValid } from './agency.ts'
import type { System, SystemId } from './system.ts'

export interface Suggestion {
  readonly code: string
  readonly name: string
}

export interface Directory {
  readonly version: number
  readonly agencies: ReadonlyMap<AgencyId, Agency>
  readonly systems: ReadonlyMap<SystemId, System>
  /** Any code finds its agency: one in force on the day first, else the one that ended last. */
  findByCode(code: string, day: string): Agency | undefined
  /** The system that receives for an agency: its own, its named receiver's, or its office's (R89). */
  receiverOf(agencyId: AgencyId): System | undefined
  /** The agencies that this one stands for: itself and every closed predecessor (contract §2). */
  standsFor(agencyId: AgencyId): ReadonlySet<AgencyId>
  /** Known codes most like an unknown one, for the sender who mistyped (R29). */
  nearest(code: string, name: string | undefined, day: string): readonly Suggestion[]
}

// A receiver may name a receiver; more hops than this is a mistake in the directory, not a chain of offices.
const receiverHopsMax = 4
const suggestionsMax = 3

export function buildDirectory(
  version: number,
  agencyList: readonly Agency[],
  systemList: readonly System[],
): Directory {
  const agencies = new Map(agencyList.map((a) => [a.agencyId, a]))
  const systems = new Map(systemList.map((s) => [s.systemId, s]))
  const byCode = groupBy(
    agencyList.flatMap((agency) => agency.codes.map((code) => ({ key: codeKey(code.code), code, agency }))),
    (entry) => entry.key,
  )
  const receivers = new Map(systemList.flatMap((s) => s.receivesFor.map((id) => [id, s] as const)))
  const offices = new Map(agencyList.flatMap((a) => (a.isOffice && a.parentId !== undefined ? [[a.parentId, a]] : [])))
  const predecessors = groupBy(
    agencyList.flatMap((a) => a.successorIds.map((successor) => ({ successor, agencyId: a.agencyId }))),
    (entry) => entry.successor,
  )

  function findByCode(code: string, day: string): Agency | undefined {
    const entries = byCode.get(codeKey(code)) ?? []
    const inForce = entries.find((entry) => isCodeValid(entry.code, day))
    if (inForce !== undefined) return inForce.agency
    const byEnd = [...entries].sort((a, b) => ((a.code.validTo ?? '') < (b.code.validTo ?? '') ? 1 : -1))
    return byEnd[0]?.agency
  }

  function receiverOf(agencyId: AgencyId, hops = 0): System | undefined {
    const own = receivers.get(agencyId)
    if (own !== undefined || hops >= receiverHopsMax) return own
    const next = agencies.get(agencyId)?.receiverId ?? offices.get(agencyId)?.agencyId
    return next === undefined ? undefined : receiverOf(next, hops + 1)
  }

  function standsFor(agencyId: AgencyId): ReadonlySet<AgencyId> {
    const found = new Set<AgencyId>([agencyId])
    for (const id of found) {
      for (const { agencyId: predecessor } of predecessors.get(id) ?? []) found.add(predecessor)
    }
    return found
  }

  function nearest(code: string, name: string | undefined, day: string): readonly Suggestion[] {
    const wanted = codeKey(code)
    const wantedName = name?.normalize('NFC').trim().toLowerCase()
    const candidates: { distance: number; suggestion: Suggestion }[] = []
    for (const agency of agencyList) {
      if (agency.closedAt !== undefined) continue
      const sameName = wantedName !== undefined && agency.name.toLowerCase() === wantedName
      const distance = sameName ? 0 : Math.min(...agency.codes.map((c) => editDistance(wanted, codeKey(c.code), 3)))
      if (distance <= 3)
        candidates.push({ distance, suggestion: { code: currentCode(agency, day), name: agency.name } })
    }
    return candidates
      .sort((a, b) => a.distance - b.distance)
      .slice(0, suggestionsMax)
      .map((c) => c.suggestion)
  }

  return { version, agencies, systems, findByCode, receiverOf: (id) => receiverOf(id), standsFor, nearest }
}

function groupBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

/** Levenshtein distance, or `max + 1` as soon as it must be larger. */
export function editDistance(a: string, b: string, max: number): number {
  if (Math.abs(a.length - b.length) > max) return max + 1
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace)
    }
    if (Math.min(...row) > max) return max + 1
    previous = row
  }
  return previous[b.length] ?? max + 1
}
