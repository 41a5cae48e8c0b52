// The status feedback that a virtual system owes: planned when a delivery is taken, sent when it is due, kept while
// the gateway is away. Half of them go as edXML status packages and half as JSON, so that both faces stay in use.
import { writeStatusPackage } from '../edxml/write-package.ts'
import { statusReceipt } from '../platform/gateway-answers.ts'
import { type GatewayClient, GatewayRefusal } from '../platform/gateway-client.ts'
import type { Chance, PlannedStatus } from './virtual-qlvb-behaviour.ts'
import type { TakenDelivery } from './virtual-qlvb-inbox.ts'
import { isPassing, keepGoing, pause, type VirtualLog } from './virtual-qlvb-pace.ts'

interface OwedStatus {
  readonly taken: TakenDelivery
  readonly status: PlannedStatus
  readonly client: GatewayClient
  readonly dueAt: number
}

export interface RepliesContext {
  readonly now: () => Date
  readonly chance: Chance
  readonly signal: AbortSignal
  readonly log: VirtualLog
}

// Five statuses for each of some thousand documents; a gateway that is away for longer gets fewer of them.
const owedMax = 10_000
const lookEveryMs = 250

export class Replies {
  readonly #context: RepliesContext
  /** Ordered by due time. */
  readonly #owed: OwedStatus[] = []

  constructor(context: RepliesContext) {
    this.#context = context
  }

  get size(): number {
    return this.#owed.length
  }

  plan(client: GatewayClient, taken: TakenDelivery, statuses: readonly PlannedStatus[]): void {
    const now = this.#context.now().getTime()
    for (const status of statuses) {
      if (this.#owed.length >= owedMax) {
        this.#context.log('reply_dropped', {
          deliveryId: taken.deliveryId,
          status: status.code,
          because: 'too many owed',
        })
        continue
      }
      this.#owed.push({ taken, status, client, dueAt: now + status.afterMs })
    }
    this.#owed.sort((a, b) => a.dueAt - b.dueAt)
  }

  async run(): Promise<void> {
    const { signal, log } = this.#context
    await keepGoing({ name: 'reply', signal, log }, () => this.#sendNext())
  }

  async #sendNext(): Promise<void> {
    const [next] = this.#owed
    if (next === undefined || next.dueAt > this.#context.now().getTime()) {
      return pause(lookEveryMs, this.#context.signal)
    }
    await this.#send(next)
    // Removed only once it was answered: a status that met a gateway which is away is sent again.
    this.#owed.splice(this.#owed.indexOf(next), 1)
  }

  async #send({ taken, status, client }: OwedStatus): Promise<void> {
    const { chance, log, signal, now } = this.#context
    const facts = { agency: taken.agencyCode, code: taken.code, status: status.code, deliveryId: taken.deliveryId }
    try {
      const asPackage = chance() < 0.5
      const said = asPackage
        ? { body: asXml(taken, status, now()), contentType: 'application/edxml+xml' }
        : { json: asJson(taken, status, now()) }
      await client.call('POST', '/api/v1/status', statusReceipt, { ...said, signal })
      log('reported', { ...facts, form: asPackage ? 'edxml' : 'json' })
    } catch (error) {
      if (!(error instanceof GatewayRefusal) || isPassing(error.status)) throw error
      log('report_refused', { ...facts, problem: error.problem.code, ref: error.problem.ref })
    }
  }
}

function asXml(taken: TakenDelivery, status: PlannedStatus, at: Date): Buffer {
  return writeStatusPackage({
    from: { organId: taken.agencyCode },
    responseFor: {
      organId: taken.senderCode,
      ...(taken.code === undefined ? {} : { code: taken.code }),
      ...(taken.promulgationDate === undefined ? {} : { promulgationDate: taken.promulgationDate }),
      ...(taken.documentId === undefined ? {} : { documentId: taken.documentId }),
    },
    code: status.code,
    ...(status.description === undefined ? {} : { description: status.description }),
    staff: { department: status.department, staff: status.name },
    at,
  })
}

function asJson(taken: TakenDelivery, status: PlannedStatus, at: Date): object {
  return {
    // A recall asked for by status 13 is about the document, not about the delivery that carried the status.
    ...(taken.type === 'edoc' ? { deliveryId: taken.deliveryId } : { documentId: taken.documentId }),
    from: taken.agencyCode,
    code: status.code,
    description: status.description,
    staff: { department: status.department, name: status.name },
    at: at.toISOString(),
  }
}
