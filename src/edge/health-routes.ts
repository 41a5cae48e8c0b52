// Always there: whether the process lives, whether it can do its work, and its metrics (contract §6).
import type { Registry } from 'prom-client'
import type { Routes } from '../platform/http.ts'

export interface HealthCheck {
  readonly name: string
  /** Undefined when all is well, else what is wrong, in a few words. */
  check(): Promise<string | undefined>
  /**
   * Something is short and part of the work is refused with 503, but the process still serves: it is ready and says so.
   * Taken out of service, it would leave the same load to fewer.
   */
  readonly isPressure?: true
}

export interface HealthOptions {
  readonly checks: readonly HealthCheck[]
  readonly metrics: Registry
  /** What is worth knowing of a process that can do its work, e.g. that maintenance runs. */
  readonly remarks?: () => Promise<Readonly<Record<string, unknown>>>
}

/** A check that takes longer than this has failed: a balancer must not wait for a dead database. */
const checkMsMax = 2_000

export function healthRoutes({ checks, metrics, remarks }: HealthOptions): Routes {
  const tags = ['health']
  const state = { type: 'object', properties: { status: { type: 'string' } }, additionalProperties: true }
  return (app) => {
    app.get(
      '/health/live',
      { schema: { tags, summary: 'The process lives', security: [], response: { 200: state } } },
      () => ({ status: 'ok' }),
    )

    app.get(
      '/health/ready',
      {
        schema: {
          tags,
          summary: 'It can do its work; otherwise 503 with the reasons. `degraded`: it serves, and something is short',
          security: [],
          response: { 200: state, 503: state },
        },
      },
      async (_request, reply) => {
        const { problems, pressure } = await found(checks)
        const told = pressure.length === 0 ? {} : { pressure }
        if (problems.length > 0) {
          return reply
            .code(503)
            .header('retry-after', 5)
            .send({ status: 'unavailable', problems, ...told })
        }
        return { status: pressure.length === 0 ? 'ok' : 'degraded', ...told, ...(await remarks?.()) }
      },
    )

    app.get(
      '/metrics',
      {
        schema: {
          tags,
          summary: 'Prometheus metrics',
          security: [],
          response: {
            200: { description: 'Text exposition', content: { 'text/plain': { schema: { type: 'string' } } } },
          },
        },
      },
      async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
    )
  }
}

async function found(checks: readonly HealthCheck[]) {
  const results = await Promise.all(checks.map(async (c) => ({ ...c, problem: await bounded(c) })))
  const wrong = results.filter(({ problem }) => problem !== undefined)
  const tell = ({ name, problem }: (typeof wrong)[number]) => ({ name, problem })
  return {
    problems: wrong.filter((c) => c.isPressure !== true).map(tell),
    pressure: wrong.filter((c) => c.isPressure === true).map(tell),
  }
}

async function bounded({ check }: HealthCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer'), checkMsMax)
  })
  try {
    return await Promise.race([check(), late])
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error)
  } finally {
    clearTimeout(timer)
  }
}
