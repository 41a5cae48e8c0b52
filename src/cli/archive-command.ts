// `tram archive`: documents with their processing history for the archive, and whether such a folder is still whole.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportArchive, OtherSpan, verifyArchive } from '../retention/archive-export.ts'
import { kindTable } from '../rules/kind-table.ts'
import {
  type Arguments,
  type Command,
  type CommandContext,
  CommandFailure,
  type ExitCode,
  exitCodes,
  UsageError,
} from './command.ts'
import { withLocalDatabase } from './local-database.ts'

export const archiveCommand: Command = {
  name: 'archive',
  summary: { vi: 'kết xuất văn bản và quá trình xử lý để nộp lưu', en: 'documents and their history for the archive' },
  usage: ['archive export --since DAY --until DAY --to FOLDER', 'archive verify FOLDER'],
  options: {
    since: { type: 'string', value: 'DAY', help: 'accepted from this day of Vietnam on, e.g. 2026-01-01' },
    until: { type: 'string', value: 'DAY', help: 'and before this day' },
    to: { type: 'string', value: 'FOLDER', help: 'what was cut off goes on in the same folder' },
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: [
    'archive export --since 2026-01-01 --until 2027-01-01 --to /srv/archive/2026',
    'archive verify /srv/archive/2026',
  ],
  async run(args, context) {
    const what = args.word(0, 'export or verify')
    if (what === 'export') return await exportDocuments(args, context)
    if (what === 'verify') return await verify(resolve(args.word(1, 'the folder')), context)
    throw new UsageError(`archive knows "export" and "verify", not "${what}"`)
  },
}

async function exportDocuments(args: Arguments, { output, env }: CommandContext): Promise<ExitCode> {
  const span = { since: dayOf(args, 'since'), until: dayOf(args, 'until') }
  if (span.since >= span.until) throw new UsageError('--since must be before --until')
  const folder = resolve(args.required('to'))
  const kinds = kindTable(JSON.parse(readFileSync(kindsFile, 'utf8')))
  const done = await withLocalDatabase(env, ({ db }) =>
    exportArchive({
      ...{ db, folder, ...span },
      archiveCodeOf: (typeName) => kinds.find(typeName)?.archiveCode,
      onBatch: (batch, documents) => output.note(`${batch}: ${documents} văn bản · documents`),
    }),
  ).catch((error: unknown) => {
    if (!(error instanceof OtherSpan)) throw error
    throw new CommandFailure(
      `Thư mục đang chứa kết xuất của khoảng thời gian khác (${error.message}) · the folder holds another span of time`,
      { cause: error },
    )
  })
  output.line(
    `${done.documents} văn bản · documents, ${done.batches} lô · batches, đã có sẵn · there before: ${done.resumed}`,
  )
  output.json(done)
  return exitCodes.ok
}

const kindsFile = fileURLToPath(new URL('../../schemas/rules/document-kinds.json', import.meta.url))

/** Midnight in Vietnam. */
function dayOf(args: Arguments, name: string): Date {
  const value = args.required(name)
  const day = new Date(`${value}T00:00:00+07:00`)
  const isReal = /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(day.getTime())
  if (!isReal) throw new UsageError(`--${name} takes a day such as 2026-01-31, not "${value}"`)
  return day
}

async function verify(folder: string, { output }: CommandContext): Promise<ExitCode> {
  const found = await verifyArchive(folder)
  if (found.batches === 0) throw new CommandFailure(`${folder}: không có lô nào · no batch is there`)
  output.line(`${found.documents} văn bản · documents, ${found.batches} lô · batches`)
  if (!found.complete) output.line('Chưa kết xuất hết; hãy chạy lại lệnh export · not complete, run the export again')
  for (const { path, fault } of found.faults) output.note(`${faultTexts[fault]}: ${path}`)
  output.json(found)
  return found.complete && found.faults.length === 0 ? exitCodes.ok : exitCodes.refused
}

const faultTexts = {
  changed: 'ĐÃ THAY ĐỔI · changed',
  missing: 'THIẾU · missing',
  unknown: 'KHÔNG có trong bản kê · not in the manifest',
} as const
