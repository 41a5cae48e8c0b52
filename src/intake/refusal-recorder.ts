// Writes the rows of refusals. A submission is turned away also because the database is gone; its row then waits in
// memory, within bounds, so that the reference the sender was given is found once the database is back.
import type { NewRefusal } from './refusal-store.ts'

export interface RefusalRecorder {
  /** Never rejects: the sender is answered whatever became of the row. */
  record(refusal: NewRefusal): Promise<void>
  /** Tries once more to write what waits; to be called before the database is closed. */
  close(): Promise<void>
}

export interface RefusalRecorderOptions {
  readonly insert: (refusal: NewRefusal) => Promise<void>
  /** Whether a failure means that the database is gone for now, so that the row may be written later. */
  readonly isPassing: (error: unknown) => boolean
  readonly onLost: (error: unknown, refs: readonly string[]) => void
  readonly retryEveryMs?: number
  readonly waitingMax?: number
}

// A thousand rows are a megabyte, and more senders than a province has while one restart lasts.
const waitingMaxDefault = 1_000
const retryEveryMsDefault = 5_000

export function createRefusalRecorder(options: RefusalRecorderOptions): RefusalRecorder {
  const { insert, isPassing, onLost, waitingMax = waitingMaxDefault, retryEveryMs = retryEveryMsDefault } = options
  const waiting = new Set<NewRefusal>()
  let timer: NodeJS.Timeout | undefined

  function keepForLater(refusal: NewRefusal, error: unknown): void {
    if (isPassing(error) && waiting.size < waitingMax) {
      waiting.add(refusal)
      retryLater()
    } else onLost(error, [refusal.ref])
  }

  function retryLater(): void {
    timer ??= setTimeout(() => void retry(), retryEveryMs).unref()
  }

  async function retry(): Promise<void> {
    timer = undefined
    for (const refusal of waiting) {
      try {
        await insert(refusal)
      } catch (error) {
        // The others would fail alike, each after a wait of its own.
        if (isPassing(error)) return retryLater()
        onLost(error, [refusal.ref])
      }
      waiting.delete(refusal)
    }
  }

  return {
    async record(refusal) {
      try {
        await insert(refusal)
      } catch (error) {
        keepForLater(refusal, error)
      }
    },
    async close() {
      await retry()
      clearTimeout(timer)
      const refs = [...waiting].map((refusal) => refusal.ref)
      if (refs.length > 0) onLost(undefined, refs)
    },
  }
}
