import { describe, expect, it } from 'vitest'
import { type Behaviour, plannedStatuses, receive } from '../../src/sandbox/virtual-qlvb-behaviour.ts'
import { Inbox, type TakenDelivery } from '../../src/sandbox/virtual-qlvb-inbox.ts'

const calm: Behaviour = { sendEveryMs: 0, replyDelayMs: 1000, errorRate: 0, refuseRate: 0 }
const letter: TakenDelivery = {
  deliveryId: 'd-1',
  type: 'edoc',
  kind: 'new',
  agencyCode: 'H35.15',
  senderCode: 'H35.12',
  sha256: 'ab',
  size: 1,
}

/** Gives these numbers one after another, then the last one again and again. */
function chances(...values: number[]): () => number {
  return () => (values.length > 1 ? values.shift() : values[0]) ?? 0
}

describe('receiving', () => {
  it.each([
    ['takes everything by default', calm, [0, 0], 'take'],
    ['has a fault at its rate', { ...calm, errorRate: 0.1 }, [0.09], 'fault'],
    ['has none above it', { ...calm, errorRate: 0.1 }, [0.1, 0], 'take'],
    ['refuses by software', { ...calm, refuseRate: 0.1 }, [0.5, 0.05, 0.4], 'refuse'],
    ['refuses by the clerk', { ...calm, refuseRate: 0.1 }, [0.5, 0.05, 0.6], 'turn_back'],
  ])('%s', (_, behaviour, values, expected) => {
    expect(receive('edoc', behaviour, chances(...values))).toBe(expected)
  })

  it('never refuses status feedback', () => {
    expect(receive('status', { ...calm, refuseRate: 1 }, chances(0))).toBe('take')
  })
})

describe('reporting', () => {
  const codes = (taken: TakenDelivery, reception: 'take' | 'turn_back' = 'take', chance = 0.9) =>
    plannedStatuses(taken, reception, 1000, () => chance).map(({ code, afterMs }) => `${code}@${afterMs}`)

  it('goes from arrival to the end', () => {
    expect(codes(letter)).toEqual(['01@0', '03@1000', '04@2000', '05@3000', '06@4000'])
    expect(codes(letter, 'take', 0)).toEqual(['01@0', '03@1000', '04@2000', '06@3000'])
  })

  it('ends with 02 and a reason when the clerk turns the document back', () => {
    expect(codes(letter, 'turn_back')).toEqual(['01@0', '02@1000'])
    expect(plannedStatuses(letter, 'turn_back', 0, () => 0)[1]?.description).toMatch(/\S/)
  })

  it('agrees to a recall, by package or by status 13', () => {
    expect(codes({ ...letter, kind: 'recall' })).toEqual(['15@1000'])
    expect(codes({ ...letter, type: 'status', kind: 'status', statusCode: '13' })).toEqual(['15@1000'])
  })

  it('says nothing to other statuses, or two systems would talk for ever', () => {
    expect(codes({ ...letter, type: 'status', kind: 'status', statusCode: '03' })).toEqual([])
  })
})

describe('the register of what was taken', () => {
  it('takes a delivery once', () => {
    const inbox = new Inbox()

    expect(inbox.take(letter)).toBe(true)
    expect(inbox.take(letter)).toBe(false)
    expect(inbox.find('d-1')).toBe(letter)
  })

  it('stays within its bound, the oldest go first', () => {
    const inbox = new Inbox(2)
    for (const deliveryId of ['d-1', 'd-2', 'd-3']) inbox.take({ ...letter, deliveryId })

    expect(inbox.size).toBe(2)
    expect(inbox.find('d-1')).toBeUndefined()
    expect(inbox.find('d-3')).toBeDefined()
  })
})
