// A wire between two parties of a round that cuts connections in the middle of what is being sent over it.
import { connect, createServer, type Socket } from 'node:net'
import { mustHavePort } from './ports.ts'

export interface Wire {
  readonly port: number
  /** From now on every connection is reset once it has carried this many bytes, asked for each anew. */
  cutAfter(bytes: () => number): void
  /** From now on connections last. */
  mend(): void
  /** How many were cut so far. */
  cuts(): number
  close(): Promise<void>
}

export async function createWire(targetPort: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let limit: (() => number) | undefined
  let cuts = 0

  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    let carried = 0
    let mayCarry = limit?.()
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk: Buffer) => {
        // A connection that was made before the cutting began is cut as well.
        mayCarry = limit === undefined ? undefined : (mayCarry ?? carried + limit())
        carried += chunk.length
        if (mayCarry === undefined || carried <= mayCarry) {
          if (!to.write(chunk)) from.pause()
          return
        }
        // What still fits goes through, so that the other side is left in the middle of a message.
        to.write(chunk.subarray(0, Math.max(0, chunk.length - (carried - mayCarry))), () => {
          cuts += 1
          near.resetAndDestroy()
          far.resetAndDestroy()
        })
      })
      to.on('drain', () => from.resume())
      from.on('end', () => to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))

  return {
    port: mustHavePort(server),
    cutAfter(bytes) {
      limit = bytes
    },
    mend() {
      limit = undefined
    },
    cuts: () => cuts,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
