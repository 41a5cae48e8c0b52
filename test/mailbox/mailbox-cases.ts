// A sender and receivers for tests of the mailbox and of what the two sides see of a document.
import { expect } from 'vitest'
import { type EdxmlFixture, edxml } from '../support/edxml-fixtures.ts'
import {
  type GatewayOptions,
  type GatewayUnderTest,
  type RegisteredSystem,
  startGateway,
} from '../support/gateway-under-test.ts'

export interface Sent {
  readonly packageId: string
  readonly deliveryIds: readonly string[]
  readonly documentId: string
  readonly bytes: Buffer
}

export interface Post extends GatewayUnderTest {
  readonly sender: RegisteredSystem
  readonly receiver: RegisteredSystem
  readonly stranger: RegisteredSystem
  /** A document of Sở Nội vụ, by default to Sở Tài chính; what it became. */
  send(fixture?: EdxmlFixture & { readonly to_?: readonly string[]; readonly priority?: number }): Promise<Sent>
  /** What waits for the receiver, or for another. */
  list(query?: string, basic?: string): Promise<{ items: Item[]; nextCursor: string | null }>
  /** Takes everything out of the receiver's mailbox, so that the next test finds it empty. */
  empty(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into items freely
export type Item = any

let number = 0

export async function startPost(options: GatewayOptions = {}): Promise<Post> {
  const gateway = await startGateway(options)
  const { systems } = await gateway.register({
    agencies: [
      { name: 'Sở Nội vụ', codes: ['H35.12', '000.00.12.H35'] },
      { name: 'Sở Tài chính', codes: ['H35.14', '000.00.14.H35'] },
      { name: 'UBND xã', codes: ['H35.20.5'] },
      { name: 'UBND huyện', codes: ['H35.20'] },
    ],
    systems: [
      { systemId: 'QLVB-SNV', agencies: ['H35.12'] },
      { systemId: 'QLVB-CHUNG', agencies: ['H35.14', 'H35.20.5'] },
      { systemId: 'QLVB-HUYEN', agencies: ['H35.20'] },
    ],
  })
  const [sender, receiver, stranger] = systems
  if (sender === undefined || receiver === undefined || stranger === undefined) throw new Error('not registered')

  return {
    ...gateway,
    ...{ sender, receiver, stranger },
    async send({ to_: to = ['H35.14'], priority, ...fixture } = {}) {
      number += 1
      const documentId = `H35.12,2026/11/20,${number}/SNV`
      const more = `<e:Code><e:CodeNumber>${number}</e:CodeNumber><e:CodeNotation>SNV</e:CodeNotation></e:Code>`
      const urgency = priority === undefined ? '' : `<e:OtherInfo><e:Priority>${priority}</e:Priority></e:OtherInfo>`
      const xml = edxml({
        from: '<e:From><e:OrganId>H35.12</e:OrganId><e:OrganName>Sở Nội vụ</e:OrganName></e:From>',
        to: to.map((code) => `<e:To><e:OrganId>${code}</e:OrganId></e:To>`).join('\n'),
        documentId: `<e:DocumentId>${documentId}</e:DocumentId>`,
        more: more + urgency,
        ...fixture,
      })
      const answer = await gateway.submit(sender.basic, xml)
      expect({ status: answer.status, body: answer.bytes.toString('utf8') }).toMatchObject({ status: 202 })
      const deliveryIds = answer.body.deliveries.map((d: { deliveryId: string }) => d.deliveryId)
      return { packageId: answer.body.packageId, deliveryIds, documentId, bytes: Buffer.from(xml) }
    },
    async list(query = '', basic = receiver.basic) {
      const answer = await gateway.call('GET', `/api/v1/mailbox${query === '' ? '' : `?${query}`}`, { basic })
      expect({ status: answer.status, body: answer.bytes.toString('utf8') }).toMatchObject({ status: 200 })
      return answer.body
    },
    async empty() {
      for (const { basic } of [receiver, sender, stranger]) {
        for (;;) {
          const { body } = await gateway.call('GET', '/api/v1/mailbox?limit=200', { basic })
          if (body.items.length === 0) break
          const deliveryIds = body.items.map((item: Item) => item.deliveryId)
          await gateway.call('POST', '/api/v1/mailbox/confirm', { basic, body: { deliveryIds } })
        }
      }
    },
  }
}
