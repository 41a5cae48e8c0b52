// Where a server of this process listens.
import type { Server } from 'node:net'

export function mustHavePort(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens nowhere')
  return address.port
}
