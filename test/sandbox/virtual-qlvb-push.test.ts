import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeDocumentPackage } from '../../src/edxml/write-package.ts'
import type { Reception } from '../../src/sandbox/virtual-qlvb-behaviour.ts'
import { onePagePdf } from '../../src/sandbox/virtual-qlvb-documents.ts'
import { Inbox, type TakenDelivery } from '../../src/sandbox/virtual-qlvb-inbox.ts'
import { listenForPushes, type PushListener } from '../../src/sandbox/virtual-qlvb-push.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const now = new Date('2026-11-20T01:00:00Z')
const letter = writeDocumentPackage({
  from: { organId: 'H35.12' },
  to: [{ organId: 'H35.15' }],
  documentId: 'H35.12,2026/11/20,743/VP',
  codeNumber: '743',
  codeNotation: 'VP',
  promulgationDate: '2026-11-20',
  documentType: { type: '2', typeName: 'Công văn' },
  subject: 'V/v thử',
  signer: { position: 'CHÁNH VĂN PHÒNG', fullName: 'Lò Thị Mai' },
  sentAt: now,
  attachments: [{ name: 'a.pdf', bytes: onePagePdf('THU') }],
})

let listener: PushListener
let inbox: Inbox
let reception: Reception
let taken: TakenDelivery[]

beforeEach(async () => {
  inbox = new Inbox()
  reception = 'take'
  taken = []
  const system = {
    systemId: 'QLVB-1',
    webhookSecrets: [secret],
    inbox,
    decide: () => reception,
    take: (delivery: TakenDelivery) => {
      inbox.take(delivery)
      taken.push(delivery)
    },
  }
  listener = await listenForPushes({
    host: '127.0.0.1',
    port: 0,
    systems: [system],
    now: () => now,
    log: () => undefined,
  })
})
afterEach(() => listener.close())

function push(id: string, options: { body?: Buffer; by?: string; headers?: Record<string, string> } = {}) {
  const body = options.body ?? letter
  return fetch(listener.urlOf('QLVB-1'), {
    method: 'POST',
    headers: {
      'content-type': 'application/edxml+xml',
      'webhook-id': id,
      'webhook-timestamp': String(now.getTime() / 1000),
      'webhook-signature': new Webhook(options.by ?? secret).sign(id, now, body.toString('utf8')),
      'tram-type': 'edoc',
      'tram-agency': 'H35.15',
      ...options.headers,
    },
    body: new Uint8Array(body),
  })
}

describe('a virtual system that is pushed to', () => {
  it('takes a signed package and enters it in its register', async () => {
    const answer = await push('d-1')

    expect(answer.status).toBe(204)
    expect(taken).toEqual([
      {
        deliveryId: 'd-1',
        type: 'edoc',
        kind: 'new',
        agencyCode: 'H35.15',
        senderCode: 'H35.12',
        documentId: 'H35.12,2026/11/20,743/VP',
        code: '743/VP',
        promulgationDate: '2026-11-20',
        subject: 'V/v thử',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        size: letter.length,
      },
    ])
  })

  it('answers 409 for a delivery it has, and takes it once', async () => {
    await push('d-1')

    const again = await push('d-1')

    expect(again.status).toBe(409)
    expect(taken).toHaveLength(1)
  })

  it('takes nothing under a wrong signature or none', async () => {
    const wrong = await push('d-1', { by: `whsec_${Buffer.alloc(32, 9).toString('base64')}` })
    const none = await fetch(listener.urlOf('QLVB-1'), { method: 'POST', body: new Uint8Array(letter) })

    expect([wrong.status, none.status]).toEqual([401, 401])
    expect(taken).toEqual([])
  })

  it('refuses with 422 and a reason a clerk can read', async () => {
    reception = 'refuse'

    const answer = await push('d-1')

    expect(answer.status).toBe(422)
    expect(await answer.json()).toEqual({ reason: expect.stringContaining('gửi nhầm') })
  })

  it('takes after a bad day what it failed to take before', async () => {
    reception = 'fault'
    expect((await push('d-1')).status).toBe(500)
    reception = 'take'

    expect((await push('d-1')).status).toBe(204)
  })

  it('refuses what it cannot read, and says which rule', async () => {
    const answer = await push('d-1', { body: Buffer.from('<not-edxml/>') })

    expect(answer.status).toBe(422)
    expect(await answer.json()).toEqual({ reason: expect.stringMatching(/^package cannot be read: \w+/) })
  })

  it('takes a report of the axis, and enters it in no register', async () => {
    const headers = { 'tram-type': 'report', 'content-type': 'application/json' }

    expect((await push('r-1', { body: Buffer.from('{"what":"delayed"}'), headers })).status).toBe(204)
    expect(taken).toEqual([])
  })

  it('answers a ping, and knows no other addresses', async () => {
    const ping = await push('p-1', { body: Buffer.from('{}'), headers: { 'tram-type': 'ping' } })
    const elsewhere = await fetch(`${listener.urlOf('QLVB-1')}x`, { method: 'POST' })

    expect([ping.status, elsewhere.status]).toEqual([204, 404])
  })
})
