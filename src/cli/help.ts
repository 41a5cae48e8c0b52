// The texts of --help, made from the commands' own descriptions.
import type { Command, CommandTable } from './command.ts'
import { alignedRows } from './output.ts'

const exitCodeText = 'Exit codes: 0 done · 1 refused or failed · 2 wrong usage · 3 the gateway does not answer'

export function overview(commands: CommandTable): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary.vi, summary.en])
  return [
    'tram: dòng lệnh của Trạm · the command line of Trạm',
    '',
    'Usage: npm run tram -- <command> [options]      tram <command> --help',
    '',
    ...alignedRows(rows),
    '',
    exitCodeText,
    '',
  ].join('\n')
}

export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, option]) => {
    const value = option.type === 'string' ? ` ${option.value ?? 'TEXT'}` : ''
    return [`  --${name}${value}`, option.multiple === true ? `${option.help} (may be repeated)` : option.help]
  })
  return [
    `tram ${command.name}: ${command.summary.vi} · ${command.summary.en}`,
    '',
    'Usage:',
    ...command.usage.map((line) => `  tram ${line}`),
    '',
    'Options:',
    ...alignedRows(options),
    '',
    'Examples:',
    ...command.examples.map((line) => `  npm run tram -- ${line}`),
    '',
    exitCodeText,
    '',
  ].join('\n')
}
