// The headers of tus 1.0 (https://tus.io/protocols/resumable-upload), read strictly: a wrong one is refused by its name.
import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../domain/errors.ts'

export const tusVersion = '1.0.0'
export const tusExtensions = 'creation,creation-with-upload,termination,checksum,expiration'
/** The protocol wants SHA-1 of every server; it finds damaged pieces here, nobody is to be convinced of anything. */
export const checksumAlgorithms = ['sha256', 'sha1', 'md5'] as const
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number]

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm
  readonly digest: Buffer
}

/** File names and types, as a rule; nobody here reads them. */
const metadataCharactersMax = 4096

export function refuseOtherVersion(headers: IncomingHttpHeaders): void {
  if (headers['tus-resumable'] === tusVersion) return
  throw new GatewayError('invalid', 'tus_version_unknown')
}

export function byteCount(headers: IncomingHttpHeaders, header: 'upload-length' | 'upload-offset'): number {
  const text = headers[header]
  const count = typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
  if (count !== undefined) return count
  throw wrongHeader(header, 'một số nguyên không âm · a whole number, not negative')
}

/** Pairs of a key and a base64 value, separated by commas; kept as they were written, for HEAD gives them back. */
export function metadataOf(headers: IncomingHttpHeaders): string {
  const text = headers['upload-metadata']
  if (text === undefined) return ''
  const isWhole = typeof text === 'string' && text.length <= metadataCharactersMax && text.split(',').every(isPair)
  if (isWhole) return text
  throw wrongHeader('upload-metadata', 'khóa và giá trị base64 · keys with base64 values')
}

function isPair(pair: string): boolean {
  return /^\s*[!-+\--~]+( [A-Za-z0-9+/]*={0,2})?\s*$/.test(pair)
}

export function checksumOf(headers: IncomingHttpHeaders): Checksum | undefined {
  const text = headers['upload-checksum']
  if (text === undefined) return undefined
  const [name = '', value = ''] = typeof text === 'string' ? text.split(' ') : []
  const algorithm = checksumAlgorithms.find((known) => known === name.toLowerCase())
  if (algorithm === undefined) {
    const params = { algorithms: checksumAlgorithms.join(', ') }
    throw new GatewayError('invalid', 'upload_checksum_unknown', { params })
  }
  const digest = Buffer.from(value, 'base64')
  if (digest.length === digestBytes[algorithm]) return { algorithm, digest }
  throw wrongHeader(
    'upload-checksum',
    `${algorithm} và giá trị băm viết bằng base64 · ${algorithm} and its digest in base64`,
  )
}

const digestBytes: Readonly<Record<ChecksumAlgorithm, number>> = { sha256: 32, sha1: 20, md5: 16 }

function wrongHeader(header: string, expected: string): GatewayError {
  const params = { header, expected }
  const violations = [{ path: `header/${header}`, rule: 'upload_header_wrong' }]
  return new GatewayError('invalid', 'upload_header_wrong', { params, violations })
}
