// `tram maintenance`: windows of maintenance and what else all systems are told.
import type { GatewayClient } from '../platform/gateway-client.ts'
import { type Decoded, flag, maybe, number, record, table, text, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import type { Output } from './output.ts'
import { listRows } from './paging.ts'
import { stateText, timeText } from './words.ts'

const path = '/api/v1/admin/maintenance'
const noticesPath = '/api/v1/admin/notices'

const bilingual = record({ vi: text, en: text })
const report = maybe(record({ ok: flag }))
const window = record({
  windowId: text,
  state: text,
  startsAt: text,
  endsAt: text,
  intake: text,
  note: bilingual,
  announcedBy: text,
  integrity: record({ before: report, after: report }),
})
type Window = Decoded<typeof window>
const preview = record({ minutes: number, lanesRest: flag, mailboxOpen: flag, openNow: table(number) })
const notice = record({
  noticeId: text,
  kind: text,
  text: bilingual,
  since: text,
  until: maybe(text),
  state: text,
  withdrawnAt: maybe(text),
})

export const maintenanceCommand: Command = {
  name: 'maintenance',
  summary: { vi: 'bảo trì và thông báo', en: 'announced maintenance and notices' },
  usage: [
    'maintenance [list]',
    'maintenance plan --from TIME --to TIME --intake queue|refuse|open --vi TEXT --en TEXT [--dry-run]',
    'maintenance change <windowId> [--from TIME] [--to TIME] [--intake …] [--vi TEXT --en TEXT]',
    'maintenance end <windowId> | cancel <windowId>',
    'maintenance notice --kind outage|information --vi TEXT --en TEXT [--from TIME] [--to TIME]',
    'maintenance notices | withdraw <noticeId>',
  ],
  options: {
    from: { type: 'string', value: 'TIME', help: 'begins then, ISO 8601 with offset' },
    to: { type: 'string', value: 'TIME', help: 'ends then' },
    intake: { type: 'string', value: 'MODE', help: 'queue: take in, send nothing; refuse: 503; open: only announced' },
    vi: { type: 'string', value: 'TEXT', help: 'what systems are told, in Vietnamese' },
    en: { type: 'string', value: 'TEXT', help: 'the same in English' },
    kind: { type: 'string', value: 'KIND', help: 'of a notice: outage or information' },
    'dry-run': { type: 'boolean', help: 'only says what the window would mean' },
    limit: { type: 'string', value: 'N', help: 'of a list, at most so many; default 50' },
    ...operatorOptions,
  },
  examples: [
    'maintenance plan --from 2026-11-28T20:00:00+07:00 --to 2026-11-28T22:00:00+07:00 --intake queue --vi "Nâng cấp máy chủ" --en "Server upgrade" --dry-run',
    'maintenance end 019a…',
  ],
  async run(args, context) {
    const act = acts[args.positionals[0] ?? 'list']
    if (act === undefined) throw new UsageError(`maintenance can ${Object.keys(acts).join(', ')}`)
    return await act(operatorClient(args, context), args, context)
  },
}

type Act = (client: GatewayClient, args: Arguments, context: CommandContext) => Promise<ExitCode>

const acts: Readonly<Record<string, Act>> = {
  list: listWindows,
  plan,
  change: async (client, args, { output }) => {
    const json = { ...times(args), intake: intakeOf(args), note: noteOf(args) }
    return await showOne(await client.call('PUT', windowPath(args), withOriginal(window), { json }), output)
  },
  end: async (client, args, { output }) =>
    await showOne(await client.call('POST', `${windowPath(args)}/end`, withOriginal(window)), output),
  cancel: async (client, args, { output }) =>
    await showOne(await client.call('POST', `${windowPath(args)}/cancel`, withOriginal(window)), output),
  notice: publish,
  notices: listNotices,
  withdraw: async (client, args, { output }) => {
    const at = `${noticesPath}/${encodeURIComponent(args.word(1, 'the noticeId'))}/withdraw`
    const { read, original } = await client.call('POST', at, withOriginal(notice))
    output.line(`${read.noticeId}: đã gỡ · withdrawn`)
    output.json(original)
    return exitCodes.ok
  },
}

async function plan(client: GatewayClient, args: Arguments, { output }: CommandContext): Promise<ExitCode> {
  const json = {
    ...{ startsAt: args.required('from'), endsAt: args.required('to'), intake: intakeOf(args) },
    note: { vi: args.required('vi'), en: args.required('en') },
  }
  if (json.intake === undefined) throw new UsageError('--intake is needed: queue, refuse or open')
  if (!args.flag('dry-run'))
    return await showOne(await client.call('POST', path, withOriginal(window), { json }), output)
  const answer = withOriginal(preview)
  const { read, original } = await client.call('POST', path, answer, { json: { ...json, dryRun: true } })
  output.line('Chạy thử, chưa thông báo · dry run, nothing is announced')
  output.line(`${read.minutes} phút; ${read.lanesRest ? 'các hàng đợi nghỉ, thời hạn đứng yên' : 'mọi việc vẫn chạy'}`)
  output.line(`Hộp thư ${read.mailboxOpen ? 'vẫn mở' : 'đóng'} · mailbox ${read.mailboxOpen ? 'open' : 'closed'}`)
  output.table(
    ['LƯỢT CHUYỂN ĐANG MỞ', 'SỐ LƯỢNG'],
    Object.entries(read.openNow).map(([state, count]) => [stateText(state), count]),
  )
  output.json(original)
  return exitCodes.ok
}

async function listWindows(client: GatewayClient, args: Arguments, { output }: CommandContext): Promise<ExitCode> {
  const { rows, original } = await listRows(client, { path, row: window, limit: args.number('limit') ?? 50 })
  showWindows(rows, output)
  output.json({ items: original })
  return exitCodes.ok
}

async function publish(client: GatewayClient, args: Arguments, { output }: CommandContext): Promise<ExitCode> {
  const kind = args.oneOf('kind', ['outage', 'information'])
  if (kind === undefined) throw new UsageError('--kind is needed: outage or information')
  const note = { vi: args.required('vi'), en: args.required('en') }
  const json = { kind, note, since: args.text('from'), until: args.text('to') }
  const { read, original } = await client.call('POST', noticesPath, withOriginal(notice), { json })
  output.line(`${read.noticeId}: đã thông báo · published`)
  output.json(original)
  return exitCodes.ok
}

async function listNotices(client: GatewayClient, args: Arguments, { output }: CommandContext): Promise<ExitCode> {
  const limit = args.number('limit') ?? 50
  const { rows, original } = await listRows(client, { path: noticesPath, row: notice, limit })
  output.table(
    ['THÔNG BÁO', 'LOẠI', 'TỪ', 'ĐẾN', 'TÌNH TRẠNG', 'NỘI DUNG'],
    rows.map((n) => [
      ...[n.noticeId, kindWords[n.kind] ?? n.kind, timeText(n.since), timeText(n.until)],
      ...[n.withdrawnAt === undefined ? (noticeWords[n.state] ?? n.state) : 'đã gỡ', n.text.vi],
    ]),
  )
  output.json({ items: original })
  return exitCodes.ok
}

async function showOne(
  { read, original }: { readonly read: Window; readonly original: unknown },
  output: Output,
): Promise<ExitCode> {
  showWindows([read], output)
  output.json(original)
  return exitCodes.ok
}

function showWindows(windows: readonly Window[], output: Output): void {
  output.table(
    ['ĐỢT BẢO TRÌ', 'TÌNH TRẠNG', 'TỪ', 'ĐẾN', 'TIẾP NHẬN', 'KIỂM TRA TRƯỚC', 'KIỂM TRA SAU', 'NGƯỜI BÁO', 'NỘI DUNG'],
    windows.map((w) => [
      ...[w.windowId, windowWords[w.state] ?? w.state, timeText(w.startsAt), timeText(w.endsAt)],
      ...[intakeWords[w.intake] ?? w.intake, checkText(w.integrity.before), checkText(w.integrity.after)],
      ...[w.announcedBy, w.note.vi],
    ]),
  )
}

function checkText(found: Window['integrity']['before']): string | undefined {
  if (found === undefined) return undefined
  return found.ok ? 'tốt' : 'CÓ LỖI'
}

function times(args: Arguments) {
  return { startsAt: args.text('from'), endsAt: args.text('to') }
}

function intakeOf(args: Arguments) {
  return args.oneOf('intake', ['queue', 'refuse', 'open'])
}

function noteOf(args: Arguments) {
  const [vi, en] = [args.text('vi'), args.text('en')]
  if (vi === undefined && en === undefined) return undefined
  return { vi: args.required('vi'), en: args.required('en') }
}

function windowPath(args: Arguments): string {
  return `${path}/${encodeURIComponent(args.word(1, 'the windowId'))}`
}

const windowWords: Readonly<Record<string, string>> = {
  planned: 'đã báo trước',
  running: 'ĐANG BẢO TRÌ',
  ended: 'đã kết thúc',
  cancelled: 'đã hủy',
}
const intakeWords: Readonly<Record<string, string>> = {
  queue: 'nhận, chưa chuyển',
  refuse: 'không nhận',
  open: 'bình thường',
}
const kindWords: Readonly<Record<string, string>> = { outage: 'sự cố', information: 'thông tin' }
const noticeWords: Readonly<Record<string, string>> = {
  coming: 'sắp tới',
  current: 'đang hiệu lực',
  over: 'hết hiệu lực',
}
