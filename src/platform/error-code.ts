// Errors of the system and of the database are told apart by their code, never by their text.

/** The machine-readable code of a system or database error, e.g. `ENOENT` or `57P03`. */
export function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? code : undefined
}
