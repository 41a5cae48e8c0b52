// BullMQ on either of its backends behind one door (design D2): Redis when REDIS_URL is set, PostgreSQL otherwise.
// A job is a doorbell and carries ids only; the rows say what is due, so a lost job costs seconds.
import { createPostgresBackend, type JobsOptions, Queue, runMigrations, Worker, withBackend } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Logger } from 'pino'
import { type JobName, type JobPayloads, parsePayload } from './jobs.ts'

export interface RingOptions {
  /** Rings of one id while a job of it runs become a single further run. */
  readonly deduplicationId: string
}

export interface Queues {
  readonly backend: 'redis' | 'postgres'
  ring<N extends JobName>(name: N, payload: JobPayloads[N], options: RingOptions): Promise<void>
  /** Starts a worker; `concurrency` jobs at once. */
  work<N extends JobName>(name: N, concurrency: number, run: (payload: JobPayloads[N]) => Promise<void>): void
  /** Lets running jobs end and takes no new ones. */
  stopWorking(): Promise<void>
  close(): Promise<void>
}

export interface QueuesOptions {
  readonly redisUrl?: string
  readonly databaseUrl: string
  readonly logger: Logger
}

/** The lock of a dead worker's job runs out after this. */
const lockMs = 5_000
/**
 * A job is taken from a dead worker at the second look after it began, and a look is skipped when another worker, the
 * dead one perhaps, looked less than this ago. Three of them and the lock must stay below the 15 s in which a lane is
 * served again; at 5 s they did not.
 */
const stalledMs = 2_000
const workerCloseMs = 5_000

export async function openQueues(options: QueuesOptions): Promise<Queues> {
  const { logger } = options
  const backend = options.redisUrl === undefined ? postgresBackend(options) : redisBackend(options.redisUrl, logger)
  await backend.prepare()
  const queues = new Map<JobName, JobQueue>()
  const workers: JobWorker[] = []

  function queueOf(name: JobName): JobQueue {
    const existing = queues.get(name)
    if (existing !== undefined) return existing
    const queue = backend.queue(name)
    queue.on('error', (error) => logger.warn({ err: error, queue: name }, 'queue.error'))
    queues.set(name, queue)
    return queue
  }

  return {
    backend: backend.kind,
    async ring(name, payload, { deduplicationId }) {
      await queueOf(name).add(name, payload, {
        deduplication: { id: deduplicationId, keepLastIfActive: true },
        // An id that still exists is silently ignored when added again, so nothing may stay behind.
        removeOnComplete: true,
        removeOnFail: true,
      })
    },
    work(name, concurrency, run) {
      const worker = backend.worker(name, (job) => run(parsePayload(name, job.data)), concurrency)
      worker.on('error', (error) => logger.warn({ err: error, queue: name }, 'worker.error'))
      worker.on('failed', (_job, error) => logger.error({ err: error, queue: name }, 'job.failed'))
      workers.push(worker)
    },
    async stopWorking() {
      await Promise.all(workers.splice(0).map((worker) => bounded(worker.close(), workerCloseMs)))
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => bounded(queue.close(), workerCloseMs)))
      if (backend.close !== undefined) await bounded(backend.close(), workerCloseMs)
    },
  }
}

/** The little we use of BullMQ's classes, which are typed apart for each backend. */
interface JobQueue {
  add(name: string, payload: unknown, options: JobsOptions): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
  close(): Promise<void>
}

interface JobWorker {
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'failed', listener: (job: unknown, error: Error) => void): unknown
  close(): Promise<void>
}

interface Backend {
  readonly kind: 'redis' | 'postgres'
  prepare(): Promise<void>
  queue(name: string): JobQueue
  worker(name: string, run: (job: { readonly data: unknown }) => Promise<void>, concurrency: number): JobWorker
  /** Lets go of connections that queues and workers share; none where each has its own. */
  close?(): Promise<void>
}

const workerOptions = (concurrency: number) => ({
  concurrency,
  lockDuration: lockMs,
  stalledInterval: stalledMs,
  // A lane job may lose its worker more than once and must still run.
  maxStalledCount: 10,
  drainDelay: 5,
})

function redisBackend(url: string, logger: Logger): Backend {
  // Producers fail fast, so that an acceptance never waits for a queue; workers wait for Redis to come back.
  const producer = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 1, lazyConnect: true })
  producer.on('error', (error) => logger.warn({ err: error }, 'redis.error'))
  const consumers: Redis[] = []
  return {
    kind: 'redis',
    prepare: () => producer.connect(),
    queue: (name) => new Queue(name, { connection: producer, prefix: 'tram' }),
    worker(name, run, concurrency) {
      const connection = new Redis(url, { maxRetriesPerRequest: null })
      connection.on('error', (error) => logger.warn({ err: error }, 'redis.error'))
      consumers.push(connection)
      return new Worker(name, run, { connection, prefix: 'tram', ...workerOptions(concurrency) })
    },
    async close() {
      for (const connection of [producer, ...consumers]) connection.disconnect()
    },
  }
}

function postgresBackend({ databaseUrl }: QueuesOptions): Backend {
  const classes = withBackend(createPostgresBackend)
  // Each queue and worker keeps a small pool of its own, and a listener besides.
  const connection = { connectionString: databaseUrl, max: 4, application_name: 'tram-queues', skipMigrations: true }
  return {
    kind: 'postgres',
    async prepare() {
      const client = new pg.Client({ connectionString: databaseUrl, application_name: 'tram-queues' })
      await client.connect()
      try {
        await runMigrations(client)
      } finally {
        await client.end()
      }
    },
    queue: (name) => new classes.Queue(name, { connection }),
    worker: (name, run, concurrency) => new classes.Worker(name, run, { connection, ...workerOptions(concurrency) }),
  }
}

async function bounded(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}
