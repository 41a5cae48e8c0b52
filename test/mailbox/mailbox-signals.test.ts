import { describe, expect, it } from 'vitest'
import { createMailboxSignals } from '../../src/mailbox/mailbox-signals.ts'

const longMs = 60_000
const never = new AbortController().signal

describe('a waiting poll', () => {
  it('is woken when something arrives for its system', async () => {
    const signals = createMailboxSignals()

    const woken = Promise.all([signals.wait('QLVB-1', longMs, never), signals.wait('QLVB-1', longMs, never)])
    signals.announce(['QLVB-9', 'QLVB-1'])

    await woken
  })

  it('sleeps on when something arrives for another system', async () => {
    const signals = createMailboxSignals()
    const order: string[] = []

    const mine = signals.wait('QLVB-1', longMs, never).then(() => order.push('mine'))
    const other = signals.wait('QLVB-2', longMs, never).then(() => order.push('other'))
    signals.announce(['QLVB-2'])
    await other
    signals.announce(['QLVB-1'])
    await mine

    expect(order).toEqual(['other', 'mine'])
  })

  it('ends at its time', async () => {
    await createMailboxSignals().wait('QLVB-1', 5, never)
  })

  it('ends when the caller hung up, before or while it waits', async () => {
    const signals = createMailboxSignals()
    const caller = new AbortController()

    const waiting = signals.wait('QLVB-1', longMs, caller.signal)
    caller.abort()
    await waiting

    await signals.wait('QLVB-1', longMs, caller.signal)
    signals.announce(['QLVB-1'])
  })
})
