// `tram edxml validate`: whether files are packages that a gateway takes, and if not, where and why not.
import { readdir, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { GatewayError } from '../domain/errors.ts'
import type { Language } from '../edge/catalogue.ts'
import { type Arguments, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { findingLines, findingView, languageOf, refusalLines, refusalView } from './edxml-explain.ts'
import { type FileLimits, limitsOf, type PackageFile, readPackageFile, unreadable } from './edxml-read.ts'
import type { Output } from './output.ts'

type Verdict =
  | { readonly file: string; readonly read: PackageFile }
  | { readonly file: string; readonly refusal: GatewayError }

export async function validate(args: Arguments, { output, env }: CommandContext): Promise<ExitCode> {
  const named = args.positionals.slice(1)
  if (named.length === 0) throw new UsageError('the file (or folder) is missing')
  const files = [...new Set((await Promise.all(named.map(packagesIn))).flat())]
  if (files.length === 0) throw new UsageError(`no file ending in .edxml or .xml in ${named.join(', ')}`)
  const language = languageOf(args)
  const limits = limitsOf(env)
  const verdicts: Verdict[] = []
  for (const file of files) {
    const verdict = await judge(file, limits)
    show(verdict, language, output)
    verdicts.push(verdict)
  }
  const bad = verdicts.filter((verdict) => isBad(verdict, args.flag('strict'))).length
  output.line(`${files.length} tệp · files, ${bad} không đạt · failed`)
  output.json({ files: verdicts.map((verdict) => view(verdict, language)), failed: bad })
  return bad === 0 ? exitCodes.ok : exitCodes.refused
}

/** The file itself, or every package below the folder, in the order of their names. */
async function packagesIn(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error)
  })
  if (!found.isDirectory()) return [normalize(path)]
  const names = await readdir(path, { recursive: true })
  return names
    .filter((name) => /\.(edxml|xml)$/i.test(name))
    .sort()
    .map((name) => join(path, name))
}

async function judge(file: string, limits: FileLimits): Promise<Verdict> {
  try {
    return { file, read: await readPackageFile(file, limits) }
  } catch (error) {
    if (error instanceof GatewayError) return { file, refusal: error }
    throw error
  }
}

/** Findings stop no package at the gateway; `--strict` is for who makes packages and wants none. */
function isBad(verdict: Verdict, isStrict: boolean): boolean {
  return 'refusal' in verdict || (isStrict && verdict.read.findings.length > 0)
}

function show(verdict: Verdict, language: Language, output: Output): void {
  if ('refusal' in verdict) {
    output.line(`KHÔNG ĐẠT · FAILED  ${verdict.file}`)
    for (const line of refusalLines(verdict.refusal, language)) output.line(line)
    return
  }
  const { findings } = verdict.read
  output.line(`đạt · ok  ${verdict.file}${findings.length === 0 ? '' : `  (${findings.length} cảnh báo · findings)`}`)
  for (const line of findingLines(findings, language)) output.line(line)
}

function view(verdict: Verdict, language: Language) {
  if ('refusal' in verdict) return { file: verdict.file, valid: false, refusal: refusalView(verdict.refusal, language) }
  const { file, size, sha256, findings } = verdict.read
  const views = findings.map((finding) => findingView(finding, language))
  return { file, valid: true, size, sha256, findings: views }
}
