// What the routes of the mailbox are given: every move of a delivery is a named transition of delivery/.
import type { DeliveryState, DeliveryType } from '../domain/delivery.ts'
import type { Directory } from '../domain/directory.ts'
import type { BlobStore, Clock } from '../domain/ports.ts'
import { vietnamDay } from '../domain/vietnam-time.ts'
import type { Database, Db } from '../platform/database.ts'
import type { FindingText } from '../platform/package-facts.ts'
import type { MailboxSignals } from './mailbox-signals.ts'

export interface MailboxOptions {
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly newId: () => string
  readonly signals: MailboxSignals
  readonly directory: { current(): Promise<Directory> }
  readonly markFetched: (db: Db, deliveryId: string, systemId: string) => Promise<boolean>
  readonly confirmDeliveries: (
    db: Db,
    deliveryIds: readonly string[],
    leaseId: string | undefined,
    systemId: string,
  ) => Promise<Settled[]>
  readonly refuseDelivery: (
    db: Db,
    deliveryId: string,
    reason: string,
    leaseId: string | undefined,
    systemId: string,
  ) => Promise<boolean>
  readonly turnAway: (refusal: {
    deliveryId: string
    systemId: string
    reason: string
    leaseId?: string
  }) => Promise<TurnAwayResult>
  readonly leases: MailboxLeases
  readonly findingText: FindingText
  /** Ends waiting polls when the process goes down. */
  readonly closing: AbortSignal
}

export interface Settled {
  readonly deliveryId: string
  readonly state: DeliveryState
  readonly deliveredAt: Date | null
  /** Another thread of the system holds it until then, and so it was left as it is. */
  readonly leasedUntil: Date | null
}

export type TurnAwayResult =
  /** No moment while re-offers to the system are paused. */
  | { readonly kind: 'offered_again'; readonly at: Date | undefined }
  | { readonly kind: 'refused' }
  | { readonly kind: 'leased'; readonly until: Date }
  | { readonly kind: 'not_in_mailbox' }

export interface MailboxLeases {
  readonly take: (db: Db, mailbox: MailboxOf, wanted: WantedLease) => Promise<readonly LeasedDelivery[]>
  readonly extend: (
    db: Db,
    mailbox: MailboxOf,
    lease: HeldLease & { readonly leaseSeconds: number },
  ) => Promise<readonly LeasedDelivery[]>
  readonly release: (db: Db, mailbox: MailboxOf, lease: HeldLease) => Promise<readonly string[]>
}

/** The deliveries that a caller may see. */
interface MailboxOf {
  readonly systemId: string
  readonly receivesFor?: ReadonlySet<string>
}

interface WantedLease {
  readonly leaseId: string
  readonly leaseSeconds: number
  readonly limit: number
  readonly type?: DeliveryType
  readonly agencyIds?: readonly string[]
}

interface HeldLease {
  readonly leaseId: string
  readonly deliveryIds?: readonly string[]
}

interface LeasedDelivery {
  readonly deliveryId: string
  readonly leaseUntil: Date
}

/** The agencies that a code of a query stands for; none when nobody has it. */
export async function agenciesBehind(organId: string, { directory, clock }: MailboxOptions): Promise<string[]> {
  const current = await directory.current()
  const agency = current.findByCode(organId, vietnamDay(clock.now()))
  return agency === undefined ? [] : [...current.standsFor(agency.agencyId)]
}
