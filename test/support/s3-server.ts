// A small S3 of the tests' own, in memory: what the blob store uses of it, strict about signatures' hashes, part sizes
// and conditions, and ready to fail on demand. Larger stores are met through TEST_S3_ENDPOINT (docs/storage.md).
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { XMLBuilder, XMLParser } from 'fast-xml-parser'

interface StoredObject {
  readonly body: Buffer
  readonly mark: string | undefined
}

interface Upload {
  readonly key: string
  readonly mark: string | undefined
  readonly initiated: Date
  readonly parts: Map<number, Buffer>
}

/** What goes wrong with a request, if anything. */
export type Fault =
  | 'refuse'
  | 'hang'
  /** Carried out, and the connection cut before the answer. */
  | 'lose answer'
  /** Half of the answer, then the connection is cut. */
  | 'cut'

export interface S3Request {
  readonly method: string
  readonly key: string
  readonly query: URLSearchParams
}

export interface TestS3 {
  readonly endpoint: string
  readonly bucket: string
  readonly objects: Map<string, StoredObject>
  readonly uploads: Map<string, Upload>
  readonly requests: S3Request[]
  /** Asked for each request; undefined: nothing goes wrong. */
  fault: (request: S3Request) => Fault | undefined
  /** The moment that new uploads are said to have begun. */
  now: () => Date
  close(): Promise<void>
}

export const testAccount = { accessKeyId: 'tram', secretAccessKey: 'test-secret' }

/** As S3 has it: every part but the last. */
const partBytesMin = 5 * 1024 * 1024
/** Small, so that a listing of a few has several pages. */
const pageSize = 3

class S3Failure extends Error {
  override readonly name = 'S3Failure'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: Buffer | string
}

export async function startTestS3(): Promise<TestS3> {
  const bucket = 'van-ban'
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const s3: TestS3 = {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    objects: new Map(),
    uploads: new Map(),
    requests: [],
    fault: () => undefined,
    now: () => new Date(),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', s3.endpoint)
    const [, wanted = '', ...path] = url.pathname.split('/')
    const asked = { method: request.method ?? '', key: decodeURIComponent(path.join('/')), query: url.searchParams }
    s3.requests.push(asked)
    const fault = s3.fault(asked)
    if (fault === 'hang') return
    const body = await buffer(request)
    try {
      if (fault === 'refuse') throw new S3Failure(503, 'SlowDown')
      refuseForged(request, body)
      if (wanted !== bucket) throw new S3Failure(404, 'NoSuchBucket')
      const answer = answerTo(s3, asked, request, body)
      if (fault === 'lose answer') return void request.socket.destroy()
      send(response, answer, fault === 'cut')
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error
      send(response, { status: error.status, body: xml({ Error: { Code: error.code, Message: error.code } }) }, false)
    }
  }

  return s3
}

/** The signature covers the hash of the body; that one is ours to compare. */
function refuseForged({ headers }: IncomingMessage, body: Buffer): void {
  if (!headers.authorization?.includes(`Credential=${testAccount.accessKeyId}/`))
    throw new S3Failure(403, 'InvalidAccessKeyId')
  if (headers['x-amz-content-sha256'] !== createHash('sha256').update(body).digest('hex'))
    throw new S3Failure(400, 'XAmzContentSHA256Mismatch')
}

function send(response: ServerResponse, { status = 200, headers = {}, body = '' }: Answer, isCut: boolean): void {
  response.writeHead(status, { 'content-length': body.length, ...headers })
  if (!isCut) return void response.end(body)
  response.write(body.slice(0, body.length / 2), () => response.destroy())
}

function answerTo(s3: TestS3, { method, key, query }: S3Request, request: IncomingMessage, body: Buffer): Answer {
  const uploadId = query.get('uploadId')
  switch (method) {
    case 'HEAD':
      return key === '' ? {} : { headers: headersOf(objectOf(s3, key)) }
    case 'GET':
      if (key !== '') return ranged(objectOf(s3, key), request.headers.range)
      return { body: query.has('uploads') ? listedUploads(s3, query) : listedObjects(s3, query) }
    case 'PUT':
      return uploadId === null ? putObject(s3, key, request, body) : putPart(s3, uploadId, query, body)
    case 'POST':
      return uploadId === null ? begin(s3, key, request) : complete(s3, uploadId, request, body)
    case 'DELETE':
      if (uploadId === null) s3.objects.delete(key)
      else if (!s3.uploads.delete(uploadId)) throw new S3Failure(404, 'NoSuchUpload')
      return { status: 204 }
    default:
      throw new S3Failure(501, 'NotImplemented')
  }
}

function objectOf(s3: TestS3, key: string): StoredObject {
  const object = s3.objects.get(key)
  if (object === undefined) throw new S3Failure(404, 'NoSuchKey')
  return object
}

function headersOf({ body, mark }: StoredObject): Record<string, string | number> {
  return { 'content-length': body.length, ...(mark === undefined ? {} : { 'x-amz-meta-mark': mark }) }
}

function ranged({ body }: StoredObject, range: string | undefined): Answer {
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
  if (from === '') return { body }
  const [start, end] = [Number(from), Math.min(Number(to), body.length - 1)]
  if (start >= body.length) throw new S3Failure(416, 'InvalidRange')
  const headers = { 'content-range': `bytes ${start}-${end}/${body.length}` }
  return { status: 206, headers, body: body.subarray(start, end + 1) }
}

function refuseTaken(s3: TestS3, key: string, { headers }: IncomingMessage): void {
  if (headers['if-none-match'] === '*' && s3.objects.has(key)) throw new S3Failure(412, 'PreconditionFailed')
}

function markOf({ headers }: IncomingMessage): string | undefined {
  return headers['x-amz-meta-mark']?.toString()
}

function putObject(s3: TestS3, key: string, request: IncomingMessage, body: Buffer): Answer {
  refuseTaken(s3, key, request)
  s3.objects.set(key, { body, mark: markOf(request) })
  return { headers: { etag: etag(body) } }
}

function begin(s3: TestS3, key: string, request: IncomingMessage): Answer {
  const id = randomBytes(8).toString('hex')
  s3.uploads.set(id, { key, mark: markOf(request), initiated: s3.now(), parts: new Map() })
  return { body: xml({ InitiateMultipartUploadResult: { Bucket: s3.bucket, Key: key, UploadId: id } }) }
}

function uploadOf(s3: TestS3, id: string): Upload {
  const upload = s3.uploads.get(id)
  if (upload === undefined) throw new S3Failure(404, 'NoSuchUpload')
  return upload
}

function putPart(s3: TestS3, id: string, query: URLSearchParams, body: Buffer): Answer {
  uploadOf(s3, id).parts.set(Number(query.get('partNumber')), body)
  return { headers: { etag: etag(body) } }
}

function complete(s3: TestS3, id: string, request: IncomingMessage, body: Buffer): Answer {
  const { key, mark, parts } = uploadOf(s3, id)
  refuseTaken(s3, key, request)
  const named = partsNamed(body).map(({ PartNumber, ETag }) => {
    const part = parts.get(Number(PartNumber))
    if (part === undefined || etag(part) !== ETag) throw new S3Failure(400, 'InvalidPart')
    return part
  })
  if (named.slice(0, -1).some((part) => part.length < partBytesMin)) throw new S3Failure(400, 'EntityTooSmall')
  s3.objects.set(key, { body: Buffer.concat(named), mark })
  s3.uploads.delete(id)
  return { body: xml({ CompleteMultipartUploadResult: { Bucket: s3.bucket, Key: key, ETag: '"whole"' } }) }
}

function partsNamed(body: Buffer): { readonly PartNumber: string; readonly ETag: string }[] {
  const parser = new XMLParser({ isArray: (name) => name === 'Part', parseTagValue: false })
  return parser.parse(body).CompleteMultipartUpload.Part
}

function listedObjects({ objects }: TestS3, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter')
  const after = query.get('continuation-token') ?? ''
  const names = [...objects.keys()].filter((key) => key.startsWith(prefix))
  const entries = names.map((key) => {
    const cut = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length)
    return cut < 0 ? key : key.slice(0, cut + 1)
  })
  const left = [...new Set(entries)].sort().filter((entry) => entry > after)
  const page = left.slice(0, pageSize)
  const isFolder = (entry: string) => delimiter !== null && entry.endsWith(delimiter)
  return xml({
    ListBucketResult: {
      IsTruncated: left.length > page.length,
      ...(left.length > page.length ? { NextContinuationToken: page.at(-1) } : {}),
      Contents: page.filter((entry) => !isFolder(entry)).map((Key) => ({ Key })),
      CommonPrefixes: page.filter(isFolder).map((Prefix) => ({ Prefix })),
    },
  })
}

function listedUploads({ uploads }: TestS3, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? ''
  const after = `${query.get('key-marker') ?? ''} ${query.get('upload-id-marker') ?? ''}`
  const all = [...uploads].map(([id, { key, initiated }]) => ({ id, key, initiated, place: `${key} ${id}` }))
  const left = all
    .filter(({ key, place }) => key.startsWith(prefix) && place > after)
    .sort((a, b) => (a.place < b.place ? -1 : 1))
  const page = left.slice(0, pageSize)
  const last = page.at(-1)
  return xml({
    ListMultipartUploadsResult: {
      IsTruncated: left.length > page.length,
      ...(last === undefined ? {} : { NextKeyMarker: last.key, NextUploadIdMarker: last.id }),
      Upload: page.map(({ id, key, initiated }) => ({ Key: key, UploadId: id, Initiated: initiated.toISOString() })),
    },
  })
}

function etag(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`
}

function xml(document: object): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${new XMLBuilder({}).build(document)}`
}
