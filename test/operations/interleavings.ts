// Random stories about one document: what its sender does with it and what its recipients do, all at the same time.
// Pure data, so that a failing story can be read and run again from its seed.
import fc from 'fast-check'

/** Positions of the recipients: three agencies that share a mailbox, one that is pushed to. */
export type Place = 0 | 1 | 2 | 3

export type Act =
  | { readonly kind: 'fetch' | 'content' | 'confirm' | 'refuse' | 'take'; readonly place: Place }
  | { readonly kind: 'confirm_many' }
  | { readonly kind: 'answer'; readonly place: Place; readonly code: '15' | '16' }
  | { readonly kind: 'recall_13'; readonly place: Place }
  | { readonly kind: 'recall_call'; readonly places: readonly Place[] }
  | { readonly kind: 'recall_1' | 'replace'; readonly places: readonly Place[]; readonly takes: boolean }
  | {
      readonly kind: 'update'
      readonly places: readonly Place[]
      readonly removed: readonly Place[]
      readonly added: readonly Place[]
      readonly bringsFile: boolean
      /** Its recipients try to take it at once. */
      readonly takes: boolean
    }

export interface Step {
  readonly act: Act
  /** Before it begins, counted from the moment the document was accepted. */
  readonly waitMs: number
}

export interface Story {
  readonly to: readonly Place[]
  readonly steps: readonly Step[]
  /** How the pushed agency answers, and after how long. */
  readonly push: { readonly status: 204 | 422; readonly waitMs: number }
}

const place = fc.constantFrom<Place>(0, 1, 2, 3)
const reader = fc.constantFrom<Place>(0, 1, 2)
const places = fc.uniqueArray(place, { minLength: 1, maxLength: 4 })
const few = fc.uniqueArray(place, { maxLength: 2 })
const takes = fc.boolean()

const readerActs: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('fetch', 'content', 'confirm', 'refuse', 'take'),
      place: reader,
    }),
  },
  { weight: 2, arbitrary: fc.constant<Act>({ kind: 'confirm_many' }) },
)
const answers: fc.Arbitrary<Act> = fc.record({
  ...{ kind: fc.constant('answer'), place: reader, code: fc.constantFrom('15', '16') },
})
const senderActs: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constantFrom('recall_1', 'replace'), places, takes }),
  fc.record({ kind: fc.constant('recall_13'), place }),
  fc.record({ kind: fc.constant('recall_call'), places: fc.oneof(places, fc.constant([])) }),
  fc.record({ kind: fc.constant('update'), places, removed: few, added: few, bringsFile: fc.boolean(), takes }),
)

const step = (act: fc.Arbitrary<Act>, waitMsMax = 12): fc.Arbitrary<Step> =>
  fc.record({ act, waitMs: fc.integer({ min: 0, max: waitMsMax }) })

const story: fc.Arbitrary<Story> = fc.record({
  to: places,
  steps: fc
    .tuple(
      fc.array(step(senderActs), { minLength: 1, maxLength: 3 }),
      fc.array(step(readerActs, 20), { minLength: 1, maxLength: 4 }),
      // Nobody answers before he has read.
      fc.array(step(answers, 300), { maxLength: 2 }),
    )
    .map((steps) => steps.flat()),
  push: fc.record({ status: fc.constantFrom(204, 204, 422), waitMs: fc.integer({ min: 0, max: 15 }) }),
})

export function stories(count: number, seed: number): Story[] {
  return fc.sample(story, { numRuns: count, seed })
}
