// `tram storage`: what is held and what retention would free; `tram storage retention` carries the policy out or counts.
import { flag, list, maybe, number, orElse, record, text, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import { byteText, stateText, timeText } from './words.ts'

const counts = { packages: number, bytes: number }
const tally = record({
  ...counts,
  byState: list(record({ state: text, ...counts })),
  byKind: list(record({ kind: text, ...counts })),
  byAge: list(record({ age: text, ...counts })),
  bySender: list(record({ organName: text, ...counts })),
})
type Tally = ReturnType<typeof tally>

const report = record({
  countedAt: maybe(text),
  complete: flag,
  held: tally,
  removed: record(counts),
  freeable: record({ ...counts, complete: flag }),
  legalHolds: number,
  movedOut: orElse(number, 0),
  disk: maybe(record({ freeBytes: number, totalBytes: number })),
})
const outcome = record({
  complete: flag,
  paused: flag,
  content: tally,
  movedOut: record({ packages: number }),
})

export const storageCommand: Command = {
  name: 'storage',
  summary: { vi: 'dung lượng đang giữ và phần sẽ được giải phóng', en: 'what is held, by state, age and sender' },
  usage: ['storage', 'storage retention [--run]'],
  options: {
    ...operatorOptions,
    run: {
      type: 'boolean',
      help: 'with retention: remove now what its time is over for; without it nothing is removed',
    },
  },
  examples: ['storage', 'storage --json', 'storage retention', 'storage retention --run'],
  async run(args, context) {
    const [what, ...more] = args.positionals
    if (what === undefined) return await showStorage(args, context)
    if (what === 'retention' && more.length === 0) return await retention(args, context)
    throw new UsageError(`storage knows "retention", not "${[what, ...more].join(' ')}"`)
  },
}

async function showStorage(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const { output } = context
  const client = operatorClient(args, context)
  const { read, original } = await client.call('GET', '/api/v1/admin/storage', withOriginal(report))
  output.table(
    [],
    [
      ['Đang giữ · held', read.held.packages, byteText(read.held.bytes)],
      ['Đã gỡ nội dung · content removed', read.removed.packages, byteText(read.removed.bytes)],
      [
        `Có thể giải phóng · retention would free${read.freeable.complete ? '' : ' (≥)'}`,
        read.freeable.packages,
        byteText(read.freeable.bytes),
      ],
      ['Giữ theo yêu cầu pháp lý · legal holds', read.legalHolds, ''],
      ['Đã chuyển sang bảng cũ · moved out', read.movedOut, ''],
      ...(read.disk === undefined ? [] : [['Đĩa còn trống · disk free', '', freeText(read.disk)]]),
    ],
  )
  showTally(read.held, context)
  const asOf = timeText(read.countedAt) ?? 'chưa có gói tin · nothing yet'
  output.line(`Số liệu từ · counted since: ${asOf}${read.complete ? '' : ' (đang đếm tiếp · still counting)'}`)
  output.json(original)
  return exitCodes.ok
}

async function retention(args: Arguments, context: CommandContext): Promise<ExitCode> {
  const { output } = context
  const client = operatorClient(args, context)
  const json = { dryRun: !args.flag('run') }
  const { read, original } = await client.call('POST', '/api/v1/admin/retention/run', withOriginal(outcome), { json })
  const verb = json.dryRun ? 'Sẽ gỡ · would go' : 'Đã gỡ · gone'
  output.line(`${verb}: ${read.content.packages} gói tin · packages, ${byteText(read.content.bytes)}`)
  output.line(`${json.dryRun ? 'Sẽ chuyển · would move out' : 'Đã chuyển · moved out'}: ${read.movedOut.packages}`)
  if (read.paused) output.line('Đang sao lưu, sẽ gỡ sau · a backup is running, nothing goes until it is over')
  else if (!read.complete) output.line('Chưa hết; phần còn lại do bộ quét làm tiếp · the sweeper goes on with the rest')
  showTally(read.content, context)
  output.json(original)
  return exitCodes.ok
}

function showTally(found: Tally, { output }: CommandContext): void {
  const rows = <T extends { packages: number; bytes: number }>(items: readonly T[], name: (item: T) => string) =>
    items.map((item) => [name(item), item.packages, byteText(item.bytes)])
  const columns = (first: string) => [first, 'GÓI TIN', 'DUNG LƯỢNG']
  output.table(
    columns('TÌNH TRẠNG · STATE'),
    rows(found.byState, ({ state }) => stateText(state)),
  )
  output.table(
    columns('NGHIỆP VỤ · KIND'),
    rows(found.byKind, ({ kind }) => kind),
  )
  output.table(
    columns('TUỔI · AGE'),
    rows(found.byAge, ({ age }) => ageTexts[age] ?? age),
  )
  output.table(
    columns('BÊN GỬI · SENDER'),
    rows(found.bySender.slice(0, sendersShown), ({ organName }) => organName),
  )
}

/** The largest; --json has all of them. */
const sendersShown = 20

const ageTexts: Readonly<Record<string, string>> = {
  under_30_days: 'dưới 30 ngày · days',
  under_90_days: '30–90 ngày · days',
  under_1_year: '90 ngày–1 năm · year',
  under_2_years: '1–2 năm · years',
  older: 'trên 2 năm · years',
}

function freeText({ freeBytes, totalBytes }: { freeBytes: number; totalBytes: number }): string {
  return `${byteText(freeBytes)} / ${byteText(totalBytes)} (${Math.floor((freeBytes / totalBytes) * 100)} %)`
}
