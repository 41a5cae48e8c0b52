// What comes in, as part of the composition root: packages, statuses, and what they do to documents accepted before.
// Each becomes rows in one transaction.
import { type AlertFact, raiseAlerts } from './alerts/raise-alert.ts'
import type { Config } from './config.ts'
import { existingDeliveries, type OpenDeliveries } from './delivery/open-deliveries.ts'
import { recordBusinessState } from './delivery/transitions.ts'
import {
  clearRequests,
  clearUpdateRequested,
  endPointless,
  letWait,
  lockDeliveries,
  lockDeliveriesOf,
  markRecallRequested,
  markUpdateRequested,
  withdrawDeliveries,
} from './delivery/withdraw.ts'
import type { Directory } from './domain/directory.ts'
import type { DocumentPackage } from './domain/document-package.ts'
import type { TargetDocument } from './domain/operation.ts'
import type { RecallAnswer } from './domain/operation-plan.ts'
import type { BlobStore, Clock } from './domain/ports.ts'
import { initialState } from './domain/route.ts'
import type { Caller } from './domain/system.ts'
import { vietnamDay } from './domain/vietnam-time.ts'
import { acceptStatus, type StatusSubmission } from './feedback/accept-status.ts'
import { composeStatus } from './feedback/compose-status.ts'
import type { StatusReceiptPayload } from './feedback/status-receipt.ts'
import { statusDryRunView, statusReceiptView, statusRoutes } from './feedback/status-routes.ts'
import { type AcceptPackageOptions, acceptPackage, repeat } from './intake/accept-package.ts'
import type { AdmitSubmission } from './intake/admit-submission.ts'
import { createCommitAccepts } from './intake/commit-accepts.ts'
import { senderAgency, unknownCodes } from './intake/draft.ts'
import { dryRunPackage } from './intake/dry-run.ts'
import { packageRoutes, receiptView, type UploadedPackages } from './intake/package-routes.ts'
import type { AcceptedPackage } from './intake/package-store.ts'
import { readSubmission } from './intake/read-submission.ts'
import {
  applyPlan,
  lockForRecall,
  type OperateOptions,
  planFor,
  planRecallOf,
  recordAnswer,
  sweepRequests,
} from './operations/operate.ts'
import { countRequests } from './operations/operation-store.ts'
import type { RecallRequest } from './operations/recall-document.ts'
import { type RecallRoutesOptions, recallRoutes } from './operations/recall-routes.ts'
import { issuedElsewhere } from './operations/target-document.ts'
import type { Database, Db, Trx } from './platform/database.ts'
import type { Routes } from './platform/http.ts'
import type { Metrics } from './platform/metrics.ts'
import type { FindingText } from './platform/package-facts.ts'
import { storedPayload } from './platform/stored-receipt.ts'

export interface IntakeParts
  extends Pick<AcceptPackageOptions, 'judge' | 'deadlinesOf' | 'signReceipt'>,
    Pick<RecallRoutesOptions, 'audit'> {
  readonly config: Config
  readonly db: Database
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly newId: () => string
  readonly metrics: Metrics
  readonly directory: { current(): Promise<Directory>; refresh(): Promise<Directory> }
  readonly openDeliveries: OpenDeliveries
  /** Old documents that retention moved out come back before they are acted on. */
  readonly bringBack: (trx: Db, packageIds: readonly string[]) => Promise<void>
  readonly admit: AdmitSubmission
  readonly uploads: Omit<UploadedPackages, 'receiptOf'>
  readonly sign: (payload: object) => Promise<string>
  readonly afterCommit: (systemIds: ReadonlySet<string>) => void
  readonly findingText: FindingText
}

export interface Intake {
  readonly routes: readonly Routes[]
  /** Ends what waits for a document that was withdrawn while its dependant was being written. */
  sweepOperations(): Promise<void>
}

export function composeIntake(parts: IntakeParts): Intake {
  const { config, db, blobs, clock, newId, metrics, directory, openDeliveries } = parts
  const { afterCommit, findingText, audit } = parts
  const limits = {
    packageBytesMax: config.packageBytesMax,
    headerBytesMax: config.headerBytesMax,
    attachmentsMax: config.attachmentsMax,
  }
  const operating: OperateOptions = {
    newId,
    bringBack: parts.bringBack,
    lockDeliveriesOf,
    lockDeliveries,
    withdrawDeliveries,
    markRecallRequested,
    markUpdateRequested,
    clearUpdateRequested,
    letWait,
    endPointless,
    raiseAmbiguous: (trx, packageId, documents) => raiseAlerts(trx, [ambiguous(packageId, documents)], newId),
  }
  const day = () => vietnamDay(clock.now())
  const acceptance = {
    db,
    directory,
    openDeliveries,
    initialState,
    afterCommit,
    clock,
    newId,
    axisCode: config.axisCode,
  }

  const commitOptions = { db, openDeliveries, raiseUnknownRecipients, auditDeclarations, newId }
  const accepting: AcceptPackageOptions = {
    ...acceptance,
    ...commitOptions,
    signReceipt: parts.signReceipt,
    judge: parts.judge,
    deadlinesOf: parts.deadlinesOf,
    recipientsMax: config.recipientsMax,
    commit: createCommitAccepts(commitOptions),
    existingDeliveries,
    operations: {
      plan: (trx, draft, kind, known) => planFor(trx, { ...draft, kind, directory: known, day: day() }, operating),
      apply: (trx, plan, by) => applyPlan(trx, plan, by, operating),
    },
  }
  const takeStatus = (submission: StatusSubmission) =>
    acceptStatus(submission, {
      ...acceptance,
      signReceipt: parts.sign,
      senderAgency,
      recordBusinessState,
      operations: {
        issuedElsewhere,
        planRecall: (trx, recall) => planRecallOf(trx, recall, operating),
        apply: (trx, plan, by) => applyPlan(trx, plan, by, operating),
        lockForRecall: (trx, recall) => lockForRecall(trx, recall, operating),
        answer: (trx, answer) => recordAnswer(trx, answer, operating),
        countRequests,
      },
    })

  async function raiseUnknownRecipients(trx: Db, accepted: readonly AcceptedPackage[]): Promise<void> {
    const facts = accepted.flatMap(({ draft, plan }) =>
      // An update may bring recipients that do not stand in its To.
      unknownCodes([...draft.recipients, ...(plan?.further ?? []), ...(plan?.handedOn ?? [])]).map((code) =>
        unknownRecipient(code, draft.packageId, draft.document),
      ),
    )
    await raiseAlerts(trx, facts, newId)
  }

  async function auditDeclarations(trx: Trx, accepted: readonly AcceptedPackage[]): Promise<void> {
    for (const { draft } of accepted) {
      await audit(trx, {
        actor: draft.caller.systemId,
        action: 'package.declared_not_secret',
        object: `package:${draft.packageId}`,
        // Codes and places only: what the rules found may be a secret all the same.
        data: { declared: draft.declared },
      })
    }
  }

  async function nameOf(organId: string): Promise<string | undefined> {
    return (await directory.current()).findByCode(organId, day())?.name
  }

  /** A recall by one call asks each recipient by the status that its QLVB-ĐH would have sent. */
  async function sendRequest(caller: Caller, { reason, ...request }: RecallRequest): Promise<RecallAnswer> {
    const { deliveryId } = request
    const bytes = await composeStatus(caller, { ...request, code: '13', description: reason }, { db, clock, nameOf })
    const read = await readSubmission(only(bytes), newId(), {}, { blobs, limits })
    if (read.package.type !== 'status') throw new Error('a status that was written is read as something else')
    const submission = { ...read, caller, deliveryId, status: read.package, isUnlessAsked: true }
    const { receipt } = await takeStatus(submission)
    const { withdrawn = [], requested = [], undeliverable = [] } = receipt
    return { withdrawn, requested, undeliverable }
  }

  /** The receipt that an uploaded package was given. */
  async function receiptOf(packageId: string): Promise<(language: string | undefined) => unknown> {
    const { type, receipt: jws } = await db
      .selectFrom('packages')
      .select(['type', 'receipt'])
      .where('package_id', '=', packageId)
      .executeTakeFirstOrThrow()
    if (type !== 'status') return (language) => receiptView(repeat(jws), findingText, language)
    const accepted = { isNew: false, receipt: { ...storedPayload<StatusReceiptPayload>(jws), jws } }
    return (language) => statusReceiptView(accepted, findingText, language)
  }

  const routes = [
    packageRoutes({
      admit: parts.admit,
      uploads: { ...parts.uploads, receiptOf },
      blobs,
      limits,
      newId,
      findingText,
      async acceptPackage(submission) {
        const startedAt = performance.now()
        const accepted = await acceptPackage(submission, accepting)
        metrics.acceptSeconds.observe((performance.now() - startedAt) / 1000)
        if (accepted.isNew) metrics.packagesAccepted.inc({ kind: accepted.receipt.kind })
        return accepted
      },
      dryRunPackage: (submission) => dryRunPackage(submission, accepting),
      async acceptStatus({ caller, read, status, isDryRun }) {
        const accepted = await takeStatus({ ...read, caller, status, isDryRun })
        const view = isDryRun ? statusDryRunView : statusReceiptView
        return {
          isNew: accepted.isNew,
          statusId: accepted.receipt.statusId,
          body: (language) => view(accepted, findingText, language),
        }
      },
    }),
    statusRoutes({
      packageBytesMax: config.packageBytesMax,
      admit: parts.admit,
      readBody: (body, trace, admission) =>
        readSubmission(body, newId(), trace, { blobs, limits, ...(admission === undefined ? {} : { admission }) }),
      composeStatus: (caller, input) => composeStatus(caller, input, { db, clock, nameOf }),
      acceptStatus: takeStatus,
      findingText,
    }),
    recallRoutes({
      ...operating,
      db,
      directory,
      day,
      now: () => clock.now(),
      sendRequest,
      audit,
      clearRequests,
    }),
  ]
  return {
    routes,
    async sweepOperations() {
      await endPointless(db)
      await sweepRequests(db, operating)
    },
  }
}

function unknownRecipient(code: string, packageId: string, document: DocumentPackage): AlertFact {
  return { cause: 'unknown_recipient', subject: code, data: { packageId, from: document.from.organId } }
}

function ambiguous(packageId: string, documents: readonly TargetDocument[]): AlertFact {
  const data = {
    packageId,
    documents: documents.map(({ packageId: id, documentId }) => ({ packageId: id, documentId })),
  }
  return { cause: 'operation_target_ambiguous', subject: packageId, data }
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
