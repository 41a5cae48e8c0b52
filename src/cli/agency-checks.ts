// `tram agency mergers` and `tram agency document-ids`: the closed level-1 codes of 2025, and an agency's numbers of a
// year.
import type { GatewayClient } from '../platform/gateway-client.ts'
import { flag, list, maybe, number, record, text, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type ExitCode, exitCodes, UsageError } from './command.ts'
import { type Output, shortened } from './output.ts'

const mergers = record({
  dryRun: flag,
  created: number,
  items: list(
    record({
      code: text,
      name: text,
      since: text,
      outcome: text,
      successor: maybe(record({ code: text, name: text })),
    }),
  ),
})

const ids = record({ count: number, documentIds: list(text) })
const report = record({
  agency: record({ code: text, name: text }),
  year: number,
  documents: number,
  series: list(
    record({
      codes: list(text),
      name: text,
      count: number,
      highest: number,
      missing: list(record({ from: number, to: number })),
      missingCount: number,
      repeated: list(record({ number, documentIds: list(text) })),
      repeatedCount: number,
    }),
  ),
  otherYear: number,
  unmatched: ids,
  foreign: ids,
})

export async function mergersOf(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const json = { dryRun: !args.flag('apply'), redirect: !args.flag('no-redirect') }
  const path = '/api/v1/admin/agencies/mergers'
  const { read, original } = await client.call('POST', path, withOriginal(mergers), { json })
  output.table(
    ['MÃ ĐÓNG', 'CƠ QUAN', 'TỪ', 'KẾ THỪA', 'KẾT QUẢ'],
    read.items.map((m) => [m.code, m.name, m.since, m.successor?.code, outcomeWords[m.outcome] ?? m.outcome]),
  )
  output.line(
    read.dryRun
      ? `Sẽ thêm ${read.created} cơ quan; thêm --apply để ghi · dry run, add --apply to register them`
      : `Đã thêm ${read.created} cơ quan · registered`,
  )
  output.json(original)
  return exitCodes.ok
}

export async function documentIdsOf(client: GatewayClient, args: Arguments, output: Output): Promise<ExitCode> {
  const year = args.number('year')
  if (year === undefined) throw new UsageError('--year is needed')
  const query = { organId: args.word(1, 'the code of the agency'), year }
  const path = '/api/v1/admin/reports/document-ids'
  const { read, original } = await client.call('GET', path, withOriginal(report), { query })
  output.line(`${read.agency.name} (${read.agency.code}), năm ${read.year}: ${read.documents} mã định danh văn bản`)
  output.table(
    ['DÃY SỐ', 'ĐÃ DÙNG', 'LỚN NHẤT', 'THIẾU', 'TRÙNG', 'CÁC SỐ THIẾU', 'CÁC SỐ TRÙNG'],
    read.series.map((s) => [
      ...[s.codes.join(' '), s.count, s.highest, s.missingCount, s.repeatedCount],
      shortened(s.missing.map(rangeText).join(', '), textMax),
      shortened(s.repeated.map((one) => one.number).join(', '), textMax),
    ]),
  )
  if (read.otherYear > 0) output.line(`${read.otherYear} mã mang năm khác · of another year`)
  showIds('không theo quy tắc · outside the rule', read.unmatched, output)
  showIds('bắt đầu bằng mã của cơ quan khác · with a foreign code', read.foreign, output)
  output.json(original)
  return exitCodes.ok
}

function showIds(
  meaning: string,
  { count, documentIds }: { count: number; documentIds: string[] },
  output: Output,
): void {
  if (count === 0) return
  output.line(`${count} mã ${meaning}:`)
  output.table(
    [],
    documentIds.map((id) => ['', id]),
  )
}

function rangeText({ from, to }: { readonly from: number; readonly to: number }): string {
  return from === to ? `${from}` : `${from}–${to}`
}

// A cell of a table; --json has them all.
const textMax = 60

const outcomeWords: Readonly<Record<string, string>> = {
  created: 'thêm',
  known: 'đã có',
  known_open: 'đã có, chưa đóng: dùng agency succession',
  own: 'thuộc mã cấp 1 của tỉnh, không đụng đến',
  successor_missing: 'chưa đăng ký cơ quan kế thừa',
}
