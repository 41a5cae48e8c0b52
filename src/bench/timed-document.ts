// One document after another from one sender to one subscriber, each timed from its submission to its arrival.
import type { Priority } from '../domain/document-package.ts'
import { receipt } from '../platform/gateway-answers.ts'
import { createGatewayClient } from '../platform/gateway-client.ts'
import { arrival } from './bench-messages.ts'
import type { BenchSystem } from './bench-province.ts'
import type { BenchChild } from './child-process.ts'
import { packageMaker } from './package-template.ts'
import { percentilesOf } from './statistics.ts'

export interface TimedSender {
  /** Sends one and waits for it. */
  send(to: string): Promise<TimedDocument>
}

export interface TimedDocument {
  /** From just before the request; absent when it did not arrive in time. */
  readonly sinceSubmissionMs: number | undefined
  /** From the answer 202; a document may overtake it. */
  readonly sinceAnswerMs: number | undefined
}

export interface TimedSending {
  readonly url: string
  readonly sender: BenchSystem
  readonly attachmentBytes: number
  readonly priority: Priority
  /** Where the documents arrive. */
  readonly subscribers: BenchChild
  readonly withinMs: number
}

export function timedSender(options: TimedSending): TimedSender {
  const { url, sender, subscribers, withinMs } = options
  const { systemId, secret } = sender
  const client = createGatewayClient({ url, credentials: { kind: 'system', systemId, secret } })
  const make = packageMaker(sender.codes[0] ?? '', options.attachmentBytes, new Date(), options.priority)
  let count = 0
  return {
    async send(to) {
      // Letters keep these numbers apart from those of a load generator.
      const body = make(`R${++count}`, [to])
      const submittedAt = Date.now()
      const answer = await client.call('POST', '/api/v1/packages', receipt, {
        body,
        contentType: 'application/edxml+xml',
      })
      const answeredAt = Date.now()
      const { at } = await subscribers.ask({ kind: 'arrival', documentId: answer.documentId, withinMs }, arrival)
      return {
        sinceSubmissionMs: at === undefined ? undefined : at - submittedAt,
        sinceAnswerMs: at === undefined ? undefined : Math.max(0, at - answeredAt),
      }
    },
  }
}

/** With how many of them never arrived: a figure of those that did would otherwise look better than it was. */
export function timesOf(documents: readonly TimedDocument[], since: keyof TimedDocument) {
  const times = documents.flatMap((document) => document[since] ?? [])
  return {
    ...percentilesOf(times),
    max: Math.max(...times),
    samples: times.length,
    missing: documents.length - times.length,
  }
}
