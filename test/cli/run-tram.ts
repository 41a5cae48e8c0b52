// Runs the command line as a person would, without a process: words in, exit code and both streams out.
import { commands } from '../../src/cli/command-table.ts'
import { runCli } from '../../src/cli/run-cli.ts'

export interface TramRun {
  readonly code: number
  readonly out: string
  readonly err: string
}

export async function tram(words: readonly string[], env: Record<string, string> = {}): Promise<TramRun> {
  let [out, err] = ['', '']
  const code = await runCli(commands, {
    words,
    env,
    streams: {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
    },
    signal: new AbortController().signal,
  })
  return { code, out, err }
}
