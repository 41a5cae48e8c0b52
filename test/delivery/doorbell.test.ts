import { describe, expect, it, vi } from 'vitest'
import { createDoorbell } from '../../src/delivery/doorbell.ts'
import { keptLines } from './kept-lines.ts'

describe('the doorbell', () => {
  it('makes one ring of many for the same lane', async () => {
    const rung: string[] = []
    const doorbell = createDoorbell(async (systemId) => void rung.push(systemId), keptLines().logger)

    for (let i = 0; i < 100; i++) doorbell.ring(['QLVB-1', 'QLVB-2'])
    await doorbell.settle()

    expect(rung.sort()).toEqual(['QLVB-1', 'QLVB-2'])
  })

  it('rings again for what came after the ring went out', async () => {
    const rung: string[] = []
    const doorbell = createDoorbell(async (systemId) => void rung.push(systemId), keptLines().logger)

    doorbell.ring(['QLVB-1'])
    await vi.waitFor(() => expect(rung).toHaveLength(1))
    doorbell.ring(['QLVB-1'])
    await vi.waitFor(() => expect(rung).toHaveLength(2))
  })

  it('rings nobody for nobody', async () => {
    const ring = vi.fn(async () => undefined)
    const doorbell = createDoorbell(ring, keptLines().logger)

    doorbell.ring([])
    await doorbell.settle()

    expect(ring).not.toHaveBeenCalled()
  })

  it('is silent once rings have failed for a while, says so once, and is heard again after the first success', async () => {
    let isAway = true
    const { logger, messages } = keptLines()
    const doorbell = createDoorbell(async () => {
      if (isAway) throw new Error('Connection is closed.')
    }, logger)

    doorbell.ring(['QLVB-1'])
    await doorbell.settle()
    doorbell.ring(['QLVB-2'])
    await doorbell.settle()
    await vi.waitFor(() => expect(doorbell.isSilent(10)).toBe(true))

    expect(doorbell.isSilent(60_000)).toBe(false)
    expect(messages()).toEqual(['queue.away'])
    isAway = false
    doorbell.ring(['QLVB-1'])
    await doorbell.settle()
    expect(doorbell.isSilent(0)).toBe(false)
    expect(messages()).toEqual(['queue.away', 'queue.back'])
  })

  // A queue whose machine froze neither answers nor refuses.
  it('takes a queue that does not answer at all for silent', async () => {
    const doorbell = createDoorbell(() => new Promise(() => undefined), keptLines().logger)

    doorbell.ring(['QLVB-1'])

    await vi.waitFor(() => expect(doorbell.isSilent(100)).toBe(true), { timeout: 5_000 })
  })

  it('settles though the queue never answers', async () => {
    const doorbell = createDoorbell(() => new Promise(() => undefined), keptLines().logger)

    doorbell.ring(['QLVB-1'])

    await doorbell.settle()
  }, 8_000)

  it('does not pile up rings at a queue that does not answer', async () => {
    const ring = vi.fn(() => new Promise<void>(() => undefined))
    const doorbell = createDoorbell(ring, keptLines().logger)

    for (let i = 0; i < 10; i++) {
      doorbell.ring(['QLVB-1'])
      await new Promise((resolve) => setTimeout(resolve, 5))
    }

    expect(ring).toHaveBeenCalledTimes(1)
  })
})
