// A receiving system that pulls: looks, fetches, keeps, confirms, for as long as the round lasts and whatever it is told.
import { createHash } from 'node:crypto'
import type { Arrival, Ledger } from './ledger.ts'
import { sleep } from './wait.ts'

export interface PullerOptions {
  readonly name: string
  readonly url: string
  readonly authorization: string
  readonly ledger: Ledger
}

export interface Puller {
  close(): Promise<void>
}

const againMs = 100
const answerMsMax = 10_000

export function createPuller({ name, url, authorization, ledger }: PullerOptions): Puller {
  let isClosing = false
  const call = (path: string, init: RequestInit = {}) =>
    fetch(`${url}/api/v1/mailbox${path}`, {
      ...init,
      headers: { authorization, ...init.headers },
      signal: AbortSignal.timeout(answerMsMax),
    })

  async function look(): Promise<void> {
    const { items }: { items: { deliveryId: string }[] } = await read(await call('?limit=50&wait=2'))
    const kept: Arrival[] = []
    for (const { deliveryId } of items) kept.push(await fetchPackage(deliveryId))
    if (kept.length === 0) return
    const deliveryIds = kept.map(({ deliveryId }) => deliveryId)
    const body = JSON.stringify({ deliveryIds })
    const answer = await call('/confirm', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    const { results }: { results: { deliveryId: string; state: string | null }[] } = await read(answer)
    const confirmed = new Set(results.filter(({ state }) => state === 'delivered').map(({ deliveryId }) => deliveryId))
    for (const arrival of kept.filter(({ deliveryId }) => confirmed.has(deliveryId))) {
      arrival.saidAt = performance.now()
      arrival.isAcknowledged = true
    }
  }

  async function fetchPackage(deliveryId: string): Promise<Arrival> {
    const answer = await call(`/${deliveryId}/package`)
    if (!answer.ok) throw new Error(`fetching was answered ${answer.status}`)
    const sha256 = createHash('sha256')
      .update(Buffer.from(await answer.arrayBuffer()))
      .digest('hex')
    return ledger.arrive({ deliveryId, receiver: name, sha256, at: performance.now(), isKept: true, isPulled: true })
  }

  const looking = (async () => {
    // Whatever goes wrong is tried again: that is what a pulling system is there for.
    while (!isClosing) await look().catch(() => sleep(againMs))
  })()

  return {
    async close() {
      isClosing = true
      await looking
    },
  }
}

async function read<T>(answer: Response): Promise<T> {
  const text = await answer.text()
  if (!answer.ok) throw new Error(`answered ${answer.status}: ${text}`)
  return JSON.parse(text)
}
