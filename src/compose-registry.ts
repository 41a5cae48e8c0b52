// The registry's part of the composition root: who takes part, who may speak, and the routes that change it.
import type { Logger } from 'pino'
import {
  alreadyWithRecipient,
  lockUntaken,
  moveDeliveries,
  openDeliveriesOf,
  openRecallsOf,
} from './delivery/move-deliveries.ts'
import { levelOneOf } from './domain/agency.ts'
import type { Clock } from './domain/ports.ts'
import type { Caller } from './domain/system.ts'
import type { Database, Db, Trx } from './platform/database.ts'
import type { Operator, Routes } from './platform/http.ts'
import { actRoutes } from './registry/act-routes.ts'
import { type FailedAct, failedActs } from './registry/act-store.ts'
import { agencyAdminRoutes } from './registry/agency-admin-routes.ts'
import { agencyRoutes } from './registry/agency-routes.ts'
import { type Actor, type AuditEntry, insertAudit } from './registry/audit-store.ts'
import { ensureFirstOperatorToken, operatorAuthentication } from './registry/authenticate-operator.ts'
import { readBasic, systemAuthentication } from './registry/authenticate-system.ts'
import { deliveryPolicyRoutes } from './registry/delivery-policy-routes.ts'
import { type DirectoryCache, openDirectoryCache } from './registry/directory-cache.ts'
import { directoryChanges } from './registry/directory-change.ts'
import { type MeRoutesDeps, meRoutes } from './registry/me-routes.ts'
import { mergerRoutes } from './registry/merger-routes.ts'
import { oauthRoutes } from './registry/oauth-routes.ts'
import { carryOutDueActs } from './registry/order-act.ts'
import { type PushSettings, pushSettingsReader } from './registry/push-settings.ts'
import type { SaveAgencyDeps } from './registry/save-agency.ts'
import type { SaveSystemDeps } from './registry/save-system.ts'
import { systemRoutes } from './registry/system-routes.ts'
import { createRetargeting } from './routing/retarget.ts'
import { accessTokenSeconds, createAccessTokens } from './trust/access-tokens.ts'
import { generateSecret, generateWebhookSecret, type SecretBox } from './trust/secret-box.ts'
import type { SigningKeys } from './trust/signing-keys.ts'

export interface RegistryParts {
  readonly db: Database
  readonly box: SecretBox
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly newId: () => string
  readonly logger: Logger
  readonly packageBytesMax: number
  readonly adminToken?: string
  /** The axis' own code: agencies under its level-1 group are nobody else's to change. */
  readonly axisCode: string
  /** Told which systems got deliveries by an act on an agency. */
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  /** What a system has sent today. */
  readonly usageOf: NonNullable<MeRoutesDeps['usageOf']>
  /** What goes another way gets the clocks of that way. */
  readonly fitClocks: (db: Db, deliveryIds: readonly string[]) => Promise<void>
  /** Asks for open deliveries to find their way again. */
  readonly reroute: (reason: string) => Promise<void>
}

export interface Registry {
  readonly cache: DirectoryCache
  readonly routes: readonly Routes[]
  readonly pushSettings: (systemId: string) => Promise<PushSettings | undefined>
  readonly authenticateSystem: (authorization: string | undefined) => Promise<Caller>
  readonly authenticateOperator: (authorization: string | undefined) => Promise<Operator>
  /** The system a refused caller claims to be, for the refusal's row. */
  readonly claimedSystem: (authorization: string | undefined) => string | undefined
  readonly audit: (trx: Trx, actor: Actor, entry: AuditEntry) => Promise<void>
  /** The first administrator's token, when this very start made it. */
  readonly firstToken: () => Promise<string | undefined>
  /** Carries out successions and moves whose time has come; answers how many. */
  readonly carryOutDueActs: () => Promise<number>
  /** Those that could not be carried out, until somebody orders anew. */
  readonly failedActs: () => Promise<FailedAct[]>
  /** What the sandbox needs to seed itself. */
  readonly saving: SaveAgencyDeps & SaveSystemDeps
}

export async function composeRegistry(parts: RegistryParts): Promise<Registry> {
  const { db, box, keys, clock, newId, logger } = parts
  const cache = await openDirectoryCache({
    db,
    onCheckFailed: (error) => logger.warn({ err: error }, 'directory.not_checked'),
  })
  const change = directoryChanges({
    db,
    cache,
    clock,
    newId,
    reroute: parts.reroute,
    onRerouteFailed: (error) => logger.warn({ err: error }, 'routing.not_rung'),
  })
  const secrets = { seal: box.seal, open: box.open, generateSecret, generateWebhookSecret }
  const tokens = createAccessTokens(keys, clock)
  const authentication = systemAuthentication({ cache, tokens, clock })
  const operators = { db, ...(parts.adminToken === undefined ? {} : { adminToken: parts.adminToken }) }
  const saving = { change, secrets, newId }
  const retargeting = createRetargeting({
    openDeliveriesOf,
    openRecallsOf,
    alreadyWithRecipient,
    lockUntaken,
    async moveDeliveries(trx, routes, actId) {
      const moved = await moveDeliveries(trx, routes, actId)
      await parts.fitClocks(
        trx,
        moved.map((one) => one.deliveryId),
      )
      return moved
    },
  })
  const acts = { db, cache, clock, newId, change, retargeting, afterCommit: parts.afterCommit }
  return {
    cache,
    saving,
    carryOutDueActs: () => carryOutDueActs(acts),
    failedActs: () => failedActs(db),
    routes: [
      oauthRoutes({ authentication, tokens, tokenSeconds: accessTokenSeconds, clock }),
      meRoutes({ cache, clock, packageBytesMax: parts.packageBytesMax, usageOf: parts.usageOf }),
      agencyRoutes({ cache, clock }),
      agencyAdminRoutes({ ...saving, db, cache, clock }),
      actRoutes(acts),
      mergerRoutes({ change, newId, ownLevel1: () => levelOneOf(parts.axisCode) }),
      systemRoutes({ ...saving, db, cache, clock }),
      deliveryPolicyRoutes({ db, cache, change }),
    ],
    pushSettings: pushSettingsReader({ db, cache, secrets, clock }),
    authenticateSystem: (authorization) => authentication.authenticate(authorization),
    authenticateOperator: operatorAuthentication(operators),
    claimedSystem: (authorization) => readBasic(authorization)?.systemId.slice(0, 64),
    audit: (trx, actor, entry) => insertAudit(trx, { id: newId(), at: clock.now(), actor, entry }),
    firstToken: () => ensureFirstOperatorToken(operators),
  }
}
