// `tram agency`: the directory of agencies as operators keep it.
import { type AgencyAnswer, agency } from '../platform/gateway-answers.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'
import { withOriginal } from '../platform/json-decode.ts'
import { actsOf, moveOf, successionOf, undoOf } from './agency-acts.ts'
import { documentIdsOf, mergersOf } from './agency-checks.ts'
import { type ImportRequest, importAgencies } from './agency-import.ts'
import { type Arguments, type Command, type ExitCode, exitCodes, UsageError } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import type { Output } from './output.ts'
import { listRows } from './paging.ts'

const agenciesPath = '/api/v1/admin/agencies'

export const agencyCommand: Command = {
  name: 'agency',
  summary: { vi: 'danh bạ cơ quan', en: 'the directory of agencies' },
  usage: [
    'agency list [--query TEXT]',
    'agency show <code>',
    'agency add --name NAME --code CODE [--code CODE] [--parent CODE] [--kind KIND] [--not-connected]',
    'agency import <file.csv|file.xlsx> [--dry-run] [--strict]',
    'agency succession <code> --to CODE [--to CODE] [--at TIME] [--no-redirect] [--apply]',
    'agency move <code> --system ID [--at TIME] [--apply]',
    'agency acts <code>',
    'agency undo <code> <actId>',
    'agency mergers [--no-redirect] [--apply]',
    'agency document-ids <code> --year YEAR',
  ],
  options: {
    query: { type: 'string', value: 'TEXT', help: 'list: part of the name or of a code' },
    name: { type: 'string', value: 'NAME', help: 'add: name of the agency' },
    code: { type: 'string', value: 'CODE', multiple: true, help: 'add: a code it is written with' },
    parent: { type: 'string', value: 'CODE', help: 'add: any code of the agency above it' },
    kind: { type: 'string', value: 'KIND', help: 'add: state, joined, enterprise or bridge; default state' },
    'not-connected': { type: 'boolean', help: 'add: it has a code and cannot exchange yet' },
    'dry-run': { type: 'boolean', help: 'import: say what would happen, change nothing' },
    strict: { type: 'boolean', help: 'import: change nothing if any row is wrong; default: good rows are taken' },
    to: { type: 'string', value: 'CODE', multiple: true, help: 'succession: any code of an agency that takes over' },
    system: { type: 'string', value: 'ID', help: 'move: the system that receives from then on' },
    at: { type: 'string', value: 'TIME', help: 'succession, move: e.g. 2026-12-01T00:00:00+07:00; default at once' },
    'no-redirect': { type: 'boolean', help: 'succession, mergers: hold what comes for a closed agency' },
    apply: { type: 'boolean', help: 'succession, move, mergers: carry it out; without it nothing is changed' },
    year: { type: 'string', value: 'YEAR', help: 'document-ids: the year of the numbers' },
    ...operatorOptions,
  },
  examples: [
    'agency list --query "sở y tế"',
    'agency add --name "Sở Y tế tỉnh Lai Châu" --code H35.12 --code 000.00.12.H35',
    'agency import co-quan.xlsx --dry-run',
    'agency succession H35.16 --to H35.05 --at 2026-12-01T00:00:00+07:00',
    'agency document-ids H35.12 --year 2026',
  ],
  async run(args, context) {
    const client = operatorClient(args, context)
    const action = args.word(0, `what to do (${[...actions.keys()].join(', ')})`)
    const act = actions.get(action)
    if (act === undefined) throw new UsageError(`agency can ${[...actions.keys()].join(', ')}, not "${action}"`)
    return await act(client, args, context.output)
  },
}

type Action = (client: GatewayClient, args: Arguments, output: Output) => Promise<ExitCode>

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['list', listAgencies],
  ['show', showAgency],
  ['add', addAgency],
  ['import', (client, args, output) => importAgencies(client, importRequest(args), output)],
  ['succession', successionOf],
  ['move', moveOf],
  ['acts', actsOf],
  ['undo', undoOf],
  ['mergers', mergersOf],
  ['document-ids', documentIdsOf],
])

function importRequest(args: Arguments): ImportRequest {
  return { file: args.word(1, 'the file'), isDryRun: args.flag('dry-run'), isStrict: args.flag('strict') }
}

async function listAgencies(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const list = { path: agenciesPath, row: agency, query: { q: args.text('query') } }
  const { rows, original } = await listRows(client, list)
  output.table(['MÃ', 'TÊN CƠ QUAN', 'LOẠI', 'LIÊN THÔNG', 'HỆ THỐNG NHẬN'], rows.map(agencyCells))
  output.line(`${rows.length} cơ quan`)
  output.json({ items: original })
  return exitCodes.ok
}

async function showAgency(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const code = args.word(1, 'the code of the agency')
  const path = `${agenciesPath}/${encodeURIComponent(code)}`
  const { read: found, original } = await client.call('GET', path, withOriginal(agency))
  output.line(`${found.name} (${found.kind ?? 'state'})`)
  output.table(
    ['MÃ', 'BỘ MÃ', 'TỪ', 'ĐẾN'],
    found.codes.map((c) => [c.code, c.scheme, c.validFrom, c.validTo]),
  )
  output.line(`Khóa nội bộ · internal key: ${found.agencyId}`)
  output.line(`Liên thông · connected: ${connectedText(found)}`)
  output.json(original)
  return exitCodes.ok
}

async function addAgency(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const codes = args.texts('code')
  if (codes.length === 0) throw new UsageError('--code is needed')
  const { read: made, original } = await client.call('POST', agenciesPath, withOriginal(agency), {
    json: {
      name: args.required('name'),
      codes: codes.map((code) => ({ code })),
      kind: args.oneOf('kind', ['state', 'joined', 'enterprise', 'bridge']),
      parent: args.text('parent'),
      connected: !args.flag('not-connected'),
    },
  })
  output.line(`Đã thêm · added: ${made.name} (${made.agencyId})`)
  output.json(original)
  return exitCodes.ok
}

function agencyCells(a: AgencyAnswer): (string | undefined)[] {
  return [a.codes.map((c) => c.code).join(' '), a.name, a.kind, connectedText(a), a.receivedBy]
}

function connectedText(a: AgencyAnswer): string {
  if (a.closedAt !== undefined) return 'đã đóng'
  return a.connected === false ? 'chưa' : 'có'
}
