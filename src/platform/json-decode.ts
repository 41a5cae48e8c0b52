// Reads JSON that other people wrote: each decoder checks one shape and hands on a typed value, so that nothing behind
// it needs a cast. Members that nobody asked for are left aside, because an answer may grow between two releases.

/** Turns something unknown into a `T`, or throws `UnexpectedJson` naming the place that was wrong. */
export type Decode<T> = (value: unknown, path: string) => T

/** What a decoder makes. */
export type Decoded<D> = D extends Decode<infer T> ? T : never

export class UnexpectedJson extends Error {
  override readonly name = 'UnexpectedJson'
  constructor(path: string, expected: string) {
    super(`${path === '' ? 'the document' : path} is not ${expected}`)
  }
}

export const text: Decode<string> = (value, path) => {
  if (typeof value !== 'string') throw new UnexpectedJson(path, 'a text')
  return value
}

export const number: Decode<number> = (value, path) => {
  if (typeof value !== 'number') throw new UnexpectedJson(path, 'a number')
  return value
}

export const flag: Decode<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new UnexpectedJson(path, 'true or false')
  return value
}

export const anything: Decode<unknown> = (value) => value

/** Absent and null are the same to a reader: there is no value. */
export function maybe<T>(decode: Decode<T>): Decode<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : decode(value, path))
}

/** A member that older gateways leave out. */
export function orElse<T>(decode: Decode<T>, fallback: T): Decode<T> {
  return (value, path) => (value === undefined || value === null ? fallback : decode(value, path))
}

/** The value together with the answer it was read from, where somebody wants to see all that was said. */
export function withOriginal<T>(decode: Decode<T>): Decode<{ readonly read: T; readonly original: unknown }> {
  return (value, path) => ({ read: decode(value, path), original: value })
}

export function list<T>(decode: Decode<T>): Decode<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new UnexpectedJson(path, 'a list')
    return value.map((item: unknown, index) => decode(item, `${path}/${index}`))
  }
}

/** An object used as a table from names to values of one kind. */
export function table<T>(decode: Decode<T>): Decode<Record<string, T>> {
  return (value, path) => {
    const members = Object.entries(asObject(value, path))
    return Object.fromEntries(members.map(([name, member]) => [name, decode(member, `${path}/${name}`)]))
  }
}

type Members = Readonly<Record<string, Decode<unknown>>>

export function record<M extends Members>(members: M): Decode<{ readonly [K in keyof M]: Decoded<M[K]> }> {
  const names = Object.keys(members)
  return (value, path) => {
    const source = asObject(value, path)
    const result: Record<string, unknown> = {}
    for (const name of names) result[name] = members[name]?.(source[name], `${path}/${name}`)
    // Every member was just made by its own decoder; TypeScript cannot follow a loop over names.
    return result as { [K in keyof M]: Decoded<M[K]> }
  }
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new UnexpectedJson(path, 'an object')
  return value as Record<string, unknown>
}
