// What is done to an installation. Each fault ends when its cause is gone: processes started again, servers answering,
// room on the disk, wires whole. What the gateway needs after that is its recovery.
import type { Chance } from './chance.ts'
import { noFakeTime } from './fake-time.ts'
import type { Backend, Ground, Installation } from './installation.ts'
import { partners } from './province.ts'
import { noSmallDisk } from './small-disk.ts'
import { mustComeTrue, sleep } from './wait.ts'

export interface Fault {
  readonly name: string
  readonly ground: Ground
  readonly backends: readonly Backend[]
  /** Where it is part of the short form, which CI runs. */
  readonly shortOn?: readonly Backend[]
  /** The only faults after which a delivery may come again: results of attempts are lost with what is killed or cut. */
  readonly losesResults: boolean
  /** Large documents, so that a cut falls into the middle of one. */
  readonly hasLargeDocuments?: boolean
  /** Receivers turned documents away, which then wait as the retry plan says: recovery begins when they are due. */
  readonly isRetried?: boolean
  /** Rows by partner instead of one for the fault. */
  readonly isOfPartners?: boolean
  /** Why it cannot be had on this machine. */
  readonly notHere?: string | undefined
  /** Before the load begins. */
  prepare?(on: Installation, round: number): Promise<void>
  strike(on: Installation, chance: Chance, isShort: boolean): Promise<void>
}

const both: readonly Backend[] = ['postgres', 'redis']
const onRedis: readonly Backend[] = ['redis']
const onPostgres: readonly Backend[] = ['postgres']

const killEdge: Fault = {
  name: 'edge killed',
  losesResults: false,
  ground: 'usual',
  backends: both,
  strike: (on, chance) => killAWhile(on, ['edge'], chance),
}

const killWorker: Fault = {
  name: 'worker killed',
  losesResults: true,
  ground: 'usual',
  backends: both,
  shortOn: both,
  strike: (on, chance) => killAWhile(on, [chance.oneOf(['worker-1', 'worker-2'])], chance),
}

const killAll: Fault = {
  name: 'everything killed',
  losesResults: true,
  ground: 'usual',
  backends: both,
  shortOn: both,
  async strike(on, chance) {
    const kills = [...on.processes, on.postgres, ...(on.redis === undefined ? [] : [on.redis])]
    for (const one of chance.shuffled(kills)) {
      await one.kill()
      await sleep(chance.between(0, 100))
    }
    await Promise.all([on.postgres.start(), on.redis?.start()])
    for (const one of on.processes) one.start()
  },
}

const killPostgres: Fault = {
  name: 'PostgreSQL killed',
  losesResults: true,
  ground: 'usual',
  backends: both,
  shortOn: onPostgres,
  async strike(on, chance) {
    await on.postgres.kill()
    await sleep(chance.between(0, 4_000))
    await on.postgres.start()
  },
}

const killRedis: Fault = {
  name: 'Redis killed',
  losesResults: false,
  ground: 'usual',
  backends: onRedis,
  async strike({ redis }, chance) {
    await redis?.kill()
    await sleep(chance.between(0, 8_000))
    await redis?.start()
  },
}

const emptyRedis: Fault = {
  name: 'Redis emptied',
  losesResults: false,
  ground: 'usual',
  backends: onRedis,
  shortOn: onRedis,
  async strike({ redis }, chance) {
    for (let times = Math.floor(chance.between(1, 4)); times > 0; times--) {
      await redis?.empty()
      await sleep(chance.between(50, 400))
    }
  },
}

const freezeRedis: Fault = {
  name: 'Redis frozen',
  losesResults: false,
  ground: 'usual',
  backends: onRedis,
  shortOn: onRedis,
  async strike({ redis }, _chance, isShort) {
    redis?.freeze()
    await sleep(isShort ? 6_000 : 60_000)
    redis?.thaw()
  },
}

const fillDisk: Fault = {
  name: 'disk full',
  losesResults: false,
  ground: 'small disk',
  backends: both,
  shortOn: onPostgres,
  notHere: noSmallDisk,
  async strike({ disk }, chance) {
    disk?.fill()
    await sleep(chance.between(1_000, 4_000))
    disk?.free()
  },
}

const cutConnections: Fault = {
  name: 'connections cut amid a body',
  losesResults: true,
  ground: 'usual',
  backends: both,
  shortOn: onPostgres,
  hasLargeDocuments: true,
  isRetried: true,
  async strike(on, chance) {
    const wires = [on.edgeWire, ...on.pushWires]
    for (const wire of wires) wire.cutAfter(() => chance.between(200, 400_000))
    await sleep(chance.between(1_500, 3_500))
    for (const wire of wires) wire.mend()
  },
}

const stepClocks: Fault = {
  name: 'clocks stepped by an hour',
  losesResults: false,
  ground: 'stepped clocks',
  backends: both,
  notHere: noFakeTime,
  async strike(on, chance) {
    const names = chance.shuffled([...on.clocks.keys()]).slice(0, Math.floor(chance.between(1, 5)))
    const stepped = names.flatMap((name) => on.clocks.get(name) ?? [])
    for (const hours of chance.shuffled([1, -1])) {
      for (const clock of stepped) clock.step(hours * hourMs)
      if (names.includes('edge')) await untilOff(on, hours * hourMs)
      await sleep(chance.between(2_000, 3_000))
    }
    for (const clock of stepped) clock.step(0)
    // The new time is seen a second later at the latest.
    await sleep(1_000)
  },
}

const hourMs = 3_600_000

const turnMonth: Fault = {
  name: 'turn of the month',
  losesResults: false,
  ground: 'another month',
  backends: both,
  notHere: noFakeTime,
  // The last seconds of the next month that no round has used; midnight of UTC, where partitions begin, and midnight of
  // Vietnam by turns.
  async prepare(on, round) {
    const now = new Date()
    const utc = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1 + round)
    const turn = round % 2 === 0 ? utc : utc - 7 * hourMs
    await on.restartAt(() => {
      const offMs = turn - Date.now() - untilTurnMs
      turns.set(on, { at: performance.now() + untilTurnMs, offMs })
      return offMs
    })
  },
  async strike(on) {
    const { at, offMs } = turns.get(on) ?? { at: 0, offMs: 0 }
    await untilOff(on, offMs)
    await sleep(Math.max(0, at - performance.now()) + 1_000)
    const turnedAt = Date.now() + offMs - 1_000
    await mustComeTrue('a delivery of the new month', async () => (await newestDelivery(on)) >= turnedAt, 30_000)
  },
}

/** When the month turns, by the clock of this process, and how far ahead the installation lives. */
const turns = new WeakMap<Installation, { readonly at: number; readonly offMs: number }>()
/** Starting takes some three seconds of this, and the load begins before the turn. */
const untilTurnMs = 9_000

const badPartners: Fault = {
  name: 'bad partners',
  losesResults: true,
  ground: 'usual',
  backends: both,
  isOfPartners: true,
  isRetried: true,
  async strike(on, chance) {
    for (const { systemId, manner } of partners) on.receivers.get(systemId)?.behave(manner)
    await sleep(chance.between(3_000, 6_000))
    for (const { systemId } of partners) on.receivers.get(systemId)?.behave('good')
  },
}

export const faults: readonly Fault[] = [
  ...[killEdge, killWorker, killAll, killPostgres, killRedis, emptyRedis, freezeRedis],
  ...[cutConnections, fillDisk, turnMonth, stepClocks, badPartners],
]

/** By PostgreSQL's clock. */
async function newestDelivery({ operator }: Installation): Promise<number> {
  const page: { items: { createdAt: string }[] } = await operator('GET', 'admin/deliveries?limit=1')
  return Date.parse(page.items[0]?.createdAt ?? '')
}

/** A clock that did not move would show nothing. */
async function untilOff(on: Installation, offMs: number): Promise<void> {
  const isOff = async () => Math.abs((await on.edgeClockOffMs()) - offMs) < 5_000
  await mustComeTrue(`the edge's clock is off by ${offMs / 1000} s`, isOff, 10_000)
}

async function killAWhile(on: Installation, names: readonly string[], chance: Chance): Promise<void> {
  for (const name of names) await on.process(name).kill()
  await sleep(chance.between(0, 2_000))
  for (const name of names) on.process(name).start()
}
