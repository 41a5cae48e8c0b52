// What the reader makes of any bytes, as a value, and what must be true of it whatever the bytes are. Shared by the
// hostile packages and the fuzzing.
import { fileURLToPath } from 'node:url'
import { type AnyPackage, canonicalJson, type Finding } from '../../src/domain/document-package.ts'
import { GatewayError, type Violation } from '../../src/domain/errors.ts'
import { canFill, loadCatalogue } from '../../src/edge/catalogue.ts'
import { PackageReader, type PackageReaderLimits } from '../../src/edxml/package-reader.ts'

export type Verdict =
  | { readonly kind: 'accepted'; readonly package: AnyPackage; readonly findings: readonly Finding[] }
  | {
      readonly kind: 'refused'
      readonly code: string
      readonly params: Readonly<Record<string, string | number>>
      readonly violations: readonly Violation[]
    }

/** Those of the gateway unless an operator says otherwise. */
export const usualLimits: PackageReaderLimits = { headerBytesMax: 1024 ** 2, attachmentsMax: 200, depthMax: 64 }

/** Reads the bytes in chunks of these sizes, again from the first after the last. Any other error is thrown on. */
export function verdictOn(bytes: Buffer, chunkSizes: readonly number[] = [1 << 16]): Verdict {
  try {
    const reader = new PackageReader(usualLimits)
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = Math.max(1, chunkSizes[i % chunkSizes.length] ?? 1)
      reader.write(bytes.subarray(at, at + size))
      at += size
    }
    const read = reader.end()
    return { kind: 'accepted', package: read.package, findings: read.findings }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return {
      kind: 'refused',
      code: error.code,
      params: error.facts.params ?? {},
      violations: error.facts.violations ?? [],
    }
  }
}

export function codeOf(verdict: Verdict): string {
  return verdict.kind === 'accepted' ? 'accepted' : verdict.code
}

const catalogue = loadCatalogue(fileURLToPath(new URL('../../schemas/errors', import.meta.url)))

/** Everything that is wrong with a verdict; it must be nothing. */
export function faultsOf(verdict: Verdict, bytes: Buffer): string[] {
  return [
    ...(verdict.kind === 'accepted' ? acceptedFaults(verdict.package, verdict.findings) : refusedFaults(verdict)),
    ...sizeFaults(verdict, bytes),
  ]
}

function refusedFaults({ code, params, violations }: Extract<Verdict, { kind: 'refused' }>): string[] {
  return [
    ...unexplained(code, params),
    // Nothing has arrived, or so much that no place says more: all else names a line.
    ...(violations.length === 0 && !['package_empty', 'header_too_large'].includes(code)
      ? [`${code} names no place`]
      : []),
    ...violations.filter((v) => v.rule !== 'violations_cut').flatMap(misplaced),
  ]
}

function misplaced({ rule, line = 0, column = 0 }: Violation): string[] {
  return line >= 1 && column >= 1 ? [] : [`${rule} stands in line ${line}, column ${column}`]
}

function acceptedFaults(read: AnyPackage, findings: readonly Finding[]): string[] {
  return [
    ...findings.flatMap(({ code, params = {} }) => unexplained(code, params)),
    ...findings.filter(({ line = 1 }) => line < 1).map(({ code, line }) => `${code} stands in line ${line}`),
    // PostgreSQL stores neither.
    ...(unstorable(read) ? ['a text holds NUL or half a character'] : []),
  ]
}

function unexplained(code: string, params: Readonly<Record<string, string | number>>): string[] {
  const entry = catalogue.entries.get(code)
  if (entry === undefined) return [`${code} is not in the catalogue`]
  const texts = [entry.title, entry.detail, entry.next].flatMap((text) => [text.vi, text.en])
  return texts.every((text) => canFill(text, params)) ? [] : [`${code} lacks a value of its text`]
}

function unstorable(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !isWellFormed(value)
  if (Array.isArray(value)) return value.some(unstorable)
  return value !== null && typeof value === 'object' && Object.values(value).some(unstorable)
}

function isWellFormed(text: string): boolean {
  return Buffer.from(text, 'utf8').toString('utf8') === text
}

/** What is kept of a package, or answered, must not grow beyond what was sent, but for two hundred texts of its own. */
function sizeFaults(verdict: Verdict, bytes: Buffer): string[] {
  const size = Buffer.byteLength(canonicalJson(verdict))
  return size <= bytes.length + 150_000 ? [] : [`${size} bytes are said about ${bytes.length} bytes`]
}
