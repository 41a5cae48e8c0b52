// `tram replay`: many deliveries tried again by one order, rehearsed first and followed to its end.
import { setTimeout } from 'node:timers/promises'
import type { GatewayClient } from '../platform/gateway-client.ts'
import { type Decoded, list, maybe, number, record, table, text, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import { filterOf, filterOptions } from './delivery-filter-options.ts'
import type { Output } from './output.ts'
import { listRows } from './paging.ts'
import { skippedText, stateText, timeText } from './words.ts'

const path = '/api/v1/admin/deliveries'

const counts = { matched: number, opened: number, madeDue: number, skipped: number }
const preview = record({
  ...counts,
  matchedMax: number,
  byState: table(number),
  skippedBecause: table(number),
  bySystem: list(record({ ...counts, systemId: maybe(text) })),
})
const replay = record({
  ...counts,
  replayId: text,
  name: text,
  state: text,
  done: number,
  orderedBy: text,
  orderedAt: text,
  finishedAt: maybe(text),
})
type Replay = Decoded<typeof replay>

export const replayCommand: Command = {
  name: 'replay',
  summary: { vi: 'gửi lại hàng loạt', en: 'try many deliveries again' },
  usage: [
    'replay [start] --dry-run <criteria>',
    'replay [start] --name NAME --reason TEXT [--follow] <criteria>',
    'replay list | show <replayId> | follow <replayId> | skipped <replayId>',
    'replay abort <replayId> [--reason TEXT]',
  ],
  options: {
    ...filterOptions,
    name: { type: 'string', value: 'NAME', help: 'what the replay is known by; one of a name runs at a time' },
    reason: { type: 'string', value: 'TEXT', help: 'why, for the audit trail' },
    'dry-run': { type: 'boolean', help: 'only says what would be done' },
    follow: { type: 'boolean', help: 'stays until it is done, and says how far it is' },
    limit: { type: 'string', value: 'N', help: 'of a list, at most so many; default 50' },
    ...operatorOptions,
  },
  examples: [
    'replay --state exhausted --system-id QLVB-SNV --dry-run',
    'replay --state exhausted --system-id QLVB-SNV --name "sau sự cố SNV" --reason "máy chủ đã phục hồi" --follow',
    'replay skipped 019a…',
  ],
  async run(args, context) {
    const act = acts[args.positionals[0] ?? 'start']
    if (act === undefined) throw new UsageError(`replay can ${Object.keys(acts).join(', ')}`)
    return await act(operatorClient(args, context), args, context)
  },
}

type Act = (client: GatewayClient, args: Arguments, context: CommandContext) => Promise<ExitCode>

const acts: Readonly<Record<string, Act>> = {
  start,
  list: listReplays,
  show: async (client, args, { output }) => {
    const { read, original } = await client.call('GET', replayPath(args), withOriginal(replay))
    showReplays([read], output)
    output.json(original)
    return exitCodes.ok
  },
  follow: async (client, args, context) => await follow(client, args.word(1, 'the replayId'), context),
  skipped: listSkipped,
  abort: async (client, args, { output }) => {
    const reason = args.text('reason')
    const json = reason === undefined ? {} : { reason }
    const { read, original } = await client.call('POST', `${replayPath(args)}/abort`, withOriginal(replay), { json })
    showReplays([read], output)
    output.json(original)
    return exitCodes.ok
  },
}

async function start(client: GatewayClient, args: Arguments, context: CommandContext): Promise<ExitCode> {
  const { output } = context
  // What is not given is left out of the JSON.
  const filter = filterOf(args)
  if (args.flag('dry-run')) {
    const json = { filter, dryRun: true }
    const { read, original } = await client.call('POST', `${path}/replay`, withOriginal(preview), { json })
    showPreview(read, output)
    output.json(original)
    return exitCodes.ok
  }
  const json = { filter, name: args.required('name'), reason: args.required('reason') }
  const { read, original } = await client.call('POST', `${path}/replay`, withOriginal(replay), { json })
  if (args.flag('follow')) return await follow(client, read.replayId, context)
  output.line(`Đã nhận lệnh ${read.replayId}: ${read.matched} lượt chuyển · accepted, it goes on in the gateway`)
  output.json(original)
  return exitCodes.ok
}

const followEveryMs = 500

async function follow(client: GatewayClient, replayId: string, { output, signal }: CommandContext): Promise<ExitCode> {
  for (let shown = -1; ; ) {
    const { read, original } = await client.call(
      'GET',
      `${path}/replays/${encodeURIComponent(replayId)}`,
      withOriginal(replay),
      { signal },
    )
    if (read.done !== shown) output.note(`${read.done}/${read.matched}, bỏ qua · skipped ${read.skipped}`)
    shown = read.done
    if (read.state !== 'running') {
      showReplays([read], output)
      output.json(original)
      return read.state === 'done' ? exitCodes.ok : exitCodes.refused
    }
    await setTimeout(followEveryMs, undefined, { signal })
  }
}

async function listReplays(client: GatewayClient, args: Arguments, { output }: CommandContext): Promise<ExitCode> {
  const limit = args.number('limit') ?? 50
  const { rows, original } = await listRows(client, { path: `${path}/replays`, row: replay, limit })
  showReplays(rows, output)
  output.json({ items: original })
  return exitCodes.ok
}

async function listSkipped(client: GatewayClient, args: Arguments, { output }: CommandContext): Promise<ExitCode> {
  const row = record({ deliveryId: text, because: text })
  const limit = args.number('limit')
  const { rows, original } = await listRows(client, { path: `${replayPath(args)}/skipped`, row, limit })
  output.table(
    ['CHUYỂN GIAO', 'BỎ QUA VÌ'],
    rows.map((r) => [r.deliveryId, skippedText(r.because)]),
  )
  output.line(`${rows.length} dòng`)
  output.json({ items: original })
  return exitCodes.ok
}

function replayPath(args: Arguments): string {
  return `${path}/replays/${encodeURIComponent(args.word(1, 'the replayId'))}`
}

const stateWords: Readonly<Record<string, string>> = { running: 'đang chạy', done: 'đã xong', aborted: 'đã dừng' }

function showReplays(replays: readonly Replay[], output: Output): void {
  output.table(
    ['LỆNH', 'TÊN', 'TÌNH TRẠNG', 'KHỚP', 'ĐÃ XỬ LÝ', 'MỞ LẠI', 'GỬI NGAY', 'BỎ QUA', 'NGƯỜI RA LỆNH', 'LÚC', 'XONG'],
    replays.map((r) => [
      ...[r.replayId, r.name, stateWords[r.state] ?? r.state, r.matched, r.done, r.opened, r.madeDue, r.skipped],
      ...[r.orderedBy, timeText(r.orderedAt), timeText(r.finishedAt)],
    ]),
  )
}

function showPreview(found: Decoded<typeof preview>, output: Output): void {
  output.line('Chạy thử, chưa gửi lại · dry run, nothing is done')
  output.line(
    `Khớp ${found.matched}: mở lại ${found.opened}, gửi ngay ${found.madeDue}, bỏ qua ${found.skipped} · matched, opened, made due, skipped`,
  )
  if (found.matched > found.matchedMax)
    output.line(`Quá giới hạn ${found.matchedMax} cho một lệnh · more than one replay takes`)
  output.table(
    ['TÌNH TRẠNG', 'SỐ LƯỢNG'],
    Object.entries(found.byState).map(([state, count]) => [stateText(state), count]),
  )
  output.table(
    ['HỆ THỐNG', 'KHỚP', 'MỞ LẠI', 'GỬI NGAY', 'BỎ QUA'],
    found.bySystem.map((s) => [s.systemId, s.matched, s.opened, s.madeDue, s.skipped]),
  )
  if (found.skipped === 0) return
  output.table(
    ['BỎ QUA VÌ', 'SỐ LƯỢNG'],
    Object.entries(found.skippedBecause).map(([because, count]) => [skippedText(because), count]),
  )
}
