// Whether a body may come in, and how far: room on the disk, the day's quota of its system, bodies under way, and
// whether this process can keep up. Decided from the announced length before a byte is read, from the header as soon
// as that was read, and by the bytes as they come. What was refused has left nothing behind and may be sent again.
import { GatewayError } from '../domain/errors.ts'
import { mayStore, type StorageThresholds, type StoredFacts, smallBytesMax } from '../domain/storage-reserve.ts'
import type { BodyBudget, BodyTicket } from '../platform/body-budget.ts'
import type { DiskSpace } from '../platform/disk-space.ts'
import type { ByteQuota, QuotaGrant } from './byte-quota.ts'

export interface AdmissionOptions {
  readonly disk: DiskSpace
  readonly thresholds: StorageThresholds
  readonly budget: BodyBudget
  readonly quota: ByteQuota
  /** Throws while this process cannot keep up. */
  readonly refuseWhenShort: () => void
}

export interface SubmissionToAdmit {
  readonly systemId: string
  /** Undefined when the length was not announced. */
  readonly declaredBytes: number | undefined
  /** What it can only be, whatever its header says: known by the door it comes in at. */
  readonly facts?: StoredFacts
}

export interface Admission {
  /** The header was read. Throws when there is no room for such a package. */
  headerRead(facts: StoredFacts): Promise<void>
  /** Further bytes are about to be stored. */
  take(bytes: number): Promise<void>
  /** It was accepted, with so many bytes. */
  accepted(bytes: number): void
  /** Must be called, whatever became of it. */
  leave(): void
}

export type AdmitSubmission = (submission: SubmissionToAdmit) => Promise<Admission>

/** A header that has not come after so many bytes decides nothing: the package is taken for one without urgency. */
const headerWithinBytes = smallBytesMax

export function createAdmission(options: AdmissionOptions): AdmitSubmission {
  const { budget, refuseWhenShort } = options
  return async (submission) => {
    const { facts, declaredBytes = 0 } = submission
    // A status is small and often what the other side waits for; it comes in until memory itself runs out.
    if (facts?.kind !== 'status') refuseWhenShort()
    const ticket = budget.enter(facts?.kind === 'status' ? 'status' : 'document', declaredBytes)
    const admission = new OpenAdmission(submission, ticket, options)
    try {
      await admission.begin()
      return admission
    } catch (error) {
      admission.leave()
      throw error
    }
  }
}

class OpenAdmission implements Admission {
  readonly #submission: SubmissionToAdmit
  readonly #ticket: BodyTicket
  readonly #options: AdmissionOptions
  #facts: StoredFacts | undefined
  #taken = 0
  #grant: QuotaGrant | undefined

  constructor(submission: SubmissionToAdmit, ticket: BodyTicket, options: AdmissionOptions) {
    this.#submission = submission
    this.#ticket = ticket
    this.#options = options
  }

  async begin(): Promise<void> {
    const { declaredBytes = 0, facts } = this.#submission
    if (facts === undefined) await this.#askStorage(declaredBytes)
    else await this.headerRead(facts)
  }

  async headerRead(facts: StoredFacts): Promise<void> {
    if (this.#facts !== undefined) return
    this.#facts = facts
    const bytes = Math.max(this.#submission.declaredBytes ?? 0, this.#taken)
    await this.#askStorage(bytes)
    // What takes a document back, and what answers one, is owed to the other side, whoever has sent how much today.
    if (facts.kind === 'document') this.#grant = await this.#options.quota.reserve(this.#submission.systemId, bytes)
  }

  async take(bytes: number): Promise<void> {
    const size = this.#taken + bytes
    if (this.#facts === undefined && size > headerWithinBytes) await this.headerRead({ kind: 'document', priority: 0 })
    // A length that was announced has been judged; after that only the reserve itself stops it.
    if (this.#submission.declaredBytes === undefined) {
      this.#ticket.growTo(size)
      await this.#askStorage(size)
      await this.#grant?.growTo(size)
    } else await this.#keepReserve(bytes)
    this.#options.disk.take(bytes)
    this.#taken = size
  }

  accepted(bytes: number): void {
    this.#grant?.keep(bytes)
  }

  leave(): void {
    this.#grant?.leave()
    this.#ticket.leave()
  }

  /** As if none of its bytes had been written yet. */
  async #askStorage(declaredBytes: number): Promise<void> {
    const { disk, thresholds } = this.#options
    const { freeBytes, totalBytes } = await disk.space()
    const space = { freeBytes: freeBytes + this.#taken, totalBytes }
    refuseBy(mayStore({ ...space, declaredBytes, header: this.#facts }, thresholds))
  }

  async #keepReserve(bytes: number): Promise<void> {
    const { disk, thresholds } = this.#options
    const space = await disk.space()
    // To a recall of no size the reserve alone says no.
    refuseBy(mayStore({ ...space, declaredBytes: bytes, header: { kind: 'recall', priority: 0 } }, thresholds))
  }
}

function refuseBy(answer: ReturnType<typeof mayStore>): void {
  if (answer.kind !== 'refuse') return
  const { code, retryAfterSeconds } = answer
  if (code === 'storage_full') throw new GatewayError('unavailable', 'storage_full', { retryAfterSeconds })
  throw new GatewayError('unavailable', 'storage_low', { retryAfterSeconds })
}
