// Registers an agency, or gives a registered one its whole new state.
import type { AgencyId } from '../domain/agency.ts'
import { GatewayError } from '../domain/errors.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { AgencyInput } from '../generated/json/agency-input.ts'
import { agencyRefusal, findAgency, judgeAgency } from './agency-rules.ts'
import { insertAgencies, updateAgencies } from './agency-store.ts'
import type { Actor } from './audit-store.ts'
import { replaceContacts } from './contact-store.ts'
import type { ChangeDirectory } from './directory-change.ts'

export interface SaveAgencyDeps {
  readonly change: ChangeDirectory
  readonly newId: () => string
}

export interface AgencyOrigin {
  /** The codes were made up for the sandbox: nobody published them. */
  readonly isSandbox: boolean
}

export async function createAgency(
  { change, newId }: SaveAgencyDeps,
  actor: Actor,
  input: AgencyInput,
  { isSandbox }: AgencyOrigin = { isSandbox: false },
): Promise<AgencyId> {
  return await change(actor, async (trx, directory, now) => {
    const { state, violations } = judgeAgency({ input, directory, now })
    if (violations.length > 0) throw agencyRefusal(violations)

    const agencyId = newId()
    await insertAgencies(trx, [{ agencyId, state, isSandbox }])
    await replaceContacts(trx, { agency_id: agencyId }, input.contacts ?? [], newId)
    return { result: agencyId, audit: { action: 'agency.created', object: `agency:${agencyId}`, data: { ...state } } }
  })
}

/** `reference` is the agency's id or any of its codes. */
export async function replaceAgency(
  { change, newId }: SaveAgencyDeps,
  actor: Actor,
  reference: string,
  input: AgencyInput,
): Promise<AgencyId> {
  return await change(actor, async (trx, directory, now) => {
    const agency = findAgency(directory, reference, vietnamDay(now))
    if (agency === undefined) throw agencyNotFound(reference)
    const { agencyId } = agency
    const { state, violations } = judgeAgency({ input, agencyId, directory, now })
    if (violations.length > 0) throw agencyRefusal(violations)

    await updateAgencies(trx, [{ agencyId, state, isSandbox: false }])
    await replaceContacts(trx, { agency_id: agencyId }, input.contacts ?? [], newId)
    const data = { before: agency, after: state }
    return { result: agencyId, audit: { action: 'agency.changed', object: `agency:${agencyId}`, data } }
  })
}

export function agencyNotFound(reference: string): GatewayError {
  return new GatewayError('not_found', 'agency_not_found', { params: { code: reference.slice(0, 100) } })
}
