// A status package as the gateway's own reader understands it.
import { readPackage } from '../../src/cli/edxml-read.ts'
import type { StatusPackage } from '../../src/domain/document-package.ts'

export async function readStatus(bytes: Buffer): Promise<StatusPackage> {
  const limits = { packageBytesMax: 1_000_000, headerBytesMax: 1_000_000, attachmentsMax: 10, depthMax: 64 }
  const read = await readPackage([bytes], limits)
  if (read.package.type !== 'status') throw new Error('not a status')
  return read.package
}
