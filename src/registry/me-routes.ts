// Who the caller is to us, and what time it is: the two questions a new installation asks first.

import { currentCode } from '../domain/agency.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamDay, vietnamTime } from '../domain/vietnam-time.ts'
import type { Me } from '../generated/json/me.ts'
import type { Time } from '../generated/json/time.ts'
import { callerOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import type { DirectoryCache } from './directory-cache.ts'
import { accessTag, systemSecurity } from './route-parts.ts'

export interface MeRoutesDeps {
  readonly cache: DirectoryCache
  readonly clock: Clock
  readonly packageBytesMax: number
  /** What the system has sent today. Absent where nobody counts. */
  readonly usageOf?: (systemId: string) => Promise<DayUsage>
}

export interface DayUsage {
  readonly day: string
  readonly usedBytes: number
  readonly resetsAt: Date
  readonly limitBytes?: number
}

export function meRoutes(deps: MeRoutesDeps): Routes {
  return (app, guards) => {
    app.get(
      '/api/v1/me',
      {
        onRequest: guards.system,
        schema: {
          tags: [accessTag],
          security: systemSecurity,
          summary: 'Tells who the caller is, for which agencies it speaks, and its limits',
          response: { 200: schemaRef('me'), ...problems(401) },
        },
      },
      async (request) => await me(deps, callerOf(request)),
    )

    app.get(
      '/api/v1/time',
      {
        schema: {
          tags: [accessTag],
          security: [],
          summary: "Tells the axis' time, the reference for every system; open to all",
          response: { 200: schemaRef('time') },
        },
      },
      async (_request, reply) => {
        const now = deps.clock.now()
        const time: Time = { now: vietnamTime(now), epochMs: now.getTime() }
        return await reply.header('cache-control', 'no-store').send(time)
      },
    )
  }
}

async function me(deps: MeRoutesDeps, caller: ReturnType<typeof callerOf>): Promise<Me> {
  const { cache, clock, packageBytesMax, usageOf } = deps
  const directory = cache.current()
  const system = directory.systems.get(caller.systemId)
  const credential = system?.credentials.find((one) => one.credentialId === caller.credentialId)
  // The system was let in a moment ago; if it is gone since, it is a stranger now.
  if (system === undefined || credential === undefined) throw new GatewayError('unauthenticated', 'unauthenticated')

  const day = vietnamDay(clock.now())
  const received = new Set(system.receivesFor)
  const agencies = (credential.agencyIds ?? system.sendsFor).flatMap((id) => {
    const agency = caller.agencyIds.has(id) ? directory.agencies.get(id) : undefined
    if (agency === undefined) return []
    const { agencyId, name, codes } = agency
    return [{ agencyId, name, code: currentCode(agency, day), codes: [...codes], receives: received.has(id) }]
  })
  const { credentialId, label, expiresAt } = credential
  const usage = await usageOf?.(system.systemId)
  return {
    systemId: system.systemId,
    name: system.name,
    channel: system.channel,
    credential: { credentialId, label, ...(expiresAt === undefined ? {} : { expiresAt: vietnamTime(expiresAt) }) },
    agencies,
    limits: { packageBytesMax, ...(usage?.limitBytes === undefined ? {} : { bytesPerDay: usage.limitBytes }) },
    ...(usage === undefined ? {} : { quota: quotaView(usage) }),
    time: vietnamTime(clock.now()),
  }
}

function quotaView({ day, usedBytes, limitBytes, resetsAt }: DayUsage): NonNullable<Me['quota']> {
  const remaining = limitBytes === undefined ? {} : { remainingBytes: Math.max(0, limitBytes - usedBytes) }
  return { day, usedBytes, ...remaining, resetsAt: vietnamTime(resetsAt) }
}
