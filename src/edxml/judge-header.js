// Holds a canonical header against its XSD (libxml2) and makes an object of it (fast-xml-parser). Plain JavaScript with
// its types beside it, because a worker thread runs it too: a thread is started from a file as it lies, the same from
// the sources and from what was built.
import { readFileSync } from 'node:fs'
import { XMLParser } from 'fast-xml-parser'
import { XmlDocument, XmlValidateError, XsdValidator } from 'libxml2-wasm'

/** The object is only made of what the schema passes: that parser must never see anything else. */
export function judgeHeader(schema, xml) {
  const faults = schemaFaults(schema, xml)
  return faults.length > 0 ? { faults } : { faults, object: parser.parse(xml) }
}

/** Everything that breaks the schema, in document order. */
export function schemaFaults(schema, xml) {
  const document = XmlDocument.fromString(xml)
  try {
    validatorOf(schema).validate(document)
    return []
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error
    return error.details.map(({ message, xpath = '' }) => ({ message, xpath }))
  } finally {
    // WebAssembly memory is not collected.
    document.dispose()
  }
}

const validators = new Map()

/** Compiled at first use and kept for the life of the thread. */
function validatorOf(schema) {
  const known = validators.get(schema)
  if (known !== undefined) return known
  const source = XmlDocument.fromBuffer(readFileSync(new URL(`../../schemas/edxml/${schema}.xsd`, import.meta.url)))
  const validator = XsdValidator.fromDoc(source)
  source.dispose()
  validators.set(schema, validator)
  return validator
}

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

/** The text behind the references of the canonical form, each decoded once: `&amp;lt;` is `&lt;`. */
function unescaped(text) {
  return text.includes('&') ? text.replace(/&(?:amp|lt|gt|#13);/g, (reference) => characters.get(reference)) : text
}

// All that canonical.ts writes.
const characters = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&#13;', '\r'],
])
