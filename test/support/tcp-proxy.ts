// A wire to a server that a test can cut and mend: while it is cut, what was connected is gone and nothing new connects.
import { connect, createServer, type Server, type Socket } from 'node:net'

export interface TcpProxy {
  readonly host: string
  readonly port: number
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

export async function startTcpProxy(target: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let server = await listening(0)
  const { port } = addressOf(server)

  async function listening(wanted: number): Promise<Server> {
    const made = createServer((near) => join(near, connect(target.port, target.host)))
    await new Promise<void>((resolve, reject) => {
      made.once('error', reject)
      made.listen(wanted, '127.0.0.1', resolve)
    })
    return made
  }

  function join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  }

  async function cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.resetAndDestroy()
    await closed
  }

  return {
    host: '127.0.0.1',
    port,
    cut,
    async mend() {
      server = await listening(port)
    },
    async close() {
      if (server.listening) await cut()
    },
  }
}

function addressOf(server: Server): { port: number } {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return address
}
