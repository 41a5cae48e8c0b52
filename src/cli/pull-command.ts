// `tram pull`: the mailbox of a system. It lists what waits; with --fetch it writes packages to files, checks every
// byte against the digest, and only then, with --confirm, tells the gateway that they are safe.
import { type MailboxItem, mailboxItem } from '../platform/gateway-answers.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'
import { anything, type Decoded, list, record, withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, exitCodes, UsageError } from './command.ts'
import { systemClient, systemOptions } from './connection.ts'
import { type FetchedFile, fetchToFile } from './fetch-package.ts'
import type { Output } from './output.ts'
import { shortened } from './output.ts'
import { timeText } from './words.ts'

export const pullCommand: Command = {
  name: 'pull',
  summary: { vi: 'lấy văn bản từ hộp thư', en: 'take what waits in the mailbox' },
  usage: ['pull [--wait 30s] [--type edoc|status|report] [--organ-id CODE]', 'pull --fetch DIR [--confirm]'],
  options: {
    fetch: { type: 'string', value: 'DIR', help: 'write each package to a file in this folder' },
    confirm: { type: 'boolean', help: 'with --fetch: confirm each one whose file is safely on disk' },
    wait: { type: 'string', value: 'TIME', help: 'wait for something to arrive, at most 60s' },
    limit: { type: 'string', value: 'N', help: 'at most so many; default 50' },
    type: {
      type: 'string',
      value: 'edoc|status|report',
      help: 'only documents, status feedback, or reports to senders',
    },
    'organ-id': { type: 'string', value: 'CODE', help: 'only what is addressed to this agency' },
    state: { type: 'string', value: 'available|delivered', help: 'delivered: what was confirmed already' },
    ...systemOptions,
  },
  examples: ['pull --system QLVB-STP --secret …', 'pull --fetch ./van-ban-den --confirm --wait 60s'],
  async run(args, context) {
    const folder = args.text('fetch')
    if (args.flag('confirm') && folder === undefined) throw new UsageError('--confirm goes with --fetch DIR')
    const client = systemClient(args, context)
    const { read, original } = await listMailbox(client, args, context.signal)
    if (folder === undefined) showItems(read.items, original, context.output)
    else await fetchAll(client, { items: read.items, folder, isConfirming: args.flag('confirm') }, context.output)
    return exitCodes.ok
  },
}

// The longest poll that the gateway grants.
const waitSecondsMax = 60

const mailbox = withOriginal(record({ items: list(mailboxItem) }))

async function listMailbox(
  client: GatewayClient,
  args: Arguments,
  signal: AbortSignal,
): Promise<Decoded<typeof mailbox>> {
  const query = {
    limit: args.number('limit') ?? 50,
    type: args.oneOf('type', ['edoc', 'status', 'report']),
    state: args.oneOf('state', ['available', 'delivered']),
    organId: args.text('organ-id'),
  }
  const waitMs = args.milliseconds('wait')
  const waiting = waitMs === undefined ? {} : { waitSeconds: Math.min(Math.ceil(waitMs / 1000), waitSecondsMax) }
  return client.call('GET', '/api/v1/mailbox', mailbox, { query, signal, ...waiting })
}

function showItems(items: readonly MailboxItem[], original: unknown, output: Output): void {
  output.table(
    ['CHUYỂN GIAO', 'LOẠI', 'SỐ, KÝ HIỆU', 'NƠI NHẬN', 'KHẨN', 'BYTES', 'CHỜ TỪ', 'TRÍCH YẾU'],
    items.map((item) => [
      item.deliveryId,
      nameOf(item),
      item.code,
      item.recipient?.organId,
      item.priority ?? 0,
      item.size,
      timeText(item.availableAt),
      shortened(item.subject, 60),
    ]),
  )
  output.line(`${items.length} đang chờ`)
  output.json(original)
}

interface Fetching {
  readonly items: readonly MailboxItem[]
  readonly folder: string
  readonly isConfirming: boolean
}

async function fetchAll(
  client: GatewayClient,
  { items, folder, isConfirming }: Fetching,
  output: Output,
): Promise<void> {
  const files: (FetchedFile & { readonly deliveryId: string; readonly confirmed: boolean })[] = []
  for (const item of items) {
    const file = await fetchToFile(client, item, folder)
    if (isConfirming) await client.call('POST', `/api/v1/mailbox/${item.deliveryId}/confirm`, anything)
    files.push({ deliveryId: item.deliveryId, ...file, confirmed: isConfirming })
    output.line(`${file.path}  ${file.size} bytes  sha256 ${file.sha256}${isConfirming ? '  đã xác nhận' : ''}`)
  }
  output.line(`${files.length} tệp${isConfirming ? ', đã xác nhận' : ''}`)
  output.json({ files })
}

function nameOf({ type, kind }: MailboxItem): string {
  if (type === 'report') return 'báo cáo'
  return type === 'status' ? 'trạng thái' : `văn bản ${kind ?? ''}`
}
