// One very large package, made while it is sent and thrown away while it is fetched: what it costs the gateway in
// memory, and how fast it goes through.
import { createHash, type Hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { vietnamDay } from '../domain/vietnam-time.ts'
import { writeDocumentPackage } from '../edxml/write-package.ts'
import { mailboxItem, receipt } from '../platform/gateway-answers.ts'
import { createGatewayClient, type GatewayClient } from '../platform/gateway-client.ts'
import { list, record } from '../platform/json-decode.ts'
import type { BenchGateway } from './bench-gateway.ts'
import type { BenchProvince, BenchSystem } from './bench-province.ts'
import { noise } from './package-template.ts'
import { memoryKiB } from './process-figures.ts'
import { rounded } from './statistics.ts'

export interface BigRequest {
  readonly bigMiB?: number
  readonly rounds: number
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

// 768 KiB are 1 MiB in base64, and divide by three: blocks follow each other without padding.
const blockBytes = 768 * 1024
const answerWithinMs = 10 * 60_000

export async function bigPackage(request: BigRequest, gateway: BenchGateway, province: BenchProvince): Promise<object> {
  const [receiver] = province.receivers
  if (receiver === undefined) throw new Error('there is nobody to receive')
  const clients = { sender: clientOf(gateway, province.sender), receiver: clientOf(gateway, receiver) }
  const [from, to] = [province.sender.codes[0] ?? '', receiver.codes[0] ?? '']
  // A small one first: code that is loaded at the first package must not count as memory that a big one takes.
  await through(clients, bigDocument({ from, to, number: 1, blocks: 1 }))
  const blocks = Math.round(request.bigMiB ?? 1)
  const rounds: object[] = []
  const restBefore = memoryKiB(gateway.pid, 'VmRSS')
  for (let n = 1; n <= request.rounds; n++) {
    request.signal.throwIfAborted()
    const round = await through(clients, bigDocument({ from, to, number: n + 1, blocks }))
    request.note(`round ${n}: in ${round.inSeconds} s, out ${round.outSeconds} s`)
    rounds.push(round)
  }
  return {
    benchmark: 'intake-big',
    conditions: { packageMiB: blocks, rounds: request.rounds },
    memoryMiB: {
      atRest: rounded(restBefore / 1024, 1),
      peak: rounded(memoryKiB(gateway.pid, 'VmHWM') / 1024, 1),
      growth: rounded((memoryKiB(gateway.pid, 'VmHWM') - restBefore) / 1024, 1),
    },
    rounds,
  }
}

function clientOf(gateway: BenchGateway, { systemId, secret }: BenchSystem): GatewayClient {
  const credentials = { kind: 'system', systemId, secret } as const
  return createGatewayClient({ url: gateway.url, credentials, timeoutMs: answerWithinMs })
}

interface BigDocument {
  readonly size: number
  readonly bytes: () => AsyncGenerator<Buffer>
}

async function through(clients: { sender: GatewayClient; receiver: GatewayClient }, document: BigDocument) {
  const sent = createHash('sha256')
  const began = performance.now()
  const answer = await clients.sender.call('POST', '/api/v1/packages', receipt, {
    body: Readable.from(hashed(document.bytes(), sent), { objectMode: false }),
    contentType: 'application/edxml+xml',
    headers: { 'content-length': String(document.size) },
  })
  const accepted = performance.now()
  const sha256 = sent.digest('hex')
  if (answer.sha256 !== sha256) throw new Error(`the receipt names ${answer.sha256}, sent was ${sha256}`)
  await fetchOut(clients.receiver, sha256)
  const fetched = performance.now()
  return {
    bytes: document.size,
    inSeconds: rounded((accepted - began) / 1000, 2),
    outSeconds: rounded((fetched - accepted) / 1000, 2),
    inMiBPerSecond: rounded(document.size / 2 ** 20 / ((accepted - began) / 1000), 1),
    outMiBPerSecond: rounded(document.size / 2 ** 20 / ((fetched - accepted) / 1000), 1),
  }
}

const mailboxPage = record({ items: list(mailboxItem) })

async function fetchOut(client: GatewayClient, sha256: string): Promise<void> {
  const { items } = await client.call('GET', '/api/v1/mailbox', mailboxPage, { waitSeconds: 20 })
  const item = items.find((candidate) => candidate.sha256 === sha256)
  if (item === undefined) throw new Error('the package is not in the mailbox')
  const answer = await client.raw('GET', `/api/v1/mailbox/${item.deliveryId}/package`)
  const hash = createHash('sha256')
  for await (const chunk of answer.body) hash.update(chunk)
  if (hash.digest('hex') !== sha256) throw new Error('other bytes came out than went in')
}

async function* hashed(chunks: AsyncGenerator<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

function bigDocument(wish: { from: string; to: string; number: number; blocks: number }): BigDocument {
  const now = new Date()
  const frame = writeDocumentPackage({
    from: { organId: wish.from },
    to: [{ organId: wish.to }],
    documentId: `${wish.from},${vietnamDay(now).replaceAll('-', '/')},${wish.number}/HS-VP`,
    codeNumber: String(wish.number),
    codeNotation: 'HS-VP',
    promulgationDate: vietnamDay(now),
    documentType: { type: '2', typeDetail: '12', typeName: 'Đề án' },
    subject: 'Đề án kèm hồ sơ bản vẽ dung lượng lớn',
    signer: { position: 'CHÁNH VĂN PHÒNG', fullName: 'Nguyễn Văn A' },
    sentAt: now,
    attachments: [{ name: 'ho-so.pdf', bytes: Buffer.from('%PDF-1.4') }],
  })
  // The small content of the frame is left out, and the blocks stand in its place.
  const start = frame.indexOf('>', frame.indexOf('ContentTransferEncoded')) + 1
  const [head, tail] = [frame.subarray(0, start), frame.subarray(frame.indexOf('<', start))]
  const block = Buffer.from(noise(blockBytes).toString('base64'))
  return {
    size: head.length + wish.blocks * block.length + tail.length,
    async *bytes() {
      yield head
      for (let n = 0; n < wish.blocks; n++) yield block
      yield tail
    },
  }
}
