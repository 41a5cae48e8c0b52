// A form carries one package. A second file would have to be dropped without a word, so the whole form is refused.
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  packageRowsOf,
  startProvince,
  stored,
} from '../support/gateway-under-test-province.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province?.close())

function formOf(...files: readonly (readonly [field: string, content: string | Uint8Array<ArrayBuffer>])[]): FormData {
  const form = new FormData()
  for (const [field, content] of files) form.append(field, new Blob([content]), `${field}.edxml`)
  return form
}
const post = (body: FormData, path = '/api/v1/packages') =>
  province.call('POST', path, { basic: province.snv.basic, body })

test.each<[string, (first: string, second: string) => FormData]>([
  ['two packages', (first, second) => formOf(['package', first], ['package', second])],
  ['the same package twice', (first) => formOf(['package', first], ['package', first])],
  ['a package and another file', (first) => formOf(['package', first], ['phu-luc', 'x'])],
  ['a package and an empty file', (first) => formOf(['package', first], ['phu-luc', ''])],
  ['a package and a large file', (first) => formOf(['package', first], ['phu-luc', new Uint8Array(4_000_000)])],
  ['three packages', (first, second) => formOf(['package', first], ['package', second], ['package', first])],
])('a form with %s is refused, and nothing of it is stored', async (_what, form) => {
  const [first, second] = [documentTo([codes.stc]), documentTo([codes.district])]
  const before = await stored(province)

  const answer = await post(form(first.xml, second.xml))

  expectStatus(answer, 400)
  expectSchema('problem', answer.body)
  expect(answer.body).toMatchObject({ code: 'form_with_several_files', ref: expect.stringMatching(/^TC-/) })
  expect(await stored(province)).toEqual(before)
  const row = await province.db
    .selectFrom('refusals')
    .select('problem_code')
    .where('ref', '=', answer.body.ref)
    .executeTakeFirst()
  expect(row).toEqual({ problem_code: 'form_with_several_files' })
})

test('a package refused for its company is accepted alone, and texts beside it do no harm', async () => {
  const made = documentTo([codes.stc])
  expectStatus(await post(formOf(['package', made.xml], ['package', made.xml])), 400)

  const form = formOf(['package', made.xml])
  form.append('ghi-chu', 'gửi lần 2')
  const answer = await post(form)

  expectStatus(answer, 202)
  expect(await packageRowsOf(province, made.documentId)).toHaveLength(1)
})
