// The sweeper role: a loop over the database that needs no queue at all. Where no queue answers for 5 s it serves
// due lanes itself, in this process (design D5).
import type { Logger } from 'pino'
import type { Database } from '../platform/database.ts'
import { runClocks } from './clocks.ts'
import type { Doorbell } from './doorbell.ts'
import { dueLanes, reopenExpiredLeases } from './sweep.ts'

export interface SweepTask {
  readonly name: string
  readonly everyMs: number
  run(): Promise<void>
}

export interface SweeperOptions {
  readonly db: Database
  readonly doorbell: Doorbell
  /** Serves a lane in this process, for when no queue answers. */
  readonly serveLane: (systemId: string) => Promise<void>
  /** Maintenance: nothing is pushed now. */
  readonly lanesRest: () => Promise<boolean>
  /** Housekeeping of other slices, each at its own pace. */
  readonly tasks: readonly SweepTask[]
  readonly everyMs: number
  readonly logger: Logger
}

export interface Sweeper {
  close(): Promise<void>
}

const queueSilentMs = 5_000
/** A step that hangs, say at a queue that is away, does not keep the process from going down in order. */
const stopMsMax = 2_000

export function startSweeper(options: SweeperOptions): Sweeper {
  const { db, doorbell, logger } = options
  const { everyMs } = options
  // Each in a loop of its own: a step that fails every time must not keep the others from their work.
  const own: SweepTask[] = [
    { name: 'leases', everyMs, run: reopenLost },
    { name: 'clocks', everyMs, run: clocks },
    { name: 'due', everyMs, run: ringDueLanes },
  ]
  const loops = [...own, ...options.tasks].map((task) => startLoop(task, logger))

  async function reopenLost(): Promise<void> {
    const reopened = await reopenExpiredLeases(db)
    if (reopened > 0) logger.info({ reopened }, 'sweep.reopened')
  }

  async function clocks(): Promise<void> {
    const { noted, expired } = await runClocks(db)
    if (noted > 0 || expired > 0) logger.info({ noted, expired }, 'sweep.clocks')
  }

  async function ringDueLanes(): Promise<void> {
    if (await options.lanesRest()) return
    const lanes = await dueLanes(db)
    if (doorbell.isSilent(queueSilentMs)) {
      await Promise.all(lanes.map((systemId) => options.serveLane(systemId)))
    }
    doorbell.ring(lanes)
  }

  return {
    async close() {
      await Promise.all(loops.map((loop) => loop.stop()))
    },
  }
}

function startLoop(task: SweepTask, logger: Logger): { stop(): Promise<void> } {
  let stopped = false
  let wake: () => void = () => {}
  const loop = (async () => {
    while (!stopped) {
      try {
        await task.run()
      } catch (error) {
        // The database is away or a step failed: the next round tries again, and nothing was lost meanwhile.
        logger.warn({ err: error, task: task.name }, 'sweep.failed')
      }
      // Told to stop while the step ran: a step every hour must not make the process wait for an hour.
      if (stopped) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, task.everyMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  })()
  return {
    async stop() {
      stopped = true
      wake()
      await Promise.race([loop, new Promise((resolve) => setTimeout(resolve, stopMsMax).unref())])
    },
  }
}
