// A Redis or Valkey of the machine, started for one test run on a port of its own; none when it is not installed.
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freeLocalPort } from '../../src/platform/postgres-process.ts'
import { afterDeath, scratchFolder } from './scratch.ts'

export async function startLocalRedis(): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  const program = ['valkey-server', 'redis-server'].map(onPath).find((found) => found !== undefined)
  if (program === undefined) return undefined

  const folder = scratchFolder('test-redis')
  const port = await freeLocalPort()
  const flags = ['--bind', '127.0.0.1', '--dir', folder.path, '--save', '', '--maxmemory-policy', 'noeviction']
  const child = spawn(program, ['--port', String(port), ...flags], { stdio: 'ignore' })
  const exited = new Promise<'exited'>((resolve) => child.once('exit', () => resolve('exited')))
  const guard = afterDeath(`kill -KILL ${child.pid}; rm -rf '${folder.path}'`)
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
    guard.disarm()
    folder.remove()
  }

  const outcome = await Promise.race([
    exited,
    untilListening(port),
    delay(5000, undefined, { ref: false }).then(() => 'silent'),
  ])
  if (outcome === 'listening') return { url: `redis://127.0.0.1:${port}`, stop }
  await stop()
  return undefined
}

function onPath(program: string): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  return places.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

async function untilListening(port: number): Promise<'listening'> {
  for (;;) {
    const isListening = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isListening) return 'listening'
    await delay(20)
  }
}
