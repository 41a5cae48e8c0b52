// A worker process of a measurement: started from a file beside this one, told what to do by a message, answering by
// one. It has its own processor time and memory, so that they are not mistaken for the gateway's.
import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Decode } from '../platform/json-decode.ts'
import { figuresOf, type ProcessFigures } from './process-figures.ts'

export interface BenchChild {
  readonly pid: number
  ask<T>(message: object, decode: Decode<T>): Promise<T>
  figures(): ProcessFigures | undefined
  end(): void
}

// A measurement is bounded in time; a child that is silent for this long hangs.
const answerWithinMs = 10 * 60_000

/** `name` is a file of this folder without its ending, which is .ts before the build and .js after it. */
export function startChild(name: string): BenchChild {
  const file = fileURLToPath(new URL(`./${name}${extname(fileURLToPath(import.meta.url))}`, import.meta.url))
  const child = fork(file, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const pid = child.pid ?? 0
  return {
    pid,
    ask: async (message, decode) => decode(await exchange(child, message), name),
    figures: () => figuresOf([pid]),
    end: () => {
      child.kill('SIGKILL')
    },
  }
}

function exchange(child: ChildProcess, message: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => reject(new Error('a worker of the measurement does not answer')), answerWithinMs)
    const onExit = () => reject(new Error('a worker of the measurement ended'))
    child.once('exit', onExit)
    child.once('message', (answer) => {
      clearTimeout(tooLate)
      child.off('exit', onExit)
      resolve(answer)
    })
    child.send(message)
  })
}

/** In the child: answers every message with what the function makes of it. */
export function answerMessages(answer: (message: unknown) => Promise<object>): void {
  process.on('message', (message) => {
    answer(message).then(
      (result) => process.send?.(result),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
        process.exit(1)
      },
    )
  })
  // The measurement that started this process is gone, and so is the reason to run.
  process.on('disconnect', () => process.exit(0))
}
