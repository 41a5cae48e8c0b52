// `tram doctor --blobs`: every package's bytes against the hash in its row.
import type { Config } from '../config.ts'
import type { OpenDatabase } from '../platform/database.ts'
import { openBlobs } from '../platform/open-blobs.ts'
import { type BlobFaults, type BlobReport, verifyBlobs } from '../reports/verify-blobs.ts'
import { type Arguments, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'

type Words = Pick<Arguments, 'text' | 'number'>

/** Told every so many packages, for those who wait. */
const progressEvery = 10_000

export async function doctorBlobs(
  args: Words,
  { db }: OpenDatabase,
  config: Config,
  { output }: CommandContext,
): Promise<ExitCode> {
  const part = partAsked(args)
  const blobs = await openBlobs(config)
  let told = 0
  try {
    const report = await verifyBlobs({
      db,
      blobs: blobs.store,
      now: new Date(),
      ...part,
      onProgress(verified) {
        if (verified - told < progressEvery) return
        told = verified
        output.note(`${verified} …`)
      },
    })
    output.table(['', 'KIỂM TRA · CHECK', 'KẾT QUẢ · FOUND', 'VIỆC CẦN LÀM · NEXT'], rowsOf(report))
    for (const id of faultsOf(report).flatMap(({ faults }) => faults.ids)) output.line(id)
    output.json(report)
    return report.ok ? exitCodes.ok : exitCodes.refused
  } finally {
    blobs.close()
  }
}

function partAsked(args: Words): { since?: Date; until?: Date; sample?: number } {
  const sample = args.number('sample')
  if (sample !== undefined && !(Number.isInteger(sample) && sample >= 1 && sample <= 1_000_000))
    throw new UsageError('--sample takes a whole number from 1 to 1000000')
  const since = moment(args, 'since')
  const until = moment(args, 'until')
  return {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(sample === undefined ? {} : { sample }),
  }
}

/** A day of Vietnam, or a moment with its zone. */
function moment(args: Words, name: string): Date | undefined {
  const text = args.text(name)
  if (text === undefined) return undefined
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const at = new Date(isDay ? `${text}T00:00:00+07:00` : text)
  if (Number.isNaN(at.getTime()) || !(isDay || /(Z|[+-]\d{2}:\d{2})$/.test(text)))
    throw new UsageError(`--${name} takes a day (2026-11-20) or a moment (2026-11-20T08:00:00+07:00), not "${text}"`)
  return at
}

function faultsOf({ missing, altered, orphans }: BlobReport): { name: string; faults: BlobFaults; next: string }[] {
  const restore = 'khôi phục từ bản sao lưu · restore them from a backup'
  return [
    { name: 'missing', faults: missing, next: restore },
    { name: 'altered', faults: altered, next: restore },
    ...(orphans === undefined
      ? []
      : [{ name: 'orphans', faults: orphans, next: 'tiến trình sweeper sẽ xóa · the sweeper removes them' }]),
  ]
}

function rowsOf(report: BlobReport): (readonly string[])[] {
  const verified = `${report.verified} (${(report.bytes / 1024 ** 2).toFixed(1)} MiB)`
  const faults = faultsOf(report).map(({ name, faults: { count }, next }) => [
    ...[count === 0 ? 'ok' : 'LỖI', name, String(count), count === 0 ? '' : next],
  ])
  return [['ok', 'verified', verified, ''], ...faults]
}
