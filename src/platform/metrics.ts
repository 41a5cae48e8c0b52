// Prometheus metrics of this process. Each metric is declared here once, with its unit in its name.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  readonly packagesAccepted: Counter<'kind'>
  readonly submissionsRefused: Counter<'code'>
  readonly attempts: Counter<'outcome'>
  readonly acceptSeconds: Histogram
  readonly deliverySeconds: Histogram
}

/** What may run short, asked whenever the metrics are read. */
export interface PressureReadings {
  readonly space: () => Promise<{ readonly freeBytes: number; readonly totalBytes: number }>
  readonly database: () => { readonly busy: number; readonly idle: number; readonly waiting: number }
  readonly load: () => { readonly eventLoopDelayMs: number; readonly heapPercent: number }
  readonly bodies: () => Readonly<Record<string, { readonly count: number; readonly bytes: number }>>
}

export function addPressureMetrics(registry: Registry, readings: PressureReadings): void {
  const registers = [registry]
  const gauge = (
    name: string,
    help: string,
    collect: (set: Gauge) => void | Promise<void>,
    labelNames: string[] = [],
  ) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      async collect() {
        await collect(this)
      },
    })
  gauge('tram_storage_free_bytes', 'Free space on the disk that holds the packages.', async (own) => {
    own.set((await readings.space()).freeBytes)
  })
  gauge('tram_storage_total_bytes', 'Size of the disk that holds the packages.', async (own) => {
    own.set((await readings.space()).totalBytes)
  })
  const connections = (own: Gauge) => {
    for (const [state, count] of Object.entries(readings.database())) own.set({ state }, count)
  }
  gauge('tram_database_connections', 'Connections in use and idle, and callers waiting for one.', connections, [
    'state',
  ])
  gauge('tram_event_loop_delay_seconds', 'Mean lateness of the event loop within the last second.', (own) => {
    own.set(readings.load().eventLoopDelayMs / 1000)
  })
  gauge('tram_heap_used_ratio', 'Share of the largest heap this process may have that is in use.', (own) => {
    own.set(readings.load().heapPercent / 100)
  })
  const bodies = (of: 'count' | 'bytes') => (own: Gauge) => {
    for (const [name, body] of Object.entries(readings.bodies())) own.set({ class: name }, body[of])
  }
  gauge('tram_bodies_in_flight', 'Packages and statuses coming in, by class of size.', bodies('count'), ['class'])
  gauge('tram_body_bytes_in_flight', 'Their bytes as announced, or as far as they have come.', bodies('bytes'), [
    'class',
  ])
}

export function createMetrics(oldestDueSeconds: () => Promise<number | undefined>): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const seconds = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
  new Gauge({
    name: 'tram_oldest_due_delivery_age_seconds',
    help: 'Age of the oldest delivery that is due and not in flight; an idle and a stalled queue differ here.',
    registers,
    async collect() {
      const age = await oldestDueSeconds().catch(() => undefined)
      if (age === undefined) this.reset()
      else this.set(age)
    },
  })
  return {
    registry,
    packagesAccepted: new Counter({
      name: 'tram_packages_accepted_total',
      help: 'Packages accepted.',
      labelNames: ['kind'],
      registers,
    }),
    submissionsRefused: new Counter({
      name: 'tram_submissions_refused_total',
      help: 'Submissions turned away.',
      labelNames: ['code'],
      registers,
    }),
    attempts: new Counter({
      name: 'tram_delivery_attempts_total',
      help: 'Attempts by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    acceptSeconds: new Histogram({
      name: 'tram_accept_duration_seconds',
      help: 'From the last byte read to the commit.',
      buckets: seconds,
      registers,
    }),
    deliverySeconds: new Histogram({
      name: 'tram_delivery_attempt_duration_seconds',
      help: 'One attempt at a delivery.',
      buckets: seconds,
      registers,
    }),
  }
}
