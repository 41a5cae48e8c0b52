// How many bodies may be under way at once, and how many bytes. Statuses, small and large bodies have budgets of their
// own, so that a hundred large uploads over slow lines cannot keep a status from coming in.
import { GatewayError } from '../domain/errors.ts'
import { soon } from './retry-after.ts'

export type BodyClass = 'status' | 'small' | 'large'

export interface BodyBudgetLimits {
  readonly countMax: number
  /** Of the bodies as they were announced, or as far as they have come. */
  readonly bytesMax: number
}

export interface BodyBudget {
  /** Throws `overloaded` when there is no room. A body of unknown size enters with 0 bytes and grows. */
  enter(bodyClass: 'status' | 'document', bytes: number): BodyTicket
  inFlight(): Readonly<Record<BodyClass, { readonly count: number; readonly bytes: number }>>
  /** Those that take nothing more at the moment. */
  fullClasses(): BodyClass[]
}

export interface BodyTicket {
  /** The body turned out to be at least this large. Throws `overloaded` when there is no room for it any more. */
  growTo(bytes: number): void
  /** Harmless when called again. */
  leave(): void
}

/** Up to here a body is small: nearly every document (60 KB on average) and all statuses. */
export const smallBodyBytesMax = 1024 ** 2

const mib = 1024 ** 2
const gib = 1024 ** 3
/** Memory is flat whatever the size: what is bounded are sockets, open files and the disk that half packages hold. */
export const usualBudgets: Readonly<Record<BodyClass, BodyBudgetLimits>> = {
  status: { countMax: 256, bytesMax: 256 * mib },
  small: { countMax: 512, bytesMax: 512 * mib },
  large: { countMax: 64, bytesMax: 16 * gib },
}

export function createBodyBudget(limits: Readonly<Record<BodyClass, BodyBudgetLimits>>): BodyBudget {
  const used = {
    status: { count: 0, bytes: 0 },
    small: { count: 0, bytes: 0 },
    large: { count: 0, bytes: 0 },
  }

  function take(bodyClass: BodyClass, bytes: number): void {
    const { countMax, bytesMax } = limits[bodyClass]
    const now = used[bodyClass]
    // One body is always let in, however large: its own limit is another one.
    if (now.count >= countMax || (now.count > 0 && now.bytes + bytes > bytesMax)) throw tooMany(bodyClass)
    now.count += 1
    now.bytes += bytes
  }
  function giveBack(bodyClass: BodyClass, bytes: number): void {
    used[bodyClass].count -= 1
    used[bodyClass].bytes -= bytes
  }

  return {
    inFlight: () => structuredClone(used),
    fullClasses: () => bodyClasses.filter((name) => isFull(used[name], limits[name])),
    enter(what, announced) {
      let bodyClass = classOf(what, announced)
      let bytes = announced
      let isIn = true
      take(bodyClass, bytes)
      return {
        growTo(size) {
          if (!isIn || size <= bytes) return
          const next = classOf(what, size)
          giveBack(bodyClass, bytes)
          try {
            take(next, size)
          } catch (error) {
            isIn = false
            throw error
          }
          bodyClass = next
          bytes = size
        },
        leave() {
          if (isIn) giveBack(bodyClass, bytes)
          isIn = false
        },
      }
    },
  }
}

const bodyClasses: readonly BodyClass[] = ['status', 'small', 'large']

function isFull(now: { count: number; bytes: number }, { countMax, bytesMax }: BodyBudgetLimits): boolean {
  return now.count >= countMax || now.bytes >= bytesMax
}

function classOf(what: 'status' | 'document', bytes: number): BodyClass {
  if (bytes > smallBodyBytesMax) return 'large'
  return what === 'status' ? 'status' : 'small'
}

function tooMany(bodyClass: BodyClass): GatewayError {
  const params = { reason: reasons[bodyClass] }
  return new GatewayError('unavailable', 'overloaded', {
    params,
    retryAfterSeconds: soon(bodyClass === 'large' ? 10 : 2),
  })
}

const reasons: Readonly<Record<BodyClass, string>> = {
  status: 'đang nhận quá nhiều trạng thái cùng lúc · too many statuses at once',
  small: 'đang nhận quá nhiều gói tin cùng lúc · too many packages at once',
  large: 'đang nhận quá nhiều gói tin lớn cùng lúc · too many large packages at once',
}
