// A short run of the fuzzing that `npm run fuzz` does at length: the same mutants each time.
import { expect, it } from 'vitest'
import { mutantOf } from './fuzz-mutations.ts'
import { type FuzzedMutant, fuzz, fuzzOne } from './fuzz-properties.ts'
import { codeOf, verdictOn } from './reading-verdict.ts'

it('every mutant of a package is read, or refused with a code and a place, the same in chunks of any size', () => {
  const codes = new Map<string, number>()
  const count = ({ code }: FuzzedMutant) => codes.set(code, (codes.get(code) ?? 0) + 1)

  const failure = fuzz({ seed: 20_261_120, runs: 800, onMutant: count })

  expect(failure).toBeUndefined()
  // The mutants reach every stage: bytes, markup, structure, content, and what may pass.
  const stages = [
    'encoding_not_utf8',
    'xml_malformed',
    'not_edxml',
    'sender_missing',
    'attachment_not_base64',
    'accepted',
  ]
  expect([...codes.keys()]).toEqual(expect.arrayContaining(stages))
})

it('a failure is told with what finds it again', () => {
  const examine: typeof fuzzOne = (plan) => {
    const mutant = fuzzOne(plan)
    if (mutant.code === 'prefix_unbound') throw new Error('a failure')
    return mutant
  }

  const found = fuzz({ seed: 1, runs: 500, examine })
  const again = found && fuzz({ seed: found.seed, runs: 500, path: found.path, examine })

  expect(found?.error).toContain('a failure')
  expect(again?.plan).toEqual(found?.plan)
  expect(found && codeOf(verdictOn(mutantOf(found.plan)))).toBe('prefix_unbound')
})
