// Level-1 codes that were closed, e.g. by the mergers of 2025 (edxml.md §4.4, §4.5), as values: what somebody who still
// writes an old code is told. Nobody is addressed by them; the directory alone says who receives.
import { levelOneOf } from './agency.ts'

export interface LevelOneChange {
  /** The level-1 code that was closed, e.g. `H63`. */
  readonly code: string
  readonly name: string
  /** First day without it, ISO. */
  readonly since: string
  /** Who answers for it now; none where the decree names nobody. */
  readonly into?: { readonly code: string; readonly name: string }
}

/** The change that closed the group of this code, if one did. */
export function changeOf(code: string, changes: readonly LevelOneChange[]): LevelOneChange | undefined {
  const levelOne = levelOneOf(code)
  return levelOne === undefined ? undefined : changes.find((change) => change.code === levelOne)
}

/** Stands behind the name of who took over: `(từ 01/07/2025 thay cho UBND tỉnh Yên Bái, H63)`. */
export function takenOverNote({ code, name, since }: LevelOneChange): string {
  const [year, month, day] = since.split('-')
  return `(từ ${day}/${month}/${year} thay cho ${name}, ${code})`
}
