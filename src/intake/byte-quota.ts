// How many bytes a system may send in a day of Vietnam. Counted in this process and brought to the database a few times
// a second, all systems in one statement: a row of its own in the accept transaction would make every process wait for
// every other one that serves the same busy sender. Killed, a process forgets at most the last fifth of a second, in
// the sender's favour; of several processes each knows the others' count a second later.
import { sql } from 'kysely'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { Db } from '../platform/database.ts'

export interface ByteQuotaOptions {
  readonly db: Db
  readonly clock: Clock
  /** Most bytes the system may send in a day; undefined: as many as it likes. */
  readonly limitOf: (systemId: string) => number | undefined
  readonly onFailure: (error: unknown) => void
}

export interface QuotaUsage {
  readonly day: string
  readonly usedBytes: number
  readonly resetsAt: Date
  readonly limitBytes?: number
}

export interface ByteQuota {
  /** Takes bytes of the day out of everybody else's reach. Throws `quota_used` when there are not as many left. */
  reserve(systemId: string, bytes: number): Promise<QuotaGrant>
  usage(systemId: string): Promise<QuotaUsage>
  /** Brings everything counted so far to the database. */
  close(): Promise<void>
}

export interface QuotaGrant {
  growTo(bytes: number): Promise<void>
  /** So many were accepted; the rest is given back. */
  keep(bytes: number): void
  /** Gives back what was not kept. Harmless when called again. */
  leave(): void
}

interface Count {
  readonly systemId: string
  readonly day: string
  /** As the database knew it at `readAt`. */
  stored: number
  readAt: number
  /** Accepted here and not yet brought to the database. */
  bytes: number
  packages: number
  /** On its way to the database. */
  travelling: number
  /** Of bodies that are still coming in. */
  reserved: number
}

const flushAfterMs = 200
const flushAgainAfterMs = 2_000
const readingMsMax = 1_000

export function createByteQuota({ db, clock, limitOf, onFailure }: ByteQuotaOptions): ByteQuota {
  const counts = new Map<string, Count>()
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  function countOf(systemId: string): Count {
    const day = vietnamDay(clock.now())
    const key = `${day} ${systemId}`
    const known = counts.get(key)
    if (known !== undefined) return known
    const fresh = { systemId, day, stored: 0, readAt: 0, bytes: 0, packages: 0, travelling: 0, reserved: 0 }
    counts.set(key, fresh)
    return fresh
  }

  /** One at a time; whoever asks while one is under way shares the next. */
  function exchange(): Promise<void> {
    if (running === undefined) {
      running = exchangeCounts(db, counts, clock).finally(() => {
        running = undefined
      })
      return running
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return exchange()
      })
    return next
  }

  function flushSoon(afterMs = flushAfterMs): void {
    timer ??= setTimeout(() => {
      timer = undefined
      exchange().catch((error: unknown) => {
        onFailure(error)
        // Nothing is forgotten meanwhile: it stays in the counts.
        flushSoon(flushAgainAfterMs)
      })
    }, afterMs)
  }

  async function current(systemId: string): Promise<Count> {
    const count = countOf(systemId)
    if (clock.now().getTime() - count.readAt >= readingMsMax) await exchange()
    return count
  }

  async function makeRoom(count: Count, bytes: number): Promise<void> {
    const limit = limitOf(count.systemId)
    if (limit !== undefined) {
      await current(count.systemId)
      if (usedOf(count) + bytes > limit) throw quotaUsed(count, limit, clock)
    }
    count.reserved += bytes
  }

  return {
    async reserve(systemId, bytes) {
      const count = countOf(systemId)
      await makeRoom(count, bytes)
      let held = bytes
      const leave = (): void => {
        count.reserved -= held
        held = 0
      }
      return {
        async growTo(size) {
          if (size <= held) return
          await makeRoom(count, size - held)
          held = size
        },
        keep(size) {
          leave()
          count.bytes += size
          count.packages += 1
          flushSoon()
        },
        leave,
      }
    },
    async usage(systemId) {
      const count = await current(systemId)
      const limitBytes = limitOf(systemId)
      const usedBytes = count.stored + count.travelling + count.bytes
      const told = { day: count.day, usedBytes, resetsAt: endOf(count.day) }
      return limitBytes === undefined ? told : { ...told, limitBytes }
    },
    async close() {
      clearTimeout(timer)
      await exchange()
    },
  }
}

function usedOf({ stored, travelling, bytes, reserved }: Count): number {
  return stored + travelling + bytes + reserved
}

function quotaUsed(count: Count, limit: number, clock: Clock): GatewayError {
  const retryAfterSeconds = Math.max(1, Math.ceil((endOf(count.day).getTime() - clock.now().getTime()) / 1000))
  const params = { limit, used: usedOf(count) - count.reserved }
  return new GatewayError('rate_limited', 'quota_used', { params, retryAfterSeconds })
}

/** Midnight in Vietnam, when the next day begins. */
function endOf(day: string): Date {
  return new Date(Date.parse(`${day}T00:00:00+07:00`) + 86_400_000)
}

/** Adds what was counted here and learns what was counted elsewhere. */
async function exchangeCounts(db: Db, counts: Map<string, Count>, clock: Clock): Promise<void> {
  const today = vietnamDay(clock.now())
  const all = [...counts.values()]
  const sent = all
    .filter((count) => count.bytes > 0)
    .map((count) => ({
      count,
      day: count.day,
      system_id: count.systemId,
      bytes: count.bytes,
      packages: count.packages,
    }))
  for (const { count, bytes, packages } of sent) {
    count.travelling += bytes
    count.bytes -= bytes
    count.packages -= packages
  }
  try {
    const rows = await addAndRead(db, sent, all)
    const readAt = clock.now().getTime()
    for (const count of all) {
      count.stored = rows.find((row) => row.system_id === count.systemId && row.day === count.day)?.bytes ?? 0
      count.readAt = readAt
      count.travelling = 0
    }
  } catch (error) {
    for (const { count, bytes, packages } of sent) {
      count.travelling = 0
      count.bytes += bytes
      count.packages += packages
    }
    throw error
  }
  for (const [key, count] of counts) {
    if (count.day !== today && count.bytes === 0 && count.reserved === 0) counts.delete(key)
  }
}

async function addAndRead(
  db: Db,
  sent: readonly { day: string; system_id: string; bytes: number; packages: number }[],
  asked: readonly Count[],
): Promise<{ day: string; system_id: string; bytes: number }[]> {
  if (asked.length === 0) return []
  const added = sent.map(({ day, system_id, bytes, packages }) => ({ day, system_id, bytes, packages }))
  const keys = asked.map(({ day, systemId }) => ({ day, system_id: systemId }))
  // A system that was removed meanwhile has nothing left to count. Sorted, so that two processes never wait for each
  // other in a circle.
  const { rows } = await sql<{ day: string; system_id: string; bytes: number }>`
    with added as (
      insert into byte_usage as u (day, system_id, bytes, packages)
      select r.day, r.system_id, r.bytes, r.packages
      from json_to_recordset(${JSON.stringify(added)}::json) as r(day date, system_id text, bytes bigint, packages integer)
      join systems using (system_id)
      order by r.day, r.system_id
      on conflict (day, system_id) do update set bytes = u.bytes + excluded.bytes, packages = u.packages + excluded.packages
      returning day, system_id, bytes
    )
    select day, system_id, bytes from added
    union all
    select day, system_id, bytes
    from byte_usage join json_to_recordset(${JSON.stringify(keys)}::json) as k(day date, system_id text) using (day, system_id)
    where not exists (select from added where added.day = byte_usage.day and added.system_id = byte_usage.system_id)`.execute(
    db,
  )
  return rows
}

/** Long enough for a report on the year before. */
const usageDays = 400

export async function removeOldUsage(db: Db, now: Date): Promise<void> {
  const before = vietnamDay(new Date(now.getTime() - usageDays * 86_400_000))
  await db.deleteFrom('byte_usage').where('day', '<', before).execute()
}
