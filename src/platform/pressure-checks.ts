// What may run short, in words for /health/ready. None of it takes the process out of service.
import { reserveOf, type StorageThresholds, storageLevel } from '../domain/storage-reserve.ts'
import type { BodyBudget } from './body-budget.ts'
import type { DatabaseLoad } from './database.ts'
import type { DiskSpace } from './disk-space.ts'
import type { LoadMonitor } from './load-monitor.ts'

export interface PressureCheck {
  readonly name: string
  readonly isPressure: true
  check(): Promise<string | undefined>
}

export interface PressureParts {
  readonly disk: DiskSpace
  readonly thresholds: StorageThresholds
  readonly databaseLoad: () => DatabaseLoad
  readonly monitor: LoadMonitor
  readonly budget: BodyBudget
}

export function pressureChecks(parts: PressureParts): PressureCheck[] {
  const { databaseLoad, monitor, budget } = parts
  return [
    { name: 'disk', isPressure: true, check: () => diskPressure(parts) },
    { name: 'database connections', isPressure: true, check: async () => linePressure(databaseLoad()) },
    { name: 'event loop', isPressure: true, check: async () => loadPressure(monitor, 'event_loop') },
    { name: 'memory', isPressure: true, check: async () => loadPressure(monitor, 'memory') },
    { name: 'bodies', isPressure: true, check: async () => bodyPressure(budget) },
  ]
}

/** For a standing alert: nothing while there is room, else how short it is. Changes only when the level does. */
export async function storageFacts({
  disk,
  thresholds,
}: Pick<PressureParts, 'disk' | 'thresholds'>): Promise<
  { subject: string; data: Readonly<Record<string, unknown>> }[]
> {
  const level = storageLevel(await disk.space(), thresholds)
  return level === 'ample' ? [] : [{ subject: 'blobs', data: { level } }]
}

async function diskPressure({ disk, thresholds }: PressureParts): Promise<string | undefined> {
  const space = await disk.space()
  const percent = ((space.freeBytes / space.totalBytes) * 100).toFixed(1)
  const free = `${percent} % free`
  switch (storageLevel(space, thresholds)) {
    case 'ample':
    case 'watched':
      return undefined
    case 'low':
      return `${free}: documents without urgency over 1 MiB are refused`
    case 'critical':
      return `${free}: only statuses, recalls and urgent documents up to 10 MiB are accepted`
    case 'full':
      return `${free}: nothing is accepted, the rest (${reserveOf(space.totalBytes, thresholds)} bytes) is kept in reserve`
  }
}

function linePressure({ waiting, waitingMax }: DatabaseLoad): string | undefined {
  return waiting > waitingMax / 2 ? `${waiting} of ${waitingMax} places in the waiting line are taken` : undefined
}

function loadPressure(monitor: LoadMonitor, of: 'event_loop' | 'memory'): string | undefined {
  if (monitor.shortOf() !== of) return undefined
  const { eventLoopDelayMs, heapPercent } = monitor.current()
  return of === 'memory'
    ? `${heapPercent.toFixed(0)} % of the heap is in use: new documents are refused`
    : `${eventLoopDelayMs.toFixed(0)} ms late: new documents are refused`
}

function bodyPressure(budget: BodyBudget): string | undefined {
  const full = budget.fullClasses()
  return full.length === 0 ? undefined : `no further bodies of class ${full.join(', ')} are taken`
}
