// The XML parser as it is used here: namespaces, XML 1.0 only, and every fault refused by its owner at once.
import { type SaxesOptions, SaxesParser } from 'saxes'

export interface FaultHandlers {
  readonly malformed: (reason: string) => never
  readonly unboundPrefix: (prefix: string) => never
}

// Seven listeners at most may be set with `on`: each becomes a property by a computed name, and V8 turns an object with
// many of those into a slow dictionary, which makes parsing four times slower. That is why faults come by overriding.
export class StrictParser extends SaxesParser<SaxesOptions & { xmlns: true }> {
  readonly #handlers: FaultHandlers

  constructor(handlers: FaultHandlers) {
    super({
      xmlns: true,
      // Of no effect on counting; it keeps the position out of the messages.
      position: false,
      // A document that says it is XML 1.1 is read by the rules of 1.0, which all later readers use.
      defaultXMLVersion: '1.0',
      forceXMLVersion: true,
      resolvePrefix: (prefix: string) => (prefix === '' ? undefined : handlers.unboundPrefix(prefix)),
    })
    this.#handlers = handlers
  }

  override fail(message: string): this {
    return this.#handlers.malformed(message)
  }
}
