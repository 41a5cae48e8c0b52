// Packages and their bytes counted four ways at once: by state, kind, age and sender.
import type { StorageTally } from '../generated/json/storage-tally.ts'
import type { Db } from '../platform/database.ts'
import type { LookedAt } from './due-packages.ts'

export interface Tally {
  /** One package of which the bytes count. */
  readonly addPackage: (pkg: LookedAt) => void
  readonly add: (group: Group) => void
  result(): StorageTally
}

export interface Group {
  readonly state: State
  readonly kind: Kind
  readonly fromAgencyId: string
  readonly acceptedAt: Date
  readonly packages: number
  readonly bytes: number
}

type State = StorageTally['byState'][number]['state']
type Kind = StorageTally['byKind'][number]['kind']
type Age = StorageTally['byAge'][number]['age']

interface Count {
  packages: number
  bytes: number
}

export async function openTally(db: Db, now: Date): Promise<Tally> {
  const agencies = await db.selectFrom('agencies').select(['agency_id', 'name']).execute()
  const names = new Map(agencies.map((row) => [row.agency_id, row.name]))
  const all: Count = { packages: 0, bytes: 0 }
  const byState = new Map<State, Count>()
  const byKind = new Map<Kind, Count>()
  const byAge = new Map<Age, Count>()
  const bySender = new Map<string, Count>()

  function add(group: Group): void {
    const days = (now.getTime() - group.acceptedAt.getTime()) / dayMs
    const counts = [
      ...[all, countOf(byState, group.state), countOf(byKind, group.kind)],
      ...[countOf(byAge, ageOf(days)), countOf(bySender, group.fromAgencyId)],
    ]
    for (const count of counts) {
      count.packages += group.packages
      count.bytes += group.bytes
    }
  }

  return {
    add,
    addPackage: (pkg) => add({ ...pkg, packages: 1, bytes: pkg.size }),
    result: () => ({
      ...all,
      byState: largestFirst(byState).map(([state, count]) => ({ state, ...count })),
      byKind: largestFirst(byKind).map(([kind, count]) => ({ kind, ...count })),
      byAge: ages.flatMap(({ age }) => withAge(age, byAge.get(age))),
      bySender: largestFirst(bySender).map(([agencyId, count]) => {
        return { agencyId, organName: names.get(agencyId) ?? agencyId, ...count }
      }),
    }),
  }
}

function withAge(age: Age, count: Count | undefined) {
  return count === undefined ? [] : [{ age, ...count }]
}

function countOf<K>(counts: Map<K, Count>, key: K): Count {
  const found = counts.get(key) ?? { packages: 0, bytes: 0 }
  counts.set(key, found)
  return found
}

function largestFirst<K>(counts: ReadonlyMap<K, Count>): [K, Count][] {
  return [...counts].sort(([, a], [, b]) => b.bytes - a.bytes || b.packages - a.packages)
}

const dayMs = 24 * 3_600_000

/** Youngest first. */
const ages: readonly { readonly age: Age; readonly daysMax: number }[] = [
  { age: 'under_30_days', daysMax: 30 },
  { age: 'under_90_days', daysMax: 90 },
  { age: 'under_1_year', daysMax: 365 },
  { age: 'under_2_years', daysMax: 730 },
  { age: 'older', daysMax: Number.POSITIVE_INFINITY },
]

function ageOf(days: number): Age {
  return ages.find(({ daysMax }) => days < daysMax)?.age ?? 'older'
}
