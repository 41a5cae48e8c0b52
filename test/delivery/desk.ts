// What an operator's acts on deliveries need of the world around them: a directory that says where agencies receive
// today, the audit trail, and who was rung.
import type { ReplayOptions } from '../../src/delivery/replay-deliveries.ts'
import { rerouteDelivery } from '../../src/delivery/transitions.ts'
import { buildDirectory } from '../../src/domain/directory.ts'
import type { ChannelName } from '../../src/domain/system.ts'
import type { AuditedAct } from '../../src/platform/audit.ts'
import type { Db } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { agency, system, today } from '../domain/directory-fixture.ts'
import type { DeliveryRows } from './delivery-rows.ts'

export interface Desk {
  readonly options: ReplayOptions & {
    readonly moveClocks: (db: Db, deliveryIds: readonly string[], stoppedAt: Date) => Promise<void>
  }
  readonly audited: AuditedAct[]
  readonly rungSystems: string[]
  readonly rungReplays: string[]
  readonly newClocks: string[]
  readonly movedClocks: { readonly deliveryIds: readonly string[]; readonly stoppedAt: Date }[]
  /** From now on this system receives for the agency; nobody: it is connected to none. */
  receives(agencyId: string, systemId: string | undefined, channel?: ChannelName): void
}

export function openDesk({ db }: DeliveryRows): Desk {
  const ways = new Map<string, { systemId: string; channel: ChannelName } | undefined>()
  const audited: AuditedAct[] = []
  const [rungSystems, rungReplays, restarted]: [string[], string[], string[]] = [[], [], []]
  const movedClocks: Desk['movedClocks'][number][] = []

  async function refresh() {
    const { version } = await db.selectFrom('directory_version').select('version').executeTakeFirstOrThrow()
    const agencies = [...ways.keys()].map((id, at) => agency(id, [`H35.${at + 1}`]))
    const systems = [...ways].flatMap(([id, way]) =>
      way === undefined ? [] : [system(way.systemId, [id], { channel: way.channel })],
    )
    return buildDirectory(version, agencies, systems)
  }

  return {
    audited,
    rungSystems,
    rungReplays,
    newClocks: restarted,
    movedClocks,
    receives(agencyId, systemId, channel = 'push') {
      ways.set(agencyId, systemId === undefined ? undefined : { systemId, channel })
    },
    options: {
      db,
      newId: uuidv7,
      directory: { refresh },
      day: () => today,
      reroute: rerouteDelivery,
      stayingDeliveries: async () => new Set(),
      newClocks: async (_trx, deliveryIds) => void restarted.push(...deliveryIds),
      moveClocks: async (_db, deliveryIds, stoppedAt) => void movedClocks.push({ deliveryIds, stoppedAt }),
      audit: async (_trx, entry) => void audited.push(entry),
      afterCommit: (systemIds) => void rungSystems.push(...systemIds),
      ring: (replayId) => void rungReplays.push(replayId),
      closing: new AbortController().signal,
    },
  }
}
