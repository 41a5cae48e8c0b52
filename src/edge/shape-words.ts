// What the JSON schema of a request would have taken, in signs and values instead of the validator's English: one answer
// may be read in Vietnamese. The sentence for each rule stands in the catalogue (schemas/errors/shapes.json).
import type { FastifyError, FastifySchemaValidationError } from 'fastify'
import type { Violation } from '../domain/errors.ts'

export function shapeViolation(fault: FastifySchemaValidationError, context: string): Violation {
  const { keyword: rule, params, instancePath } = fault
  return { path: `${context}${instancePath}`, rule, ...(wordings[rule] ?? otherwise(fault))(params) }
}

type Params = FastifySchemaValidationError['params']
type Words = (params: Params) => Pick<Violation, 'found' | 'expected'>

function otherwise({ message }: FastifySchemaValidationError): Words {
  return () => (message === undefined ? {} : { expected: message })
}

const atMost: Words = ({ limit }) => ({ expected: `≤ ${limit}` })
const atLeast: Words = ({ limit }) => ({ expected: `≥ ${limit}` })
/** The title of the rule says everything. */
const nothing: Words = () => ({})
const missing: Words = ({ missingProperty }) => ({ expected: String(missingProperty) })

const wordings: Readonly<Record<string, Words>> = {
  minLength: atLeast,
  minItems: atLeast,
  minProperties: atLeast,
  minimum: atLeast,
  maxLength: atMost,
  maxItems: atMost,
  maxProperties: atMost,
  maximum: atMost,
  exclusiveMinimum: ({ limit }) => ({ expected: `> ${limit}` }),
  exclusiveMaximum: ({ limit }) => ({ expected: `< ${limit}` }),
  multipleOf: ({ multipleOf }) => ({ expected: `n × ${multipleOf}` }),
  pattern: ({ pattern }) => ({ expected: String(pattern) }),
  format: ({ format }) => ({ expected: String(format) }),
  type: ({ type }) => ({ expected: [type].flat().join(', ') }),
  enum: ({ allowedValues }) => ({ expected: [allowedValues].flat().join(', ') }),
  const: ({ allowedValue }) => ({ expected: String(allowedValue) }),
  required: missing,
  dependencies: missing,
  additionalProperties: ({ additionalProperty }) => ({ found: String(additionalProperty).slice(0, 200) }),
  uniqueItems: nothing,
  anyOf: nothing,
  oneOf: nothing,
  not: nothing,
}

/** All broken rules in one line, for the sentence of the refusal. */
export function shapeReason(violations: readonly Violation[]): string {
  return violations
    .map(({ path, rule, found, expected }) => `${path} (${[rule, found ?? expected].filter(Boolean).join(' ')})`)
    .join(', ')
}

/** What the framework refuses before any schema is asked, in both languages. */
export function frameworkReason({ code, message }: FastifyError): string {
  return frameworkReasons[code] ?? message
}

const frameworkReasons: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'nội dung không phải JSON hợp lệ · the body is not valid JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'nội dung JSON rỗng · the JSON body is empty',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH:
    'dung lượng nội dung khác Content-Length · the size of the body differs from Content-Length',
  FST_ERR_BAD_URL: 'địa chỉ (URL) viết sai · the URL is malformed',
}
