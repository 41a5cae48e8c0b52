// Agencies that were dissolved or merged. Their documents are redirected or held anyway; a province that wants its
// senders to correct their lists has the package refused, with the names of those who took over.
import { currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { recipientPath } from './document-texts.ts'
import type { MakeCheck, RecipientFacts } from './rule.ts'

export const recipientClosed: MakeCheck =
  () =>
  ({ recipients = [] }) =>
    recipients.flatMap(({ organId, closed, successors }, index) => {
      if (!closed) return []
      const named = successors.map(({ code, name }) => `${code} ${name}`).join('; ')
      const params = { organId, successors: named === '' ? '–' : named }
      const path = `${recipientPath(index)}/OrganId`
      return [{ path, params, found: organId, ...(named === '' ? {} : { expected: named }) }]
    })

/** What the rule wants to know of a written code, as the directory has it. */
export function recipientFacts(organId: string, directory: Directory, day: string): RecipientFacts {
  const agency = directory.findByCode(organId, day)
  const successors = (agency?.successorIds ?? []).flatMap((agencyId) => directory.agencies.get(agencyId) ?? [])
  return {
    organId,
    closed: agency?.closedAt !== undefined,
    successors: successors.map((successor) => ({ code: currentCode(successor, day), name: successor.name })),
  }
}
