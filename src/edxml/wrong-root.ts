// Names what a document is that is not edXML of QCVN 102, so that the sender sees which program made it
// (edxml-in-practice.md §2, E6–E10). Product names and namespaces need no translation.

/** What an XML document with this root looks like. */
export function describeRoot(namespace: string, local: string): string {
  const byNamespace = knownNamespaces.get(namespace)
  if (byNamespace !== undefined) return byNamespace
  if (local.toLowerCase() === 'edxml') return namespace === '' ? 'edXML (xmlns ?)' : `edXML (xmlns ${namespace})`
  return knownRoots.get(local) ?? 'XML'
}

/** What bytes that do not begin with `<` look like. */
export function describeBytes(first: Buffer): string {
  return knownBeginnings.find(([beginning]) => first.toString('latin1').startsWith(beginning))?.[1] ?? 'text'
}

const knownNamespaces: ReadonlyMap<string, string> = new Map([
  ['http://www.go.vn/eDoc', 'eDoc (www.go.vn/eDoc)'],
  ['http://www.e-doc.vn/Schema/', 'eDoc SOAP (www.e-doc.vn)'],
  ['http://schemas.xmlsoap.org/soap/envelope/', 'SOAP 1.1 (eDoc, NSS)'],
  ['http://www.w3.org/2003/05/soap-envelope', 'SOAP 1.2'],
])

const knownRoots: ReadonlyMap<string, string> = new Map([
  ['EdXMLEnvelope', 'EdXMLEnvelope'],
  ['Envelope', 'SOAP'],
  ['message', 'NSS <message>'],
  ['AllDocument', 'edXML e-mail 2803/512'],
  ['html', 'HTML'],
])

const knownBeginnings: readonly (readonly [string, string])[] = [
  ['{', 'JSON'],
  ['[', 'JSON'],
  ['"', 'JSON'],
  ['PK', 'ZIP'],
  ['%PDF', 'PDF'],
  ['PD94', 'base64'],
  ['--', 'multipart'],
]
