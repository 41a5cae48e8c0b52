import { describe, expect, test } from 'vitest'
import { buildDirectory, editDistance } from '../../src/domain/directory.ts'
import { agency, closed, code, directory, system, today } from './directory-fixture.ts'

describe('finding an agency by a code', () => {
  const merged = directory([
    agency('old', [code('000.00.12.H35', undefined, '2026-06-30'), code('H35.12', undefined, '2026-06-30')]),
    agency('new', [code('H35.12', '2026-07-01'), code('SNV', '2026-01-01', '2026-03-31')]),
    agency('later', [code('SNV', '2027-01-01')]),
  ])

  test.each([
    ['a code in force', 'H35.12', today, 'new'],
    ['any spelling of it', ' h35.12 ', today, 'new'],
    ['a code that was handed on, on a day before that', 'H35.12', '2026-06-30', 'old'],
    ['a code handed on, on its first day', 'H35.12', '2026-07-01', 'new'],
    ['a code that has ended and belongs to nobody since', '000.00.12.H35', today, 'old'],
    ['a code with a gap, by whoever had it or will have it', 'SNV', today, 'new'],
    ['a code in force again', 'SNV', '2027-01-01', 'later'],
  ])('by %s', (_what, written, day, expected) => {
    expect(merged.findByCode(written, day)?.agencyId).toBe(expected)
  })

  test('fails for a code nobody has', () => {
    expect(merged.findByCode('H35.99', today)).toBeUndefined()
  })

  test('takes the one that ended last when all have ended', () => {
    const both = [
      agency('first', [code('SNV', '2024-01-01', '2024-12-31')]),
      agency('last', [code('SNV', '2025-01-01', '2025-12-31')]),
    ]

    expect(directory(both).findByCode('SNV', today)?.agencyId).toBe('last')
    expect(directory(both.toReversed()).findByCode('SNV', today)?.agencyId).toBe('last')
  })

  test('takes the first that was registered where two periods overlap', () => {
    const overlapping = directory([agency('a', [code('SNV', '2026-01-01')]), agency('b', [code('SNV', '2026-05-01')])])

    expect(overlapping.findByCode('SNV', today)?.agencyId).toBe('a')
  })
})

describe('the system that receives for an agency', () => {
  test('is its own', () => {
    const d = directory(
      [agency('snv', ['A'], { receiverId: 'vp' }), agency('vp', ['B'])],
      [system('OWN', ['snv']), system('VP', ['vp'])],
    )

    expect(d.receiverOf('snv')?.systemId).toBe('OWN')
  })

  test('is the one of the agency it names when it has none', () => {
    const d = directory([agency('snv', ['A'], { receiverId: 'vp' }), agency('vp', ['B'])], [system('VP', ['vp'])])

    expect(d.receiverOf('snv')?.systemId).toBe('VP')
  })

  test('is the one of its office when it has none and names nobody', () => {
    const agencies = [agency('ubnd', ['A']), agency('vp', ['B'], { parentId: 'ubnd', isOffice: true })]

    expect(directory(agencies, [system('VP', ['vp'])]).receiverOf('ubnd')?.systemId).toBe('VP')
  })

  test('is the named one before the office', () => {
    const agencies = [
      agency('ubnd', ['A'], { receiverId: 'other' }),
      agency('vp', ['B'], { parentId: 'ubnd', isOffice: true }),
      agency('other', ['C']),
    ]
    const d = directory(agencies, [system('VP', ['vp']), system('OTHER', ['other'])])

    expect(d.receiverOf('ubnd')?.systemId).toBe('OTHER')
  })

  test('is not one that only sends for it', () => {
    const sender = system('SENDER', ['snv'], { receivesFor: [] })

    expect(directory([agency('snv', ['A'])], [sender]).receiverOf('snv')).toBeUndefined()
  })

  test('is not the one of a child that is no office', () => {
    const agencies = [agency('ubnd', ['A']), agency('snv', ['B'], { parentId: 'ubnd' })]

    expect(directory(agencies, [system('SNV', ['snv'])]).receiverOf('ubnd')).toBeUndefined()
  })

  const chain = (hops: number) =>
    directory(
      Array.from({ length: hops + 1 }, (_, i) =>
        agency(`a${i}`, [`C${i}`], i < hops ? { receiverId: `a${i + 1}` } : {}),
      ),
      [system('END', [`a${hops}`])],
    )

  test.each([
    [1, 'END'],
    [4, 'END'],
    [5, undefined],
  ])('is found over %i hops: %s', (hops, expected) => {
    expect(chain(hops).receiverOf('a0')?.systemId).toBe(expected)
  })

  test('is none where receivers name each other in a circle', () => {
    const circle = [agency('a', ['A'], { receiverId: 'b' }), agency('b', ['B'], { receiverId: 'a' })]

    expect(directory(circle).receiverOf('a')).toBeUndefined()
  })

  test('is none for an agency that is not there', () => {
    expect(directory([]).receiverOf('nobody')).toBeUndefined()
  })
})

describe('the agencies that one stands for', () => {
  test.each([
    ['only itself, without predecessors', [agency('a', ['A'])], ['a']],
    [
      'itself and everything that was merged into it',
      [agency('a', ['A']), agency('b', ['B'], closed(['a'])), agency('c', ['C'], closed(['a']))],
      ['a', 'b', 'c'],
    ],
    [
      'predecessors of predecessors',
      [agency('a', ['A']), agency('b', ['B'], closed(['a'])), agency('c', ['C'], closed(['b']))],
      ['a', 'b', 'c'],
    ],
    [
      'one that was split between it and another',
      [agency('a', ['A']), agency('x', ['X']), agency('b', ['B'], closed(['a', 'x']))],
      ['a', 'b'],
    ],
    ['each of a circle once', [agency('a', ['A'], closed(['b'])), agency('b', ['B'], closed(['a']))], ['a', 'b']],
  ])('are %s', (_what, agencies, expected) => {
    expect([...directory(agencies).standsFor('a')].sort()).toEqual(expected)
  })

  test('do not include its successor', () => {
    const d = directory([agency('a', ['A'], closed(['b'])), agency('b', ['B'])])

    expect([...d.standsFor('a')]).toEqual(['a'])
  })
})

describe('the nearest known codes', () => {
  const d = directory([
    agency('snv', ['000.00.12.H35', 'H35.12'], { name: 'Sở Nội vụ' }),
    agency('stc', ['000.00.14.H35'], { name: 'Sở Tài chính' }),
    agency('gone', ['000.00.13.H35'], { name: 'Sở Cũ', ...closed(['stc']) }),
    agency('ubnd', ['000.00.00.H35'], { name: 'UBND tỉnh' }),
    agency('far', ['G09.22.33.44'], { name: 'Bộ' }),
  ])
  const codesOf = (written: string, name?: string) => d.nearest(written, name, today).map((s) => s.code)

  test('are those with the fewest slips first, three at most, each with its name', () => {
    expect(d.nearest('000.00.15.H35', undefined, today)).toEqual([
      { code: 'H35.12', name: 'Sở Nội vụ' },
      { code: '000.00.14.H35', name: 'Sở Tài chính' },
      { code: '000.00.00.H35', name: 'UBND tỉnh' },
    ])
  })

  test('are written as the agency is written today, whichever of its codes is near', () => {
    expect(codesOf('000.00.12.H3')[0]).toBe('H35.12')
  })

  test('begin with the agency whose very name was written, whatever its code', () => {
    expect(codesOf('???', ' sở tài CHÍNH'.normalize('NFD'))).toEqual(['000.00.14.H35'])
  })

  test('never name a closed agency', () => {
    expect(codesOf('000.00.13.H35')).not.toContain('000.00.13.H35')
  })

  test('are none when nothing is near', () => {
    expect(codesOf('HOANTOANKHAC')).toEqual([])
  })

  test('are none in an empty directory', () => {
    expect(buildDirectory(1, [], []).nearest('H35.12', 'Sở Nội vụ', today)).toEqual([])
  })
})

describe('the hint of the other scheme', () => {
  const d = directory([
    agency('snv', ['H35.12'], { name: 'Sở Nội vụ' }),
    agency('near', ['000.00.12.H36'], { name: 'Sở khác' }),
    agency('named', ['X.1'], { name: 'Sở Y tế' }),
  ])

  test('puts the agency first that has the same code in the other scheme, before a slip and before the same name', () => {
    expect(d.nearest('000.00.12.H35', 'Sở Y tế', today).map((s) => s.name)).toEqual(['Sở Nội vụ', 'Sở Y tế', 'Sở khác'])
  })

  test('finds nobody by itself: the directory alone says who has a code', () => {
    expect(d.findByCode('000.00.12.H35', today)).toBeUndefined()
  })
})

describe('a level-1 code that was closed', () => {
  const changes = [
    { code: 'H63', name: 'UBND tỉnh Yên Bái', since: '2025-07-01', into: { code: 'H38', name: 'UBND tỉnh Lào Cai' } },
    { code: 'G23', name: 'Ban Quản lý Lăng', since: '2025-04-14' },
  ]
  const without = buildDirectory(1, [agency('snv', ['H35.12'])], [], changes)
  const lc = agency('lc', ['000.00.00.H38', 'H38'], { name: 'Ủy ban nhân dân tỉnh Lào Cai' })
  const known = buildDirectory(1, [lc, agency('near', ['H63.06'])], [], changes)
  const note = '(từ 01/07/2025 thay cho UBND tỉnh Yên Bái, H63)'

  test.each(['H63.05', '000.00.05.H63', '28.22.H63'])('leads %s to the province of today, first of all', (code) => {
    expect(without.nearest(code, undefined, today)[0]).toEqual({ code: 'H38', name: `UBND tỉnh Lào Cai ${note}` })
  })

  test('is led to the agency as the directory has it', () => {
    expect(known.nearest('H63.05', undefined, today)).toEqual([
      { code: 'H38', name: `Ủy ban nhân dân tỉnh Lào Cai ${note}` },
      { code: 'H63.06', name: 'near' },
    ])
    expect(known.takenOver('H63.06', today)?.code).toBe('H38')
  })

  test.each([
    ['before its day', 'H63.05', '2025-06-30'],
    ['where the decree names nobody', 'G23', today],
    ['for a code in use', 'H35.99', today],
    ['for a code without a group', 'SNV', today],
  ])('says nothing %s', (_what, code, day) => {
    expect(without.takenOver(code, day)).toBeUndefined()
  })
})

describe('who acts in an agency’s place', () => {
  const d = directory(
    [
      agency('c', ['C']),
      agency('b', ['B'], closed(['c'])),
      agency('a', ['A'], closed(['b'])),
      agency('kept', ['K'], { ...closed(['c']), redirects: false }),
      agency('behind', ['H'], closed(['kept'])),
      agency('split', ['S'], closed(['b', 'c'])),
      agency('round1', ['R1'], closed(['round2'])),
      agency('round2', ['R2'], closed(['round1'])),
      agency('lost', ['L'], closed(['nobody'])),
      agency('guest', ['G'], { receiverId: 'a' }),
      agency('visitor', ['V'], { receiverId: 'kept' }),
    ],
    [system('SYS-C', ['c']), system('SYS-A', ['a']), system('SYS-K', ['kept'])],
  )
  const inForce = (agencyId: string) => {
    const one = d.agencies.get(agencyId)
    return one && d.inForce(one).agencyId
  }

  test.each([
    ['itself while it is open', 'c', 'c'],
    ['the end of the chain', 'a', 'c'],
    ['itself where it does not redirect', 'kept', 'kept'],
    ['the one in the chain that does not redirect', 'behind', 'kept'],
    ['itself where several took over', 'split', 'split'],
    ['itself where its successor is not known', 'lost', 'lost'],
  ])('is %s', (_what, agencyId, expected) => {
    expect(inForce(agencyId)).toBe(expected)
  })

  test('ends in a circle too', () => {
    expect(['round1', 'round2']).toContain(inForce('round1'))
  })

  test('also receives in its place, for those who named it', () => {
    expect(d.receiverOf('guest')?.systemId).toBe('SYS-C')
    expect(d.receiverOf('visitor')?.systemId).toBe('SYS-K')
  })
})

test.each([
  ['', '', 0],
  ['H35.12', 'H35.12', 0],
  ['H35.12', 'H35.13', 1],
  ['H35.12', 'H35.1', 1],
  ['H3512', 'H35.12', 1],
  ['H35.21', 'H35.12', 2],
  ['ABC', 'XYZ', 3],
  ['ABCD', 'WXYZ', 4],
  ['A', 'ABCDEFGH', 4],
])('counts the slips between %j and %j as %i, giving up above three', (a, b, expected) => {
  expect(editDistance(a, b, 3)).toBe(expected)
  expect(editDistance(b, a, 3)).toBe(expected)
})
