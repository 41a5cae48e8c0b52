// A Redis of the run's own that may be killed, emptied and frozen.
import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { freeLocalPort } from '../../src/platform/postgres-process.ts'
import { afterDeath, scratchFolder } from '../support/scratch.ts'
import { mustComeTrue } from './wait.ts'

export interface OwnRedis {
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
  /** Takes every key away. */
  empty(): Promise<void>
  /** Connections stand, nothing answers. */
  freeze(): void
  thaw(): void
  remove(): Promise<void>
}

export async function createOwnRedis(): Promise<OwnRedis> {
  const folder = scratchFolder('chaos-redis')
  const port = await freeLocalPort()
  let child: ChildProcess | undefined
  let disarm = () => {}

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => child?.once('exit', () => resolve()))
    child.kill('SIGKILL')
    await gone
    disarm()
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const flags = ['--bind', '127.0.0.1', '--dir', folder.path, '--save', '', '--maxmemory-policy', 'noeviction']
      const started = spawn('redis-server', ['--port', String(port), ...flags], { stdio: 'ignore' })
      const guard = afterDeath(`kill -KILL ${started.pid}; rm -rf '${folder.path}'`)
      child = started
      disarm = () => guard.disarm()
      await mustComeTrue('Redis answers', async () => (await said(port, 'PING')).startsWith('+PONG'), 10_000)
    },
    kill,
    async empty() {
      await said(port, 'FLUSHALL')
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async remove() {
      await kill()
      folder.remove()
    },
  }
}

/** Redis understands plain lines too, so that no client is needed that would reconnect and retry by itself. */
function said(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`))
    socket.on('error', reject)
    socket.once('data', (answer) => {
      socket.destroy()
      resolve(answer.toString('utf8'))
    })
  })
}
