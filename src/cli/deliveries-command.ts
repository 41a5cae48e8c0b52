// `tram deliveries`: all deliveries of the gateway, for operators; trying one again; stopping a document and letting it
// go again.
import { deliveryRow } from '../platform/gateway-answers.ts'
import { anything, list, maybe, record, text, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import { filterOf, filterOptions } from './delivery-filter-options.ts'
import { shortened } from './output.ts'
import { listRows } from './paging.ts'
import { reasonText, stateText, statusText, timeText } from './words.ts'

const deliveriesPath = '/api/v1/admin/deliveries'

export const deliveriesCommand: Command = {
  name: 'deliveries',
  summary: { vi: 'tra cứu, gửi lại, tạm giữ', en: 'look deliveries up, retry and hold them' },
  usage: [
    'deliveries [list] [--state STATE] [--system-id ID] [--organ-id CODE] [--cause CODE] [--query TEXT]',
    'deliveries retry <deliveryId>… [--reason TEXT]',
    'deliveries hold <packageId> --reason TEXT --requested-by NAME',
    'deliveries release <packageId> --reason TEXT',
  ],
  options: {
    ...filterOptions,
    limit: { type: 'string', value: 'N', help: 'at most so many; default 50' },
    reason: { type: 'string', value: 'TEXT', help: 'why, for the audit trail' },
    'requested-by': { type: 'string', value: 'NAME', help: 'who asked for the document to be stopped' },
    ...operatorOptions,
  },
  examples: [
    'deliveries --state exhausted',
    'deliveries --query "743/UBND"',
    'deliveries retry 019a…',
    'deliveries hold 019a… --reason "nghi gửi nhầm" --requested-by "Văn phòng UBND tỉnh"',
  ],
  async run(args, context) {
    const action = args.positionals[0] ?? 'list'
    if (action === 'list') return listDeliveries(args, context)
    if (action === 'retry') return retryDeliveries(args, context)
    if (action === 'hold') return holdPackage(args, context)
    if (action === 'release') return releasePackage(args, context)
    throw new UsageError(`deliveries can list, retry, hold and release, not "${action}"`)
  },
}

async function listDeliveries(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const { rows, original } = await listRows(operatorClient(args, context), {
    path: deliveriesPath,
    row: deliveryRow,
    limit: args.number('limit') ?? 50,
    query: filterOf(args),
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
  const reason = args.text('reason')
  for (const id of ids) {
    const json = reason === undefined ? {} : { reason }
    await client.call('POST', `${deliveriesPath}/${encodeURIComponent(id)}/retry`, anything, { json })
    context.output.line(`${id}: sẽ gửi lại · will be tried again`)
  }
  context.output.json({ retried: ids })
  return exitCodes.ok
}

const heldRecipient = record({ deliveryId: text, organId: text, outcome: text, state: text, takenAt: maybe(text) })
const holdAnswer = withOriginal(record({ documentId: text, recipients: list(heldRecipient) }))

async function holdPackage(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const json = { reason: args.required('reason'), requestedBy: args.required('requested-by') }
  const client = operatorClient(args, context)
  const { read, original } = await client.call('POST', packagePath(args, 'hold'), holdAnswer, { json })
  const stopped = read.recipients.filter((r) => r.outcome === 'stopped').length
  context.output.line(`${read.documentId}: tạm giữ ${stopped}/${read.recipients.length} lượt chuyển · stopped`)
  context.output.table(
    ['CHUYỂN GIAO', 'NƠI NHẬN', 'KẾT QUẢ', 'TÌNH TRẠNG', 'ĐÃ LẤY LÚC'],
    read.recipients.map((r) => [
      ...[r.deliveryId, r.organId, holdWords[r.outcome] ?? r.outcome, stateText(r.state), timeText(r.takenAt)],
    ]),
  )
  context.output.json(original)
  return exitCodes.ok
}

const holdWords: Readonly<Record<string, string>> = {
  stopped: 'đã giữ',
  in_flight: 'đang gửi, không kịp giữ',
  taken: 'nơi nhận đã lấy',
  ended: 'đã kết thúc',
  quarantined: 'đang bị cách ly',
}

const releasedRecipient = record({
  deliveryId: text,
  organId: text,
  state: text,
  systemId: maybe(text),
  heldReason: maybe(text),
})
const releaseAnswer = withOriginal(record({ documentId: text, recipients: list(releasedRecipient) }))

async function releasePackage(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const json = { reason: args.required('reason') }
  const client = operatorClient(args, context)
  const { read, original } = await client.call('POST', packagePath(args, 'release'), releaseAnswer, { json })
  context.output.line(`${read.documentId}: ${read.recipients.length} lượt chuyển đi tiếp · go on`)
  context.output.table(
    ['CHUYỂN GIAO', 'NƠI NHẬN', 'TÌNH TRẠNG', 'HỆ THỐNG', 'VÌ'],
    read.recipients.map((r) => [r.deliveryId, r.organId, stateText(r.state), r.systemId, reasonText(r.heldReason)]),
  )
  context.output.json(original)
  return exitCodes.ok
}

function packagePath(args: Arguments, act: 'hold' | 'release'): string {
  return `/api/v1/admin/packages/${encodeURIComponent(args.word(1, 'the packageId'))}/${act}`
}
