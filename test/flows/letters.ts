// What the stories of this folder share: a sender that pulls, a receiver that is pushed to, and letters between them.
import { expect, vi } from 'vitest'
import type { Database } from '../../src/platform/database.ts'
import { edxml } from '../support/edxml-fixtures.ts'
import type { Call } from '../support/http-client.ts'
import type { PushSubscriber } from '../support/push-subscriber.ts'

let number = 0

/** A document of H35.12 to H35.14 that nobody has sent before. */
export function letter(to: readonly string[] = ['H35.14']): string {
  number += 1
  return edxml({
    from: '<e:From><e:OrganId>H35.12</e:OrganId><e:OrganName>Sở Nội vụ</e:OrganName></e:From>',
    to: to.map((code) => `<e:To><e:OrganId>${code}</e:OrganId></e:To>`).join('\n'),
    documentId: `<e:DocumentId>H35.12,2026/11/20,${number}/SNV-${process.pid}</e:DocumentId>`,
  })
}

export function partiesAt(pushUrl: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    agencies: [
      { name: 'Sở Nội vụ', codes: ['H35.12'] },
      { name: 'Sở Tài chính', codes: ['H35.14'] },
    ],
    systems: [
      { systemId: 'QLVB-SNV', agencies: ['H35.12'] },
      { systemId: 'QLVB-STC', agencies: ['H35.14'], channel: 'push' as const, pushUrl, ...more },
    ],
  }
}

/** Posts one letter and answers its delivery; fails the test unless it was accepted. */
export async function post(call: Call, basic: string): Promise<string> {
  const answer = await call('POST', '/api/v1/packages', { basic, type: 'application/edxml+xml', body: letter() })
  expect({ status: answer.status, body: answer.bytes.toString('utf8') }).toMatchObject({ status: 202 })
  return answer.body.deliveries[0].deliveryId
}

/** Resolves when every one of the deliveries is delivered. */
export async function untilDelivered(db: Database, deliveryIds: readonly string[], timeoutMs: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const rows = await db
        .selectFrom('deliveries')
        .select(['delivery_id', 'state', 'reason_code'])
        .where('delivery_id', 'in', [...deliveryIds])
        .where('state', '<>', 'delivered')
        .execute()
      expect(rows).toEqual([])
    },
    { timeout: timeoutMs, interval: 50 },
  )
}

/**
 * A delivery may be pushed again only when the result of an earlier push was not committed: then there are fewer
 * attempts on record than pushes received.
 */
export async function expectRepeatsOnlyOfLostResults(
  db: Database,
  subscriber: PushSubscriber,
  deliveryIds: readonly string[],
): Promise<string[]> {
  const repeated: string[] = []
  for (const deliveryId of deliveryIds) {
    const pushes = subscriber.of(deliveryId).length
    const attempts = await db
      .selectFrom('attempts')
      .select(['outcome'])
      .where('delivery_id', '=', deliveryId)
      .where('outcome', '=', 'delivered')
      .execute()
    expect({ deliveryId, committed: attempts.length }).toEqual({ deliveryId, committed: 1 })
    expect(pushes).toBeGreaterThan(0)
    if (pushes > 1) repeated.push(deliveryId)
  }
  return repeated
}
