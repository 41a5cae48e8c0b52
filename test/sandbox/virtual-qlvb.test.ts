import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeDocumentPackage } from '../../src/edxml/write-package.ts'
import { runVirtualSystems } from '../../src/sandbox/run-virtual.ts'
import { runVirtualQlvb, type VirtualQlvbOptions } from '../../src/sandbox/virtual-qlvb.ts'
import { onePagePdf } from '../../src/sandbox/virtual-qlvb-documents.ts'
import { type FakeGateway, type FakeHandlers, startFakeGateway } from '../cli/fake-gateway.ts'

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
  sentAt: new Date('2026-11-20T01:00:00Z'),
  attachments: [{ name: 'a.pdf', bytes: onePagePdf('THU') }],
})
const item = {
  deliveryId: 'd-1',
  packageId: 'p-1',
  type: 'edoc',
  kind: 'new',
  recipient: { organId: '000.00.15.H35', agencyCode: 'H35.15' },
  sha256: createHash('sha256').update(letter).digest('hex'),
  size: letter.length,
}

let gateway: FakeGateway | undefined
let stopping = new AbortController()
let running: Promise<void> | undefined

afterEach(async () => {
  stopping.abort()
  await running
  await gateway?.close()
  stopping = new AbortController()
  running = undefined
  gateway = undefined
})

/** A mailbox that offers one letter until it is confirmed or refused. */
function mailboxOf(handlers: FakeHandlers = {}): FakeHandlers {
  let isOpen = true
  const settle = () => {
    isOpen = false
    return { json: { deliveryId: 'd-1', state: 'delivered', deliveredAt: null } }
  }
  return {
    'GET /api/v1/mailbox': async () => {
      if (isOpen) return { json: { items: [item], nextCursor: null } }
      await new Promise((resolve) => setTimeout(resolve, 20))
      return { json: { items: [], nextCursor: null } }
    },
    'GET /api/v1/mailbox/d-1/package': () => ({ body: letter }),
    'POST /api/v1/mailbox/d-1/confirm': settle,
    'POST /api/v1/mailbox/d-1/refuse': settle,
    'POST /api/v1/status': () => ({ status: 202, json: { statusId: 's', sha256: 'ab' } }),
    'GET /api/v1/me': () => ({ json: { agencies: [{ code: 'H35.15', name: 'Sở Tư pháp' }] } }),
    ...handlers,
  }
}

async function start(handlers: FakeHandlers, options: Partial<VirtualQlvbOptions> = {}): Promise<FakeGateway> {
  gateway = await startFakeGateway(handlers)
  running = runVirtualQlvb({
    gatewayUrl: gateway.url,
    systems: [{ systemId: 'QLVB-1', secret: 's', webhookSecrets: [] }],
    behaviour: { sendEveryMs: 0, replyDelayMs: 1, errorRate: 0, refuseRate: 0 },
    signal: stopping.signal,
    log: () => undefined,
    ...options,
  })
  return gateway
}

const within = { timeout: 10_000, interval: 20 }

describe('a virtual system with a mailbox', () => {
  it('confirms what it took and reports 01, 03, 04, 05, 06 in order, in both forms', async () => {
    // Chances in turn decide the form of each status.
    let turn = 0
    const fake = await start(mailboxOf(), { chance: () => (turn++ % 2 === 0 ? 0.9 : 0.1) })

    await vi.waitFor(() => expect(fake.callsTo('POST /api/v1/status').length).toBeGreaterThanOrEqual(4), within)

    expect(fake.callsTo('POST /api/v1/mailbox/d-1/confirm')).toHaveLength(1)
    const statuses = fake.callsTo('POST /api/v1/status').map((call) => ({
      isXml: call.headers['content-type'] === 'application/edxml+xml',
      text: call.body.toString(),
    }))
    const codes = statuses.map(({ text }) => /StatusCode>(\d\d)|"code":"(\d\d)"/.exec(text)?.slice(1).join(''))
    expect(codes.slice(0, 3)).toEqual(['01', '03', '04'])
    const xml = statuses.find(({ isXml }) => isXml)
    expect(xml?.text).toContain('<edXML:OrganId>H35.12</edXML:OrganId>')
    expect(xml?.text).toContain('H35.12,2026/11/20,743/VP')
    const json: unknown = JSON.parse(statuses.find(({ isXml }) => !isXml)?.text ?? '')
    expect(json).toMatchObject({ deliveryId: 'd-1', from: 'H35.15' })
  })

  it('refuses at its rate, and fetches nothing then', async () => {
    const behaviour = { sendEveryMs: 0, replyDelayMs: 1, errorRate: 0, refuseRate: 1 }
    const fake = await start(mailboxOf(), { behaviour, chance: () => 0.1 })

    await vi.waitFor(() => expect(fake.callsTo('POST /api/v1/mailbox/d-1/refuse')).toHaveLength(1), within)

    expect(JSON.parse(fake.callsTo('POST /api/v1/mailbox/d-1/refuse')[0]?.body.toString() ?? '')).toEqual({
      reason: expect.stringMatching(/\S/),
    })
    expect(fake.callsTo('GET /api/v1/mailbox/d-1/package')).toEqual([])
  })

  it('confirms a report of the axis and reports nothing about it', async () => {
    const acts: string[] = []
    let isOpen = true
    const told = mailboxOf({
      'GET /api/v1/mailbox': async () => {
        if (isOpen) return { json: { items: [{ ...item, type: 'report', kind: 'report' }], nextCursor: null } }
        await new Promise((resolve) => setTimeout(resolve, 20))
        return { json: { items: [], nextCursor: null } }
      },
      'GET /api/v1/mailbox/d-1/package': () => ({ json: { type: 'report', what: 'undelivered' } }),
      'POST /api/v1/mailbox/d-1/confirm': () => {
        isOpen = false
        return { json: { deliveryId: 'd-1', state: 'delivered', deliveredAt: null } }
      },
    })
    const fake = await start(told, { log: (act) => acts.push(act) })

    await vi.waitFor(() => expect(acts).toContain('told'), within)

    expect(fake.callsTo('POST /api/v1/mailbox/d-1/refuse')).toEqual([])
    expect(fake.callsTo('POST /api/v1/status')).toEqual([])
  })

  it('leaves damaged bytes unconfirmed', async () => {
    const acts: string[] = []
    const damaged = mailboxOf({ 'GET /api/v1/mailbox/d-1/package': () => ({ body: writeOther() }) })
    const fake = await start(damaged, { log: (act) => acts.push(act) })

    await vi.waitFor(() => expect(acts).toContain('damaged'), within)

    expect(fake.callsTo('POST /api/v1/mailbox/d-1/confirm')).toEqual([])
  })

  it('goes on after a delivery that was recalled under its hands', async () => {
    const acts: string[] = []
    const gone = mailboxOf({
      'GET /api/v1/mailbox/d-1/package': () => ({ status: 410, json: { title: 'x', code: 'recalled' } }),
    })
    const fake = await start(gone, { log: (act) => acts.push(act) })

    await vi.waitFor(() => expect(acts.filter((act) => act === 'gone').length).toBeGreaterThan(1), within)

    expect(fake.callsTo('POST /api/v1/mailbox/d-1/confirm')).toEqual([])
  })

  it('waits for a gateway that is away, and loses no status over it', async () => {
    let isAway = true
    const acts: string[] = []
    const moody = mailboxOf({
      'POST /api/v1/status': () =>
        isAway
          ? { status: 503, json: { title: 'x', code: 'unavailable' } }
          : { status: 202, json: { statusId: 's', sha256: 'ab' } },
    })
    const fake = await start(moody, { log: (act) => acts.push(act), chance: () => 0.9 })
    await vi.waitFor(() => expect(acts).toContain('wait'), within)
    isAway = false

    await vi.waitFor(() => expect(acts.filter((act) => act === 'reported')).toHaveLength(5), within)

    const accepted = fake.callsTo('POST /api/v1/status').slice(-5)
    expect(accepted.map((call) => /"code":"(\d\d)"/.exec(call.body.toString())?.[1])).toEqual([
      '01',
      '03',
      '04',
      '05',
      '06',
    ])
  })
})

describe('a virtual system that sends', () => {
  it('writes documents to other connected agencies, each under a number of its own', async () => {
    const known = [
      { agencyId: '1', code: 'H35.15', name: 'Sở Tư pháp', connected: true },
      { agencyId: '2', code: 'H35.16', name: 'Sở Y tế', connected: true },
      { agencyId: '3', code: 'H35.17', name: 'Chưa liên thông', connected: false },
    ]
    const receipt = { packageId: 'p', sha256: 'ab', size: 1, acceptedAt: 'x' }
    const fake = await start(
      mailboxOf({
        'GET /api/v1/agencies': () => ({ json: { items: known } }),
        'POST /api/v1/packages': () => ({ status: 202, json: receipt }),
      }),
      { behaviour: { sendEveryMs: 150, replyDelayMs: 1, errorRate: 0, refuseRate: 0 } },
    )

    await vi.waitFor(() => expect(fake.callsTo('POST /api/v1/packages').length).toBeGreaterThanOrEqual(2), within)

    const packages = fake.callsTo('POST /api/v1/packages').map((call) => call.body.toString())
    for (const xml of packages) {
      expect(xml).toMatch(/<edXML:From>\s*<edXML:OrganId>H35\.15</)
      expect([...xml.matchAll(/<edXML:To>\s*<edXML:OrganId>([^<]+)/g)].map(([, code]) => code)).toEqual(['H35.16'])
    }
    const ids = packages.map((xml) => /<edXML:DocumentId>([^<]+)/.exec(xml)?.[1])
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('the systems of the sandbox', () => {
  it('register where they take pushes, and leave all other settings as they are', async () => {
    const record = {
      systemId: 'SO-Y-TE',
      name: 'QLVB Sở Y tế',
      channel: 'push',
      agencies: [{ agencyId: 'a-1', code: 'H35.16', name: 'Sở Y tế' }],
      sendsFor: [],
      pushUrl: 'http://127.0.0.1:1/',
      pushStyle: 'package',
      concurrency: 4,
      contacts: [{ name: 'Lò Thị Mai' }],
      credentials: [],
      createdAt: 'x',
    }
    const fake = await startFakeGateway({
      'GET /api/v1/admin/systems/SO-Y-TE': () => ({ json: record }),
      'PUT /api/v1/admin/systems/SO-Y-TE': () => ({ json: record }),
      ...mailboxOf(),
    })
    gateway = fake
    running = runVirtualSystems({
      gatewayUrl: fake.url,
      adminToken: 't0ken',
      systems: [{ systemId: 'SO-Y-TE', secret: 's', webhookSecret: 'whsec_AAAA', channel: 'push' }],
      signal: stopping.signal,
      log: () => undefined,
    })

    await vi.waitFor(() => expect(fake.callsTo('PUT /api/v1/admin/systems/SO-Y-TE')).toHaveLength(1), within)

    const [put] = fake.callsTo('PUT /api/v1/admin/systems/SO-Y-TE')
    expect(put?.headers.authorization).toBe('Bearer t0ken')
    expect(JSON.parse(put?.body.toString() ?? '')).toEqual({
      name: 'QLVB Sở Y tế',
      channel: 'push',
      agencies: ['a-1'],
      sendsFor: [],
      pushStyle: 'package',
      concurrency: 4,
      contacts: [{ name: 'Lò Thị Mai' }],
      pushUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/qlvb\/SO-Y-TE$/),
    })
  })
})

function writeOther(): Buffer {
  return Buffer.from(letter.toString('utf8').replace('V/v thử', 'V/v khác'))
}
