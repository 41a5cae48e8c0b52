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
