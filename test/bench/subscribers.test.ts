import { afterEach, beforeEach, expect, it } from 'vitest'
import { stampedNumber } from '../../src/bench/bench-messages.ts'
import { createSubscribers, type Subscribers } from '../../src/bench/subscribers.ts'

let subscribers: Subscribers
let url: string
beforeEach(async () => {
  subscribers = createSubscribers()
  url = `http://127.0.0.1:${(await subscribers.listen()).port}`
})
afterEach(() => subscribers.close())

const documentId = (number: string) => `000.01.99.H35,2026/11/20,${number}/ĐT-VP`

async function push(path: string, deliveryId: string, number = '1'): Promise<number> {
  const headers = { 'webhook-id': deliveryId, 'tram-document-id': encodeURIComponent(documentId(number)) }
  const answer = await fetch(url + path, { method: 'POST', body: 'x', headers })
  return answer.status
}

it('take every delivery, and count once what comes again', async () => {
  expect(await push('/1', 'a')).toBe(204)
  expect(await push('/2', 'b')).toBe(204)
  expect(await push('/1', 'a')).toBe(204)

  expect(await subscribers.untilArrived(2, 1_000)).toMatchObject({ distinct: 2, repeated: 1 })
})

it('say of a document with the time in its number how long it was under way', async () => {
  await push('/1', 'a', stampedNumber(Date.now() - 5_000, 7))

  const { latenciesMs } = await subscribers.untilArrived(1, 1_000)

  expect(latenciesMs).toHaveLength(1)
  expect(latenciesMs[0]).toBeGreaterThanOrEqual(5_000)
  expect(latenciesMs[0]).toBeLessThan(15_000)
})

it('hang alone, and answer what they have left unanswered when they are well again', async () => {
  subscribers.answer('/bad', 'never')
  let isAnswered = false
  const hanging = push('/bad', 'a').then((status) => {
    isAnswered = true
    return status
  })
  await subscribers.untilArrived(1, 1_000)
  // A whole exchange on the same server: an answer to the first one would have come before it.
  expect(await push('/good', 'b')).toBe(204)
  expect(isAnswered).toBe(false)

  subscribers.answer('/bad', 0)

  expect(await hanging).toBe(204)
  expect(await push('/bad', 'c')).toBe(204)
})

it('answer late when they are told to', async () => {
  subscribers.answer('/slow', 80)
  const began = performance.now()

  expect(await push('/slow', 'a')).toBe(204)

  expect(performance.now() - began).toBeGreaterThanOrEqual(75)
})

it('know when a document arrived, while it is awaited and later', async () => {
  const awaited = subscribers.arrivalOf(documentId('7'), 5_000)
  const before = Date.now()
  await push('/1', 'a', '7')

  const at = await awaited

  expect(at).toBeGreaterThanOrEqual(before)
  expect(await subscribers.arrivalOf(documentId('7'), 0)).toBe(at)
  expect(await subscribers.arrivalOf(documentId('8'), 0)).toBeUndefined()
})

it('forget everything but how they answer', async () => {
  subscribers.answer('/slow', 80)
  await push('/slow', 'a')

  subscribers.reset()

  expect(await subscribers.untilArrived(0, 0)).toMatchObject({ distinct: 0, repeated: 0, latenciesMs: [] })
  const began = performance.now()
  await push('/slow', 'a')
  expect(performance.now() - began).toBeGreaterThanOrEqual(75)
})
