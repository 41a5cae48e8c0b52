// A package from a file, read with the limits that a gateway in this environment would use.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { BadConfiguration, readConfig } from '../config.ts'
import type { AnyPackage, Finding } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import { type ContentTaker, PackageReader, type PackageReaderLimits } from '../edxml/package-reader.ts'
import { packageTooLarge } from '../platform/request-body.ts'
import { type Environment, UsageError } from './command.ts'

export interface PackageFile {
  readonly file: string
  readonly size: number
  readonly sha256: string
  readonly package: AnyPackage
  readonly findings: readonly Finding[]
}

export interface FileLimits extends PackageReaderLimits {
  readonly packageBytesMax: number
}

/** Only what limits a package is read: nothing else of a gateway need be configured to look at a file. */
export function limitsOf({ PACKAGE_BYTES_MAX, HEADER_BYTES_MAX, ATTACHMENTS_MAX }: Environment): FileLimits {
  try {
    const config = readConfig({ PACKAGE_BYTES_MAX, HEADER_BYTES_MAX, ATTACHMENTS_MAX })
    const { packageBytesMax, headerBytesMax, attachmentsMax } = config
    // The depth is no setting: real packages have twelve levels.
    return { packageBytesMax, headerBytesMax, attachmentsMax, depthMax: 64 }
  } catch (error) {
    if (error instanceof BadConfiguration) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

export async function readPackageFile(file: string, limits: FileLimits, contents?: ContentTaker): Promise<PackageFile> {
  return { file, ...(await readPackage(chunksOf(file), limits, contents)) }
}

export async function readPackage(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  limits: FileLimits,
  contents?: ContentTaker,
): Promise<Omit<PackageFile, 'file'>> {
  const hash = createHash('sha256')
  const reader = new PackageReader(limits, contents)
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limits.packageBytesMax) throw packageTooLarge(limits.packageBytesMax)
    hash.update(chunk)
    reader.write(chunk)
  }
  if (size === 0) throw new GatewayError('invalid', 'empty_body')
  const read = reader.end()
  return { size, sha256: hash.digest('hex'), package: read.package, findings: read.findings }
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

export function unreadable(file: string, cause: unknown): UsageError {
  const why = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  return new UsageError(`${file} cannot be read${why}`, { cause })
}
