// Who takes part in a round: one system that sends, push receivers, a mailbox that two agencies share, one that refuses
// everything, an address nobody has, and partners whose manners are bad for a while.
import type { Chance } from './chance.ts'
import type { Manner } from './receivers.ts'

export const sender = { systemId: 'QLVB-GUI', agency: 'H35.12' }
export const mailbox = { systemId: 'QLVB-HOP', agencies: ['H35.31', 'H35.32'] }
export const refuser = { systemId: 'QLVB-TU-CHOI', agency: 'H35.41' }
export const nobody = 'H35.99'
export const pushed = [1, 2, 3, 4].map((n) => ({ systemId: `QLVB-DAY-${n}`, agency: `H35.2${n}` }))

export interface Partner {
  readonly systemId: string
  readonly agency: string
  readonly manner: Manner
}

const badManners = ['hangs', 'drips', 'answers 500', 'closes', 'lies', 'answers twice'] as const
export const partners: readonly Partner[] = badManners.map((manner, at) => ({
  systemId: `QLVB-XAU-${at + 1}`,
  agency: `H35.5${at + 1}`,
  manner,
}))

export const goodAgencies = [...pushed.map(({ agency }) => agency), ...mailbox.agencies]

export function receiverOf(organId: string): string | undefined {
  if (mailbox.agencies.includes(organId)) return mailbox.systemId
  return [...pushed, refuser, ...partners].find(({ agency }) => agency === organId)?.systemId
}

/** One to three good ones; now and then one that refuses, or an address that does not exist. */
export function someRecipients(chance: Chance): string[] {
  const chosen = chance.shuffled(goodAgencies).slice(0, Math.floor(chance.between(1, 4)))
  if (chance.next() < 0.06) chosen.push(refuser.agency)
  if (chance.next() < 0.04) chosen.push(nobody)
  return chosen
}

/** A good one, and half of the partners, so that each of them always has something under way. */
export function withPartners(chance: Chance): string[] {
  return [chance.oneOf(goodAgencies), ...chance.shuffled(partners.map(({ agency }) => agency)).slice(0, 3)]
}
