// Gathers results of attempts and writes them in batches without ever waiting for the slowest attempt: what has
// finished while one batch was being written goes out with the next (design D4).
import type { Logger } from 'pino'
import { isDatabaseAway } from '../platform/database.ts'
import type { AttemptResult } from './record-results.ts'

const batchMax = 500
/** What the database refuses it refuses again. */
const tries = 5
const tryAgainMs = 200
const tryAgainMsMax = 1_000
/**
 * A database that was killed is back within seconds, and a result that waited for it keeps its receiver from getting the
 * document twice: the claim's token says whether it comes too late. Longer than this its lease has run out anyway.
 */
const awayMsMax = 30_000

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
  // Going down, nobody waits for a database that is away.
  let isFlushing = false

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchMax)
      waiting = waiting.slice(batchMax)
      await writeWithPatience(batch.map((entry) => entry.result))
      for (const entry of batch) entry.done()
    }
  }

  async function writeWithPatience(results: readonly AttemptResult[]): Promise<void> {
    const begun = performance.now()
    for (let attempt = 1; ; attempt++) {
      try {
        return await write(results)
      } catch (error) {
        const isAway = isDatabaseAway(error)
        // Not the database but something in the batch: it must not take its neighbours with it.
        if (results.length > 1 && !isAway) {
          for (const one of results) await writeWithPatience([one])
          return
        }
        const isPatient = isAway && !isFlushing && performance.now() - begun < awayMsMax
        if (attempt >= tries && !isPatient) {
          logger.error({ err: error, results: results.length }, 'delivery.results_not_recorded')
          return
        }
        await new Promise((resolve) => setTimeout(resolve, Math.min(tryAgainMs * attempt, tryAgainMsMax)))
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
      isFlushing = true
      while (waiting.length > 0 || writing !== undefined) await start()
    },
  }
}
