// Waiting costs no database connection: far more polls than connections wait, and everybody else is served meanwhile.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type MailboxApp, startMailbox } from './mailbox-app.ts'

let box: MailboxApp
beforeAll(async () => {
  box = await startMailbox(5)
})
afterAll(() => box?.close())

const polls = 200
const get = (systemId: string, path: string, agencies = '') =>
  box.call('GET', `/api/v1/${path}`, { basic: `${systemId}:${agencies}` })

/** How many are between two looks; what a look needs of the pool is given back by then. */
async function untilAllWait(counted: () => number): Promise<void> {
  await vi.waitFor(
    () => expect({ waiting: counted(), ...box.pool() }).toEqual({ waiting: polls, inUse: 0, queue: 0 }),
    {
      timeout: 10_000,
      interval: 5,
    },
  )
}

it('of 200 polls of a mailbox none holds one of five connections', async () => {
  const system = await box.rows.lane({ channel: 'mailbox' })
  let waiting = 0
  const wait = box.signals.wait
  box.signals.wait = async (...args) => {
    waiting += 1
    await wait(...args)
    waiting -= 1
  }
  const answers = Array.from({ length: polls }, () => get(system, 'mailbox?wait=50'))
  await untilAllWait(() => waiting)

  // All five are free for whoever comes: none of these waits for a poll to end.
  const others = await Promise.all(Array.from({ length: 20 }, () => get(system, 'mailbox?state=delivered')))
  expect(others.map(({ status }) => status)).toEqual(Array(20).fill(200))

  const id = await box.rows.delivery(system, { state: 'available' })
  box.signals.announce([system])
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatchObject({ status: 200, body: { items: [{ deliveryId: id }] } })
  }
})

it('of 200 polls of the change feed neither, and the next event ends them all', async () => {
  const system = await box.rows.lane({ channel: 'mailbox' })
  const id = await box.rows.delivery(system, { state: 'available' })
  let answered = 0
  const answers = Array.from({ length: polls }, async () => {
    const answer = await get(system, 'events?wait=50')
    answered += 1
    return answer
  })
  // Between two looks nobody has a connection.
  await vi.waitFor(() => expect(box.pool()).toEqual({ inUse: 0, queue: 0 }), { timeout: 10_000, interval: 2 })

  const other = await get(system, 'mailbox')
  expect({ status: other.status, answered }).toEqual({ status: 200, answered: 0 })

  await box.call('POST', `/api/v1/mailbox/${id}/confirm`, { basic: `${system}:` })
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatchObject({ status: 200, body: { items: [{ type: 'delivery.delivered', deliveryId: id }] } })
  }
})
