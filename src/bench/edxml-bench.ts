// What the reader of packages costs: a usual package, a very large one, and a header so large that it is judged on
// another thread. In this process and without a gateway, so that nothing else is in the figures.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { PackageReader } from '../edxml/package-reader.ts'
import { type DocumentToWrite, writeDocumentPackage } from '../edxml/write-package.ts'
import { describeMachine } from './machine.ts'
import { noise } from './package-template.ts'
import { memoryKiB } from './process-figures.ts'
import { rounded, type Spread, spreadOf } from './statistics.ts'

export interface EdxmlRequest {
  readonly rounds: number
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

const mebibyte = 2 ** 20
const bigMiB = 100
const repeatsARound = 200
const chunkBytes = 64 * 1024

// The limits of a gateway as it is set up by default.
const limits = { headerBytesMax: mebibyte, attachmentsMax: 200, depthMax: 64 }

export async function benchEdxml(request: EdxmlRequest): Promise<object> {
  // First, while the peak of this process is still its own.
  const big = await measureBig(request)
  const usual = await measureUsual(request)
  const written = await measureWriting(request)
  const largeHeader = await measureLargeHeader(request)
  return {
    benchmark: 'edxml',
    conditions: { rounds: request.rounds, repeatsARound, chunkBytes },
    usual,
    written,
    big,
    largeHeader,
    machine: describeMachine(),
  }
}

// --- a usual package: 20 KB, of which the header is a fifth and the rest a PDF ---

async function measureUsual(request: EdxmlRequest) {
  const header = Buffer.from(writeDocumentPackage(letter({ recipients: 8, attachment: noise(10 * 1024) })))
  const allHeader = Buffer.from(writeDocumentPackage(letter({ recipients: 75, attachment: noise(100) })))
  return {
    packageKB: rounded(header.length / 1000, 1),
    readMs: await medians(request, 'a package of 20 KB', () => timeToRead(header).totalMs),
    validateMs: await medians(request, 'its header', () => timeToRead(header).judgeMs),
    ofHeaderAlone: {
      packageKB: rounded(allHeader.length / 1000, 1),
      readMs: await medians(request, '20 KB of header', () => timeToRead(allHeader).totalMs),
      validateMs: await medians(request, 'its validation', () => timeToRead(allHeader).judgeMs),
    },
  }
}

/** Everything from the first byte, and of it what `end` takes: canonical form, schema, object, findings. */
function timeToRead(bytes: Buffer): { totalMs: number; judgeMs: number } {
  const began = performance.now()
  const reader = new PackageReader(limits)
  reader.write(bytes)
  const written = performance.now()
  reader.end()
  const ended = performance.now()
  return { totalMs: ended - began, judgeMs: ended - written }
}

// --- writing a package, which is held against its schema before it leaves ---

async function measureWriting(request: EdxmlRequest): Promise<{ writeMs: Spread }> {
  const wish = letter({ recipients: 8, attachment: noise(10 * 1024) })
  return { writeMs: await medians(request, 'writing it', () => timed(() => writeDocumentPackage(wish))) }
}

// --- a very large one ---

async function measureBig(request: EdxmlRequest) {
  const oneLine = Buffer.from(noise((bigMiB * mebibyte * 3) / 4 / 100).toString('base64'))
  const wrapped = Buffer.from(oneLine.toString().replace(/.{76}/g, '$&\r\n'))
  // Code that is loaded with the first package is not what a large one takes.
  readBig(oneLine, 1)
  const atRest = memoryKiB(process.pid, 'VmRSS')
  const figures = {
    packageMiB: bigMiB,
    oneLineMBPerSecond: await medians(request, '100 MiB in one line', () => readBig(oneLine, 100), 1),
    wrappedMBPerSecond: await medians(request, '100 MiB in lines of 76', () => readBig(wrapped, 100), 1),
  }
  const peak = memoryKiB(process.pid, 'VmHWM')
  return { ...figures, peakGrowthMiB: rounded((peak - atRest) / 1024, 1) }
}

/** Bytes a second. The blocks divide by four, so they follow each other without a seam. */
function readBig(block: Buffer, blocks: number): number {
  const frame = writeDocumentPackage(letter({ recipients: 8, attachment: Buffer.from('%PDF-1.4') }))
  const start = frame.indexOf('>', frame.indexOf('ContentTransferEncoded')) + 1
  const reader = new PackageReader(limits)
  let size = 0
  const write = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += chunkBytes) reader.write(bytes.subarray(at, at + chunkBytes))
    size += bytes.length
  }
  const ms = timed(() => {
    write(frame.subarray(0, start))
    for (let n = 0; n < blocks; n++) write(block)
    write(frame.subarray(frame.indexOf('<', start)))
    reader.end()
  })
  return size / 1e6 / (ms / 1000)
}

// --- a header of 500 KB ---

async function measureLargeHeader(request: EdxmlRequest) {
  const bytes = writeDocumentPackage(letter({ recipients: 2000, attachment: noise(100) }))
  const [inPlace, onThread] = [[] as EndFigures[], [] as EndFigures[]]
  for (let n = 0; n <= request.rounds; n++) {
    request.signal.throwIfAborted()
    const one = await endOf(bytes, async (reader) => void reader.end())
    const other = await endOf(bytes, async (reader) => void (await reader.finish()))
    // The first of each starts the thread and compiles the schemas.
    if (n === 0) continue
    inPlace.push(one)
    onThread.push(other)
    request.note(`a header of 500 KB: in place ${one.ms} ms, on a thread ${other.ms} ms (held up ${other.heldUpMs} ms)`)
  }
  return { packageKB: rounded(bytes.length / 1000, 1), inPlace: spreads(inPlace), onThread: spreads(onThread) }
}

interface EndFigures {
  readonly ms: number
  /** The longest that anything else had to wait meanwhile. */
  readonly heldUpMs: number
}

async function endOf(bytes: Buffer, end: (reader: PackageReader) => Promise<void>): Promise<EndFigures> {
  const reader = new PackageReader(limits)
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.write(bytes.subarray(at, at + chunkBytes))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  // It measures between two of its own beats, so the first must have been.
  await setTimeout(10)
  const began = performance.now()
  await end(reader)
  const ms = rounded(performance.now() - began, 1)
  await setTimeout(10)
  delay.disable()
  return { ms, heldUpMs: rounded(delay.max / 1e6, 1) }
}

function spreads(rounds: readonly EndFigures[]) {
  return {
    ms: spreadOf(rounds.map(({ ms }) => ms)),
    eventLoopHeldUpMs: spreadOf(rounds.map(({ heldUpMs }) => heldUpMs)),
  }
}

// --- what they share ---

/** The median of many tries makes a round; reported is the middle round, and how far the others were. */
async function medians(request: EdxmlRequest, what: string, measure: () => number, tries = repeatsARound) {
  const rounds: number[] = []
  for (let n = 0; n <= request.rounds; n++) {
    request.signal.throwIfAborted()
    const { median } = spreadOf(
      Array.from({ length: tries }, () => measure()),
      3,
    )
    // The first round warms up.
    if (n > 0) rounds.push(median)
    await setImmediate()
  }
  const spread = spreadOf(rounds, tries === 1 ? 1 : 3)
  request.note(`${what}: ${spread.median} (${spread.min}–${spread.max})`)
  return spread
}

function timed(work: () => unknown): number {
  const began = performance.now()
  work()
  return performance.now() - began
}

function letter(wish: { readonly recipients: number; readonly attachment: Buffer }): DocumentToWrite {
  return {
    from: { organId: '000.00.12.H35', organName: 'Sở Nội vụ tỉnh Lai Châu' },
    to: Array.from({ length: wish.recipients }, (_, n) => ({
      organId: `000.${n}.14.H35`,
      organName: `Ủy ban nhân dân xã số ${n} huyện Phong Thổ`,
      organAdd: 'Số 1 đường Trần Hưng Đạo, tỉnh Lai Châu',
    })),
    documentId: '000.00.12.H35,2026/11/20,743/SNV-VP',
    codeNumber: '743',
    codeNotation: 'SNV-VP',
    place: 'Lai Châu',
    promulgationDate: '2026-11-20',
    documentType: { type: '2', typeDetail: '18', typeName: 'Công văn' },
    subject: 'V/v đo thời gian đọc và kiểm tra gói tin văn bản điện tử',
    signer: { position: 'CHÁNH VĂN PHÒNG', fullName: 'Nguyễn Văn A' },
    sentAt: new Date('2026-11-20T01:00:00Z'),
    attachments: [{ name: 'van-ban.pdf', bytes: wish.attachment }],
  }
}
