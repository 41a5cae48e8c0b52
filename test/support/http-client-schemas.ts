// Answers held to the published schemas: the edge sends bodies as they are, so only the tests notice a drift.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'

const folder = join(import.meta.dirname, '../../schemas/json')
const ajv = new Ajv({ allErrors: true, strict: false })
addFormats.default(ajv)
for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  ajv.addSchema(JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** The body must obey `schemas/json/<name>.json`. */
export function expectSchema(name: string, body: unknown): void {
  ajv.validate(name, body)
  expect(ajv.errors ?? []).toEqual([])
}
