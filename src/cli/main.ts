// Entry of the `tram` command: the words, the environment, the streams and the signals of this process.
import { commands } from './command-table.ts'
import { runCli } from './run-cli.ts'

// `tram deliveries | head` closes the pipe early, and that is not a fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())

process.exitCode = await runCli(commands, {
  words: process.argv.slice(2),
  env: process.env,
  streams: { out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text) },
  signal: interrupted.signal,
})
