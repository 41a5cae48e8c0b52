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
  readonly codes: readonly AgencyCode[]
  /** Set by an operator's card: the newest change of this row, for `updatedSince`. */
  readonly updatedAt: Date
}

/** Codes are compared trimmed and without case (edxml-in-practice.md §4.1); the original spelling is kept. */
export function codeKey(code: string): string {
  return code.normalize('NFC').trim().toUpperCase()
}

/** Guess of the scheme a code is written in. Real traffic breaks every pattern, so a guess never refuses. */
export function guessScheme(code: string): CodeScheme {
  const key = codeKey(code)
  if (/^[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}$/.test(key)) return 'qcvn102'
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
