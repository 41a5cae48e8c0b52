// Chance that can be had again: the same words give the same numbers, so a round that failed can be repeated alone.
import { createHash } from 'node:crypto'

export interface Chance {
  /** In [0, 1). */
  next(): number
  between(low: number, high: number): number
  oneOf<T>(items: readonly T[]): T
  shuffled<T>(items: readonly T[]): T[]
}

export function chanceOf(...words: readonly (string | number)[]): Chance {
  const seed = createHash('sha256').update(words.join('\0')).digest()
  let state = seed.readUInt32LE(0)

  // Mulberry32: 32 bits of state are plenty for choosing a moment and a victim.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  function oneOf<T>(items: readonly T[]): T {
    const item = items[Math.floor(next() * items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }

  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    oneOf,
    shuffled(items) {
      const keyed = items.map((item) => ({ item, key: next() }))
      return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
    },
  }
}
