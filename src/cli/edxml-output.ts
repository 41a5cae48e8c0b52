// What `make` and `convert` hand over: a package or its JSON, to a file that is not there yet or to stdout, and beside it
// what there is to know about it.
import { writeFile } from 'node:fs/promises'
import type { Language } from '../edge/catalogue.ts'
import { type Arguments, type CommandContext, UsageError } from './command.ts'
import { findingLines, findingView, languageOf } from './edxml-explain.ts'
import type { GivenPackage } from './edxml-json.ts'
import { limitsOf, type PackageFile, readPackage } from './edxml-read.ts'
import { type Difference, differences } from './edxml-write.ts'
import { type Output, printable, shortened } from './output.ts'

/** Said before anything is done: stdout cannot hold the package and a report on it. */
export function checkOutput(args: Arguments): void {
  if (args.flag('json') && args.text('out') === undefined) {
    throw new UsageError('--json needs --out: without it the package itself goes to stdout')
  }
}

/** The package is read again before it is handed over, so that nothing leaves which the gateway would not take. */
export async function handOverPackage(
  bytes: Buffer,
  given: GivenPackage,
  args: Arguments,
  { output, env }: CommandContext,
): Promise<void> {
  const read = await readPackage([bytes], limitsOf(env))
  const differing = differences(given, read.package)
  const out = args.text('out')
  if (out === undefined) output.line(bytes.toString('utf8').replace(/\n$/, ''))
  else await writeNew(out, bytes)
  report(read, differing, languageOf(args), output)
  if (out === undefined) return
  const { size, sha256, findings } = read
  output.line(`Đã ghi · written: ${out}  ${size} bytes  sha256 ${sha256}`)
  const views = findings.map((finding) => findingView(finding, languageOf(args)))
  output.json({ file: out, size, sha256, differences: differing, findings: views })
}

/** `wx`: what makes test documents must not overwrite a real one. */
export async function writeNew(file: string, data: Buffer | string): Promise<void> {
  await writeFile(file, data, { flag: 'wx' }).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be written, or is there already`, { cause: error })
  })
}

function report(
  { findings }: Pick<PackageFile, 'findings'>,
  differing: readonly Difference[],
  language: Language,
  output: Output,
): void {
  for (const line of findingLines(findings, language)) output.note(line)
  if (differing.length === 0) return
  output.note(`Không giữ nguyên · not carried over as given: ${differing.length}`)
  for (const { path, before, after } of differing) output.note(`  ${path}: ${shown(before)} → ${shown(after)}`)
}

function shown(text: string | undefined): string {
  return text === undefined ? '–' : `"${printable(shortened(text, 60) ?? '')}"`
}
