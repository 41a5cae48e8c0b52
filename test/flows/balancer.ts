// The balancer before the edges, as small as one can be: it asks each for /health/ready, sends a request to one that was
// ready the last time, over connections it keeps open, and never sends a request twice.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Balancer {
  readonly url: string
  /** Edges that take requests now. */
  ready(): readonly string[]
  close(): Promise<void>
}

export async function startBalancer(edges: readonly string[], checkEveryMs: number): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const ready = new Set<string>()
  let turn = 0

  async function check(edge: string): Promise<void> {
    const answer = await fetch(new URL('/health/ready', edge), { headers: { connection: 'close' } }).catch(
      () => undefined,
    )
    if (answer?.status === 200) ready.add(edge)
    else ready.delete(edge)
    await answer?.arrayBuffer()
  }

  function forward(incoming: IncomingMessage, response: ServerResponse): void {
    const edge = [...ready][turn++ % Math.max(ready.size, 1)]
    const outgoing = request(new URL(incoming.url ?? '/', edge ?? 'http://127.0.0.1:9'), {
      agent,
      method: incoming.method ?? 'GET',
      headers: { ...incoming.headers, connection: 'keep-alive' },
    })
    outgoing.on('response', (answer) => {
      // Whether the edge closes its connection is between it and us.
      const { connection: _, 'keep-alive': __, ...headers } = answer.headers
      response.writeHead(answer.statusCode ?? 502, headers)
      answer.pipe(response)
    })
    outgoing.on('error', (error) => response.writeHead(502, { 'content-type': 'text/plain' }).end(`${edge}: ${error}`))
    incoming.pipe(outgoing)
  }

  await Promise.all(edges.map(check))
  const checks = setInterval(() => void Promise.all(edges.map(check)), checkEveryMs)
  const server = createServer(forward)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: () => [...ready],
    async close() {
      clearInterval(checks)
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
