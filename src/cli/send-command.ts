// `tram send`: posts a package as a QLVB-ĐH system would, from a file or made from a few words, and shows what became
// of each recipient.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { systemClock } from '../platform/clock.ts'
import { receipt, statusReceipt } from '../platform/gateway-answers.ts'
import { type GatewayClient, readJson } from '../platform/gateway-client.ts'
import { type Decode, type Decoded, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, CommandFailure, type ExitCode, exitCodes, UsageError } from './command.ts'
import { systemClient, systemOptions } from './connection.ts'
import { makePackage } from './make-package.ts'
import type { Output } from './output.ts'
import { outcomeText, reasonText } from './words.ts'

export const sendCommand: Command = {
  name: 'send',
  summary: { vi: 'gửi một văn bản', en: 'send a document package' },
  usage: [
    'send <file.edxml> [--key KEY]',
    'send --make --from CODE --to CODE [--to CODE] --subject TEXT [--attach FILE] [--out FILE]',
  ],
  options: {
    key: { type: 'string', value: 'KEY', help: 'Idempotency-Key: sending again under it is safe' },
    make: { type: 'boolean', help: 'make the package from the options below' },
    from: { type: 'string', value: 'CODE', help: 'the issuing agency' },
    to: { type: 'string', value: 'CODE', multiple: true, help: 'a receiving agency' },
    subject: { type: 'string', value: 'TEXT', help: 'trích yếu' },
    attach: { type: 'string', value: 'FILE', multiple: true, help: 'a file of the document' },
    number: { type: 'string', value: 'TEXT', help: 'số; default made up' },
    notation: { type: 'string', value: 'TEXT', help: 'ký hiệu; default UBND-VP' },
    date: { type: 'string', value: 'YYYY-MM-DD', help: 'ngày ban hành; default today' },
    'document-id': { type: 'string', value: 'ID', help: 'mã định danh văn bản; default made of code, date and number' },
    priority: { type: 'string', value: '0-4', help: 'độ khẩn; default 0' },
    signer: { type: 'string', value: 'NAME', help: 'người ký' },
    out: { type: 'string', value: 'FILE', help: 'write the package to a file, and do not send it' },
    ...systemOptions,
  },
  examples: [
    'send cong-van.edxml --system QLVB-SYT --secret …',
    'send --make --from H35.12 --to H35.15 --to H35.16 --subject "V/v phòng chống dịch" --attach cong-van.pdf',
  ],
  async run(args, context) {
    const source = args.flag('make') ? await madeSource(args) : await fileSource(args)
    const out = args.text('out')
    if (out !== undefined) return writePackage(source, out, context.output)
    const how = { key: args.text('key'), signal: context.signal }
    showAnswer(await post(systemClient(args, context), source, how), context.output)
    return exitCodes.ok
  },
}

interface Source {
  readonly size: number
  readonly open: () => Readable
}

async function fileSource(args: Arguments): Promise<Source> {
  const file = args.word(0, 'the file (or --make)')
  const { size } = await stat(file).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read`, { cause: error })
  })
  return { size, open: () => createReadStream(file) }
}

async function madeSource(args: Arguments): Promise<Source> {
  const bytes = await makePackage(args, systemClock.now())
  return { size: bytes.length, open: () => Readable.from([bytes]) }
}

interface Sent {
  /** The gateway knew the content and answered with the first receipt (contract §3, repeats). */
  readonly isRepeat: boolean
  readonly answer: Answer
}

type Answer = Decoded<typeof packageAnswer> | Decoded<typeof statusAnswer>
const packageAnswer = withOriginal(receipt)
const statusAnswer = withOriginal(statusReceipt)
const anyAnswer: Decode<Answer> = (value, path) => {
  const isStatus = value !== null && typeof value === 'object' && 'statusId' in value
  return isStatus ? statusAnswer(value, path) : packageAnswer(value, path)
}

/** Posts while hashing: a first receipt must name the very bytes that left here. */
async function post(
  client: GatewayClient,
  source: Source,
  { key, signal }: { key: string | undefined; signal: AbortSignal },
): Promise<Sent> {
  const hash = createHash('sha256')
  async function* hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of source.open()) {
      hash.update(chunk)
      yield chunk
    }
  }
  const raw = await client.raw('POST', '/api/v1/packages', {
    body: Readable.from(hashed(), { objectMode: false }),
    contentType: 'application/edxml+xml',
    headers: { 'content-length': String(source.size), ...(key === undefined ? {} : { 'idempotency-key': key }) },
    signal,
  })
  const answer = await readJson(raw, anyAnswer)
  const sha256 = hash.digest('hex')
  const isRepeat = raw.status === 200
  if (!isRepeat && answer.read.sha256 !== sha256) {
    throw new CommandFailure(`The receipt names other bytes (sha256 ${answer.read.sha256}) than were sent (${sha256}).`)
  }
  return { isRepeat, answer }
}

async function writePackage(source: Source, file: string, output: Output): Promise<ExitCode> {
  // `wx`: a command that makes test documents must not overwrite a real one.
  const target = await open(file, 'wx').catch((error: unknown) => {
    throw new UsageError(`${file} cannot be written, or is there already`, { cause: error })
  })
  await pipeline(source.open(), target.createWriteStream())
  output.line(`Đã ghi · written: ${file} (${source.size} bytes)`)
  output.json({ file, size: source.size })
  return exitCodes.ok
}

function showAnswer({ isRepeat, answer }: Sent, output: Output): void {
  const { read, original } = answer
  if (isRepeat) output.line('Đã gửi trước đó, đây là biên nhận lần đầu · sent before, this is the first receipt')
  if ('statusId' in read) output.line(`Đã nhận phản hồi trạng thái · status taken: ${read.statusId}`)
  else showReceipt(read, output)
  output.json(original)
}

function showReceipt(read: Decoded<typeof receipt>, output: Output): void {
  output.line(`Đã tiếp nhận · accepted: ${read.packageId}`)
  output.table(
    [],
    [
      ['  mã văn bản · documentId', read.documentId],
      ['  sha256', read.sha256],
      ...(read.supplementOf === undefined ? [] : [['  bổ sung cho · supplement of', read.supplementOf]]),
    ],
  )
  output.table(
    ['NƠI NHẬN', 'TÊN', 'KẾT QUẢ', 'LÝ DO', 'CHUYỂN GIAO'],
    read.recipients.map((r) => [r.organId, r.organName, outcomeText(r.outcome), reasonText(r.reason), r.deliveryId]),
  )
  for (const r of read.recipients) {
    for (const s of r.suggestions) output.line(`  ${r.organId}: có phải · did you mean ${s.code} (${s.name})?`)
  }
}
