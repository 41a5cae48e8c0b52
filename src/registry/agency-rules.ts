// What an operator asks an agency to be, checked against the directory: pure, so that a single registration and an
// import of thousands of rows obey the same rules. Answers the agency's new state and everything wrong with it.
import { type Agency, type AgencyCode, type AgencyId, type AgencyKind, codeKey, guessScheme } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { type ErrorFacts, GatewayError, type Violation } from '../domain/errors.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { AgencyInput } from '../generated/json/agency-input.ts'
import { codeHolders, overlap } from './code-holders.ts'

export interface AgencyState {
  readonly name: string
  readonly kind: AgencyKind
  readonly parentId?: AgencyId
  readonly isOffice: boolean
  readonly connected: boolean
  readonly receiverId?: AgencyId
  readonly closedAt?: Date
  readonly successorIds: readonly AgencyId[]
  readonly redirects: boolean
  readonly codes: readonly AgencyCode[]
}

export interface Judged {
  readonly state: AgencyState
  readonly violations: readonly Violation[]
}

export interface AgencyQuestion {
  readonly input: AgencyInput
  /** The agency whose new state this is; absent for a new one. */
  readonly agencyId?: AgencyId
  readonly directory: Directory
  readonly now: Date
}

export function judgeAgency(question: AgencyQuestion): Judged {
  const { input, directory, now } = question
  const references = resolveReferences(input, directory, vietnamDay(now))
  const closedAt = input.closedAt === undefined ? undefined : new Date(input.closedAt)
  const state: AgencyState = {
    name: input.name.normalize('NFC').trim(),
    kind: input.kind ?? 'state',
    isOffice: input.isOffice ?? false,
    connected: input.connected ?? true,
    successorIds: references.successorIds,
    redirects: input.redirect ?? true,
    codes: input.codes.map((code) => ({
      ...code,
      code: code.code.normalize('NFC').trim(),
      scheme: code.scheme ?? guessScheme(code.code),
    })),
    ...(references.parentId === undefined ? {} : { parentId: references.parentId }),
    ...(references.receiverId === undefined ? {} : { receiverId: references.receiverId }),
    ...(closedAt === undefined ? {} : { closedAt }),
  }
  const violations = [
    ...references.violations,
    ...judgeCodes(state.codes, question),
    ...judgePlace(state, input, question),
    ...judgeClosing(state, input, now),
  ]
  return { state, violations }
}

/** Conflicts are told as such only when nothing else is wrong: what is ill-formed must be mended first. */
export function agencyRefusal(violations: readonly Violation[]): GatewayError {
  const other = violations.find((violation) => !conflictRules.has(violation.rule))
  const first = other ?? violations[0]
  if (first === undefined) throw new Error('nothing to refuse')
  const facts: ErrorFacts = { violations, params: { found: first.found ?? '', expected: first.expected ?? '' } }
  return new GatewayError(other === undefined ? 'conflict' : 'invalid', first.rule, facts)
}

/** Finds an agency by its id or by any code, closed agencies among them. */
export function findAgency(directory: Directory, reference: string, day: string): Agency | undefined {
  return directory.agencies.get(reference.trim().toLowerCase()) ?? directory.findByCode(reference, day)
}

export function unknownCode(path: string, reference: string): Violation {
  return { path, rule: 'agency_code_unknown', found: reference.slice(0, 200) }
}

function resolveReferences(input: AgencyInput, directory: Directory, day: string) {
  const violations: Violation[] = []
  const resolve = (path: string, reference: string | undefined): AgencyId | undefined => {
    if (reference === undefined) return undefined
    const agency = findAgency(directory, reference, day)
    if (agency === undefined) violations.push(unknownCode(path, reference))
    return agency?.agencyId
  }
  const successorIds = (input.successors ?? []).flatMap((code, n) => resolve(`/successors/${n}`, code) ?? [])
  return {
    violations,
    parentId: resolve('/parent', input.parent),
    receiverId: resolve('/receiver', input.receiver),
    successorIds: [...new Set(successorIds)],
  }
}

function judgeCodes(codes: readonly AgencyCode[], { agencyId, directory }: AgencyQuestion): Violation[] {
  return codes.flatMap((code, n) => {
    const path = `/codes/${n}/code`
    if (codeKey(code.code) === '') return [{ path, rule: 'agency_code_empty' }]
    const ill = [code.validFrom, code.validTo].find((day) => day !== undefined && !isDay(day))
    if (ill !== undefined) return [{ path: `/codes/${n}`, rule: 'agency_code_day_unknown', found: ill }]
    if (code.validFrom !== undefined && code.validTo !== undefined && code.validFrom > code.validTo)
      return [{ path: `/codes/${n}/validTo`, rule: 'agency_code_days_reversed', found: code.validTo }]

    if (codes.slice(0, n).some((other) => codeKey(other.code) === codeKey(code.code) && overlap(other, code)))
      return [{ path, rule: 'agency_code_repeated', found: code.code }]
    const holder = codeHolders(directory, code).find((held) => held.agency.agencyId !== agencyId)
    return holder === undefined ? [] : [{ path, rule: 'code_taken', found: code.code, expected: nameOf(holder.agency) }]
  })
}

/** Where the agency stands: under whom, for whom it receives, and who receives for it. */
function judgePlace(state: AgencyState, input: AgencyInput, { agencyId, directory }: AgencyQuestion): Violation[] {
  const violations: Violation[] = []
  if (state.isOffice && input.parent === undefined) violations.push({ path: '/parent', rule: 'office_without_parent' })
  if (agencyId !== undefined && leadsTo(agencyId, [state.parentId], (agency) => [agency.parentId], directory))
    violations.push({ path: '/parent', rule: 'agency_parent_circle', found: input.parent ?? '' })
  if (agencyId !== undefined && state.receiverId === agencyId)
    violations.push({ path: '/receiver', rule: 'agency_receiver_is_itself', found: input.receiver ?? '' })
  else if (agencyId !== undefined && leadsTo(agencyId, [state.receiverId], (agency) => [agency.receiverId], directory))
    violations.push({ path: '/receiver', rule: 'agency_receiver_circle', found: input.receiver ?? '' })
  if (agencyId !== undefined && state.successorIds.includes(agencyId))
    violations.push({ path: '/successors', rule: 'agency_successor_is_itself' })
  else if (agencyId !== undefined && leadsTo(agencyId, state.successorIds, (agency) => agency.successorIds, directory))
    violations.push({ path: '/successors', rule: 'agency_successor_circle' })

  const office = state.isOffice ? officeOf(directory, state.parentId) : undefined
  if (office !== undefined && office.agencyId !== agencyId)
    violations.push({ path: '/isOffice', rule: 'office_taken', expected: nameOf(office) })
  return violations
}

function judgeClosing(state: AgencyState, input: AgencyInput, now: Date): Violation[] {
  if (state.closedAt === undefined) {
    // A successor sees and answers everything of its predecessor, so an agency that still works cannot have one.
    return state.successorIds.length === 0 ? [] : [{ path: '/successors', rule: 'agency_successor_of_open' }]
  }
  return state.closedAt > now
    ? [{ path: '/closedAt', rule: 'agency_closed_in_future', found: input.closedAt ?? '' }]
    : []
}

/** Whether the way along `next` comes back to the agency. */
function leadsTo(
  agencyId: AgencyId,
  from: readonly (AgencyId | undefined)[],
  next: (agency: Agency) => readonly (AgencyId | undefined)[],
  directory: Directory,
): boolean {
  const passed = new Set(from)
  for (const at of passed) {
    if (at === agencyId) return true
    const agency = at === undefined ? undefined : directory.agencies.get(at)
    for (const further of agency === undefined ? [] : next(agency)) passed.add(further)
  }
  return false
}

function officeOf(directory: Directory, parentId: AgencyId | undefined): Agency | undefined {
  if (parentId === undefined) return undefined
  for (const agency of directory.agencies.values()) if (agency.isOffice && agency.parentId === parentId) return agency
  return undefined
}

/** How a holder is named in a refusal: its name and the first of its codes. */
function nameOf(agency: Agency): string {
  return `${agency.name} (${agency.codes[0]?.code ?? agency.agencyId})`
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

const conflictRules: ReadonlySet<string> = new Set(['code_taken', 'office_taken'])
