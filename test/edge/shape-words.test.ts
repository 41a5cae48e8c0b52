// The shape of a request in words: an answer in Vietnamese must not hold the validator's English.
import Fastify from 'fastify'
import { afterAll, expect, test } from 'vitest'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { refusalOf } from '../../src/edge/problem.ts'

const catalogue = loadCatalogue('schemas/errors')
const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true } } })
app.setErrorHandler((error, _request, reply) => {
  const { status, body } = refusalOf(error, { catalogue, language: 'vi' })
  return reply.code(status).send(body)
})
const properties = {
  text: { type: 'string', minLength: 2, maxLength: 4 },
  list: { type: 'array', minItems: 1, maxItems: 2, uniqueItems: true },
  count: { type: 'integer', minimum: 1, maximum: 9 },
  above: { type: 'number', exclusiveMinimum: 0 },
  kind: { enum: ['a', 'b'] },
  fixed: { const: 5 },
  code: { type: 'string', pattern: '^H\\d+$' },
  at: { type: 'string', format: 'date-time' },
  either: { type: ['string', 'null'] },
  one: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
}
const body = { type: 'object', required: ['text'], additionalProperties: false, properties, minProperties: 1 }
app.post('/', { schema: { body } }, () => ({}))
afterAll(async () => await app.close())

async function refused(payload: unknown) {
  const headers = { 'content-type': 'application/json' }
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const answer = await app.inject({ method: 'POST', url: '/', headers, payload: text })
  expect(answer.statusCode).toBe(400)
  expect(answer.body).not.toMatch(/must (?:NOT|be|have|match)|is not valid JSON but/)
  return answer.json()
}

test.each<[object, object]>([
  [{ text: 'a' }, { rule: 'minLength', expected: '≥ 2' }],
  [{ text: 'abcde' }, { rule: 'maxLength', expected: '≤ 4' }],
  [{}, { rule: 'required', expected: 'text' }],
  [
    { text: 'abc', list: [] },
    { rule: 'minItems', expected: '≥ 1' },
  ],
  [
    { text: 'abc', list: [1, 2, 3] },
    { rule: 'maxItems', expected: '≤ 2' },
  ],
  [{ text: 'abc', list: [1, 1] }, { rule: 'uniqueItems' }],
  [
    { text: 'abc', count: 0 },
    { rule: 'minimum', expected: '≥ 1' },
  ],
  [
    { text: 'abc', count: 10 },
    { rule: 'maximum', expected: '≤ 9' },
  ],
  [
    { text: 'abc', above: 0 },
    { rule: 'exclusiveMinimum', expected: '> 0' },
  ],
  [
    { text: 'abc', kind: 'c' },
    { rule: 'enum', expected: 'a, b' },
  ],
  [
    { text: 'abc', fixed: 4 },
    { rule: 'const', expected: '5' },
  ],
  [
    { text: 'abc', code: 'x' },
    { rule: 'pattern', expected: '^H\\d+$' },
  ],
  [
    { text: 'abc', at: 'x' },
    { rule: 'format', expected: 'date-time' },
  ],
  [
    { text: 'abc', either: 5 },
    { rule: 'type', expected: 'string, null' },
  ],
  [
    { text: 'abc', more: 1 },
    { rule: 'additionalProperties', found: 'more' },
  ],
])('%j breaks %j', async (payload, violation) => {
  const { violations, detail } = await refused(payload)

  expect(violations).toContainEqual(expect.objectContaining(violation))
  expect(detail).toContain('(')
})

test.each([
  ['{"text":', 'không phải JSON hợp lệ · the body is not valid JSON'],
  ['', 'nội dung JSON rỗng · the JSON body is empty'],
])('a body that is %j is told in both languages', async (payload, words) => {
  expect((await refused(payload)).detail).toContain(words)
})
