// What a virtual system has taken, by delivery id. A delivery may be offered again whenever its answer got lost, so
// taking it twice must be the same as taking it once.

export interface TakenDelivery {
  readonly deliveryId: string
  readonly type: 'edoc' | 'status'
  readonly kind: 'new' | 'recall' | 'update' | 'replace' | 'status'
  /** The agency here that it was addressed to. */
  readonly agencyCode: string
  readonly senderCode: string
  readonly documentId?: string
  readonly code?: string
  /** ISO date. */
  readonly promulgationDate?: string
  readonly subject?: string
  /** Of a status: what it says. */
  readonly statusCode?: string
  readonly sha256: string
  readonly size: number
}

// A day of the whole province; the oldest go first, and an offer repeated after a day would be taken anew.
const keptMax = 20_000

export class Inbox {
  readonly #taken = new Map<string, TakenDelivery>()
  readonly #max: number

  constructor(max = keptMax) {
    this.#max = max
  }

  get size(): number {
    return this.#taken.size
  }

  find(deliveryId: string): TakenDelivery | undefined {
    return this.#taken.get(deliveryId)
  }

  /** False when it was there already. */
  take(delivery: TakenDelivery): boolean {
    if (this.#taken.has(delivery.deliveryId)) return false
    this.#taken.set(delivery.deliveryId, delivery)
    const oldest = this.#taken.keys().next()
    if (this.#taken.size > this.#max && oldest.done !== true) this.#taken.delete(oldest.value)
    return true
  }
}
