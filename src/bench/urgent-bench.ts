// How soon an urgent document arrives behind a backlog. The backlog is taken in by a gateway that sends nothing on
// (role edge); then a whole gateway works it off, and meanwhile another sender's urgent documents go out one by one.
import { setTimeout as sleep } from 'node:timers/promises'
import { anything } from '../platform/json-decode.ts'
import { type BenchPlace, createBenchPlace } from './bench-gateway.ts'
import { arrivals, listening, loadResult } from './bench-messages.ts'
import { type BenchProvince, registerProvince } from './bench-province.ts'
import { type BenchChild, startChild } from './child-process.ts'
import { attachmentBytes, basic } from './intake-bench.ts'
import { describeMachine } from './machine.ts'
import { timedSender, timesOf } from './timed-document.ts'
import { depthOf } from './until-delivered.ts'

export interface UrgentRequest {
  /** Ordinary deliveries that wait on the lane. */
  readonly backlog: number
  /** Urgent documents. */
  readonly samples: number
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

// One system that serves so many agencies: a package for all of them is so many deliveries on its lane.
const agencies = 500
const answerAfterMs = 20
/** Between two of them, so that they meet the lane in all its moods. */
const pauseMs = 100
const arriveWithinMs = 60_000
const connections = 8
const path = '/shared'
/** The highest of the five. */
const urgent = 4

export async function benchUrgent(request: UrgentRequest): Promise<object> {
  const place = createBenchPlace(request)
  const subscribers = startChild('subscriber-child')
  const generator = startChild('load-child')
  try {
    const { port } = await subscribers.ask({ kind: 'listen' }, listening)
    await subscribers.ask({ kind: 'answer', path, afterMs: answerAfterMs }, anything)
    const province = await buildBacklog(request, { place, generator, pushUrl: `http://127.0.0.1:${port}${path}` })
    return { ...(await overtake(request, { place, subscribers, province })), machine: describeMachine() }
  } finally {
    generator.end()
    subscribers.end()
    await place.remove()
  }
}

interface Building {
  readonly place: BenchPlace
  readonly generator: BenchChild
  readonly pushUrl: string
}

async function buildBacklog(request: UrgentRequest, { place, generator, pushUrl }: Building): Promise<BenchProvince> {
  const gateway = await place.start('edge')
  const agenciesPerSystem = Math.min(agencies, request.backlog)
  const province = await registerProvince(gateway.operator, {
    systems: 1,
    agenciesPerSystem,
    senders: 2,
    pushUrl: () => pushUrl,
  })
  const { sender, recipients } = province
  const order = {
    url: gateway.url,
    authorization: basic(sender),
    from: sender.codes[0],
    recipients,
    attachmentBytes,
    connections,
    firstNumber: 1,
    count: Math.ceil(request.backlog / agenciesPerSystem),
  }
  const result = await generator.ask(order, loadResult)
  if (result.refused > 0) throw new Error(`${result.refused} packages were not accepted: ${result.firstProblem}`)
  request.note(`${result.deliveries} deliveries wait`)
  await gateway.stop()
  return province
}

interface Overtaking {
  readonly place: BenchPlace
  readonly subscribers: BenchChild
  readonly province: BenchProvince
}

async function overtake(request: UrgentRequest, { place, subscribers, province }: Overtaking): Promise<object> {
  const [receiver] = province.receivers
  const [, sender] = province.senders
  if (receiver === undefined || sender === undefined) throw new Error('there is nobody to send or to receive')
  const gateway = await place.start()
  await subscribers.ask({ kind: 'wait', deliveries: 1, withinMs: arriveWithinMs }, arrivals)
  const one = timedSender({
    url: gateway.url,
    sender,
    attachmentBytes,
    priority: urgent,
    subscribers,
    withinMs: arriveWithinMs,
  })
  const depth = () => depthOf(gateway.operator, receiver.systemId)
  const waitingBefore = await depth()
  const began = performance.now()
  const documents = []
  for (let n = 0; n < request.samples; n++) {
    request.signal.throwIfAborted()
    documents.push(await one.send(receiver.codes[n % receiver.codes.length] ?? ''))
    await sleep(pauseMs)
  }
  const seconds = (performance.now() - began) / 1000
  return report(request, { documents, seconds, waitingBefore, waitingAfter: await depth() })
}

interface Overtaken {
  readonly documents: Parameters<typeof timesOf>[0]
  readonly seconds: number
  readonly waitingBefore: number
  readonly waitingAfter: number
}

function report(request: UrgentRequest, { documents, seconds, waitingBefore, waitingAfter }: Overtaken): object {
  const answered = timesOf(documents, 'sinceAnswerMs')
  request.note(`answer to arrival: p50 ${answered.p50} ms, p99 ${answered.p99} ms, at most ${answered.max} ms`)
  return {
    benchmark: 'urgent',
    conditions: { attachmentBytes, backlog: request.backlog, samples: request.samples, answerAfterMs, pauseMs },
    answerToArrivalMs: answered,
    submissionToArrivalMs: timesOf(documents, 'sinceSubmissionMs'),
    waiting: {
      before: waitingBefore,
      after: waitingAfter,
      workedOffPerSecond: Math.round((waitingBefore - waitingAfter) / seconds),
    },
  }
}
