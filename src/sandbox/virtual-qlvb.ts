// A QLVB-ĐH system that is not there: a program that serves one or more registered systems and speaks to the gateway
// over HTTP only, as the real ones do. It sends, takes, confirms or refuses, and reports how documents are handled.
import { createGatewayClient, type GatewayClient } from '../platform/gateway-client.ts'
import { list, record, text } from '../platform/json-decode.ts'
import { type Behaviour, type Chance, plannedStatuses, type Reception, receive } from './virtual-qlvb-behaviour.ts'
import type { Correspondent } from './virtual-qlvb-documents.ts'
import { Inbox, type TakenDelivery } from './virtual-qlvb-inbox.ts'
import { pullMailbox } from './virtual-qlvb-mailbox.ts'
import { keepTrying, type VirtualLog } from './virtual-qlvb-pace.ts'
import { listenForPushes, type PushedSystem, type PushListener } from './virtual-qlvb-push.ts'
import { Replies } from './virtual-qlvb-replies.ts'
import { sendDocuments } from './virtual-qlvb-sending.ts'

export interface VirtualSystem {
  readonly systemId: string
  readonly secret: string
  /** Codes it sends for; absent: all agencies that the gateway knows for it. */
  readonly agencies?: readonly string[]
  /** Secrets that pushes are signed with; two while one is being rotated. */
  readonly webhookSecrets: readonly string[]
}

export interface VirtualQlvbOptions {
  readonly gatewayUrl: string
  readonly systems: readonly VirtualSystem[]
  /** Pushes are taken here; absent: the mailboxes are emptied. */
  readonly listen?: { readonly host: string; readonly port: number }
  readonly behaviour: Behaviour
  readonly signal: AbortSignal
  readonly log: VirtualLog
  /** Told once pushes can be taken. */
  readonly onListening?: (listener: PushListener) => Promise<void>
  readonly now?: () => Date
  readonly chance?: Chance
}

/** Runs until the signal ends; rejects only for a fault that waiting cannot mend. */
export async function runVirtualQlvb(options: VirtualQlvbOptions): Promise<void> {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  // Not AbortSignal.any: on Node 20 a combined signal can be collected as garbage while it is waited for.
  options.signal.addEventListener('abort', stop, { once: true })
  if (options.signal.aborted) stop()
  const program = new VirtualProgram(options, stopping.signal)
  try {
    await program.run()
  } finally {
    stop()
    options.signal.removeEventListener('abort', stop)
    await program.close()
  }
}

interface Desk extends PushedSystem {
  readonly client: GatewayClient
  readonly system: VirtualSystem
}

class VirtualProgram {
  readonly #options: VirtualQlvbOptions
  readonly #signal: AbortSignal
  readonly #replies: Replies
  readonly #desks: readonly Desk[]
  readonly #now: () => Date
  readonly #chance: Chance
  #listener: PushListener | undefined

  constructor(options: VirtualQlvbOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    this.#now = options.now ?? (() => new Date())
    this.#chance = options.chance ?? Math.random
    this.#replies = new Replies({ now: this.#now, chance: this.#chance, signal, log: options.log })
    this.#desks = options.systems.map((system) => this.#desk(system))
  }

  async run(): Promise<void> {
    const { listen, onListening, log } = this.#options
    const signal = this.#signal
    if (listen !== undefined) {
      this.#listener = await listenForPushes({ ...listen, systems: this.#desks, now: this.#now, log })
      for (const { systemId } of this.#desks) log('listening', { systemId, url: this.#listener.urlOf(systemId) })
      await onListening?.(this.#listener)
    }
    const pulling = listen === undefined ? this.#desks.map((desk) => pullMailbox({ ...desk, signal, log })) : []
    const sending = this.#options.behaviour.sendEveryMs > 0 ? this.#desks.map((desk) => this.#send(desk)) : []
    await Promise.all([this.#replies.run(), ...pulling, ...sending])
  }

  async close(): Promise<void> {
    await this.#listener?.close()
  }

  #desk(system: VirtualSystem): Desk {
    const { gatewayUrl, behaviour } = this.#options
    const credentials = { kind: 'system', systemId: system.systemId, secret: system.secret } as const
    const client = createGatewayClient({ url: gatewayUrl, credentials })
    const inbox = new Inbox()
    return {
      system,
      client,
      inbox,
      systemId: system.systemId,
      webhookSecrets: system.webhookSecrets,
      decide: (type) => receive(type, behaviour, this.#chance),
      take: (taken: TakenDelivery, reception: Reception) => {
        if (!inbox.take(taken)) return
        const statuses = plannedStatuses(taken, reception, behaviour.replyDelayMs, this.#chance)
        this.#replies.plan(client, taken, statuses)
      },
    }
  }

  async #send(desk: Desk): Promise<void> {
    const agencies = await this.#agenciesOf(desk)
    const { log, behaviour } = this.#options
    await sendDocuments({
      client: desk.client,
      systemId: desk.systemId,
      agencies,
      everyMs: behaviour.sendEveryMs,
      now: this.#now,
      chance: this.#chance,
      signal: this.#signal,
      log,
    })
  }

  /** The agencies it writes for, with their names, as the gateway knows them. */
  async #agenciesOf({ client, system }: Desk): Promise<readonly Correspondent[]> {
    const loop = { name: `me ${system.systemId}`, signal: this.#signal, log: this.#options.log }
    const found = (await keepTrying(loop, () => client.call('GET', '/api/v1/me', me)))?.agencies ?? []
    return system.agencies === undefined ? found : named(system.agencies, found)
  }
}

const me = record({ agencies: list(record({ code: text, name: text })) })

function named(codes: readonly string[], known: readonly Correspondent[]): Correspondent[] {
  return codes.map((code) => known.find((agency) => agency.code === code) ?? { code, name: `Cơ quan ${code}` })
}
