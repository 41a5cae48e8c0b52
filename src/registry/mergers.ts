// Registers the level-1 agencies that were closed in 2025, as far as the directory does not know them: whoever still
// writes an old code is then led to the province that answers today. Agencies under our own level-1 code are never
// touched by data from outside (R44, R45).
import { type AgencyId, asQcvn102, guessScheme, mayNationalDirectoryAlter } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { MergerResult } from '../generated/json/merger-result.ts'
import type { AgencyState } from './agency-rules.ts'
import { insertAgencies } from './agency-store.ts'
import type { Actor } from './audit-store.ts'
import type { ChangeDirectory } from './directory-change.ts'
import { levelOneChanges, type PublishedChange } from './level-one-changes.ts'

export interface MergerDeps {
  readonly change: ChangeDirectory
  readonly newId: () => string
  /** Level-1 group of the axis' own code. */
  readonly ownLevel1: () => string | undefined
}

export interface MergerOptions {
  readonly dryRun: boolean
  readonly redirect: boolean
}

type Outcome = MergerResult['items'][number]['outcome']

interface Planned {
  readonly change: PublishedChange
  readonly outcome: Outcome
}

interface NewAgency {
  readonly agencyId: AgencyId
  readonly state: AgencyState
  readonly isSandbox: false
}

export async function applyMergers(
  { change, newId, ownLevel1 }: MergerDeps,
  actor: Actor,
  { dryRun, redirect }: MergerOptions,
): Promise<MergerResult> {
  return await change(actor, async (trx, directory, now) => {
    const day = vietnamDay(now)
    const planned = levelOneChanges().map((one) => ({
      change: one,
      outcome: outcomeOf(one, directory, day, ownLevel1()),
    }))
    const rows = newAgencies(planned, { directory, day, newId, redirect })
    const result = { dryRun, created: rows.length, items: planned.map(itemOf) }
    if (dryRun || rows.length === 0) return { result }

    await insertAgencies(trx, rows)
    const data = { created: rows.length, redirect, codes: rows.flatMap(({ state }) => state.codes.map((c) => c.code)) }
    return { result, audit: { action: 'agencies.mergers_registered', object: 'agencies', data } }
  })
}

function outcomeOf(change: PublishedChange, directory: Directory, day: string, own: string | undefined): Outcome {
  if (!mayNationalDirectoryAlter(change.code, own)) return 'own'
  const known = directory.findByCode(change.code, day) ?? directory.findByCode(asQcvn102(change.code) ?? '', day)
  if (known !== undefined) return known.closedAt === undefined ? 'known_open' : 'known'
  const { into } = change
  // Our own province is registered by ourselves, or not at all.
  const isMissing =
    into !== undefined && !mayNationalDirectoryAlter(into.code, own) && heirOf(change, directory, day) === undefined
  return isMissing ? 'successor_missing' : 'created'
}

function heirOf({ into }: PublishedChange, directory: Directory, day: string): AgencyId | undefined {
  if (into === undefined) return undefined
  const known = directory.findByCode(into.code, day) ?? directory.findByCode(asQcvn102(into.code) ?? '', day)
  return known?.agencyId
}

interface Ground {
  readonly directory: Directory
  readonly day: string
  readonly newId: () => string
  readonly redirect: boolean
}

/** The closed agencies, and before them the provinces they were merged into, where these are missing too. */
function newAgencies(planned: readonly Planned[], { directory, day, newId, redirect }: Ground): NewAgency[] {
  const heirs = new Map<string, NewAgency>()
  const closed = planned.flatMap(({ change, outcome }): NewAgency[] => {
    if (outcome !== 'created') return []
    const { into } = change
    const known = heirOf(change, directory, day)
    if (into !== undefined && known === undefined && !heirs.has(into.code)) {
      heirs.set(into.code, { agencyId: newId(), state: openState(into), isSandbox: false })
    }
    const heir = known ?? heirs.get(into?.code ?? '')?.agencyId
    const state = closedState(change, heir === undefined ? [] : [heir], redirect)
    return [{ agencyId: newId(), state, isSandbox: false }]
  })
  return [...heirs.values(), ...closed]
}

function openState({ code, name }: { readonly code: string; readonly name: string }): AgencyState {
  return { ...base, name, codes: codesOf(code), successorIds: [] }
}

function closedState(change: PublishedChange, successorIds: readonly AgencyId[], redirects: boolean): AgencyState {
  const closedAt = new Date(`${change.since}T00:00:00+07:00`)
  return { ...base, name: change.name, codes: codesOf(change.code), successorIds, redirects, closedAt }
}

const base = { kind: 'state', isOffice: false, connected: true, redirects: true } as const

function codesOf(levelOne: string) {
  return [levelOne, asQcvn102(levelOne)].flatMap((code) =>
    code === undefined ? [] : [{ code, scheme: guessScheme(code) }],
  )
}

function itemOf({ change, outcome }: Planned): MergerResult['items'][number] {
  const { code, name, since, source, into } = change
  return { code, name, since, source, outcome, ...(into === undefined ? {} : { successor: { ...into } }) }
}
