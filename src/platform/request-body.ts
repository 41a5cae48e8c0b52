// The body of a request as chunks. Stopping early must not cut the connection: the caller is owed an answer that says
// what was wrong with what it sent.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../domain/errors.ts'

/** The other side hung up in the middle of its body: there is nobody to answer. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

/** After a refusal so much of the rest is read and thrown away, so that the sender gets to read the answer. */
const drainBytesMax = 64 * 1024 * 1024
const drainMsMax = 5_000

/** The chunks of a stream. Leaving the loop early keeps the connection. */
export async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk
  } catch (error) {
    if (stream instanceof Readable && stream.destroyed) throw new CallerGone('body cut off', { cause: error })
    throw error
  }
}

/** Reads on without keeping anything, within bounds. */
export async function drain(stream: IncomingMessage): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return
  let bytes = 0
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(finish, drainMsMax)
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > drainBytesMax) finish()
    })
    stream.once('end', finish)
    stream.once('close', finish)
    stream.once('error', finish)
    stream.resume()
  })
}

export function packageTooLarge(bytesMax: number): GatewayError {
  return new GatewayError('too_large', 'package_too_large', { params: { bytesMax } })
}

/** What Content-Length says; undefined for a body that comes in chunks. */
export function announcedBytes({ headers }: FastifyRequest): number | undefined {
  const { 'content-length': length } = headers
  return length === undefined ? undefined : Number(length)
}

/** A package as it was sent: the raw body, or the field `package` of a form. */
export async function packageBody(request: FastifyRequest, bytesMax: number): Promise<AsyncIterable<Buffer>> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > bytesMax) throw packageTooLarge(bytesMax)
  if (!request.isMultipart()) {
    if (request.body instanceof Readable) return chunksOf(request.body)
    throw new GatewayError('unsupported', 'unsupported_media_type', {
      params: { type: String(request.headers['content-type'] ?? '') },
    })
  }
  const files = request.files({ limits: { fileSize: bytesMax } })
  const part = await nextFile(request, files)
  if (part === undefined || part.fieldname !== 'package') throw new GatewayError('invalid', 'form_without_package')
  return formFile(request, part.file, files, bytesMax)
}

type FormFiles = ReturnType<FastifyRequest['files']>

async function nextFile(request: FastifyRequest, files: FormFiles) {
  try {
    const { value, done } = await files.next()
    return done === true ? undefined : value
  } catch (error) {
    throw formFault(request, error)
  }
}

async function* formFile(
  request: FastifyRequest,
  file: Readable & { truncated: boolean },
  files: FormFiles,
  bytesMax: number,
): AsyncGenerator<Buffer> {
  try {
    yield* chunksOf(file)
  } catch (error) {
    throw formFault(request, error)
  }
  // The form parser cuts a file at the limit without a word.
  if (file.truncated) throw packageTooLarge(bytesMax)
  // A second file would have to be dropped, and its sender would take it for accepted.
  const further = await nextFile(request, files)
  if (further === undefined) return
  further.file.resume()
  throw new GatewayError('invalid', 'form_with_several_files')
}

/** The form parser fails alike when the sender hangs up and when all came and is no form; only the latter can be told. */
function formFault({ raw }: FastifyRequest, error: unknown): Error {
  if (raw.destroyed && !raw.complete) return new CallerGone('form cut off', { cause: error })
  const reason = 'multipart/form-data thiếu boundary hoặc chưa kết thúc · without boundary, or without its end'
  return new GatewayError('invalid', 'bad_request', { params: { reason }, cause: error })
}
