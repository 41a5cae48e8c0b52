// Whom a recall by one call means, and by which code each of them is reached today.
import { type Agency, codeKey, currentCode } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'
import type { TargetDelivery } from '../domain/operation.ts'
import type { OperationRecipient } from '../domain/operation-plan.ts'
import { address } from '../domain/route.ts'

/** The deliveries that are meant. A code that no recipient answers to is refused: nobody may believe it was recalled. */
export function chosenRecipients(
  targets: readonly TargetDelivery[],
  organIds: readonly string[] | undefined,
  directory: Directory,
  day: string,
): TargetDelivery[] {
  if (organIds === undefined) return [...targets]
  const meant = organIds.map((organId) => ({ organId, targets: targetsBehind(organId, targets, directory, day) }))
  const strangers = meant.flatMap((m, i) => (m.targets.length > 0 ? [] : [{ organId: m.organId, i }]))
  if (strangers.length > 0) {
    throw new GatewayError('invalid', 'recall_not_a_recipient', {
      params: { codes: strangers.map((s) => s.organId).join(', ') },
      violations: strangers.map(({ organId, i }) => ({
        path: `/organIds/${i}`,
        rule: 'recall_not_a_recipient',
        found: organId,
      })),
    })
  }
  return [...new Set(meant.flatMap((m) => m.targets))]
}

function targetsBehind(organId: string, targets: readonly TargetDelivery[], directory: Directory, day: string) {
  const agency = directory.findByCode(organId, day)
  const standsFor = agency === undefined ? undefined : directory.standsFor(agency.agencyId)
  return targets.filter((t) =>
    t.recipientAgencyId === undefined
      ? codeKey(t.organId) === codeKey(organId)
      : standsFor?.has(t.recipientAgencyId) === true,
  )
}

/** The recipient where it is now. */
export function recipientOf(
  target: TargetDelivery,
  directory: Directory,
  day: string,
  deliveryId: string,
): OperationRecipient {
  const { organId, recipientAgencyId: agencyId } = target
  const [recipient] = address([{ organId: codeToday({ organId, agencyId }, directory, day) }], directory, day)
  if (recipient === undefined) throw new Error('a code without a recipient')
  return { ...recipient, organId, ...(agencyId === undefined ? {} : { agencyId }), deliveryId }
}

/**
 * A code that leads to the agency today: the one that was written, unless it was handed on to somebody else or has
 * ended since. Whom a document was delivered to does not change with its code.
 */
export function codeToday(
  written: { readonly organId: string; readonly agencyId: string | undefined },
  directory: Directory,
  day: string,
): string {
  const { organId, agencyId } = written
  const agency = agencyId === undefined ? undefined : directory.agencies.get(agencyId)
  if (agency === undefined || leadsTo(organId, agency, directory, day)) return organId
  return currentCode(directory.inForce(agency), day)
}

function leadsTo(organId: string, agency: Agency, directory: Directory, day: string): boolean {
  const found = directory.findByCode(organId, day)
  return found !== undefined && directory.standsFor(directory.inForce(found).agencyId).has(agency.agencyId)
}
