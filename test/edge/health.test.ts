// What /health/ready says while something is away, and while something is merely short.
import fastify from 'fastify'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { type HealthCheck, healthRoutes } from '../../src/edge/health-routes.ts'

const guard = async () => undefined

async function ready(checks: readonly HealthCheck[]) {
  const app = fastify()
  healthRoutes({ checks, metrics: new Registry() })(app, { system: guard, operator: guard })
  const answer = await app.inject('/health/ready')
  await app.close()
  return { status: answer.statusCode, body: answer.json() }
}

const fine: HealthCheck = { name: 'partitions', check: async () => undefined }
const away: HealthCheck = { name: 'database', check: () => Promise.reject(new Error('connection refused')) }
const short: HealthCheck = { name: 'disk', isPressure: true, check: async () => '4.2 % free' }

test('says ok when all is well', async () => {
  expect(await ready([fine])).toEqual({ status: 200, body: { status: 'ok' } })
})

test('stays ready and says why while something is short: part of the work is still done', async () => {
  expect(await ready([fine, short])).toEqual({
    status: 200,
    body: { status: 'degraded', pressure: [{ name: 'disk', problem: '4.2 % free' }] },
  })
})

test('is not ready while something is away, and names both', async () => {
  expect(await ready([away, short, fine])).toEqual({
    status: 503,
    body: {
      status: 'unavailable',
      problems: [{ name: 'database', problem: 'connection refused' }],
      pressure: [{ name: 'disk', problem: '4.2 % free' }],
    },
  })
})
