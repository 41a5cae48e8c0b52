// `tram system`: the registered QLVB-ĐH systems, their secrets and credentials. Secrets are shown once, at the moment
// they are made; the gateway does not give them out again.
import { madeCredential, madeSystem, newSecrets, type SystemAnswer, system } from '../platform/gateway-answers.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'
import { withOriginal } from '../platform/json-decode.ts'
import { type Arguments, type Command, type ExitCode, exitCodes, UsageError } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import type { Output } from './output.ts'
import { listRows } from './paging.ts'
import { timeText } from './words.ts'

const systemsPath = '/api/v1/admin/systems'

export const systemCommand: Command = {
  name: 'system',
  summary: { vi: 'các hệ thống QLVB-ĐH', en: 'the registered document systems' },
  usage: [
    'system list',
    'system show <systemId>',
    'system add <systemId> --name NAME --agency CODE [--agency CODE] [--channel mailbox|push --push-url URL]',
    'system secret <systemId>',
    'system credential <systemId> --label LABEL [--agency CODE]',
  ],
  options: {
    name: { type: 'string', value: 'NAME', help: 'add: name of the system' },
    agency: { type: 'string', value: 'CODE', multiple: true, help: 'add, credential: any code of an agency it serves' },
    'sends-for': { type: 'string', value: 'CODE', multiple: true, help: 'add: an agency it only sends for' },
    channel: { type: 'string', value: 'mailbox|push', help: 'add: default mailbox' },
    'push-url': { type: 'string', value: 'URL', help: 'add: where deliveries are pushed' },
    'push-style': { type: 'string', value: 'package|notice', help: 'add: default package' },
    vendor: { type: 'string', value: 'NAME', help: 'add: who made the software' },
    concurrency: { type: 'string', value: 'N', help: 'add: deliveries under way at once' },
    rate: { type: 'string', value: 'N', help: 'add: deliveries started per second at most' },
    label: { type: 'string', value: 'LABEL', help: 'credential: what it is for' },
    ...operatorOptions,
  },
  examples: [
    'system add QLVB-SYT --name "QLVB Sở Y tế" --agency H35.12',
    'system add QLVB-STP --name "QLVB Sở Tư pháp" --agency H35.15 --channel push --push-url https://qlvb.example/tram',
    'system secret QLVB-SYT',
  ],
  async run(args, context) {
    const client = operatorClient(args, context)
    const action = args.word(0, 'what to do (list, show, add, secret or credential)')
    const act = actions.get(action)
    if (act === undefined) throw new UsageError(`system can ${[...actions.keys()].join(', ')}, not "${action}"`)
    await act(client, args, context.output)
    return exitCodes.ok satisfies ExitCode
  },
}

type Action = (client: GatewayClient, args: Arguments, output: Output) => Promise<void>

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['list', listSystems],
  ['show', showSystem],
  ['add', addSystem],
  ['secret', rotateSecret],
  ['credential', addCredential],
])

async function listSystems(client: GatewayClient, _args: Arguments, output: Output): Promise<void> {
  const { rows, original } = await listRows(client, { path: systemsPath, row: system })
  output.table(
    ['HỆ THỐNG', 'TÊN', 'KÊNH', 'SỐ CƠ QUAN', 'ĐỊA CHỈ ĐẨY', 'TẠM DỪNG'],
    rows.map((s) => [s.systemId, s.name, s.channel, s.agencies.length, s.pushUrl, s.pausedReason]),
  )
  output.line(`${rows.length} hệ thống`)
  output.json({ items: original })
}

async function showSystem(client: GatewayClient, args: Arguments, output: Output): Promise<void> {
  const { read: found, original } = await client.call('GET', pathOf(args), withOriginal(system))
  output.line(`${found.systemId}: ${found.name}`)
  output.table([], settingsOf(found))
  output.line()
  output.table(
    ['MÃ', 'CƠ QUAN', 'NHẬN'],
    [
      ...found.agencies.map((a) => [a.code, a.name, 'gửi và nhận']),
      ...found.sendsFor.map((a) => [a.code, a.name, 'chỉ gửi']),
    ],
  )
  output.line()
  output.table(
    ['KHÓA', 'NHÃN', 'TẠO LÚC', 'HẾT HẠN', 'HỦY LÚC'],
    found.credentials.map((c) => [c.credentialId, c.label, ...[c.createdAt, c.expiresAt, c.revokedAt].map(timeText)]),
  )
  output.json(original)
}

function settingsOf(s: SystemAnswer): (string | number | undefined)[][] {
  return [
    ['  kênh · channel', s.channel],
    ['  địa chỉ đẩy · push URL', s.pushUrl],
    ['  kiểu đẩy · push style', s.pushStyle],
    ['  song song · concurrency', s.concurrency],
    ['  tối đa mỗi giây · rate', s.ratePerSecond],
    ['  nhà cung cấp · vendor', s.vendor],
    ['  tạm dừng vì · paused', s.pausedReason],
  ]
}

async function addSystem(client: GatewayClient, args: Arguments, output: Output): Promise<void> {
  const channel = args.oneOf('channel', ['mailbox', 'push']) ?? 'mailbox'
  const sendsFor = args.texts('sends-for')
  const { read: made, original } = await client.call('POST', systemsPath, withOriginal(madeSystem), {
    json: {
      systemId: args.word(1, 'the systemId'),
      name: args.required('name'),
      agencies: args.texts('agency'),
      sendsFor: sendsFor.length === 0 ? undefined : sendsFor,
      channel,
      pushUrl: channel === 'push' ? args.required('push-url') : args.text('push-url'),
      pushStyle: args.oneOf('push-style', ['package', 'notice']),
      vendor: args.text('vendor'),
      concurrency: args.number('concurrency'),
      ratePerSecond: args.number('rate'),
    },
  })
  showSecrets(made, output)
  output.json(original)
}

async function rotateSecret(client: GatewayClient, args: Arguments, output: Output): Promise<void> {
  const { read: made, original } = await client.call('POST', `${pathOf(args)}/secret`, withOriginal(newSecrets))
  showSecrets(made, output)
  output.line(`Mã cũ còn dùng được đến · the former secrets hold until: ${timeText(made.oldValidUntil) ?? '-'}`)
  output.json(original)
}

async function addCredential(client: GatewayClient, args: Arguments, output: Output): Promise<void> {
  const agencies = args.texts('agency')
  const path = `${pathOf(args)}/credentials`
  const { read: made, original } = await client.call('POST', path, withOriginal(madeCredential), {
    json: { label: args.required('label'), agencies: agencies.length === 0 ? undefined : agencies },
  })
  output.line(`Khóa · credential "${made.label}" (${made.credentialId}), chỉ hiện một lần · shown once:`)
  output.line(`  secret  ${made.secret}`)
  output.json(original)
}

function showSecrets(made: { systemId: string; secret: string; webhookSecret: string }, output: Output): void {
  output.line(`${made.systemId}: mã bí mật, chỉ hiện một lần · secrets, shown once`)
  output.table(
    [],
    [
      ['  secret', made.secret],
      ['  webhookSecret', made.webhookSecret],
    ],
  )
}

function pathOf(args: Arguments): string {
  return `${systemsPath}/${encodeURIComponent(args.word(1, 'the systemId'))}`
}
