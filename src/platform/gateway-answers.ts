// What a client reads from the gateway's answers (contract §3, §5). schemas/json says all that may stand there; these
// decoders say the part that our own clients use, and pass over the rest.
import { anything, type Decoded, flag, list, maybe, number, orElse, record, table, text } from './json-decode.ts'

export const violation = record({
  path: text,
  rule: text,
  line: maybe(number),
  column: maybe(number),
  message: maybe(text),
  found: maybe(text),
  expected: maybe(text),
})

/** RFC 9457 problem document. Proxies in between answer without our members, hence the defaults. */
export const problem = record({
  title: orElse(text, ''),
  code: orElse(text, 'unknown'),
  ref: maybe(text),
  detail: maybe(text),
  cause: maybe(text),
  next: maybe(text),
  whoActs: maybe(text),
  violations: orElse(list(violation), []),
  existing: maybe(record({ packageId: text, acceptedAt: text, sha256: text, differs: orElse(list(text), []) })),
})
export type Problem = Decoded<typeof problem>

export const suggestion = record({ code: text, name: text })

export const receipt = record({
  packageId: text,
  documentId: maybe(text),
  kind: maybe(text),
  sha256: text,
  size: number,
  acceptedAt: text,
  recipients: orElse(
    list(
      record({
        organId: text,
        organName: maybe(text),
        outcome: text,
        agencyCode: maybe(text),
        deliveryId: maybe(text),
        reason: maybe(text),
        suggestions: orElse(list(suggestion), []),
      }),
    ),
    [],
  ),
  deliveries: orElse(list(record({ deliveryId: text, organId: text, state: text })), []),
  supplementOf: maybe(text),
})
export type Receipt = Decoded<typeof receipt>

export const mailboxItem = record({
  deliveryId: text,
  packageId: text,
  type: text,
  kind: maybe(text),
  recipient: maybe(record({ organId: text, agencyCode: maybe(text) })),
  documentId: maybe(text),
  code: maybe(text),
  subject: maybe(text),
  priority: maybe(number),
  sha256: text,
  size: number,
  availableAt: maybe(text),
  fetchedAt: maybe(text),
})
/** What the axis tells a sender; schemas/json/sender-report.json has all of it. */
export const senderReport = record({ what: text })

export type MailboxItem = Decoded<typeof mailboxItem>
export const mailboxPage = record({ items: list(mailboxItem), nextCursor: maybe(text) })

export const statusReceipt = record({ statusId: text, sha256: text, documentId: maybe(text), effect: maybe(text) })

export const attempt = record({
  attempt: number,
  startedAt: text,
  finishedAt: maybe(text),
  outcome: maybe(text),
  httpStatus: maybe(number),
  detail: maybe(text),
})

export const tracking = record({
  packageId: text,
  documentId: maybe(text),
  code: maybe(text),
  kind: maybe(text),
  subject: maybe(text),
  state: text,
  deliveries: list(
    record({
      deliveryId: text,
      organId: text,
      systemId: maybe(text),
      channel: maybe(text),
      state: text,
      businessStatus: maybe(text),
      reason: maybe(record({ code: maybe(text), text: maybe(text), since: maybe(text), whoActs: maybe(text) })),
      nextAttemptAt: maybe(text),
      attempts: orElse(list(attempt), []),
    }),
  ),
  timeline: orElse(list(record({ at: text, type: text, deliveryId: maybe(text) })), []),
})
export type Tracking = Decoded<typeof tracking>

export const agencyReference = record({ agencyId: text, code: text, name: text })

/** An agency as operators and as systems see it; only the parts that both answers share, and what each adds. */
export const agency = record({
  agencyId: text,
  name: text,
  code: text,
  codes: orElse(list(record({ code: text, scheme: maybe(text), validFrom: maybe(text), validTo: maybe(text) })), []),
  kind: maybe(text),
  connected: maybe(flag),
  receivedBy: maybe(text),
  closedAt: maybe(text),
})
export type AgencyAnswer = Decoded<typeof agency>

export const importResult = record({
  dryRun: flag,
  rows: number,
  created: number,
  updated: number,
  unchanged: number,
  problems: list(record({ line: number, rule: text, column: maybe(text), found: maybe(text), expected: maybe(text) })),
})

export const system = record({
  systemId: text,
  name: text,
  vendor: maybe(text),
  channel: text,
  agencies: orElse(list(agencyReference), []),
  sendsFor: orElse(list(agencyReference), []),
  pushUrl: maybe(text),
  pushStyle: maybe(text),
  pushCa: maybe(text),
  concurrency: maybe(number),
  ratePerSecond: maybe(number),
  pausedReason: maybe(text),
  contacts: orElse(list(anything), []),
  credentials: orElse(
    list(
      record({
        credentialId: text,
        label: text,
        agencies: maybe(list(agencyReference)),
        createdAt: maybe(text),
        expiresAt: maybe(text),
        revokedAt: maybe(text),
      }),
    ),
    [],
  ),
})
export type SystemAnswer = Decoded<typeof system>
export const madeSystem = record({ systemId: text, secret: text, webhookSecret: text })
export const newSecrets = record({ systemId: text, secret: text, webhookSecret: text, oldValidUntil: maybe(text) })
export const madeCredential = record({ credentialId: text, label: text, secret: text })

export const deliveryRow = record({
  deliveryId: text,
  packageId: text,
  type: maybe(text),
  kind: maybe(text),
  documentId: maybe(text),
  code: maybe(text),
  subject: maybe(text),
  from: maybe(text),
  organId: text,
  systemId: maybe(text),
  channel: maybe(text),
  state: text,
  heldReason: maybe(text),
  priority: maybe(number),
  attempts: maybe(number),
  nextAttemptAt: maybe(text),
  stateSince: maybe(text),
  reason: maybe(record({ code: maybe(text), text: maybe(text) })),
  businessStatus: maybe(text),
})
export type DeliveryRow = Decoded<typeof deliveryRow>

export const stats = record({
  packages: number,
  deliveries: record({ byState: table(number) }),
  oldestWaitingSeconds: maybe(number),
  statuses: maybe(number),
  refusals24h: maybe(number),
})
export type Stats = Decoded<typeof stats>

export const queues = record({
  queues: list(
    record({
      systemId: text,
      name: maybe(text),
      channel: maybe(text),
      depth: number,
      oldestAgeSeconds: maybe(number),
      inFlight: orElse(number, 0),
      ratePerMinute: maybe(number),
      breaker: maybe(text),
      pausedReason: maybe(text),
      lastSuccessAt: maybe(text),
      lastFaultAt: maybe(text),
      lastFault: maybe(text),
    }),
  ),
})
export type Queue = Decoded<typeof queues>['queues'][number]
