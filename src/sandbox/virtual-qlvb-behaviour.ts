// How a virtual system behaves: whether it takes a delivery, and what it reports about it later. Decisions only; they
// take their chance as an argument, so that a test can choose it.
import type { TakenDelivery } from './virtual-qlvb-inbox.ts'

export interface Behaviour {
  /** Time between two documents sent; 0 sends none. */
  readonly sendEveryMs: number
  /** Time from one status to the next. */
  readonly replyDelayMs: number
  /** Share of pushes answered with 500, as if the server had a bad day. */
  readonly errorRate: number
  /** Share of documents that are not accepted, half by the software, half by the clerk. */
  readonly refuseRate: number
}

/** A number in [0, 1). */
export type Chance = () => number

/** `turn_back`: taken by the software, then refused by the clerk with status 02. */
export type Reception = 'take' | 'fault' | 'refuse' | 'turn_back'

export function receive(type: 'edoc' | 'status', behaviour: Behaviour, chance: Chance): Reception {
  if (chance() < behaviour.errorRate) return 'fault'
  // Status feedback is never refused: there is nobody who would read the refusal.
  if (type === 'status' || chance() >= behaviour.refuseRate) return 'take'
  return chance() < 0.5 ? 'refuse' : 'turn_back'
}

export interface PlannedStatus {
  readonly code: string
  readonly afterMs: number
  readonly description?: string
  readonly name: string
  readonly department: string
}

/** What will be reported about a delivery that was taken, with the waits from the moment of taking. */
export function plannedStatuses(
  taken: TakenDelivery,
  reception: Reception,
  delayMs: number,
  chance: Chance,
): PlannedStatus[] {
  const clerk = { name: pick(clerks, chance), department: 'Văn thư' }
  if (taken.type === 'status') {
    return taken.statusCode === '13' ? [{ code: '15', afterMs: delayMs, ...clerk }] : []
  }
  if (taken.kind === 'recall' || taken.kind === 'update') {
    return [{ code: '15', afterMs: delayMs, description: 'Đồng ý thực hiện', ...clerk }]
  }
  const arrived = { code: '01', afterMs: 0, ...clerk }
  if (reception === 'turn_back') {
    return [arrived, { code: '02', afterMs: delayMs, description: pick(refusalReasons, chance), ...clerk }]
  }
  const handling = chance() < 0.5 ? ['04', '06'] : ['04', '05', '06']
  const officer = { name: pick(officers, chance), department: pick(departments, chance) }
  return [
    arrived,
    { code: '03', afterMs: delayMs, ...clerk },
    ...handling.map((code, step) => ({ code, afterMs: delayMs * (step + 2), ...officer })),
  ]
}

export function pick<T>(values: readonly T[], chance: Chance): T {
  const value = values[Math.floor(chance() * values.length)]
  if (value === undefined) throw new Error('there is nothing to pick from')
  return value
}

export const refusalReasons = [
  'Văn bản gửi nhầm cơ quan, không thuộc thẩm quyền giải quyết',
  'Tệp đính kèm không mở được, đề nghị gửi lại',
  'Thiếu chữ ký số của cơ quan ban hành',
] as const

const clerks = ['Lò Thị Mai', 'Nguyễn Thu Hà', 'Trần Văn Nam', 'Giàng A Sính'] as const
const officers = ['Phạm Quốc Huy', 'Vàng Thị Dợ', 'Đỗ Minh Tuấn', 'Lê Thị Hồng'] as const
const departments = ['Phòng Tổng hợp', 'Phòng Nghiệp vụ', 'Phòng Kế hoạch – Tài chính'] as const
