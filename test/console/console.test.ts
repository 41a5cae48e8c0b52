import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { say, texts } from '../../src/console/console-texts.js'
import {
  ageText,
  countEntries,
  deliveryTable,
  laneCondition,
  laneTable,
  states,
  timeText,
} from '../../src/console/console-view.js'

const html = readFileSync(new URL('../../src/console/index.html', import.meta.url), 'utf8')

describe('the words of the console', () => {
  it('are complete in both languages', () => {
    expect(Object.keys(texts.en).sort()).toEqual(Object.keys(texts.vi).sort())
  })

  it('cover every text of the page, which is Vietnamese before any script has run', () => {
    const places = [...html.matchAll(/data-text="(\w+)"[^>]*>([^<]*)</g)].map(([, name, text]) => [name, text])

    expect(places.length).toBeGreaterThan(10)
    for (const [name, text] of places) expect([name, texts.vi[name ?? '']]).toEqual([name, text])
  })

  it('have a word for every state', () => {
    for (const state of states) expect(texts.vi[state]).toMatch(/\S/)
  })

  it('fill their places, with nothing where nothing is known', () => {
    expect(say('vi', 'open', { fault: 'HTTP 500' })).toBe('⚠ đã ngắt vì lỗi: HTTP 500')
    expect(say('en', 'fresh')).toBe('As of ')
  })
})

describe('the page', () => {
  it('has no script or style of its own, so that a strict policy can forbid them', () => {
    expect(html).not.toMatch(/<style|style="|\son\w+="|<script(?![^>]*src=)/)
  })

  it('labels every field', () => {
    for (const [, id] of html.matchAll(/<(?:input|select) id="(\w+)"/g)) expect(html).toContain(`<label for="${id}"`)
  })
})

describe('figures', () => {
  it.each([
    [null, ''],
    [12.4, '12 s'],
    [720, '12 min'],
    [11_100, '3 h 05'],
    [180_000, '2 d 02 h'],
  ])('an age of %s seconds reads %j', (seconds, text) => {
    expect(ageText(seconds)).toBe(text)
  })

  it('times are Vietnam time wherever the reader is', () => {
    expect(timeText('2026-11-20T18:30:00Z')).toBe('21/11 01:30')
    expect(timeText('2026-11-20T08:00:00.000+07:00')).toBe('20/11 08:00')
    expect([timeText(null), timeText('soon')]).toEqual(['', ''])
  })

  it('counts say what is alarming only when there is something', () => {
    const stats = {
      packages: 12_345,
      statuses: 2,
      refusals24h: 0,
      oldestWaitingSeconds: null,
      deliveries: { byState: { held: 3 } },
    }

    const entries = countEntries(stats, 'vi')

    expect(entries[0]).toEqual({ name: 'Văn bản', text: '12.345' })
    expect(entries.filter(({ isAlarm }) => isAlarm)).toEqual([{ name: 'giữ lại', text: '3', isAlarm: true }])
    expect(entries.find(({ name }) => name === 'Chờ lâu nhất')?.text).toBe('không có')
  })
})

describe('lanes', () => {
  const lane = {
    systemId: 'A',
    name: 'QLVB A',
    channel: 'push',
    depth: 1,
    inFlight: 0,
    ratePerMinute: 1.6,
    breaker: 'closed',
    oldestAgeSeconds: 5,
  }

  it('stand with the one that waits longest on top', () => {
    const table = laneTable(
      [
        lane,
        { ...lane, systemId: 'B', name: 'B', oldestAgeSeconds: 900 },
        { ...lane, systemId: 'C', name: 'C', oldestAgeSeconds: null },
      ],
      'vi',
    )

    expect(table.rows.map(([name]) => name?.text)).toEqual(['B', 'QLVB A (A)', 'C'])
    expect(table.headings).toHaveLength(table.rows[0]?.length ?? 0)
  })

  it.each([
    [{}, { text: 'bình thường' }],
    [{ breaker: 'half_open' }, { text: 'đang thử lại' }],
    [
      { breaker: 'open', lastFault: 'HTTP 500' },
      { text: '⚠ đã ngắt vì lỗi: HTTP 500', isAlarm: true },
    ],
    [
      { breaker: 'open', pausedReason: 'endpoint_gone' },
      { text: '⏸ tạm dừng: endpoint_gone', isAlarm: true },
    ],
  ])('%j is told in words, not by colour', (change, cell) => {
    expect(laneCondition({ ...lane, ...change }, 'vi')).toEqual(cell)
  })
})

describe('deliveries', () => {
  it('show what is known and leave the rest empty', () => {
    const item = {
      deliveryId: 'd-1',
      type: 'edoc',
      code: null,
      documentId: 'H35,1',
      subject: 'V/v thử',
      from: 'H35.12',
      organId: 'H35.15',
      state: 'refused',
      stateSince: '2026-11-20T08:00:00+07:00',
      attempts: 1,
      reason: { code: 'refused', text: null },
      heldReason: null,
      businessStatus: null,
    }

    const { headings, rows } = deliveryTable([item], 'en')

    expect(rows[0]?.map(({ text }) => text)).toEqual([
      'H35,1',
      'V/v thử',
      'H35.12',
      'H35.15',
      'refused',
      '20/11 08:00',
      '1',
      '',
      'refused',
    ])
    expect(headings).toHaveLength(9)
  })
})
