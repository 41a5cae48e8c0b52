// Everything known about who takes part, as one immutable value that every decision of one moment shares.
import { type Agency, type AgencyId, codeKey, currentCode, inOtherScheme, isCodeValid } from './agency.ts'
import type { DeliveryPolicy } from './delivery-policy.ts'
import { changeOf, type LevelOneChange, takenOverNote } from './level-one-change.ts'
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
  /** The province's policy, for what has no lane. */
  readonly deliveryPolicy?: DeliveryPolicy
  /** The agency that acts in this one's place: itself, or where its chain of redirecting successors ends. */
  inForce(agency: Agency): Agency
  /** The agencies that this one stands for: itself and every closed predecessor (contract §2). */
  standsFor(agencyId: AgencyId): ReadonlySet<AgencyId>
  /** Known codes most like an unknown one, for the sender who mistyped (R29). */
  nearest(code: string, name: string | undefined, day: string): readonly Suggestion[]
  /** Who answers today for the province or ministry whose level-1 code was closed; none where the code is in use. */
  takenOver(code: string, day: string): Suggestion | undefined
}

// A receiver may name a receiver; more hops than this is a mistake in the directory, not a chain of offices.
const receiverHopsMax = 4
const suggestionsMax = 3
const slipsMax = 3

export function buildDirectory(
  version: number,
  agencyList: readonly Agency[],
  systemList: readonly System[],
  levelOneChanges: readonly LevelOneChange[] = [],
  deliveryPolicy?: DeliveryPolicy,
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
    const next = agencies.get(agencies.get(agencyId)?.receiverId ?? '') ?? offices.get(agencyId)
    // An office that was merged into another one receives there from then on.
    return next === undefined ? undefined : receiverOf(inForce(next).agencyId, hops + 1)
  }

  function inForce(agency: Agency): Agency {
    const passed = new Set<AgencyId>()
    let current = agency
    while (leadsOn(current) && !passed.has(current.agencyId)) {
      passed.add(current.agencyId)
      const next = agencies.get(current.successorIds[0] ?? '')
      if (next === undefined) break
      current = next
    }
    return current
  }

  function standsFor(agencyId: AgencyId): ReadonlySet<AgencyId> {
    const found = new Set<AgencyId>([agencyId])
    for (const id of found) {
      for (const { agencyId: predecessor } of predecessors.get(id) ?? []) found.add(predecessor)
    }
    return found
  }

  function nearest(code: string, name: string | undefined, day: string): readonly Suggestion[] {
    const written = {
      key: codeKey(code),
      converted: inOtherScheme(code),
      name: name?.normalize('NFC').trim().toLowerCase(),
    }
    const candidates = agencyList
      .filter((agency) => agency.closedAt === undefined)
      .map((agency) => ({ agency, distance: distanceTo(agency, written) }))
      .filter(({ distance }) => distance <= slipsMax)
      .sort((a, b) => a.distance - b.distance)
      .map(({ agency }) => ({ code: currentCode(agency, day), name: agency.name }))
    const overtaken = takenOver(code, day)
    return (overtaken === undefined ? candidates : [overtaken, ...candidates]).slice(0, suggestionsMax)
  }

  function takenOver(code: string, day: string): Suggestion | undefined {
    const change = changeOf(code, levelOneChanges)
    if (change?.into === undefined || day < change.since) return undefined
    const agency = findByCode(change.into.code, day)
    const { code: kept, name } =
      agency === undefined ? change.into : { code: currentCode(agency, day), name: agency.name }
    return { code: kept, name: `${name} ${takenOverNote(change)}` }
  }

  return {
    ...(deliveryPolicy === undefined ? {} : { deliveryPolicy }),
    ...{ version, agencies, systems, findByCode, standsFor, inForce, nearest, takenOver },
    receiverOf: (id) => receiverOf(id),
  }
}

/** A closed agency with several successors leads nowhere by itself: a person must choose. */
function leadsOn(agency: Agency): boolean {
  return agency.closedAt !== undefined && agency.successorIds.length === 1 && agency.redirects
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

interface Written {
  readonly key: string
  readonly converted: string | undefined
  readonly name: string | undefined
}

/** How far an agency is from what was written: the same code in the other scheme first, then the same name, then slips. */
function distanceTo(agency: Agency, written: Written): number {
  const keys = agency.codes.map((c) => codeKey(c.code))
  if (written.converted !== undefined && keys.includes(written.converted)) return -1
  if (written.name !== undefined && agency.name.toLowerCase() === written.name) return 0
  return Math.min(...keys.map((key) => editDistance(written.key, key, slipsMax)))
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
