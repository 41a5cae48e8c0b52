// `tram refusals`: what was turned away in 90 days, for operators, and one of them by the reference a sender reads out.
import { violation } from '../platform/gateway-answers.ts'
import { type Decoded, flag, list, maybe, number, orElse, record, text, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import { shortened } from './output.ts'
import { listRows } from './paging.ts'
import { violationLine, whoActsText } from './refusal-text.ts'
import { timeText } from './words.ts'

const refusalsPath = '/api/v1/admin/refusals'

export const refusalsCommand: Command = {
  name: 'refusals',
  summary: { vi: 'các lần gửi bị từ chối', en: 'submissions that were turned away' },
  usage: [
    'refusals [--system ID] [--code CODE] [--organ-id CODE] [--document-id ID] [--since TIME] [--until TIME]',
    'refusals <ref>',
  ],
  options: {
    system: { type: 'string', value: 'ID', help: 'sent by this system, or by a caller who claimed to be it' },
    code: { type: 'string', value: 'CODE', help: 'with this code of the catalogue, e.g. foreign_from' },
    'organ-id': { type: 'string', value: 'CODE', help: 'issued by this agency; any of its codes' },
    'document-id': { type: 'string', value: 'ID', help: 'of this document' },
    since: { type: 'string', value: 'TIME', help: 'since then, ISO 8601' },
    until: { type: 'string', value: 'TIME', help: 'before then' },
    limit: { type: 'string', value: 'N', help: 'at most so many; default 50' },
    ...operatorOptions,
  },
  examples: [
    'refusals --system QLVB-SYT',
    'refusals --code no_known_recipient --since 2026-11-20',
    'refusals TC-7K3M-92',
  ],
  async run(args, context) {
    const ref = args.positionals.join(' ')
    return ref === '' ? listRefusals(args, context) : showRefusal(ref, args, context)
  },
}

const refusal = record({
  ref: text,
  at: text,
  systemId: maybe(text),
  authenticated: maybe(flag),
  organId: maybe(text),
  documentId: maybe(text),
  sha256: maybe(text),
  size: maybe(number),
  httpStatus: number,
  problemCode: text,
  title: text,
  detail: text,
  cause: maybe(text),
  next: text,
  whoActs: text,
  violations: orElse(list(violation), []),
  laterAcceptedAs: maybe(text),
  laterAcceptedAt: maybe(text),
})
type Refusal = Decoded<typeof refusal>

async function listRefusals(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const { rows, original } = await listRows(operatorClient(args, context), {
    path: refusalsPath,
    row: refusal,
    limit: args.number('limit') ?? 50,
    query: {
      systemId: args.text('system'),
      code: args.text('code'),
      organId: args.text('organ-id'),
      documentId: args.text('document-id'),
      since: startOfDay(args.text('since')),
      until: startOfDay(args.text('until')),
    },
  })
  context.output.table(
    ['THAM CHIẾU', 'LÚC', 'HỆ THỐNG', 'CƠ QUAN', 'VĂN BẢN', 'LỖI', 'NỘI DUNG', 'SAU ĐÓ'],
    rows.map((r) => [
      r.ref,
      timeText(r.at),
      systemText(r),
      r.organId,
      shortened(r.documentId, 40),
      r.problemCode,
      shortened(r.detail, 60),
      r.laterAcceptedAs === undefined ? undefined : 'đã nhận',
    ]),
  )
  context.output.line(`${rows.length} dòng`)
  context.output.json({ items: original })
  return exitCodes.ok
}

async function showRefusal(ref: string, args: Arguments, context: CommandContext): Promise<ExitCode> {
  const path = `${refusalsPath}/${encodeURIComponent(ref)}`
  const { read, original } = await operatorClient(args, context).call('GET', path, withOriginal(refusal))
  for (const line of refusalLines(read)) context.output.line(line)
  context.output.json(original)
  return exitCodes.ok
}

function refusalLines(r: Refusal): string[] {
  return [
    `${r.ref}  ${timeText(r.at)}  ${r.problemCode} (HTTP ${r.httpStatus})`,
    `  ${r.detail}`,
    ...fact('Hệ thống · System', systemText(r)),
    ...fact('Cơ quan gửi · From', r.organId),
    ...fact('Văn bản · Document', r.documentId),
    ...fact('Dung lượng · Size', r.size === undefined ? undefined : `${r.size} byte`),
    ...fact('SHA-256', r.sha256),
    ...fact('Nguyên nhân · Cause', r.cause),
    ...fact('Việc cần làm · Next', r.next),
    ...fact('Ai xử lý · Who acts', whoActsText(r.whoActs)),
    ...r.violations.map(violationLine),
    ...fact('Sau đó đã nhận · Accepted later', acceptedText(r)),
  ]
}

function fact(name: string, value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [`${name}: ${value}`]
}

function acceptedText(r: Refusal): string | undefined {
  return r.laterAcceptedAs === undefined ? undefined : `${r.laterAcceptedAs}, ${timeText(r.laterAcceptedAt)}`
}

function systemText(r: Refusal): string | undefined {
  return r.systemId !== undefined && r.authenticated === false ? `${r.systemId} (chưa xác thực)` : r.systemId
}

/** A bare day is where it begins in Vietnam. */
function startOfDay(time: string | undefined): string | undefined {
  return time !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(time) ? `${time}T00:00:00+07:00` : time
}
