// What a gateway writes when it accepts, recalls and hands over is what the checks of integrity expect to find.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFileBlobStore } from '../../src/platform/blobs.ts'
import { checkIntegrity } from '../../src/reports/check-integrity.ts'
import { verifyBlobs } from '../../src/reports/verify-blobs.ts'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  startProvince,
} from '../support/gateway-under-test-province.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(() => province.close())

test('finds nothing wrong after documents to every kind of recipient, a supplement, a status and a recall', async () => {
  const everybody = [
    codes.stc,
    codes.district,
    codes.ward,
    codes.alone,
    codes.paper,
    codes.merged,
    codes.split,
    'H35.99',
  ]
  const made = documentTo(everybody)
  const answer = await province.submit(province.snv.basic, made.xml)
  expectStatus(answer, 202)
  const supplement = documentTo([codes.stc, codes.snv], { id: made.documentId })
  await province.submit(province.snv.basic, supplement.xml)
  expectStatus(
    await province.call('POST', '/api/v1/status', {
      basic: province.shared.basic,
      body: { documentId: made.documentId, from: codes.stc, organId: codes.snv, code: '03' },
    }),
    202,
  )
  expectStatus(
    await province.call('POST', `/api/v1/packages/${answer.body.packageId}/recall`, {
      basic: province.snv.basic,
      body: { reason: 'Sai sót' },
    }),
    200,
  )

  const report = await checkIntegrity(province.gateway.db)
  const blobs = await verifyBlobs({
    db: province.gateway.db,
    blobs: createFileBlobStore(province.blobFolder),
    now: new Date(),
  })

  expect(report.checks.filter(({ count, failure }) => count > 0 || failure !== undefined)).toEqual([])
  expect(blobs).toMatchObject({ ok: true, missing: { count: 0 }, altered: { count: 0 } })
  expect(blobs.verified).toBeGreaterThan(1)
})
