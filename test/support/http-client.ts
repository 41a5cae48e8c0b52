// HTTP as the systems and operators of a test speak it: one call, the whole answer. No retries, no redirects.

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface CallOptions {
  /** `systemId:secret`. */
  readonly basic?: string
  /** Bearer token. */
  readonly token?: string
  /** Text and bytes go as they are, a stream goes chunked, anything else as JSON. */
  readonly body?: unknown
  /** Content-Type; `application/json` for JSON when absent. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** The decoded JSON, or undefined when the answer is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies freely; what they read is checked by their expectations
  readonly body: any
}

export type Call = (method: Method, path: string, options?: CallOptions) => Promise<Answer>

export function httpClient(url: string): Call {
  return async (method, path, options = {}) => {
    const { payload, type } = encoded(options)
    const response = await fetch(new URL(path, url), {
      method,
      redirect: 'manual',
      headers: {
        ...authorization(options),
        ...(type === undefined ? {} : { 'content-type': type }),
        ...options.headers,
      },
      ...(payload === undefined ? {} : { body: payload, duplex: 'half' }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      body: isJson && bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : undefined,
    }
  }
}

function authorization({ basic, token }: CallOptions): Record<string, string> {
  if (basic !== undefined) return { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

type Payload = NonNullable<Parameters<typeof fetch>[1]>['body']

function encoded({ body, type }: CallOptions): { payload: Payload | undefined; type: string | undefined } {
  if (body === undefined) return { payload: undefined, type }
  // The form names its own type, with the boundary.
  if (body instanceof FormData) return { payload: body, type }
  if (typeof body === 'string') return { payload: body, type }
  if (body instanceof Uint8Array) return { payload: new Uint8Array(body), type }
  if (isStream(body)) return { payload: ReadableStream.from(body), type }
  return { payload: JSON.stringify(body), type: type ?? 'application/json' }
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}
