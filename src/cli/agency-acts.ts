// `tram agency succession`, `move`, `acts` and `undo`: closing an agency in favour of others, taking it to another
// system, and taking such an act back. Without --apply nothing is changed: the gateway says what would happen.
import type { GatewayClient } from '../platform/gateway-client.ts'
import { type Decoded, list, maybe, number, record, text, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type ExitCode, exitCodes, UsageError } from './command.ts'
import type { Output } from './output.ts'
import { reasonText, stateText, timeText } from './words.ts'

const reference = record({ code: text, name: text })
const act = record({
  actId: maybe(text),
  kind: text,
  state: text,
  agency: reference,
  successors: maybe(list(reference)),
  toSystemId: maybe(text),
  effectiveAt: text,
  undoUntil: maybe(text),
  failureCode: maybe(text),
  orderedBy: maybe(text),
  moved: maybe(number),
  held: maybe(number),
  stayed: maybe(number),
})
const staying = record({
  deliveryId: text,
  documentId: text,
  organId: text,
  systemId: maybe(text),
  state: text,
  reason: text,
})
const counts = {
  waiting: number,
  unfetched: number,
  fetched: number,
  inFlight: number,
  held: number,
  openRecalls: number,
}
const result = record({
  act,
  agencies: list(record({ code: text, name: text, ...counts })),
  moves: list(record({ agencyCode: text, systemId: text, count: number })),
  becomesHeld: list(record({ agencyCode: text, reason: text, count: number })),
  staysWithOldSystem: record({ count: number, deliveries: list(staying) }),
  alreadyWithSuccessor: number,
})

type Act = Decoded<typeof act>
type Result = Decoded<typeof result>

export async function successionOf(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const successors = args.texts('to')
  if (successors.length === 0) throw new UsageError('--to is needed: the agency that takes over')
  return await order(client, args, output, { path: 'succession', successors, redirect: !args.flag('no-redirect') })
}

export async function moveOf(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  return await order(client, args, output, { path: 'move', toSystemId: args.required('system') })
}

async function order(
  client: GatewayClient,
  args: Arguments,
  output: Output,
  { path, ...what }: { readonly path: string } & Readonly<Record<string, unknown>>,
): Promise<ExitCode> {
  const json = { ...what, effectiveAt: args.text('at'), dryRun: !args.flag('apply') }
  const { read, original } = await client.call('POST', `${agencyPath(args)}/${path}`, withOriginal(result), { json })
  if (!args.flag('apply'))
    output.line('Thử, chưa ghi; thêm --apply để thực hiện · dry run, add --apply to carry it out')
  showResult(read, output)
  output.json(original)
  return exitCodes.ok
}

export async function actsOf(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const answer = withOriginal(record({ items: list(act) }))
  const { read, original } = await client.call('GET', `${agencyPath(args)}/acts`, answer)
  output.table(
    ['LẦN', 'LOẠI', 'TÌNH TRẠNG', 'HIỆU LỰC', 'ĐẾN', 'CHUYỂN', 'GIỮ', 'Ở LẠI', 'NGƯỜI RA LỆNH'],
    read.items.map((a) => [
      ...[a.actId, kindWords[a.kind] ?? a.kind, actStateText(a), timeText(a.effectiveAt), targetOf(a)],
      ...[a.moved, a.held, a.stayed, a.orderedBy],
    ]),
  )
  output.json(original)
  return exitCodes.ok
}

export async function undoOf(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const actId = args.word(2, 'the id of the act')
  const path = `${agencyPath(args)}/acts/${encodeURIComponent(actId)}/undo`
  const { read, original } = await client.call('POST', path, withOriginal(result))
  showResult(read, output)
  output.json(original)
  return exitCodes.ok
}

function agencyPath(args: Arguments): string {
  return `/api/v1/admin/agencies/${encodeURIComponent(args.word(1, 'the code of the agency'))}`
}

function showResult(read: Result, output: Output): void {
  output.line(
    `${kindWords[read.act.kind] ?? read.act.kind}: ${read.act.agency.name} (${read.act.agency.code}) → ${targetOf(read.act)}`,
  )
  output.line(`Hiệu lực ${timeText(read.act.effectiveAt)}, ${actStateText(read.act)}`)
  if (read.act.actId !== undefined) output.line(`Lần thay đổi · act: ${read.act.actId}`)
  if (read.act.undoUntil !== undefined)
    output.line(`Hoàn tác được đến · can be undone until: ${timeText(read.act.undoUntil)}`)
  output.table(
    ['CƠ QUAN', 'TÊN', 'CHỜ GỬI', 'CHƯA LẤY', 'ĐÃ LẤY', 'ĐANG GỬI', 'GIỮ LẠI', 'THU HỒI CHỜ TRẢ LỜI'],
    read.agencies.map((a) => [a.code, a.name, a.waiting, a.unfetched, a.fetched, a.inFlight, a.held, a.openRecalls]),
  )
  for (const { agencyCode, systemId, count } of read.moves)
    output.line(`${count} lượt chuyển sang ${agencyCode}, hệ thống ${systemId}`)
  for (const { agencyCode, reason, count } of read.becomesHeld)
    output.line(`${count} lượt giữ lại ở ${agencyCode}: ${reasonText(reason)}`)
  if (read.alreadyWithSuccessor > 0)
    output.line(`${read.alreadyWithSuccessor} lượt để yên: cơ quan kế thừa đã có văn bản`)
  showStaying(read.staysWithOldSystem, output)
}

function showStaying({ count, deliveries }: Result['staysWithOldSystem'], output: Output): void {
  if (count === 0) return
  output.line(`${count} lượt ở lại hệ thống cũ · stay with the old system:`)
  output.table(
    ['LƯỢT CHUYỂN', 'VĂN BẢN', 'HỆ THỐNG', 'TÌNH TRẠNG', 'VÌ'],
    deliveries.map((d) => [
      d.deliveryId,
      d.documentId,
      d.systemId,
      stateText(d.state),
      stayWords[d.reason] ?? d.reason,
    ]),
  )
}

function targetOf({ successors, toSystemId }: Act): string {
  if (toSystemId !== undefined) return toSystemId
  const codes = (successors ?? []).map((one) => `${one.name} (${one.code})`)
  return codes.length === 0 ? 'không có cơ quan kế thừa' : codes.join(', ')
}

function actStateText({ state, failureCode }: Act): string {
  const word = stateWords[state] ?? state
  return failureCode === undefined ? word : `${word}: ${failureCode}`
}

const kindWords: Readonly<Record<string, string>> = { succession: 'Sáp nhập', move: 'Chuyển hệ thống' }
const stateWords: Readonly<Record<string, string>> = {
  planned: 'mới thử',
  pending: 'chờ đến ngày',
  done: 'đã thực hiện',
  cancelled: 'đã hủy',
  undone: 'đã hoàn tác',
  failed: 'không thực hiện được',
}
const stayWords: Readonly<Record<string, string>> = {
  fetched: 'đã lấy, chưa xác nhận',
  in_flight: 'đang gửi',
  attempted: 'đã gửi một lần, chưa rõ kết quả',
  recall: 'yêu cầu thu hồi văn bản mà hệ thống cũ đang giữ',
}
