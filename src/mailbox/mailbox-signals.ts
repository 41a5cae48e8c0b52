// Wakes long polls in this process when something arrives for their system. Other processes' arrivals are found by
// looking again every second, so a poll holds no database connection while it waits.

export interface MailboxSignals {
  announce(systemIds: Iterable<string>): void
  /** Resolves at the next announcement for the system, after `ms`, or when the caller hung up. */
  wait(systemId: string, ms: number, signal: AbortSignal): Promise<void>
}

export function createMailboxSignals(): MailboxSignals {
  const waiters = new Map<string, Set<() => void>>()

  return {
    announce(systemIds) {
      for (const systemId of systemIds) {
        for (const wake of waiters.get(systemId) ?? []) wake()
      }
    },
    wait(systemId, ms, signal) {
      return new Promise((resolve) => {
        const all = waiters.get(systemId) ?? new Set()
        waiters.set(systemId, all)
        const finish = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', finish)
          all.delete(finish)
          if (all.size === 0) waiters.delete(systemId)
          resolve()
        }
        const timer = setTimeout(finish, ms)
        all.add(finish)
        signal.addEventListener('abort', finish)
        if (signal.aborted) finish()
      })
    },
  }
}
