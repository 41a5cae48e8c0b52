// From the words of a command line to an exit code: find the command, give help, run it, explain what went wrong.
import { GatewayRefusal, GatewayUnreachable } from '../platform/gateway-client.ts'
import {
  type Command,
  CommandFailure,
  type CommandTable,
  type Environment,
  type ExitCode,
  exitCodes,
  parseArguments,
  UsageError,
} from './command.ts'
import { commandHelp, overview } from './help.ts'
import { createOutput, type Output, type Streams } from './output.ts'
import { refusalLines } from './refusal-text.ts'

export interface CliRequest {
  readonly words: readonly string[]
  readonly env: Environment
  readonly streams: Streams
  readonly signal: AbortSignal
}

export async function runCli(commands: CommandTable, request: CliRequest): Promise<ExitCode> {
  const [name, ...words] = request.words
  const output = createOutput(request.streams, words.includes('--json'))
  if (name === undefined || name === '--help' || name === 'help') {
    request.streams.out(overview(commands))
    return name === undefined ? exitCodes.usage : exitCodes.ok
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (entry === undefined) {
    request.streams.err(`There is no command "${name}".\n\n${overview(commands)}`)
    return exitCodes.usage
  }
  const command = await entry.load()
  if (words.includes('--help')) {
    request.streams.out(commandHelp(command))
    return exitCodes.ok
  }
  try {
    return await command.run(parseArguments(command, words), { output, env: request.env, signal: request.signal })
  } catch (error) {
    if (request.signal.aborted) {
      output.note('Đã dừng · stopped')
      return exitCodes.refused
    }
    return explain(error, command, output)
  }
}

function explain(error: unknown, command: Command, output: Output): ExitCode {
  if (error instanceof GatewayRefusal) {
    if (output.isJson) output.json({ error: error.answer })
    else for (const line of refusalLines(error)) output.note(line)
    return exitCodes.refused
  }
  if (error instanceof GatewayUnreachable) {
    output.json({ error: { code: 'unreachable', detail: error.message } })
    output.note(`Không kết nối được tới trục · The gateway does not answer: ${error.message}`)
    return exitCodes.unreachable
  }
  if (error instanceof UsageError) {
    output.json({ error: { code: 'usage', detail: error.message } })
    output.note(`${error.message}\nSee: tram ${command.name} --help`)
    return exitCodes.usage
  }
  if (error instanceof CommandFailure) {
    output.json({ error: { code: 'failed', detail: error.message } })
    output.note(error.message)
    return exitCodes.refused
  }
  throw error
}
