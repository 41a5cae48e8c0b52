// The canonical form as an object, and the few questions the decoders ask it.

/** An element with its children by name. */
export class WireObject {
  readonly #members: Readonly<Record<string, unknown>>

  constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members
  }

  text(name: string): string | undefined {
    return this.texts(name)[0]
  }

  texts(name: string): string[] {
    return this.#list(name).filter((value) => typeof value === 'string')
  }

  /** The first child of that name, or one that says nothing. */
  group(name: string): WireObject {
    return this.groups(name)[0] ?? nothing
  }

  groups(name: string): WireObject[] {
    return this.#list(name)
      .filter((value) => isMembers(value))
      .map((members) => new WireObject(members))
  }

  has(name: string): boolean {
    return this.#list(name).length > 0
  }

  #list(name: string): readonly unknown[] {
    const value = Object.hasOwn(this.#members, name) ? this.#members[name] : undefined
    return Array.isArray(value) ? value : []
  }
}

/** The content of `edXMLEnvelope` in what the parser made of the canonical form. */
export function envelopeOf(parsed: unknown): WireObject {
  const root = isMembers(parsed) ? new WireObject(parsed) : nothing
  return root.group('edXML').group('edXMLEnvelope')
}

/** Leaves out members without a value: a missing member and an undefined one are not the same to the type checker. */
export function present<const T extends object>(members: T): Present<T> {
  // A plain loop: this runs for every party and group of every package.
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value
  return kept as Present<T>
}

type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T]
type Present<T> = { [K in Exclude<keyof T, Optional<T>>]: T[K] } & { [K in Optional<T>]?: Exclude<T[K], undefined> }

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const nothing = new WireObject({})
