// `tram deliveries`: all deliveries of the gateway, for operators, and trying one again.
import { deliveryRow } from '../platform/gateway-answers.ts'
import { anything } from '../platform/json-decode.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import { shortened } from './output.ts'
import { listRows } from './paging.ts'
import { reasonText, stateText, statusText, timeText } from './words.ts'

const deliveriesPath = '/api/v1/admin/deliveries'

export const deliveriesCommand: Command = {
  name: 'deliveries',
  summary: { vi: 'tra cứu và gửi lại', en: 'look deliveries up, and retry them' },
  usage: [
    'deliveries [list] [--state STATE] [--system-id ID] [--organ-id CODE] [--query TEXT]',
    'deliveries retry <deliveryId>…',
  ],
  options: {
    state: { type: 'string', value: 'STATE', help: 'held, waiting, in_flight, available, delivered, refused, …' },
    'system-id': { type: 'string', value: 'ID', help: 'of this system' },
    'organ-id': { type: 'string', value: 'CODE', help: 'to this agency' },
    priority: { type: 'string', value: '0-4', help: 'of this urgency' },
    since: { type: 'string', value: 'TIME', help: 'made since then, ISO 8601' },
    until: { type: 'string', value: 'TIME', help: 'made before then' },
    query: { type: 'string', value: 'TEXT', help: 'beginning of số/ký hiệu, document id or package id' },
    limit: { type: 'string', value: 'N', help: 'at most so many; default 50' },
    ...operatorOptions,
  },
  examples: ['deliveries --state exhausted', 'deliveries --query "743/UBND"', 'deliveries retry 019a…'],
  async run(args, context) {
    const action = args.positionals[0] ?? 'list'
    if (action === 'list') return listDeliveries(args, context)
    if (action === 'retry') return retryDeliveries(args, context)
    throw new UsageError(`deliveries can list and retry, not "${action}"`)
  },
}

async function listDeliveries(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const { rows, original } = await listRows(operatorClient(args, context), {
    path: deliveriesPath,
    row: deliveryRow,
    limit: args.number('limit') ?? 50,
    query: {
      state: args.text('state'),
      systemId: args.text('system-id'),
      organId: args.text('organ-id'),
      priority: args.number('priority'),
      since: args.text('since'),
      until: args.text('until'),
      q: args.text('query'),
    },
  })
  context.output.table(
    [
      'CHUYỂN GIAO',
      'SỐ, KÝ HIỆU',
      'NƠI NHẬN',
      'HỆ THỐNG',
      'TÌNH TRẠNG',
      'TỪ LÚC',
      'LẦN',
      'XỬ LÝ',
      'LÝ DO',
      'TRÍCH YẾU',
    ],
    rows.map((d) => [
      d.deliveryId,
      d.code ?? d.type,
      d.organId,
      d.systemId,
      stateText(d.state),
      timeText(d.stateSince),
      d.attempts ?? 0,
      statusText(d.businessStatus),
      shortened(d.reason?.text ?? d.reason?.code ?? reasonText(d.heldReason), 40),
      shortened(d.type === 'status' ? '(phản hồi trạng thái)' : d.subject, 40),
    ]),
  )
  context.output.line(`${rows.length} dòng`)
  context.output.json({ items: original })
  return exitCodes.ok
}

async function retryDeliveries(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const ids = args.positionals.slice(1)
  if (ids.length === 0) throw new UsageError('which delivery? Give its deliveryId')
  const client = operatorClient(args, context)
  for (const id of ids) {
    await client.call('POST', `${deliveriesPath}/${encodeURIComponent(id)}/retry`, anything)
    context.output.line(`${id}: sẽ gửi lại · will be tried again`)
  }
  context.output.json({ retried: ids })
  return exitCodes.ok
}
