// Which province an agency belongs to, by its code: the scope of deadline rules and working hours.
import { codeKey } from './agency.ts'

/** `H35` of `H35.08` (QĐ 20/2020) and of `000.00.08.H35` (QCVN 102). Ministries and others are in no province. */
export function provinceOf(code: string): string | undefined {
  const [, first, last] = /^(?:(H\d{2})(?:\.|$)|\d{3}\.\d{2}\.\d{2}\.(H\d{2})$)/.exec(codeKey(code)) ?? []
  return first ?? last
}
