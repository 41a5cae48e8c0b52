// `tram agency import`: hands a table of agencies to the gateway, which reads and checks it row by row, and shows what
// came of it.
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { importResult } from '../platform/gateway-answers.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'
import { withOriginal } from '../platform/json-decode.ts'
import { type ExitCode, exitCodes, UsageError } from './command.ts'
import type { Output } from './output.ts'

export interface ImportRequest {
  readonly file: string
  readonly isDryRun: boolean
  /** Nothing is written when any row is wrong. */
  readonly isStrict: boolean
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

export async function importAgencies(client: GatewayClient, request: ImportRequest, output: Output): Promise<ExitCode> {
  const contentType = mediaTypes[extname(request.file).toLowerCase()]
  if (contentType === undefined) throw new UsageError('agency import reads .csv and .xlsx files')
  const body = await readFile(request.file).catch((error: unknown) => {
    throw new UsageError(`${request.file} cannot be read`, { cause: error })
  })
  const query = { dryRun: request.isDryRun, strict: request.isStrict }
  const path = '/api/v1/admin/agencies/import'
  const { read, original } = await client.call('POST', path, withOriginal(importResult), { body, contentType, query })
  const tense = read.dryRun ? 'Thử, chưa ghi · dry run: ' : ''
  output.line(`${tense}${read.rows} dòng: thêm ${read.created}, sửa ${read.updated}, giữ nguyên ${read.unchanged}`)
  if (read.problems.length > 0) {
    output.line(`${read.problems.length} lỗi · problems:`)
    output.table(
      ['DÒNG', 'CỘT', 'LỖI', 'CÓ', 'CẦN'],
      read.problems.map((p) => [p.line, p.column, p.rule, p.found, p.expected]),
    )
  }
  output.json(original)
  return read.problems.length === 0 ? exitCodes.ok : exitCodes.refused
}
