// The offices of a measurement: systems that send, and others that receive, registered through the admin API.
import { madeSystem } from '../platform/gateway-answers.ts'
import type { GatewayClient } from '../platform/gateway-client.ts'
import { anything } from '../platform/json-decode.ts'

export interface BenchProvince {
  readonly sender: BenchSystem
  /** All that send, the one above first. */
  readonly senders: readonly BenchSystem[]
  readonly receivers: readonly BenchSystem[]
  /** All codes that can be written to. */
  readonly recipients: readonly string[]
}

export interface BenchSystem {
  readonly systemId: string
  readonly secret: string
  readonly codes: readonly string[]
}

export interface ProvinceWish {
  readonly systems: number
  readonly agenciesPerSystem: number
  /** Systems that send, each for an agency of its own; default 1. */
  readonly senders?: number
  /** The address that system n is pushed at; absent: all have mailboxes. */
  readonly pushUrl?: (index: number) => string
}

const systemsPath = '/api/v1/admin/systems'

export async function registerProvince(operator: GatewayClient, wish: ProvinceWish): Promise<BenchProvince> {
  const sender = await addSender(operator, 0)
  const senders = [sender]
  for (let index = 1; index < (wish.senders ?? 1); index++) senders.push(await addSender(operator, index))
  const receivers: BenchSystem[] = []
  for (let index = 1; index <= wish.systems; index++) {
    const codes: string[] = []
    for (let n = 0; n < wish.agenciesPerSystem; n++) {
      codes.push(await addAgency(operator, (index - 1) * wish.agenciesPerSystem + n + 1))
    }
    receivers.push(await addSystem(operator, { systemId: `BENCH-${index}`, codes, pushUrl: wish.pushUrl?.(index) }))
  }
  return { sender, senders, receivers, recipients: receivers.flatMap(({ codes }) => codes) }
}

async function addSender(operator: GatewayClient, index: number): Promise<BenchSystem> {
  const code = await addAgency(operator, index === 0 ? 0 : firstFurtherSender + index)
  return addSystem(operator, { systemId: index === 0 ? 'BENCH-SENDER' : `BENCH-SENDER-${index}`, codes: [code] })
}

export async function addSystem(
  operator: GatewayClient,
  wish: { systemId: string; codes: readonly string[]; pushUrl?: string | undefined },
): Promise<BenchSystem> {
  const { systemId, codes, pushUrl } = wish
  const json = {
    systemId,
    name: systemId,
    agencies: codes,
    channel: pushUrl === undefined ? 'mailbox' : 'push',
    pushUrl,
  }
  const { secret } = await operator.call('POST', systemsPath, madeSystem, { json })
  return { systemId, secret, codes }
}

// Beyond every receiver that a measurement registers.
const firstFurtherSender = 90_000

export async function addAgency(operator: GatewayClient, number: number): Promise<string> {
  const code = `${String(number).padStart(3, '0')}.01.99.H35`
  const json = { name: `Cơ quan đo thử ${number}`, codes: [{ code }] }
  await operator.call('POST', '/api/v1/admin/agencies', anything, { json })
  return code
}
