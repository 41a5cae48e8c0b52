// A system is a registered QLVB-ĐH installation: it sends for its agencies and receives what is addressed to them.
import type { AgencyId } from './agency.ts'
import type { DeliveryPolicy } from './delivery-policy.ts'

export type SystemId = string
export type ChannelName = 'mailbox' | 'push'
/** `package`: the exact bytes are posted. `notice`: a small JSON event, then the system fetches. */
export type PushStyle = 'package' | 'notice'

export interface Credential {
  readonly credentialId: string
  readonly label: string
  /** SHA-256 of the secret: secrets are 256 random bits, so no slow hash is needed (design D18). */
  readonly secretHash: Buffer
  /** When given, the credential speaks for these of the system's agencies only. */
  readonly agencyIds?: readonly AgencyId[]
  readonly expiresAt?: Date
}

export interface System {
  readonly systemId: SystemId
  readonly name: string
  readonly vendor?: string
  readonly channel: ChannelName
  readonly pushUrl?: string
  readonly pushStyle: PushStyle
  /** Agencies it receives for. */
  readonly receivesFor: readonly AgencyId[]
  /** Agencies it may send for, those it receives for among them. */
  readonly sendsFor: readonly AgencyId[]
  readonly credentials: readonly Credential[]
  /** A document for several of its agencies is one push. */
  readonly bundle?: boolean
  /** While its endpoint is down documents wait in its mailbox, if it has ever fetched from there. */
  readonly fallsBackToMailbox?: boolean
  /** How it is told what became of what it sent; JSON where nothing is said. */
  readonly reports?: ReportStyle
  /** The policy in force for it; the directory's where there is none of its own. */
  readonly deliveryPolicy?: DeliveryPolicy
  readonly bytesPerDay?: number
  /** Since when its credentials are refused and nothing leaves for it. */
  readonly suspendedAt?: Date
}

/** `status`: as a status package of that code, for products that read nothing else. */
export type ReportStyle = 'none' | 'json' | `status:${string}`

/** Who a request speaks for, once its credential has been checked. */
export interface Caller {
  readonly systemId: SystemId
  readonly credentialId: string
  /** Agencies this credential may send as, predecessors of its agencies among them. */
  readonly agencyIds: ReadonlySet<AgencyId>
  /** Agencies whose deliveries it may see; absent means all that its system receives. */
  readonly receivesFor?: ReadonlySet<AgencyId>
}
