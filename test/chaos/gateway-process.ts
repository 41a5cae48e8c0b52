// One process of the gateway as a service manager keeps it: started again when it falls, and down only while the run
// holds it down.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterDeath } from '../support/scratch.ts'
import { mustComeTrue, sleep } from './wait.ts'

export interface GatewayProcess {
  readonly name: string
  /** Returns at once; `ready` says when it serves. */
  start(): void
  ready(): Promise<void>
  /** SIGKILL, and it stays down until it is started. */
  kill(): Promise<void>
  /** SIGTERM, as a service manager ends it. */
  end(): Promise<void>
  /** When it last said that it is ready, by the clock of this process; undefined while it has not. */
  readyAt(): number | undefined
  /** How often it ended of itself, with its last words each time. */
  readonly falls: readonly string[]
}

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export function refuseWithoutBuild(): void {
  if (!existsSync(program)) throw new Error('there is no build to run: `npm run build` first')
}

const startAgainMs = 500
const endsWithinMs = 16_000

export function createGatewayProcess(name: string, envOf: () => NodeJS.ProcessEnv): GatewayProcess {
  const falls: string[] = []
  let child: ChildProcess | undefined
  let isWanted = false
  let readyAt: number | undefined

  function start(): void {
    isWanted = true
    readyAt = undefined
    const started = spawn(process.execPath, [program], { env: envOf(), stdio: ['ignore', 'pipe', 'pipe'] })
    child = started
    const guard = afterDeath(`kill -KILL ${started.pid}`)
    let lastWords = ''
    started.stderr.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString('utf8')).slice(-lastWordsMax)
      if (process.env.CHAOS_LOG === '1') process.stderr.write(`[${name}] ${chunk.toString('utf8')}`)
    })
    started.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString('utf8').includes('tram ready')) readyAt ??= performance.now()
    })
    started.once('exit', (code, signal) => {
      guard.disarm()
      if (!isWanted || child !== started) return
      falls.push(`${name} ended with ${code ?? signal}: ${lastWords}`)
      void sleep(startAgainMs).then(() => isWanted && child === started && start())
    })
  }

  async function down(signal: NodeJS.Signals): Promise<void> {
    isWanted = false
    readyAt = undefined
    const ending = child
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
    ending.kill(signal)
    const force = setTimeout(() => ending.kill('SIGKILL'), endsWithinMs)
    await gone
    clearTimeout(force)
  }

  return {
    name,
    start,
    ready: () =>
      mustComeTrue(`${name} is ready (${falls.at(-1) ?? 'it says nothing'})`, () => readyAt !== undefined, 60_000),
    kill: () => down('SIGKILL'),
    end: () => down('SIGTERM'),
    readyAt: () => readyAt,
    falls,
  }
}

const lastWordsMax = 1_500
