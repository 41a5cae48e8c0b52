// Gathers results of attempts and writes them in batches without ever waiting for the slowest attempt: what has
// finished while one batch was being written goes out with the next (design D4).
import type { Logger } from 'pino'
import { isDatabaseAway } from '../platform/database.ts'
import type { AttemptResult } from './record-results.ts'

const batchMax = 500
const tries = 5
const tryAgainMs = 200

export interface ResultRecorder {
  /** Resolves once the result is committed, or given up: then the lease runs out and the delivery is repeated. */
  record(result: AttemptResult): Promise<void>
  /** Resolves when nothing is left to write. */
  flush(): Promise<void>
}

export function createResultRecorder(
  write: (results: readonly AttemptResult[]) => Promise<void>,
  logger: Logger,
): ResultRecorder {
  let waiting: { result: AttemptResult; done: () => void }[] = []
  let writing: Promise<void> | undefined

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchMax)
      waiting = waiting.slice(batchMax)
      await writeWithPatience(batch.map((entry) => entry.result))
      for (const entry of batch) entry.done()
    }
  }

  async function writeWithPatience(results: readonly AttemptResult[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await write(results)
      } catch (error) {
        // Not the database but something in the batch: it must not take its neighbours with it.
        if (results.length > 1 && !isDatabaseAway(error)) {
          for (const one of results) await writeWithPatience([one])
          return
        }
        if (attempt >= tries) {
          logger.error({ err: error, results: results.length }, 'delivery.results_not_recorded')
          return
        }
        await new Promise((resolve) => setTimeout(resolve, tryAgainMs * attempt))
      }
    }
  }

  function start(): Promise<void> {
    writing ??= drain().finally(() => {
      writing = undefined
      // What came between the last look and this moment has nobody else to start it.
      if (waiting.length > 0) void start()
    })
    return writing
  }

  return {
    record: (result) =>
      new Promise((done) => {
        waiting.push({ result, done })
        void start()
      }),
    async flush() {
      while (waiting.length > 0 || writing !== undefined) await start()
    },
  }
}
