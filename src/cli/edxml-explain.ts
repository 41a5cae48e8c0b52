// What is wrong with a package, or worth knowing about it, in the words of the catalogue and one language.
import { fileURLToPath } from 'node:url'
import type { Finding } from '../domain/document-package.ts'
import type { GatewayError } from '../domain/errors.ts'
import { type Catalogue, type Language, loadCatalogue } from '../edge/catalogue.ts'
import { explainRefusal } from '../edge/explain-refusal.ts'
import type { Arguments } from './command.ts'
import { printable } from './output.ts'
import { violationLine, whoActsText } from './refusal-text.ts'

let loaded: Catalogue | undefined

function catalogue(): Catalogue {
  loaded ??= loadCatalogue(fileURLToPath(new URL('../../schemas/errors', import.meta.url)))
  return loaded
}

export function languageOf(args: Arguments): Language {
  return args.oneOf('lang', ['vi', 'en']) ?? 'vi'
}

/** As the gateway would answer it, but for reference and status. */
export function refusalView(error: GatewayError, language: Language) {
  const { code, facts } = error
  const refusal = { code, params: facts.params ?? {}, violations: facts.violations ?? [] }
  return { code, ...explainRefusal(catalogue(), refusal, language) }
}

export function refusalLines(error: GatewayError, language: Language): string[] {
  const { code, title, detail, cause, next, whoActs, violations } = refusalView(error, language)
  return [
    `  ${title} (${code})`,
    ...(detail === title ? [] : [`  ${detail}`]),
    `  Nguyên nhân · Cause: ${cause}`,
    `  Việc cần làm · Next: ${next}`,
    `  Ai xử lý · Who acts: ${whoActsText(whoActs)}`,
    ...violations.map(({ path, rule, line, column, message, found, expected }) =>
      violationLine({ path, rule, line, column, message, found, expected }),
    ),
  ].map(printable)
}

export function findingView(finding: Finding, language: Language) {
  const { code, severity, path, line, params } = finding
  const { title, detail, next } = catalogue().text(code, params, language)
  return {
    ...{ code, severity, title, message: detail, next },
    ...(path === undefined ? {} : { path }),
    ...(line === undefined ? {} : { line }),
  }
}

export function findingLines(findings: readonly Finding[], language: Language): string[] {
  return findings.flatMap((finding) => {
    const { code, severity, title, message, next, path, line } = findingView(finding, language)
    const mark = severity === 'info' ? 'lưu ý · note' : 'cảnh báo · warning'
    const at = path === undefined || path === '' ? '' : `, ${path}${line === undefined ? '' : ` (${line})`}`
    const said = message === title ? title : `${title}. ${message}`
    return [`  - ${mark}: ${said} (${code}${at})`, `      ${next}`].map(printable)
  })
}
