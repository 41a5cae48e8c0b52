// Whether this process can keep up: how late its event loop is, and how full its heap. Sheds new documents early, while
// there is still time to answer; what was accepted is not touched.
import { type EventLoopUtilization, type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { GatewayError } from '../domain/errors.ts'
import { soon } from './retry-after.ts'

export interface LoadLimits {
  /** Mean lateness of the event loop within a second. */
  readonly eventLoopDelayMsMax: number
  /** Of the most the heap may ever have. */
  readonly heapPercentMax: number
}

/** Half a second late on average means that requests already wait for seconds; a single pause does not come near. */
export const usualLoadLimits: LoadLimits = { eventLoopDelayMsMax: 500, heapPercentMax: 90 }

export interface Load {
  readonly eventLoopDelayMs: number
  readonly heapPercent: number
}

export interface LoadMonitor {
  current(): Load
  /** What there is too little of, `undefined` when all is well. */
  shortOf(): 'event_loop' | 'memory' | undefined
  /** Throws `overloaded` while this process cannot keep up. */
  refuseWhenShort(): void
  close(): void
}

const sampleEveryMs = 1_000
/** A loaded compiler or one large collection is over after one sample; only what lasts is a reason to refuse. */
const samplesInRow = 2

export function startLoadMonitor(limits: LoadLimits, measure: () => Load = openMeasure()): LoadMonitor {
  let load: Load = { eventLoopDelayMs: 0, heapPercent: 0 }
  let inRow = 0
  let found: 'event_loop' | 'memory' | undefined
  const sample = (): void => {
    load = measure()
    const now = shortage(load, limits)
    inRow = now === undefined ? 0 : inRow + 1
    found = inRow >= samplesInRow ? now : undefined
  }
  const timer = setInterval(sample, sampleEveryMs)
  timer.unref()
  return {
    current: () => load,
    shortOf: () => found,
    refuseWhenShort() {
      if (found === undefined) return
      const params = { reason: reasons[found] }
      throw new GatewayError('unavailable', 'overloaded', { params, retryAfterSeconds: soon(3) })
    },
    close: () => clearInterval(timer),
  }
}

function shortage(load: Load, limits: LoadLimits): 'event_loop' | 'memory' | undefined {
  if (load.heapPercent > limits.heapPercentMax) return 'memory'
  return load.eventLoopDelayMs > limits.eventLoopDelayMsMax ? 'event_loop' : undefined
}

const reasons = {
  event_loop: 'máy chủ đang xử lý quá tải · the server cannot keep up',
  memory: 'máy chủ sắp hết bộ nhớ · the server is short of memory',
} as const

const resolutionMs = 20

/** Since it was asked the last time. */
function openMeasure(): () => Load {
  const histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let before: EventLoopUtilization = performance.eventLoopUtilization()
  return () => {
    const used = performance.eventLoopUtilization(before)
    before = performance.eventLoopUtilization()
    // The timer that measures is itself due only every 20 ms. A loop that mostly waits is never late on its own
    // account: then the machine stood still, and refusing would not help it.
    const isBusy = used.utilization > 0.5
    const mean = histogram.count === 0 ? 0 : histogram.mean / 1e6 - resolutionMs
    histogram.reset()
    const { used_heap_size: usedBytes, heap_size_limit: mostBytes } = getHeapStatistics()
    return {
      eventLoopDelayMs: isBusy && mean > 0 ? mean : 0,
      heapPercent: (usedBytes / mostBytes) * 100,
    }
  }
}
