// The doors for packages and their pieces as the composition root puts them together, over HTTP on a real port, with a
// real database and disk: rules and deadlines apart, which say nothing here. The disk's free space can be set.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { existingDeliveries } from '../../src/delivery/open-deliveries.ts'
import { GatewayError } from '../../src/domain/errors.ts'
import { initialState } from '../../src/domain/route.ts'
import { type StorageSpace, usualThresholds } from '../../src/domain/storage-reserve.ts'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { createEdge } from '../../src/edge/server.ts'
import { statusRoutes } from '../../src/feedback/status-routes.ts'
import { type AcceptPackageOptions, acceptPackage, repeat } from '../../src/intake/accept-package.ts'
import { createAdmission } from '../../src/intake/admit-submission.ts'
import { createByteQuota } from '../../src/intake/byte-quota.ts'
import { createCommitAccepts } from '../../src/intake/commit-accepts.ts'
import { dryRunPackage } from '../../src/intake/dry-run.ts'
import { packageRoutes, receiptView } from '../../src/intake/package-routes.ts'
import { readSubmission } from '../../src/intake/read-submission.ts'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { type BodyBudget, createBodyBudget, usualBudgets } from '../../src/platform/body-budget.ts'
import { openDiskSpace } from '../../src/platform/disk-space.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { sweepUploads } from '../../src/uploads/sweep-uploads.ts'
import { createUploadFiles } from '../../src/uploads/upload-files.ts'
import { uploadRoutes } from '../../src/uploads/upload-routes.ts'
import { uploadedPackages } from '../../src/uploads/uploaded-packages.ts'
import { type RegistryApp, startRegistry } from '../registry/registry-app.ts'
import { openDeliveries } from '../support/delivery-policy.ts'
import { codes } from '../support/gateway-under-test-province.ts'
import { type Call, httpClient } from '../support/http-client.ts'
import { scratchFolder } from '../support/scratch.ts'

export interface UploadsApp {
  readonly url: string
  readonly call: Call
  readonly registry: RegistryApp & { readonly url: string }
  /** `systemId:secret` of the sender, and of somebody else. */
  readonly sender: string
  readonly stranger: string
  readonly blobFolder: string
  readonly uploadFolder: string
  readonly budget: BodyBudget
  /** As if the disk had so much room; undefined: as it has. */
  setSpace(space: StorageSpace | undefined): void
  /** Bytes a day for the sender; undefined: no limit. */
  setQuota(bytes: number | undefined): void
  /** What the sender has sent today. */
  usedBytes(): Promise<number>
  setOverload(refuse: (() => void) | undefined): void
  sweep(): Promise<number>
  close(): Promise<void>
}

export interface UploadsAppOptions {
  /** Bodies at once; as usual when absent. */
  readonly budgets?: typeof usualBudgets
  /** Where packages are kept; a folder of its own when absent. */
  readonly blobFolder?: string
  readonly packageBytesMax?: number
  /** Below this nothing is stored. */
  readonly reserveBytes?: number
}

const schemas = fileURLToPath(new URL('../../schemas/', import.meta.url))
const consoleFolder = fileURLToPath(new URL('../../src/console/', import.meta.url))

export async function startUploads(options: UploadsAppOptions = {}): Promise<UploadsApp> {
  const registry = await startRegistry()
  const folder = scratchFolder('uploads')
  const { db } = registry.open
  const clock = { now: () => new Date() }
  const blobFolder = options.blobFolder ?? join(folder.path, 'blobs')
  const uploadFolder = join(folder.path, 'uploads')
  const blobs = createFileBlobStore(blobFolder)
  const disk = openDiskSpace(blobFolder)
  let space: StorageSpace | undefined
  let bytesPerDay: number | undefined
  let overload: (() => void) | undefined
  const budget = createBodyBudget(options.budgets ?? usualBudgets)
  const quota = createByteQuota({
    ...{ db, clock, limitOf: (systemId) => (systemId === 'QLVB-SNV' ? bytesPerDay : undefined) },
    onFailure(error) {
      throw error
    },
  })
  const thresholds = { ...usualThresholds, reserveBytes: options.reserveBytes ?? usualThresholds.reserveBytes }
  const admit = createAdmission({
    ...{ budget, quota, thresholds, refuseWhenShort: () => overload?.() },
    disk: { space: async () => space ?? (await disk.space()), take: disk.take },
  })

  const limits = {
    packageBytesMax: options.packageBytesMax ?? 500_000_000,
    headerBytesMax: 1024 ** 2,
    attachmentsMax: 100,
  }
  const files = createUploadFiles(uploadFolder)
  const accepting = acceptingOptions(registry)
  const catalogue = loadCatalogue(`${schemas}errors`)
  const findingText = (finding: { code: string }) => finding.code
  const edge = await createEdge({
    routes: [
      packageRoutes({
        ...{ blobs, limits, findingText, admit, newId: uuidv7 },
        acceptPackage: (submission) => acceptPackage(submission, accepting),
        dryRunPackage: (submission) => dryRunPackage(submission, accepting),
        acceptStatus: async ({ read }) => {
          await read.stored
          return { isNew: true, statusId: read.packageId, body: () => ({ statusId: read.packageId }) }
        },
        uploads: {
          ...uploadedPackages({ db, files }),
          async receiptOf(packageId) {
            const { receipt } = await db
              .selectFrom('packages')
              .select('receipt')
              .where('package_id', '=', packageId)
              .executeTakeFirstOrThrow()
            return (language) => receiptView(repeat(receipt), findingText, language)
          },
        },
      }),
      statusRoutes({
        ...{ packageBytesMax: limits.packageBytesMax, admit, findingText },
        readBody: (body, trace, admission) =>
          readSubmission(body, uuidv7(), trace, { blobs, limits, ...(admission === undefined ? {} : { admission }) }),
        composeStatus: () => Promise.reject(new Error('statuses come as XML here')),
        // What becomes of a status is told elsewhere; here it only has to come in.
        async acceptStatus(submission) {
          await submission.stored
          throw new GatewayError('invalid', 'not_a_status')
        },
      }),
      uploadRoutes({
        ...{ db, files, newId: uuidv7, packageBytesMax: limits.packageBytesMax },
        admit: ({ systemId, bytes }) =>
          admit({ systemId, declaredBytes: bytes, facts: { kind: 'document', priority: 0 } }),
      }),
    ],
    ...{ catalogue, consoleFolder, schemasFolder: `${schemas}json`, version: '0' },
    logger: createLogger({ level: process.env.TEST_LOG_LEVEL ?? 'silent' }),
    authenticateSystem: registry.authentication.authenticate,
    authenticateOperator: () => Promise.resolve({ name: 'nobody' }),
    recordRefusal: () => Promise.resolve(),
  })
  const url = await edge.listen({ port: 0, host: '127.0.0.1' })
  const { sender, stranger } = await twoSystems(registry)
  return {
    ...{ url, call: httpClient(url), registry, sender, stranger, blobFolder, uploadFolder, budget },
    setSpace(next) {
      space = next
    },
    setQuota(bytes) {
      bytesPerDay = bytes
    },
    usedBytes: async () => (await quota.usage('QLVB-SNV')).usedBytes,
    setOverload(refuse) {
      overload = refuse
    },
    sweep: () => sweepUploads(db, files),
    async close() {
      await edge.close()
      await quota.close()
      await registry.close()
      folder.remove()
    },
  }
}

function acceptingOptions({ open: { db }, cache }: RegistryApp): AcceptPackageOptions {
  const nothing = async () => undefined
  const none = () => {
    throw new Error('nothing acts on another document here')
  }
  const commitOptions = {
    ...{ db, openDeliveries, newId: uuidv7, raiseUnknownRecipients: nothing, auditDeclarations: nothing },
  }
  return {
    ...commitOptions,
    ...{ existingDeliveries, initialState, axisCode: '000.00.00.H35', recipientsMax: 100 },
    directory: { current: () => cache.fresh(), refresh: () => cache.refresh() },
    clock: { now: () => new Date() },
    // In the form of a JWS; nobody checks it here.
    signReceipt: async (payload) => `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`,
    judge: async () => ({ findings: [], declared: [] }),
    deadlinesOf: async () => ({ findings: [] }),
    operations: { plan: none, apply: none },
    commit: createCommitAccepts(commitOptions),
    afterCommit: () => undefined,
  }
}

async function twoSystems(registry: RegistryApp): Promise<{ sender: string; stranger: string }> {
  const agency = async (name: string, code: string) =>
    await registry.call('POST', '/api/v1/admin/agencies', { body: { name, codes: [{ code }] } })
  await agency('Sở Nội vụ', codes.snv)
  await agency('Sở Tài chính', codes.stc)
  const system = async (systemId: string, code: string) => {
    const body = { systemId, name: systemId, agencies: [code], channel: 'mailbox' }
    const answer = await registry.call('POST', '/api/v1/admin/systems', { body })
    return `${systemId}:${answer.body.secret}`
  }
  return { sender: await system('QLVB-SNV', codes.snv), stranger: await system('QLVB-STC', codes.stc) }
}
