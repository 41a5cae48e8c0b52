// The load generator, a process of its own: posts packages over many kept-alive connections for a time or up to a
// count, and answers how long each took.
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { loadOrder, stampedNumber } from './bench-messages.ts'
import { answerMessages } from './child-process.ts'
import { packageMaker, recipientsOf } from './package-template.ts'

answerMessages(async (message) => {
  const order = loadOrder(message, 'order')
  const make = packageMaker(order.from, order.attachmentBytes, new Date())
  const pool = new Pool(order.url, { connections: order.connections, pipelining: 1, headersTimeout: 60_000 })
  const headers = { authorization: order.authorization, 'content-type': 'application/edxml+xml' }
  const latenciesMs: number[] = []
  const result = { accepted: 0, deliveries: 0, refused: 0, firstProblem: '', latenciesMs }
  let next = order.firstNumber
  const started = performance.now()
  const until = started + (order.durationMs ?? Number.POSITIVE_INFINITY)
  const end = order.firstNumber + (order.count ?? Number.POSITIVE_INFINITY)

  async function post(count: number): Promise<void> {
    const all = order.recipients
    const to = order.recipientsMean === undefined ? all : recipientsOf(count, order.recipientsMean, all)
    const body = make(order.packagesPerSecond === undefined ? String(count) : stampedNumber(Date.now(), count), to)
    const began = performance.now()
    const answer = await pool.request({ path: '/api/v1/packages', method: 'POST', headers, body })
    if (answer.statusCode === 202) {
      await answer.body.dump()
      latenciesMs.push(performance.now() - began)
      result.accepted++
      result.deliveries += to.length
      return
    }
    const words = await answer.body.text()
    if (result.refused++ === 0) result.firstProblem = `${answer.statusCode} ${words.slice(0, 500)}`
  }

  async function oneConnection(): Promise<void> {
    while (performance.now() < until && next < end) {
      const count = next++
      if (order.packagesPerSecond !== undefined) {
        const dueMs = ((count - order.firstNumber) * 1000) / order.packagesPerSecond
        await sleep(Math.max(0, started + dueMs - performance.now()))
      }
      await post(count)
    }
  }

  await Promise.all(Array.from({ length: order.connections }, oneConnection))
  const elapsedMs = performance.now() - started
  await pool.close()
  return { ...result, elapsedMs, nextNumber: next }
})
