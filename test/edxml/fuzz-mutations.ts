// How a package is damaged, as a plan of numbers that fast-check can make, shrink and show again. Bytes are worked on as
// a latin1 text, one letter a byte, so that patterns can be looked for in them.
import fc from 'fast-check'
import { corpus } from './fuzz-corpus.ts'
import { breaking, misleading, type Place } from './fuzz-damage.ts'

export interface MutantPlan {
  readonly base: number
  /** Half of the mutants stay XML, so that what comes after the parser is reached. */
  readonly staysXml: boolean
  readonly damages: readonly Damage[]
  /** How it is cut when it is read a second time. */
  readonly chunkSizes: readonly number[]
}

interface Damage extends Place {
  /** Which of the kinds. */
  readonly kind: number
}

// Left to itself fast-check prefers the ends of a range, and half of all damage would be done to the first byte.
const evenly = (max: number) => fc.noBias(fc.nat(max))

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: evenly(10_000),
  // A share of the length.
  at: evenly(999_999).map((millionths) => millionths / 1_000_000),
  size: fc.oneof({ weight: 4, arbitrary: evenly(8) }, { weight: 1, arbitrary: evenly(3_000) }),
  pick: evenly(1_000_000),
})

export const mutantPlan: fc.Arbitrary<MutantPlan> = fc.record({
  base: evenly(corpus.length - 1),
  staysXml: fc.boolean(),
  damages: fc.array(damage, { minLength: 1, maxLength: 4 }),
  chunkSizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 4_000 })), {
    minLength: 1,
    maxLength: 3,
  }),
})

export function mutantOf({ base, staysXml, damages }: MutantPlan): Buffer {
  const kinds = staysXml ? misleading : breaking
  let text = (corpus[base % corpus.length] ?? Buffer.alloc(0)).toString('latin1')
  for (const { kind, at, size, pick } of damages) {
    const damage = kinds[kind % kinds.length]
    if (text !== '' && damage !== undefined) text = damage(text, { at: Math.floor(at * text.length), size, pick })
  }
  return Buffer.from(text, 'latin1')
}
