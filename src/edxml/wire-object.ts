// The canonical form as an object (fast-xml-parser), and the few questions the decoders ask it. The parser is given
// nothing but text that this program wrote and libxml2 has passed.
import { XMLParser } from 'fast-xml-parser'
import { unescaped } from './canonical.ts'

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

/** The content of `edXMLEnvelope`. */
export function parseEnvelope(canonicalXml: string): WireObject {
  const parsed: unknown = parser.parse(canonicalXml)
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

const parser = new XMLParser({
  // Codes are texts: 0012 is not 12.
  parseTagValue: false,
  trimValues: false,
  // Every child is a list, so one Place and two look alike.
  isArray: () => true,
  jPath: false,
  // The library's own decoder is built anew for every text and bounds how often &amp; may occur, against entities that
  // a document declares. There can be none here, and a long subject full of ampersands must pass.
  processEntities: true,
  entityDecoder: {
    decode: unescaped,
    reset: () => {},
    setExternalEntities: () => {},
    addInputEntities: () => {},
    setXmlVersion: () => {},
  },
})
