// Reads an arriving package as it streams by: its digest, its size and what its header says. The content of
// attachments is never held, so a package of 500 MB costs no more than a small one.
import { createHash } from 'node:crypto'
import { type AnyPackage, documentCode } from '../domain/document-package.ts'
import { PackageReader } from '../edxml/package-reader.ts'
import type { TakenDelivery } from './virtual-qlvb-inbox.ts'

export interface ArrivedPackage {
  readonly sha256: string
  readonly size: number
  readonly package: AnyPackage
}

// Generous against what is met in the field; a virtual system must not fall over a package that the gateway took.
const readerLimits = { headerBytesMax: 4 * 1024 * 1024, attachmentsMax: 1000, depthMax: 64 }

export class PackageArrival {
  readonly #reader = new PackageReader(readerLimits)
  readonly #hash = createHash('sha256')
  #size = 0

  write(chunk: Buffer): void {
    this.#hash.update(chunk)
    this.#size += chunk.length
    this.#reader.write(chunk)
  }

  finish(): ArrivedPackage {
    return { sha256: this.#hash.digest('hex'), size: this.#size, package: this.#reader.end().package }
  }
}

/** What a QLVB-ĐH system enters in its register of incoming documents. */
export function registerEntry(arrived: ArrivedPackage, deliveryId: string, agencyCode: string): TakenDelivery {
  const common = { deliveryId, agencyCode, sha256: arrived.sha256, size: arrived.size }
  const p = arrived.package
  if (p.type === 'status') {
    const { documentId, code } = p.responseFor
    return {
      ...common,
      type: 'status',
      kind: 'status',
      senderCode: p.from.organId,
      statusCode: p.code,
      ...(documentId === undefined ? {} : { documentId }),
      ...(code === undefined ? {} : { code }),
    }
  }
  const code = documentCode({
    ...(p.codeNumber === undefined ? {} : { codeNumber: p.codeNumber }),
    ...(p.codeNotation === undefined ? {} : { codeNotation: p.codeNotation }),
  })
  return {
    ...common,
    type: 'edoc',
    kind: p.kind,
    senderCode: p.from.organId,
    subject: p.subject,
    ...(p.documentId === undefined ? {} : { documentId: p.documentId }),
    ...(code === undefined ? {} : { code }),
    ...(p.promulgationDate === undefined ? {} : { promulgationDate: p.promulgationDate }),
  }
}
