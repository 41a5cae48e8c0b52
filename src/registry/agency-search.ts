// Lists of agencies, searched in memory and paged by the moment of the newest change: whoever reads on from the last
// page it has seen meets every later change, however long it was away.
import { type Agency, type CodeScheme, codeKey } from '../domain/agency.ts'
import type { Directory } from '../domain/directory.ts'
import { GatewayError } from '../domain/errors.ts'

export interface AgencyQuery {
  /** Part of the name, with or without Vietnamese marks, or part of a code. */
  q?: string
  scheme?: CodeScheme
  /** ISO 8601; agencies changed at that moment or later. */
  updatedSince?: string
  cursor?: string
  limit?: number
}

export interface AgencyPage {
  readonly agencies: readonly Agency[]
  readonly nextCursor?: string
}

export const pageDefault = 100
export const pageMax = 500

export function searchAgencies(directory: Directory, query: AgencyQuery): AgencyPage {
  const { q, scheme, updatedSince, cursor, limit = pageDefault } = query
  const words = q === undefined ? [] : foldText(q).split(/\s+/).filter(Boolean)
  const since = updatedSince === undefined ? undefined : parseInstant(updatedSince)
  const after = cursor === undefined ? undefined : parseCursor(cursor)

  const found: Agency[] = []
  for (const { agency, text } of indexOf(directory)) {
    if (after !== undefined && comparePosition(positionOf(agency), after) <= 0) continue
    if (since !== undefined && agency.updatedAt < since) continue
    if (scheme !== undefined && !agency.codes.some((code) => code.scheme === scheme)) continue
    if (!words.every((word) => text.includes(word))) continue
    // One more than asked for tells that there is a next page.
    if (found.push(agency) > limit) break
  }
  const agencies = found.slice(0, limit)
  const last = agencies.at(-1)
  return found.length > limit && last !== undefined ? { agencies, nextCursor: writeCursor(last) } : { agencies }
}

/** Lower case without marks, so that "so noi vu" finds "Sở Nội vụ". */
export function foldText(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
}

interface Entry {
  readonly agency: Agency
  readonly text: string
}

const indexes = new WeakMap<Directory, readonly Entry[]>()

function indexOf(directory: Directory): readonly Entry[] {
  const known = indexes.get(directory)
  if (known !== undefined) return known
  const index = [...directory.agencies.values()]
    .sort((a, b) => comparePosition(positionOf(a), positionOf(b)))
    .map((agency) => ({
      agency,
      text: foldText([agency.name, ...agency.codes.map((code) => codeKey(code.code))].join('\n')),
    }))
  indexes.set(directory, index)
  return index
}

interface Position {
  readonly updatedAtMs: number
  readonly agencyId: string
}

function positionOf(agency: Agency): Position {
  return { updatedAtMs: agency.updatedAt.getTime(), agencyId: agency.agencyId }
}

function comparePosition(a: Position, b: Position): number {
  if (a.updatedAtMs !== b.updatedAtMs) return a.updatedAtMs - b.updatedAtMs
  return a.agencyId < b.agencyId ? -1 : a.agencyId > b.agencyId ? 1 : 0
}

function writeCursor(agency: Agency): string {
  const { updatedAtMs, agencyId } = positionOf(agency)
  return Buffer.from(`${updatedAtMs}|${agencyId}`).toString('base64url')
}

function parseCursor(cursor: string): Position {
  const match = /^(\d{1,15})\|([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (match === null) throw illQuery('cursor', 'bad_cursor', cursor)
  return { updatedAtMs: Number(match[1]), agencyId: match[2] ?? '' }
}

function parseInstant(text: string): Date {
  // Written without a zone it is Vietnam time, as at every face (design D12).
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00` : text
  const instant = new Date(/(Z|[+-]\d{2}:\d{2})$/i.test(day) ? day : `${day}+07:00`)
  if (Number.isNaN(instant.getTime())) throw illQuery('updatedSince', 'instant_unknown', text)
  return instant
}

function illQuery(name: string, rule: string, found: string): GatewayError {
  const violation = { path: `?${name}`, rule, found: found.slice(0, 200) }
  return new GatewayError('invalid', rule, { violations: [violation], params: { found: violation.found } })
}
