// The level-1 codes closed in 2025, as shipped in schemas/registry/mergers-2025.json.
import { readFileSync } from 'node:fs'
import type { LevelOneChange } from '../domain/level-one-change.ts'

export interface PublishedChange extends LevelOneChange {
  /** The decision that says so. */
  readonly source: string
}

const file = new URL('../../schemas/registry/mergers-2025.json', import.meta.url)
let known: readonly PublishedChange[] | undefined

/** Read once: it is part of the program and changes with a release only. */
export function levelOneChanges(): readonly PublishedChange[] {
  if (known === undefined) {
    const content: { changes: PublishedChange[] } = JSON.parse(readFileSync(file, 'utf8'))
    known = content.changes
  }
  return known
}
