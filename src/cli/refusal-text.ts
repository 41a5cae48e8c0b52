// A refusal as an operator reads it: what was refused, under which reference, what to correct and where.
import type { Problem } from '../platform/gateway-answers.ts'
import type { GatewayRefusal } from '../platform/gateway-client.ts'

const whoActs: Readonly<Record<string, string>> = {
  sender: 'bên gửi · the sender',
  receiver: 'bên nhận · the receiver',
  provincial_axis: 'đơn vị vận hành trục tỉnh · the operators of the provincial axis',
  national_axis: 'trục quốc gia · the national axis',
}

export function refusalLines(refusal: GatewayRefusal): string[] {
  const { problem } = refusal
  const reference = problem.ref === undefined ? '' : `, mã tham chiếu · ref ${problem.ref}`
  return [
    `Bị từ chối · Refused: ${problem.code} (HTTP ${refusal.status}${reference})`,
    ...indented(problem.detail ?? problem.title),
    ...(problem.cause === undefined ? [] : [`Nguyên nhân · Cause: ${problem.cause}`]),
    ...(problem.next === undefined ? [] : [`Việc cần làm · Next: ${problem.next}`]),
    ...(problem.whoActs === undefined ? [] : [`Ai xử lý · Who acts: ${whoActsText(problem.whoActs)}`]),
    ...problem.violations.map(violationLine),
    ...existingLines(problem),
  ]
}

export function whoActsText(side: string): string {
  return whoActs[side] ?? side
}

export function violationLine(violation: Problem['violations'][number]): string {
  const at = violation.line === undefined ? '' : ` ${violation.line}:${violation.column ?? 1}`
  const message = violation.message === undefined ? '' : ` (${violation.message})`
  const found = violation.found === undefined ? '' : `; có · found "${violation.found}"`
  const expected = violation.expected === undefined ? '' : `; cần · expected ${violation.expected}`
  return `  -${at} ${violation.path === '' ? '/' : violation.path}: ${violation.rule}${message}${found}${expected}`
}

function existingLines({ existing }: Problem): string[] {
  if (existing === undefined) return []
  return [
    `Đã có · Existing: ${existing.packageId}, ${existing.acceptedAt}, sha256 ${existing.sha256}`,
    ...existing.differs.map((path) => `  - khác ở · differs at ${path}`),
  ]
}

function indented(text: string): string[] {
  return text === '' ? [] : text.split('\n').map((line) => `  ${line}`)
}
