// The last look at a package that this gateway originates. One that breaks its schema would be refused, or read wrongly,
// by somebody far away; here it is refused while whoever gave the values is still there.
import { XmlDocument, XmlElement, XmlParseError } from 'libxml2-wasm'
import { GatewayError, type Violation } from '../domain/errors.ts'
import { schemaFaults } from './judge-header.js'
import { ruleOf, type SchemaFault, type SchemaName } from './schema-check.ts'
import { expectedBy } from './schema-words.ts'
import { edxmlNamespace } from './vocabulary.ts'

export function refuseUnwritable(schema: SchemaName, xml: string): void {
  const violations = violationsOf(schema, xml)
  const [first] = violations
  if (first === undefined) return
  throw new GatewayError('invalid', 'package_not_writable', { violations, params: { path: first.path } })
}

function violationsOf(schema: SchemaName, xml: string): Violation[] {
  try {
    const faults = schemaFaults(schema, xml)
    return faults.length === 0 ? [] : described(faults, xml)
  } catch (error) {
    // A control character, which no XML 1.0 can carry.
    if (error instanceof XmlParseError) return [{ path: 'edXML', rule: 'xml_malformed', expected: 'XML 1.0' }]
    throw error
  }
}

/** Only when something is wrong: the text is parsed again, so that each fault has a path people can read. */
function described(faults: readonly SchemaFault[], xml: string): Violation[] {
  const document = XmlDocument.fromString(xml)
  try {
    return faults.map(({ message, xpath }) => ({
      path: pathOf(document, xpath),
      rule: ruleOf(message),
      expected: expectedBy(message).slice(0, 500),
    }))
  } finally {
    document.dispose()
  }
}

function pathOf(document: XmlDocument, xpath: string): string {
  const names: string[] = []
  // libxml2 uses the prefixes of the text itself.
  const found = document.get(xpath, { edXML: edxmlNamespace })
  for (let node = found; node instanceof XmlElement; node = node.parent) names.unshift(node.name)
  // As paths are written everywhere: from below the envelope.
  return names.filter((name) => name !== 'edXML' && name !== 'edXMLEnvelope').join('/')
}
