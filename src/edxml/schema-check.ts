// Holds the canonical form against the published XSD and answers in terms of the bytes that were sent.
import { readFileSync } from 'node:fs'
import { type ErrorDetail, XmlDocument, XmlValidateError, XsdValidator } from 'libxml2-wasm'
import { elementAt } from './canonical.ts'
import type { ElementNode } from './element-tree.ts'
import { type Problem, problemAt } from './problems.ts'
import { edxmlNamespace, type Shape } from './vocabulary.ts'

export type SchemaName = 'document-package' | 'status-package'

/** Everything in the canonical form that breaks the schema, in document order. */
export function schemaProblems(check: {
  readonly schema: SchemaName
  readonly xml: string
  readonly root: ElementNode
  readonly shape: Shape
}): Problem[] {
  return validate(check.schema, check.xml).map((detail) => {
    const node = elementAt(check.root, check.shape, detail.xpath ?? '')
    return schemaProblem(node, detail.message)
  })
}

function validate(schema: SchemaName, xml: string): readonly ErrorDetail[] {
  const document = XmlDocument.fromString(xml)
  try {
    validatorOf(schema).validate(document)
    return []
  } catch (error) {
    if (error instanceof XmlValidateError) return error.details
    throw error
  } finally {
    // WebAssembly memory is not collected.
    document.dispose()
  }
}

/** Texts are told by their length: they are document content. */
function schemaProblem(node: ElementNode, message: string): Problem {
  const rule = /\[facet '(\w+)'\]/.exec(message)?.[1] ?? 'structure'
  const length = node.value === undefined ? undefined : [...node.value].length
  return problemAt('schema_violation', node, {
    rule,
    ...(length === undefined ? {} : { found: `${length} ký tự / characters` }),
    expected: message.replaceAll(`{${edxmlNamespace}}`, '').trim(),
    params: { path: node.path, line: node.line },
  })
}

const validators = new Map<SchemaName, XsdValidator>()

/** Compiled at first use and kept for the life of the process. */
function validatorOf(schema: SchemaName): XsdValidator {
  const known = validators.get(schema)
  if (known !== undefined) return known
  const source = XmlDocument.fromBuffer(readFileSync(new URL(`../../schemas/edxml/${schema}.xsd`, import.meta.url)))
  const validator = XsdValidator.fromDoc(source)
  source.dispose()
  validators.set(schema, validator)
  return validator
}
