// A priority outside 0–4 may be a level of secrecy: one finding says so, and none repeats the value.
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province?.close())

const withPriority = (text: string) =>
  documentTo([codes.stc], { more: `<e:OtherInfo><e:Priority>${text}</e:Priority></e:OtherInfo>` }).xml

test.each([
  ['7', ['priority_out_of_range']],
  ['khẩn', ['priority_unknown']],
])('%s is told once', async (text, expected) => {
  const sent = await province.submit(province.snv.basic, withPriority(text))

  expectStatus(sent, 202)
  const said = sent.body.findings.filter(({ code }: { code: string }) => code.startsWith('priority_'))
  expect(said.map(({ code }: { code: string }) => code)).toEqual(expected)
})
