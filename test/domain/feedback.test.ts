import { describe, expect, test } from 'vitest'
import {
  type BusinessState,
  isStatusCode,
  judgeStatus,
  needsReason,
  nothingReported,
  type StatusCode,
  type StatusEffect,
} from '../../src/domain/feedback.ts'

const at = (code: StatusCode): BusinessState => ({ ...nothingReported, code })
const handling = ['01', '02', '03', '04', '05', '06'] as const
const columns = ['none', ...handling] as const

// Rows: what is reported. Columns: what was reported before: nothing, 01 … 06 (edxml.md §2.4). An earlier stage after a
// later one is late, a later one that skips stages still moves: nothing is ordered on an asynchronous bus.
const table: Readonly<Record<(typeof handling)[number], string>> = {
  //    none 01 02 03 04 05 06
  '01': 'm    r  i  l  l  l  l',
  '02': 'm    m  r  i  i  i  i',
  '03': 'm    m  i  r  l  l  l',
  '04': 'm    m  i  m  m  l  l',
  '05': 'm    m  i  m  m  m  l',
  '06': 'm    m  i  m  m  m  r',
}
const letters: Readonly<Record<string, StatusEffect>> = { m: 'moved', r: 'repeated', l: 'late', i: 'illegal' }
const pairs = Object.entries(table).flatMap(([code, row]) =>
  row.split(/ +/).map((letter, i) => ({ before: columns[i] ?? 'none', code, effect: letters[letter] })),
)

test('judges every pair of handling statuses', () => {
  expect(pairs).toHaveLength(42)
})

test.each(pairs)('after $before comes $code: $effect', ({ before, code, effect }) => {
  const state = before === 'none' ? nothingReported : at(before)

  const judgement = judgeStatus(state, code)

  expect(judgement.effect).toBe(effect)
  expect(judgement.state).toEqual(effect === 'moved' ? { ...state, code } : state)
})

describe('a recall asked for by 13', () => {
  const asked = (state: BusinessState): BusinessState => ({ ...state, recallRequested: true })
  const recalled: BusinessState = { ...at('03'), recalled: true }

  test.each(['none', '01', '03', '04', '05', '06'] as const)('may be asked for after %s', (before) => {
    const state = before === 'none' ? nothingReported : at(before)

    expect(judgeStatus(state, '13')).toEqual({ effect: 'moved', state: asked(state) })
  })

  test.each([
    ['after 02', at('02')],
    ['of what was given back', recalled],
  ])('is illegal %s', (_when, state) => {
    expect(judgeStatus(state, '13')).toEqual({ effect: 'illegal', state })
  })

  test('is a repetition while it is not answered', () => {
    expect(judgeStatus(asked(at('03')), '13')).toEqual({ effect: 'repeated', state: asked(at('03')) })
  })

  test('is agreed to by 15, which ends the handling where it stands', () => {
    expect(judgeStatus(asked(at('03')), '15')).toEqual({ effect: 'moved', state: recalled })
  })

  test('is refused by 16, after which the document stays and may be asked for again', () => {
    const { effect, state } = judgeStatus(asked(at('03')), '16')

    expect({ effect, state }).toEqual({ effect: 'moved', state: at('03') })
    expect(judgeStatus(state, '13').effect).toBe('moved')
  })

  test.each(['15', '16'])('cannot be answered by %s when nobody asked', (code) => {
    expect(judgeStatus(at('03'), code)).toEqual({ effect: 'illegal', state: at('03') })
  })

  test.each(handling)('lets %s be reported before it is answered', (code) => {
    const judgement = judgeStatus(asked(nothingReported), code)

    expect(judgement).toEqual({ effect: 'moved', state: asked(at(code)) })
  })

  test.each(handling)('makes %s illegal once it was agreed to', (code) => {
    expect(judgeStatus(recalled, code)).toEqual({ effect: 'illegal', state: recalled })
  })
})

describe('an update or a replacement', () => {
  const asked = { ...at('03'), updateRequested: true }
  const both = { ...asked, recallRequested: true }

  test.each(['15', '16'])('is answered by %s, and the handling goes on', (code) => {
    const { effect, state } = judgeStatus(asked, code)

    expect({ effect, state }).toEqual({ effect: 'moved', state: at('03') })
    expect(judgeStatus(state, '06').effect).toBe('moved')
    expect(judgeStatus(state, code).effect).toBe('illegal')
  })

  test('is answered after a recall, unless the answer names it', () => {
    expect(judgeStatus(both, '16')).toEqual({ effect: 'moved', state: asked })
    expect(judgeStatus(both, '15', 'recall').state).toEqual({ ...asked, recalled: true })
    expect(judgeStatus(both, '16', 'update')).toEqual({ effect: 'moved', state: { ...both, updateRequested: false } })
  })

  test('that nobody asks about cannot be answered by naming it', () => {
    expect(judgeStatus({ ...at('03'), recallRequested: true }, '15', 'update').effect).toBe('illegal')
    expect(judgeStatus(asked, '15', 'recall').effect).toBe('illegal')
  })
})

test.each(['07', '14', '99', '999', '3', '', 'xx'])('keeps the unknown code %j and changes nothing', (code) => {
  expect(judgeStatus(at('03'), code)).toEqual({ effect: 'unknown_code', state: at('03') })
})

test('knows the nine codes of the field and no other', () => {
  const known = Array.from({ length: 20 }, (_, i) => String(i).padStart(2, '0')).filter(isStatusCode)

  expect(known).toEqual(['01', '02', '03', '04', '05', '06', '13', '15', '16'])
})

test('wants a reason for refusing, recalling, and refusing a recall', () => {
  expect(['01', '02', '03', '04', '05', '06', '13', '15', '16'].filter(needsReason)).toEqual(['02', '13', '16'])
})
