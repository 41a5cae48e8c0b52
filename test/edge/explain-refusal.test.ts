// Words about a refusal: a sentence for each broken rule in the reader's language, and nothing of a value that must not
// be known. The catalogue of this test is small, and its codes stand for the kinds there are.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { explainRefusal } from '../../src/edge/explain-refusal.ts'
import { refusalOf } from '../../src/edge/problem.ts'
import { scratchFolder } from '../support/scratch.ts'

const folder = scratchFolder('explain')
afterAll(() => folder.remove())

const text = (vi: string, en: string) => ({ vi, en })
const entry = {
  ...{ severity: 'error', whoActs: 'sender', source: 'RFC 9457' },
  cause: text('Vì sao', 'Why'),
  next: text('Sửa {name}', 'Correct {name}'),
}
const entries = {
  file_missing: {
    ...entry,
    title: text('Thiếu tệp', 'A file is missing'),
    detail: text('Thiếu “{name}”', '“{name}” is missing'),
  },
  code_unknown: {
    ...entry,
    title: text('Mã lạ', 'Unknown code'),
    detail: text('Mã {found} ở {path}', 'Code {found} at {path}'),
  },
  secrecy_mark: {
    ...{ ...entry, next: text('Gửi bản giấy', 'Send paper') },
    ...{ confidential: true, title: text('Có dấu mật', 'A secrecy mark') },
  },
}
mkdirSync(join(folder.path, 'errors'))
symlinkSync(join(import.meta.dirname, '../../schemas/json'), join(folder.path, 'json'))
writeFileSync(join(folder.path, 'errors/test.json'), JSON.stringify(entries))
const catalogue = loadCatalogue(join(folder.path, 'errors'))

const secret = 'TỐI MẬT 12'

describe('a violation', () => {
  const refusal = {
    code: 'file_missing',
    params: { name: 'phu-luc.pdf' },
    violations: [
      { path: 'Reference[1]', rule: 'file_missing', line: 3 },
      { path: 'Reference[2]', rule: 'file_missing', line: 4 },
      { path: 'To[1]/OrganId', rule: 'code_unknown', found: 'H35.99' },
      { path: 'To[2]/OrganId', rule: 'no_rule_of_ours' },
    ],
  }

  test.each([
    ['vi', ['Thiếu “phu-luc.pdf”', 'Thiếu tệp', 'Mã H35.99 ở To[1]/OrganId', undefined]],
    ['en', ['“phu-luc.pdf” is missing', 'A file is missing', 'Code H35.99 at To[1]/OrganId', undefined]],
  ] as const)('says in %s what its rule says, by its title where a value is not its own', (language, messages) => {
    const { violations } = explainRefusal(catalogue, refusal, language)

    expect(violations.map(({ message }) => message)).toEqual(messages)
    expect(violations.map(({ message: _message, ...rest }) => rest)).toEqual(refusal.violations)
  })

  test('is explained beside the text of the code', () => {
    expect(explainRefusal(catalogue, refusal, 'vi')).toMatchObject({
      ...{
        title: 'Thiếu tệp',
        detail: 'Thiếu “phu-luc.pdf”',
        cause: 'Vì sao',
        next: 'Sửa phu-luc.pdf',
        whoActs: 'sender',
      },
    })
  })
})

describe('a confidential rule', () => {
  const violations = [
    { path: 'Code/CodeNotation', rule: 'secrecy_mark', found: secret, expected: 'none' },
    { path: 'To[1]/OrganId', rule: 'code_unknown', found: 'H35.99' },
  ]

  test.each(['secrecy_mark', 'code_unknown'])('lets no value into the answer nor into what is kept of %s', (code) => {
    const error = new GatewayError('invalid', code, { params: { name: secret }, violations })

    const { body, kept } = refusalOf(error, { catalogue, language: 'vi' })

    expect(JSON.stringify([body, kept])).not.toContain(secret)
    expect(kept).toMatchObject({ params: {}, violations: [{ expected: 'none' }, { found: 'H35.99' }] })
    expect(body.violations).toMatchObject([{ message: 'Có dấu mật' }, { message: 'Mã H35.99 ở To[1]/OrganId' }])
  })

  test('is silent too about what an older release kept', () => {
    const said = explainRefusal(catalogue, { code: 'secrecy_mark', params: { name: secret }, violations }, 'en')

    expect(JSON.stringify(said)).not.toContain(secret)
    expect(said).toMatchObject({ title: 'A secrecy mark', next: 'Send paper' })
  })
})

test('what is kept of an ordinary refusal is what explains it', () => {
  const violations = [{ path: 'To[1]/OrganId', rule: 'code_unknown', found: 'H35.99' }]
  const error = new GatewayError('invalid', 'code_unknown', { params: { found: 'H35.99', path: 'x' }, violations })

  expect(refusalOf(error, { catalogue, language: 'vi' }).kept).toMatchObject({
    params: { found: 'H35.99', path: 'x' },
    violations,
  })
})
