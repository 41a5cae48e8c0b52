// A client of the gateway's own HTTP API, shared by the command line, the virtual systems and the benchmarks. It knows
// addresses, credentials and problem documents; what is said with them is the caller's business.
import type { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { type Problem, problem } from './gateway-answers.ts'
import { type Decode, UnexpectedJson } from './json-decode.ts'

export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'operator'; readonly token: string }
  | { readonly kind: 'system'; readonly systemId: string; readonly secret: string }

export interface GatewayClientOptions {
  readonly url: string
  readonly credentials: Credentials
  readonly language?: 'vi' | 'en'
  /** How long an answer may take to begin; a long poll adds its own wait to it. */
  readonly timeoutMs?: number
  /** A pool of one's own, where a load generator wants to choose its connections. */
  readonly dispatcher?: Dispatcher
}

export interface Call {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly json?: unknown
  readonly body?: Readable | Buffer | string
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Seconds of long poll asked for in the query. */
  readonly waitSeconds?: number
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The bytes as they arrive. To be read to the end, or left early with `break`; either gives the connection back. */
  readonly body: AsyncIterable<Buffer>
}

/** The gateway answered, and said no. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal'
  readonly status: number
  readonly problem: Problem
  /** The answer as it came, for those who want all of it. */
  readonly answer: unknown
  readonly retryAfterSeconds: number | undefined

  constructor(status: number, answer: unknown, retryAfterSeconds: number | undefined) {
    const read = readProblem(status, answer)
    super(`${status} ${read.code} ${read.detail ?? read.title}`)
    this.status = status
    this.problem = read
    this.answer = answer
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** No answer came: nobody listens there, the connection broke, or it took too long. */
export class GatewayUnreachable extends Error {
  override readonly name = 'GatewayUnreachable'
  constructor(url: string, cause: unknown) {
    super(`${url}: ${cause instanceof Error && cause.message !== '' ? cause.message : String(cause)}`, { cause })
  }
}

export interface GatewayClient {
  readonly url: string
  /** Calls and decodes the JSON answer; rejects with `GatewayRefusal` for 4xx and 5xx. */
  call<T>(method: Dispatcher.HttpMethod, path: string, decode: Decode<T>, call?: Call): Promise<T>
  /** Calls and hands on the answer's body unread, for packages; refusals reject as in `call`. */
  raw(method: Dispatcher.HttpMethod, path: string, call?: Call): Promise<RawAnswer>
}

const defaultTimeoutMs = 60_000

export function createGatewayClient(options: GatewayClientOptions): GatewayClient {
  const url = options.url.replace(/\/+$/, '')
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs
  const common: Record<string, string> = {
    accept: 'application/json, application/problem+json;q=0.9, */*;q=0.5',
    'accept-language': options.language ?? 'vi',
    ...authorization(options.credentials),
  }

  async function raw(method: Dispatcher.HttpMethod, path: string, call: Call = {}): Promise<RawAnswer> {
    const answer = await send(method, path, call)
    const headers = flatten(answer.headers)
    if (answer.statusCode < 400) return { status: answer.statusCode, headers, body: chunks(url, answer.body) }
    const text = await readAll(chunks(url, answer.body))
    const seconds = Number(headers['retry-after'])
    throw new GatewayRefusal(answer.statusCode, parseJson(text) ?? text, Number.isFinite(seconds) ? seconds : undefined)
  }

  async function send(method: Dispatcher.HttpMethod, path: string, call: Call): Promise<Dispatcher.ResponseData> {
    const waitMs = (call.waitSeconds ?? 0) * 1000
    try {
      return await request(`${url}${path}${queryOf(call)}`, {
        method,
        headers: { ...common, ...contentHeaders(call), ...call.headers },
        body: call.json === undefined ? (call.body ?? null) : JSON.stringify(call.json),
        headersTimeout: timeoutMs + waitMs,
        bodyTimeout: timeoutMs + waitMs,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
        ...(options.dispatcher === undefined ? {} : { dispatcher: options.dispatcher }),
      })
    } catch (error) {
      if (call.signal?.aborted) throw error
      throw new GatewayUnreachable(url, error)
    }
  }

  return {
    url,
    raw,
    async call(method, path, decode, call) {
      return readJson(await raw(method, path, call), decode)
    },
  }
}

/** The JSON of an answer, for those who asked `raw` because they want its status too. */
export async function readJson<T>(answer: RawAnswer, decode: Decode<T>): Promise<T> {
  return decode(parseJson(await readAll(answer.body)), '')
}

function authorization(credentials: Credentials): Record<string, string> {
  if (credentials.kind === 'none') return {}
  if (credentials.kind === 'operator') return { authorization: `Bearer ${credentials.token}` }
  const pair = Buffer.from(`${credentials.systemId}:${credentials.secret}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

function contentHeaders(call: Call): Record<string, string> {
  if (call.json !== undefined) return { 'content-type': 'application/json' }
  return call.contentType === undefined ? {} : { 'content-type': call.contentType }
}

function queryOf(call: Call): string {
  const pairs = Object.entries({ ...call.query, wait: call.waitSeconds })
  const query = new URLSearchParams()
  for (const [name, value] of pairs) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? '' : `?${query}`
}

/** A connection that breaks in the middle of an answer is the same as one that was never made. */
async function* chunks(url: string, body: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk
  } catch (error) {
    throw new GatewayUnreachable(url, error)
  }
}

async function readAll(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // A proxy's HTML page is an answer too; it is kept as text and shown as it is.
    return undefined
  }
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )
}

/** A proxy in between may answer in a form of its own; then the status and its first words are all that is known. */
function readProblem(status: number, answer: unknown): Problem {
  try {
    return problem(answer, '')
  } catch (error) {
    if (!(error instanceof UnexpectedJson)) throw error
    const words = typeof answer === 'string' ? answer : JSON.stringify(answer)
    return problem({ title: `HTTP ${status}`, code: `http_${status}`, detail: words?.slice(0, 200) }, '')
  }
}
