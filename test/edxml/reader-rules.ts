// What the tests of the reader's rules are written with: markup in few words, and what a reading came to.
import { expect } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { placeholdersOf, read } from '../support/edxml-fixtures.ts'

export interface Outcome {
  /** Members of the package. */
  readonly is?: Record<string, unknown>
  /** Codes of all findings. */
  readonly findings?: readonly string[]
}

export function expectRead(xml: string | Buffer, { is = {}, findings = [] }: Outcome): void {
  const result = read(xml)
  const flat: Record<string, unknown> = { ...result.package }
  for (const [member, value] of Object.entries(is)) {
    if (value === undefined) expect(flat[member], member).toBeUndefined()
    else expect({ [member]: flat[member] }).toMatchObject({ [member]: value })
  }
  expect(result.findings.map(({ code }) => code)).toEqual(findings)
  for (const { code, params } of result.findings) {
    expect(Object.keys(params ?? {})).toEqual(expect.arrayContaining(placeholdersOf(code)))
  }
}

export function refusalCode(xml: string | Buffer): string {
  try {
    read(xml)
  } catch (error) {
    if (error instanceof GatewayError) return error.code
    throw error
  }
  return 'accepted'
}

export const el = (name: string, content = '') => `<e:${name}>${content}</e:${name}>`
export const organization = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([name, value]) => el(name, value))
    .join('')
export const base64 = (bytes: Buffer) => bytes.toString('base64')
export const traceList = (content: string) => ({ traces: el('TraceHeaderList', content) })
export const businessType = (type: string) => el('Bussiness', el('BussinessDocType', type))
