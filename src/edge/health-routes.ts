// Always there: whether the process lives, whether it can do its work, and its metrics (contract §6).
import type { Registry } from 'prom-client'
import type { Routes } from '../platform/http.ts'

export interface HealthCheck {
  readonly name: string
  /** Undefined when all is well, else what is wrong, in a few words. */
  check(): Promise<string | undefined>
}

export interface HealthOptions {
  readonly checks: readonly HealthCheck[]
  readonly metrics: Registry
}

/** A check that takes longer than this has failed: a balancer must not wait for a dead database. */
const checkMsMax = 2_000

export function healthRoutes({ checks, metrics }: HealthOptions): Routes {
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
          summary: 'It can do its work; otherwise 503 with the reasons',
          security: [],
          response: { 200: state, 503: state },
        },
      },
      async (_request, reply) => {
        const results = await Promise.all(checks.map(async (c) => ({ name: c.name, problem: await bounded(c) })))
        const problems = results.filter((r) => r.problem !== undefined)
        if (problems.length === 0) return { status: 'ok' }
        return reply.code(503).header('retry-after', 5).send({ status: 'unavailable', problems })
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
