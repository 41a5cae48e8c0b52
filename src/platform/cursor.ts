// Cursors of keyset pages: the sort key of the last row, opaque to the caller.
import { GatewayError } from '../domain/errors.ts'

export type CursorPart = string | number | boolean | null

export function encodeCursor(parts: readonly CursorPart[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** Throws `bad_cursor` for anything that is not a cursor of so many parts. */
export function decodeCursor(cursor: string, length: number): CursorPart[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (Array.isArray(parts) && parts.length === length && parts.every(isCursorPart)) return parts
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new GatewayError('invalid', 'bad_cursor')
}

function isCursorPart(part: unknown): part is CursorPart {
  return part === null || typeof part === 'string' || typeof part === 'number' || typeof part === 'boolean'
}
