// A commit happened, its answer was lost, and the directory changed before the submission was judged again: what
// stands in the table is the truth, and its bytes stay whatever the sender is told.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { existingDeliveries } from '../../src/delivery/open-deliveries.ts'
import { initialState } from '../../src/domain/route.ts'
import { PackageReader } from '../../src/edxml/package-reader.ts'
import { type AcceptPackageOptions, acceptPackage } from '../../src/intake/accept-package.ts'
import { type CommitAccept, createCommitAccepts } from '../../src/intake/commit-accepts.ts'
import type { PackageSubmission } from '../../src/intake/make-accepted.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { openDeliveries } from '../support/delivery-policy.ts'
import {
  codes,
  deliveriesOf,
  documentTo,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(() => province?.close())

async function submission() {
  const [to = ''] = Object.values(codes).slice(1)
  const made = documentTo([to])
  const bytes = Buffer.from(made.xml)
  const reader = new PackageReader({ headerBytesMax: 1_000_000, attachmentsMax: 10, depthMax: 64 })
  reader.write(bytes)
  const { package: document } = reader.end()
  if (document.type !== 'edoc') throw new Error('no document')
  const discard = vi.fn(async () => undefined)
  const read = {
    ...{ packageId: uuidv7(), package: document, findings: [], size: bytes.length, discard },
    ...{ sha256: createHash('sha256').update(bytes).digest(), stored: Promise.resolve() },
    placeOf: (path: string) => reader.placeOf(path),
  }
  const basic = `Basic ${Buffer.from(province.snv.basic).toString('base64')}`
  const caller = await province.gateway.registry.authenticateSystem(basic)
  const whole: PackageSubmission = { caller, read, document }
  return { whole, discard, documentId: document.documentId ?? '' }
}

/** The real commit, after which the submission hears `stale_directory` for as long as `isLost` says. */
function optionsWith(isLost: (attempt: number) => boolean): AcceptPackageOptions {
  const { cache } = province.gateway.registry
  const nothing = { raiseUnknownRecipients: async () => undefined, auditDeclarations: async () => undefined }
  const base = { db: province.db, openDeliveries, ...nothing, newId: uuidv7 }
  const real = createCommitAccepts(base)
  let attempt = 0
  const commit: CommitAccept = async (accepted) => {
    const result = await real(accepted)
    attempt += 1
    return isLost(attempt) ? 'stale_directory' : result
  }
  return {
    ...{
      ...base,
      commit,
      existingDeliveries,
      initialState,
      clock: systemClock,
      axisCode: '000.00.00.H35',
      recipientsMax: 100,
    },
    directory: { current: () => cache.fresh(), refresh: () => cache.refresh() },
    signReceipt: async (payload) => `h.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.s`,
    afterCommit: () => undefined,
    judge: async () => ({ findings: [], declared: [] }),
    deadlinesOf: async () => ({ findings: [] }),
    operations: {
      plan: () => Promise.reject(new Error('a new document acts on no other')),
      apply: () => Promise.reject(new Error('a new document acts on no other')),
    },
  }
}

test('the receipt names the deliveries that were committed', async () => {
  const { whole, discard, documentId } = await submission()

  const { isNew, receipt } = await acceptPackage(
    whole,
    optionsWith((attempt) => attempt === 1),
  )

  const rows = await deliveriesOf(province, documentId)
  expect(isNew).toBe(true)
  expect(receipt.packageId).toBe(whole.read.packageId)
  expect(receipt.deliveries.map((d) => d.deliveryId)).toEqual(rows.map((row) => row.delivery_id))
  expect(discard).not.toHaveBeenCalled()
})

test('bytes stay when nobody can say whether they are named by a row', async () => {
  const { whole, discard, documentId } = await submission()

  await expect(
    acceptPackage(
      whole,
      optionsWith(() => true),
    ),
  ).rejects.toThrow('directory_changing')

  expect(await deliveriesOf(province, documentId)).toHaveLength(1)
  expect(discard).not.toHaveBeenCalled()
})
