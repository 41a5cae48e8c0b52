// What an answer to a push means (contract §3, the table under "Push").
import type { IncomingHttpHeaders } from 'undici/types/header.js'
import type { AttemptOutcome } from '../domain/delivery.ts'

export function judgeAnswer(
  style: 'package' | 'notice',
  status: number,
  headers: IncomingHttpHeaders,
  body: string,
): AttemptOutcome {
  const taken: AttemptOutcome =
    style === 'notice' ? { kind: 'notified', httpStatus: status } : { kind: 'delivered', httpStatus: status }
  // A login page or a proxy's greeting is no sign that anybody stored a document.
  const isPage = /^\s*text\/html/i.test(String(headers['content-type'] ?? ''))
  if (status >= 200 && status < 300 && !isPage) return taken
  const saysRefused = String(headers['tram-outcome'] ?? '').toLowerCase() === 'refused'
  if (status === 422 || (status >= 400 && status < 500 && saysRefused)) {
    return { kind: 'refused', httpStatus: status, reason: refusalReason(body, status) }
  }
  // It has the delivery of this webhook-id already, unless it says in so many words that it refuses it.
  if (status === 409) return taken
  if (status === 429 || status === 503) {
    const seconds = retryAfterSeconds(headers['retry-after'])
    return { kind: 'busy', httpStatus: status, ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }) }
  }
  return {
    kind: 'unreachable',
    cause: isPage && status < 300 ? `HTTP ${status} with a web page instead of an answer` : `HTTP ${status}`,
    httpStatus: status,
    answer: body.trim(),
    nothingSent: false,
    ...(status === 410 ? { endpointGone: true } : {}),
  }
}

/**
 * The answer to a bundle: what holds for all of it, but for those that a good answer names as refused: `{"refused":
 * [{"deliveryId", "reason"}]}`, or their ids alone.
 */
export function judgeBundle(
  deliveries: readonly { readonly deliveryId: string; readonly organId: string }[],
  outcome: AttemptOutcome,
  body: string,
): Map<string, AttemptOutcome> {
  const refused = outcome.kind === 'delivered' ? refusedIn(body) : new Map<string, string>()
  return new Map(
    deliveries.map(({ deliveryId }) => {
      const reason = refused.get(deliveryId.toLowerCase())
      return [deliveryId, reason === undefined ? outcome : { kind: 'refused', reason }]
    }),
  )
}

function refusedIn(body: string): Map<string, string> {
  const named = new Map<string, string>()
  let answer: unknown
  try {
    answer = JSON.parse(body)
  } catch (error) {
    // Any other good answer takes all of it.
    if (!(error instanceof SyntaxError)) throw error
    return named
  }
  const list = answer !== null && typeof answer === 'object' && 'refused' in answer ? answer.refused : undefined
  for (const entry of Array.isArray(list) ? list : []) {
    const id = typeof entry === 'string' ? entry : Object(entry).deliveryId
    const reason = typeof entry === 'string' ? undefined : Object(entry).reason
    if (typeof id === 'string') named.set(id.toLowerCase(), typeof reason === 'string' ? reason : 'refused in a bundle')
  }
  return named
}

/** The receiver's own words: `reason`, `detail` or `message` of a JSON body, else its text. */
function refusalReason(body: string, status: number): string {
  const text = body.trim()
  if (text === '') return `HTTP ${status}`
  try {
    const json: unknown = JSON.parse(text)
    if (json !== null && typeof json === 'object') {
      for (const name of ['reason', 'detail', 'message', 'title']) {
        const value = Object.getOwnPropertyDescriptor(json, name)?.value
        if (typeof value === 'string' && value.trim() !== '') return value.trim()
      }
    }
  } catch (error) {
    // A refusal in plain words is as good as one in JSON.
    if (!(error instanceof SyntaxError)) throw error
  }
  return text
}

/** Seconds, or an HTTP date. */
function retryAfterSeconds(value: string | string[] | undefined): number | undefined {
  const text = Array.isArray(value) ? value[0] : value
  if (text === undefined) return undefined
  if (/^\d+$/.test(text.trim())) return Number(text)
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000))
}

// Failures before the first byte could leave: nobody can have the document.
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** A cut connection, a time-out, or a failure of our own while the push was under way. */
export function judgeFailure(error: unknown): AttemptOutcome {
  if (!(error instanceof Error)) return { kind: 'unclear', cause: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  if (neverConnected.has(code)) return { kind: 'unreachable', cause: code, nothingSent: true }
  // A refused target comes back wrapped by the connector.
  if (error.cause instanceof Error && error.cause.name === 'PushTargetRefused') {
    return { kind: 'unreachable', cause: error.cause.message, nothingSent: true }
  }
  return { kind: 'unclear', cause: code }
}
