// What a system is told about its quota.
import fastify from 'fastify'
import { expect, test } from 'vitest'
import type { Guards } from '../../src/platform/http.ts'
import { type DayUsage, meRoutes } from '../../src/registry/me-routes.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { startRegistry } from './registry-app.ts'

test('GET /api/v1/me tells the quota of the day, what is used of it and when it begins anew', async () => {
  const registry = await startRegistry()
  const resetsAt = new Date('2026-11-21T00:00:00+07:00')
  const usages = new Map<string, DayUsage>([
    ['LIMITED', { day: '2026-11-20', usedBytes: 700, resetsAt, limitBytes: 1_000 }],
    ['FREE', { day: '2026-11-20', usedBytes: 5, resetsAt }],
  ])
  const app = fastify()
  app.decorateRequest('caller', null)
  const guards: Guards = {
    system: async (request) => {
      request.caller = await registry.authentication.authenticate(request.headers.authorization)
    },
    operator: async () => undefined,
  }
  const usageOf = async (systemId: string) => usages.get(systemId) ?? Promise.reject(new Error(systemId))
  app.addSchema({ $id: 'me', type: 'object' })
  app.addSchema({ $id: 'problem', type: 'object' })
  app.addSchema({ $id: 'time', type: 'object' })
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  meRoutes({ cache: registry.cache, clock: registry.clock, packageBytesMax: 1, usageOf })(app, guards)
  const told = async (systemId: string, code: string) => {
    await registry.call('POST', '/api/v1/admin/agencies', { body: { name: code, codes: [{ code }] } })
    const body = { systemId, name: systemId, agencies: [code], channel: 'mailbox' }
    const { secret } = (await registry.call('POST', '/api/v1/admin/systems', { body })).body
    const authorization = `Basic ${Buffer.from(`${systemId}:${secret}`).toString('base64')}`
    const answer = (await app.inject({ url: '/api/v1/me', headers: { authorization } })).json()
    expectSchema('me', answer)
    return answer
  }

  expect(await told('LIMITED', 'H35.12')).toMatchObject({
    limits: { packageBytesMax: 1, bytesPerDay: 1_000 },
    quota: { day: '2026-11-20', usedBytes: 700, remainingBytes: 300, resetsAt: '2026-11-21T00:00:00.000+07:00' },
  })
  const free = await told('FREE', 'H35.13')
  expect([free.limits, free.quota.remainingBytes]).toEqual([{ packageBytesMax: 1 }, undefined])
  await app.close()
  await registry.close()
})
