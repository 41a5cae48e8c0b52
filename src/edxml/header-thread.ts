// Large headers are judged on a thread of their own: libxml2 and the object parser work in one go, and a header of a
// megabyte would keep every other request waiting for a tenth of a second. One thread is enough: such headers are rare.
import { Worker } from 'node:worker_threads'
import { GatewayError } from '../domain/errors.ts'
import { judgeHeader } from './judge-header.js'
import type { HeaderJudgement, SchemaName } from './schema-check.ts'

export interface HeaderThreadLimits {
  /** Headers that wait for their turn, the one in work among them. */
  readonly waitingMax: number
  /** From the moment a header is handed over, the wait included. */
  readonly answerWithinMs: number
}

interface Waiting {
  readonly resolve: (judgement: HeaderJudgement) => void
  readonly reject: (error: Error) => void
  readonly tooLate: NodeJS.Timeout
}

interface Answer {
  readonly id: number
  readonly judgement?: HeaderJudgement
  readonly failure?: string
}

export class HeaderThread {
  readonly #limits: HeaderThreadLimits
  readonly #file: URL
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  constructor(limits: HeaderThreadLimits = usualLimits, file: URL = new URL('./header-worker.js', import.meta.url)) {
    this.#limits = limits
    this.#file = file
  }

  judge(schema: SchemaName, xml: string): Promise<HeaderJudgement> {
    if (this.#waiting.size >= this.#limits.waitingMax) return Promise.reject(busy())
    const worker = this.#start()
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      const tooLate = setTimeout(() => this.#abandon(busy()), this.#limits.answerWithinMs)
      this.#waiting.set(id, { resolve, reject, tooLate })
      // Nothing of a gateway that is ending may hang on a header, unless somebody waits for it.
      worker.ref()
      worker.postMessage({ id, schema, xml })
    })
  }

  /** Started with the first large header and kept: compiling the schemas is most of the work of a first one. */
  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(this.#file)
    this.#worker = worker
    worker.on('message', (answer: Answer) => this.#settle(answer))
    worker.on('error', (error) => this.#abandon(error))
    worker.on('exit', () => this.#worker === worker && this.#abandon(new Error('the header thread ended')))
    return worker
  }

  #settle({ id, judgement, failure }: Answer): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    clearTimeout(waiting.tooLate)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) this.#worker?.unref()
    if (judgement === undefined) waiting.reject(new Error(`a header could not be judged: ${failure}`))
    else waiting.resolve(judgement)
  }

  /** A thread that is late or broken cannot be asked to stop; the next header gets a new one. */
  #abandon(error: Error): void {
    const worker = this.#worker
    this.#worker = undefined
    worker?.terminate()
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.tooLate)
      waiting.reject(error)
    }
    this.#waiting.clear()
  }
}

function busy(): GatewayError {
  return new GatewayError('unavailable', 'header_check_busy', { retryAfterSeconds: 5 })
}

// A megabyte of header takes a tenth of a second; thirty-two of them wait three seconds and hold 32 MB.
const usualLimits: HeaderThreadLimits = { waitingMax: 32, answerWithinMs: 15_000 }

const thread = new HeaderThread()

/** Small headers at once, because handing them over would cost more than judging them; large ones on the thread. */
export async function judgeWhereItFits(schema: SchemaName, xml: string): Promise<HeaderJudgement> {
  return xml.length <= inPlaceMax ? judgeHeader(schema, xml) : thread.judge(schema, xml)
}

// Characters. Up to here the event loop is held for less than five milliseconds (tram bench edxml).
const inPlaceMax = 64 * 1024
