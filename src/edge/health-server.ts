// Health and metrics of a process without an edge (HEALTH_PORT): the same answers, and nothing else.
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { Routes } from '../platform/http.ts'

export interface HealthServer {
  /** Answers the address it is reached at. */
  listen(port: number, host: string): Promise<string>
  close(): Promise<void>
}

export function createHealthServer(health: Routes): HealthServer {
  const app = fastify({ forceCloseConnections: true })
  // No route of health asks who is calling.
  const nobody = () => Promise.reject(new Error('this process has no edge'))
  health(app, { system: nobody, operator: nobody })
  return {
    async listen(port, host) {
      await app.listen({ port, host })
      const { port: taken } = app.server.address() as AddressInfo
      return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`
    },
    close: () => app.close(),
  }
}
