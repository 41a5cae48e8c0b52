// Agencies and the codes they are written with. The directory is the authority; the arithmetic between schemes is a
// hint only (edxml.md §4.3).

/** Internal key of an agency (UUID). */
export type AgencyId = string

export type CodeScheme = 'qcvn102' | 'qd20' | 'enterprise' | 'legacy'

/** R8, R46, R51: who takes part and how. `bridge`: a person re-sends by hand on the other system (Party bodies). */
export type AgencyKind = 'state' | 'joined' | 'enterprise' | 'bridge'

export interface AgencyCode {
  /** As written in the directory. */
  readonly code: string
  readonly scheme: CodeScheme
  /** First and last day of validity, ISO dates, both included; absent means unbounded. */
  readonly validFrom?: string
  readonly validTo?: string
}

export interface Agency {
  readonly agencyId: AgencyId
  readonly name: string
  readonly kind: AgencyKind
  readonly parentId?: AgencyId
  /** The office that receives for its parent when the parent has no system of its own (R89). */
  readonly isOffice: boolean
  /** Not connected: it has a code and cannot exchange (R4, R46). */
  readonly connected: boolean
  /** The agency named to receive for this one (R89). */
  readonly receiverId?: AgencyId
  /** Closed agencies take feedback about older documents, and no new ones. */
  readonly closedAt?: Date
  readonly successorIds: readonly AgencyId[]
  /** Once closed with exactly one successor: documents to it go on to that one. Else they are held for a person. */
  readonly redirects: boolean
  readonly codes: readonly AgencyCode[]
  /** Set by an operator's card: the newest change of this row, for `updatedSince`. */
  readonly updatedAt: Date
}

const qcvn102Form = /^[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}$/
const levelOneForm = /^[A-Z][0-9]{2}$/

/** Codes are compared trimmed and without case (edxml-in-practice.md §4.1); the original spelling is kept. */
export function codeKey(code: string): string {
  return code.normalize('NFC').trim().toUpperCase()
}

/** Guess of the scheme a code is written in. Real traffic breaks every pattern, so a guess never refuses. */
export function guessScheme(code: string): CodeScheme {
  const key = codeKey(code)
  if (qcvn102Form.test(key)) return 'qcvn102'
  if (/^[0-9]{10}([0-9]{3}|-[0-9]{3})?$/.test(key)) return 'enterprise'
  if (key.length <= 35 && /^([A-Y][0-9]{2}(\.[A-Z0-9]+)*|Z[0-9]{2}[A-Z0-9.]{1,32})$/.test(key)) return 'qd20'
  return 'legacy'
}

/** Whether the code is in force on a day (ISO date, Vietnam time). */
export function isCodeValid(code: AgencyCode, day: string): boolean {
  return (code.validFrom === undefined || code.validFrom <= day) && (code.validTo === undefined || code.validTo >= day)
}

/** The code an agency is written with today: a valid QĐ 20 code first, then QCVN 102, then whatever is valid. */
export function currentCode(agency: Agency, day: string): string {
  const [only, ...others] = agency.codes
  if (only !== undefined && others.length === 0) return only.code
  const rank: Record<CodeScheme, number> = { qd20: 0, qcvn102: 1, enterprise: 2, legacy: 3 }
  const byRank = [...agency.codes].sort((a, b) => rank[a.scheme] - rank[b.scheme])
  const code = byRank.find((c) => isCodeValid(c, day)) ?? byRank[0]
  if (code === undefined) throw new Error(`agency ${agency.agencyId} has no code`)
  return code.code
}

/**
 * The QĐ 20 code that a QCVN 102 code would have by rule: groups reversed, unused levels dropped. A hint for people who
 * look for an agency; whether it is one is for the directory to say (edxml.md §4.3).
 */
export function asQd20(qcvn102: string): string | undefined {
  const key = codeKey(qcvn102)
  if (!qcvn102Form.test(key)) return undefined
  const groups = key.split('.').reverse()
  while (/^0+$/.test(groups.at(-1) ?? '')) groups.pop()
  return groups.join('.')
}

/** The way back, where there is one: at most four groups, and the lower ones of 2, 2 and 3 digits. */
export function asQcvn102(qd20: string): string | undefined {
  const match = /^([A-Y][0-9]{2})(?:\.([0-9]{2}))?(?:\.([0-9]{2}))?(?:\.([0-9]{3}))?$/.exec(codeKey(qd20))
  if (match === null) return undefined
  const [, one = '', two = '00', three = '00', four = '000'] = match
  const code = `${four}.${three}.${two}.${one}`
  // H37.00 would come back as H37: another agency's code is no hint for this one.
  return asQd20(code) === codeKey(qd20) ? code : undefined
}

/** The same code in the other scheme, by rule. */
export function inOtherScheme(code: string): string | undefined {
  return asQd20(code) ?? asQcvn102(code)
}

/**
 * The level-1 group of a code, e.g. `H35`: the first group of a QĐ 20 code, the last of a QCVN 102 code. Real codes
 * break both forms (`28.22.H17`, `H37.DN.001`), so the group is told by its look (edxml.md §4.1).
 */
export function levelOneOf(code: string): string | undefined {
  const groups = codeKey(code).split('.')
  const [first, last] = [groups[0] ?? '', groups.at(-1) ?? '']
  if (qcvn102Form.test(codeKey(code))) return last
  return [first, last].find((group) => levelOneForm.test(group))
}

/**
 * Whether the national directory, or data made for the whole country, may change an agency with this code. Never one
 * under our own level-1 code: of our own offices this directory is the authority (R44, R45). A code whose group cannot
 * be told may be one of ours, and without a level-1 code of our own every one may.
 */
export function mayNationalDirectoryAlter(code: string, ownLevel1: string | undefined): boolean {
  if (ownLevel1 === undefined) return false
  if (guessScheme(code) === 'enterprise') return true
  return levelOneOf(code) !== undefined && !codeKey(code).split('.').includes(codeKey(ownLevel1))
}
