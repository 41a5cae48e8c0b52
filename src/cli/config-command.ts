// `tram config`: every variable of the gateway with its value here, default, unit and meaning.
import { BadConfiguration, configSummary, readConfig } from '../config.ts'
import { type Command, exitCodes } from './command.ts'

export const configCommand: Command = {
  name: 'config',
  summary: { vi: 'các biến cấu hình', en: 'variables of the gateway: value, default, unit, meaning' },
  usage: ['config'],
  options: {
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: ['config', 'config --json'],
  async run(_args, { output, env }) {
    const rows = configSummary(env)
    const mistakes = mistakesOf(env)
    output.table(
      ['VARIABLE', 'VALUE', 'DEFAULT', 'UNIT', 'MEANING'],
      rows.map((row) => [row.name, row.value, row.default, row.unit, row.meaning]),
    )
    for (const mistake of mistakes) output.line(`Sai · wrong: ${mistake}`)
    output.json({ variables: rows, mistakes })
    return mistakes.length === 0 ? exitCodes.ok : exitCodes.refused
  },
}

function mistakesOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof BadConfiguration) return error.mistakes
    throw error
  }
}
