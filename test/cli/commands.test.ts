import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FakeGateway, type FakeHandlers, startFakeGateway } from './fake-gateway.ts'
import { tram } from './run-tram.ts'

let gateway: FakeGateway
let folder: string
let url: string
const asSystem = ['--system', 'QLVB-1', '--secret', 's3cret']

async function fake(handlers: FakeHandlers): Promise<void> {
  gateway = await startFakeGateway(handlers)
  url = gateway.url
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tram-cli-'))
})
afterEach(async () => {
  await gateway.close()
  await rm(folder, { recursive: true })
})

function hex(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function receiptFor(body: Buffer, more: object = {}) {
  return {
    packageId: '019a9e1c-6f0a-7d52-8a5e-0c9b7b1a2d3e',
    documentId: 'H35.12,2026/11/20,1/VP',
    kind: 'new',
    sha256: hex(body),
    size: body.length,
    acceptedAt: '2026-11-20T08:00:00.000+07:00',
    recipients: [
      { organId: 'H35.15', outcome: 'queued', deliveryId: 'd-1' },
      {
        organId: 'H35.99',
        outcome: 'held',
        reason: 'unknown_agency',
        suggestions: [{ code: 'H35.9', name: 'Sở Nội vụ' }],
      },
    ],
    deliveries: [],
    receipt: 'header.payload.signature',
    ...more,
  }
}

describe('tram send', () => {
  it('posts the file as it is and shows what became of each recipient', async () => {
    await fake({ 'POST /api/v1/packages': ({ body }) => ({ status: 202, json: receiptFor(body) }) })
    const file = join(folder, 'van-ban.edxml')
    await writeFile(file, '<edXML/>')

    const run = await tram(['send', file, '--key', 'k-1', '--url', url, ...asSystem])

    expect(run.code).toBe(0)
    expect(run.out).toContain('đã xếp hàng (queued)')
    expect(run.out).toContain('không có mã này trong danh bạ (unknown_agency)')
    expect(run.out).toContain('did you mean H35.9 (Sở Nội vụ)?')
    const [call] = gateway.calls
    expect(call?.body.toString()).toBe('<edXML/>')
    expect(call?.headers).toMatchObject({
      'content-type': 'application/edxml+xml',
      'content-length': '8',
      'idempotency-key': 'k-1',
      authorization: `Basic ${Buffer.from('QLVB-1:s3cret').toString('base64')}`,
    })
  })

  it('gives scripts the whole answer, the signed receipt too', async () => {
    await fake({ 'POST /api/v1/packages': ({ body }) => ({ status: 202, json: receiptFor(body) }) })
    const file = join(folder, 'van-ban.edxml')
    await writeFile(file, '<edXML/>')

    const run = await tram(['send', file, '--json', '--url', url], { TRAM_SYSTEM: 'QLVB-1', TRAM_SECRET: 's' })

    expect(JSON.parse(run.out)).toEqual(receiptFor(Buffer.from('<edXML/>')))
  })

  it('does not trust a first receipt for other bytes', async () => {
    await fake({
      'POST /api/v1/packages': ({ body }) => ({ status: 202, json: receiptFor(body, { sha256: hex('x') }) }),
    })
    const file = join(folder, 'van-ban.edxml')
    await writeFile(file, '<edXML/>')

    const run = await tram(['send', file, '--url', url, ...asSystem])

    expect(run.code).toBe(1)
    expect(run.err).toContain('other bytes')
  })

  it('says that a repeat got the first receipt, whatever bytes that names', async () => {
    await fake({
      'POST /api/v1/packages': ({ body }) => ({ status: 200, json: receiptFor(body, { sha256: hex('x') }) }),
    })
    const file = join(folder, 'van-ban.edxml')
    await writeFile(file, '<edXML/>')

    const run = await tram(['send', file, '--url', url, ...asSystem])

    expect(run.code).toBe(0)
    expect(run.out).toContain('this is the first receipt')
  })

  it('makes a package from words and a file', async () => {
    await fake({ 'POST /api/v1/packages': ({ body }) => ({ status: 202, json: receiptFor(body) }) })
    const pdf = join(folder, 'Công văn.pdf')
    await writeFile(pdf, '%PDF-1.4 thử')
    const words = [
      '--from',
      'H35.12',
      '--to',
      'H35.15',
      '--to',
      'H35.16',
      '--subject',
      'V/v họp <gấp>',
      '--attach',
      pdf,
    ]

    const run = await tram([
      'send',
      '--make',
      ...words,
      '--number',
      '7',
      '--date',
      '2026-11-20',
      '--url',
      url,
      ...asSystem,
    ])

    expect(run.code).toBe(0)
    const xml = gateway.calls[0]?.body.toString() ?? ''
    expect(xml).toContain('H35.12,2026/11/20,7/UBND-VP')
    expect(xml).toContain('V/v họp &lt;gấp&gt;')
    expect(xml).toContain('Công văn.pdf')
    expect(xml.match(/<edXML:To>/g)).toHaveLength(2)
  })

  it.each([
    [['--make', '--from', 'A', '--subject', 'x'], '--to is needed'],
    [['--make', '--from', 'A', '--to', 'B', '--subject', 'x'], '--attach is needed'],
    [[], 'the file (or --make) is missing'],
    [['no-such-file.edxml'], 'cannot be read'],
  ])('ends with 2 for %j', async (words, reason) => {
    await fake({})

    const run = await tram(['send', ...words, '--url', url, ...asSystem])

    expect(run.code).toBe(2)
    expect(run.err).toContain(reason)
  })
})

describe('tram pull', () => {
  const bytes = Buffer.from('<edXML>đây</edXML>')
  const item = {
    deliveryId: '019a9e1c-0000-7000-8000-000000000001',
    packageId: 'p-1',
    type: 'edoc',
    kind: 'new',
    from: 'H35.12',
    to: 'H35.15',
    recipient: { organId: 'H35.15', agencyCode: 'H35.15' },
    documentId: 'x',
    code: '../743/UBND: KSTT',
    subject: 'V/v thử',
    priority: 0,
    sha256: hex(bytes),
    size: bytes.length,
    availableAt: '2026-11-20T08:00:00.000+07:00',
    fetchedAt: null,
  }
  const path = `/api/v1/mailbox/${item.deliveryId}`
  const serve = (served: Buffer, headers: Record<string, string> = {}): FakeHandlers => ({
    'GET /api/v1/mailbox': () => ({ json: { items: [item], nextCursor: null } }),
    [`GET ${path}/package`]: () => ({ body: served, headers }),
    [`POST ${path}/confirm`]: () => ({ json: { deliveryId: item.deliveryId, state: 'delivered', deliveredAt: null } }),
  })

  it('lists what waits, and confirms nothing', async () => {
    await fake(serve(bytes))

    const run = await tram(['pull', '--wait', '90s', '--type', 'edoc', '--url', url, ...asSystem])

    expect(run.code).toBe(0)
    expect(run.out).toContain('V/v thử')
    expect(gateway.calls).toHaveLength(1)
    // 60 seconds is the longest wait that the gateway grants.
    expect(Object.fromEntries(gateway.calls[0]?.query ?? [])).toEqual({ limit: '50', type: 'edoc', wait: '60' })
  })

  it('writes files with harmless names, checks the digest, then confirms', async () => {
    const digest = `sha-256=${createHash('sha256').update(bytes).digest('base64')}`
    await fake(serve(bytes, { digest, etag: `"${hex(bytes)}"` }))

    const run = await tram(['pull', '--fetch', folder, '--confirm', '--url', url, ...asSystem])

    expect(run.code).toBe(0)
    expect(await readdir(folder)).toEqual([`743-UBND-KSTT.${item.deliveryId}.edxml`])
    expect(await readFile(join(folder, `743-UBND-KSTT.${item.deliveryId}.edxml`))).toEqual(bytes)
    expect(gateway.calls.map((call) => `${call.method} ${call.path}`)).toEqual([
      'GET /api/v1/mailbox',
      `GET ${path}/package`,
      `POST ${path}/confirm`,
    ])
  })

  it('keeps no file and confirms nothing when the bytes are damaged', async () => {
    await fake(serve(Buffer.from('<edXML>other</edXML>')))

    const run = await tram(['pull', '--fetch', folder, '--confirm', '--url', url, ...asSystem])

    expect(run.code).toBe(1)
    expect(run.err).toContain('the mailbox list says')
    expect(await readdir(folder)).toEqual([])
    expect(gateway.callsTo(`POST ${path}/confirm`)).toEqual([])
  })

  it('does not believe a digest header that names other bytes', async () => {
    await fake(serve(bytes, { etag: `"${hex('other')}"` }))

    const run = await tram(['pull', '--fetch', folder, '--confirm', '--url', url, ...asSystem])

    expect(run.code).toBe(1)
    expect(run.err).toContain('ETag says')
  })

  it('does not fetch a second time what lies there whole, and confirms it', async () => {
    await fake(serve(bytes))
    await tram(['pull', '--fetch', folder, '--url', url, ...asSystem])

    const run = await tram(['pull', '--fetch', folder, '--confirm', '--url', url, ...asSystem])

    expect(run.code).toBe(0)
    expect(gateway.callsTo(`GET ${path}/package`)).toHaveLength(1)
    expect(gateway.callsTo(`POST ${path}/confirm`)).toHaveLength(1)
  })
})

describe('tram status', () => {
  it('sends the status as JSON', async () => {
    await fake({ 'POST /api/v1/status': () => ({ status: 202, json: { statusId: 's-1', sha256: 'ab' } }) })

    const words = ['--delivery', 'd-1', '--from', 'H35.15', '--code', '03', '--name', 'Trần Thị B']
    const run = await tram(['status', ...words, '--url', url, ...asSystem])

    expect(run.code).toBe(0)
    expect(run.out).toContain('03 đã tiếp nhận (s-1)')
    const sent: unknown = JSON.parse(gateway.calls[0]?.body.toString() ?? '')
    expect(sent).toEqual({ deliveryId: 'd-1', from: 'H35.15', code: '03', staff: { name: 'Trần Thị B' } })
  })

  it('wants to know why for the codes that need a reason', async () => {
    await fake({})

    const run = await tram(['status', '--delivery', 'd', '--from', 'A', '--code', '02', '--url', url, ...asSystem])

    expect(run.code).toBe(2)
    expect(run.err).toContain('status 02 needs --description')
    expect(gateway.calls).toEqual([])
  })
})

describe('commands of operators', () => {
  const asOperator = ['--token', 't0ken']

  it('registers a system and shows its secrets', async () => {
    const made = { systemId: 'QLVB-9', secret: 'abc', webhookSecret: 'whsec_def' }
    await fake({ 'POST /api/v1/admin/systems': () => ({ status: 201, json: made }) })

    const words = [
      'QLVB-9',
      '--name',
      'QLVB Sở Y tế',
      '--agency',
      'H35.12',
      '--channel',
      'push',
      '--push-url',
      'http://x/',
    ]
    const run = await tram(['system', 'add', ...words, '--url', url, ...asOperator])

    expect(run.code).toBe(0)
    expect(run.out).toMatch(/secret +abc/)
    expect(run.out).toMatch(/webhookSecret +whsec_def/)
    expect(gateway.calls[0]?.headers.authorization).toBe('Bearer t0ken')
    expect(JSON.parse(gateway.calls[0]?.body.toString() ?? '')).toEqual({
      systemId: 'QLVB-9',
      name: 'QLVB Sở Y tế',
      agencies: ['H35.12'],
      channel: 'push',
      pushUrl: 'http://x/',
    })
  })

  it('reads all pages of the directory', async () => {
    const agency = (n: number) => ({
      agencyId: `a-${n}`,
      name: `Sở ${n}`,
      code: `H35.${n}`,
      codes: [{ code: `H35.${n}` }],
      kind: 'state',
      connected: n !== 2,
    })
    await fake({
      'GET /api/v1/admin/agencies': ({ query }) =>
        query.get('cursor') === 'next'
          ? { json: { items: [agency(2)] } }
          : { json: { items: [agency(1)], nextCursor: 'next' } },
    })

    const run = await tram(['agency', 'list', '--query', 'sở', '--url', url, ...asOperator])

    expect(run.out).toMatch(/H35\.1 +Sở 1 +state +có/)
    expect(run.out).toMatch(/H35\.2 +Sở 2 +state +chưa/)
    expect(run.out).toContain('2 cơ quan')
  })

  it('imports a table and names the rows that are wrong, ending with 1', async () => {
    const problems = [{ line: 3, column: 'Loại', rule: 'import_kind_unknown', found: 'xã' }]
    const result = { dryRun: true, rows: 2, created: 1, updated: 0, unchanged: 0, problems }
    await fake({ 'POST /api/v1/admin/agencies/import': () => ({ json: result }) })
    const file = join(folder, 'co-quan.csv')
    await writeFile(file, 'code,name\n')

    const run = await tram(['agency', 'import', file, '--dry-run', '--url', url, ...asOperator])

    expect(run.code).toBe(1)
    expect(run.out).toContain('2 dòng: thêm 1, sửa 0, giữ nguyên 0')
    expect(run.out).toMatch(/3 +Loại +import_kind_unknown +xã/)
    expect(gateway.calls[0]?.query.get('dryRun')).toBe('true')
    expect(gateway.calls[0]?.headers['content-type']).toBe('text/csv')
  })

  it('asks for deliveries with its filters and retries one', async () => {
    const row = {
      deliveryId: 'd-1',
      packageId: 'p-1',
      organId: 'H35.15',
      state: 'exhausted',
      attempts: 8,
      subject: 'V/v\nthử',
      reason: { code: 'unreachable', text: null },
    }
    await fake({
      'GET /api/v1/admin/deliveries': () => ({ json: { items: [row], nextCursor: null } }),
      'POST /api/v1/admin/deliveries/d-1/retry': () => ({ status: 202, json: { deliveryId: 'd-1', state: 'waiting' } }),
    })

    const list = await tram([
      'deliveries',
      '--state',
      'exhausted',
      '--query',
      '743',
      '--limit',
      '10',
      '--url',
      url,
      ...asOperator,
    ])
    const retry = await tram(['deliveries', 'retry', 'd-1', '--url', url, ...asOperator])

    expect(Object.fromEntries(gateway.calls[0]?.query ?? [])).toEqual({ state: 'exhausted', q: '743', limit: '10' })
    expect(list.out).toContain('hết lượt gửi (exhausted)')
    expect(list.out).toContain('V/v thử')
    expect(retry.code).toBe(0)
    expect(retry.out).toContain('d-1: sẽ gửi lại')
  })

  it('shows counts and, for scripts, exactly what was answered', async () => {
    const stats = {
      packages: 3,
      statuses: 2,
      deliveries: { byState: { waiting: 5 } },
      oldestWaitingSeconds: null,
      refusals24h: 0,
    }
    await fake({ 'GET /api/v1/admin/stats': () => ({ json: stats }) })

    const people = await tram(['stats', '--url', url, ...asOperator])
    const scripts = await tram(['stats', '--json', '--url', url, ...asOperator])

    expect(people.out).toMatch(/chờ gửi \(waiting\) +5/)
    expect(people.out).toContain('không có · none')
    expect(JSON.parse(scripts.out)).toEqual(stats)
  })

  it('puts the lane that waits longest first', async () => {
    const lane = { channel: 'push', depth: 1, inFlight: 0, ratePerMinute: 0, breaker: 'closed', name: 'x' }
    const queues = [
      { ...lane, systemId: 'IDLE', oldestAgeSeconds: null },
      { ...lane, systemId: 'STUCK', oldestAgeSeconds: 7_500, breaker: 'open', lastFault: 'HTTP 500' },
    ]
    await fake({ 'GET /api/v1/admin/queues': () => ({ json: { queues } }) })

    const run = await tram(['queues', '--url', url, ...asOperator])

    expect(run.out.indexOf('STUCK')).toBeLessThan(run.out.indexOf('IDLE'))
    expect(run.out).toMatch(/STUCK .*2h05.*NGẮT/)
  })
})

describe('tram track', () => {
  it('shows each delivery, failed attempts and the timeline', async () => {
    const view = {
      packageId: 'p-1',
      code: '743/UBND',
      subject: 'V/v thử',
      state: 'completed_with_failures',
      deliveries: [
        {
          deliveryId: 'd-1',
          organId: 'H35.15',
          systemId: 'QLVB-2',
          channel: 'push',
          state: 'exhausted',
          businessStatus: null,
          reason: { code: 'unreachable', text: 'Không kết nối được', since: 'x', whoActs: 'receiver' },
          nextAttemptAt: null,
          attempts: [
            {
              attempt: 1,
              startedAt: '2026-11-20T08:00:01.000+07:00',
              outcome: 'unreachable',
              httpStatus: 500,
              detail: 'Internal error',
            },
          ],
        },
      ],
      timeline: [{ at: '2026-11-20T08:00:00.000+07:00', type: 'package.accepted' }],
    }
    await fake({ 'GET /api/v1/packages/p-1': () => ({ json: view }) })

    const run = await tram(['track', 'p-1', '--url', url, ...asSystem])

    expect(run.out).toContain('743/UBND: V/v thử')
    expect(run.out).toContain('hết lượt gửi (exhausted)')
    expect(run.out).toMatch(/H35\.15 +1 +2026-11-20 08:00:01 +unreachable +500 +Internal error/)
    expect(run.out).toMatch(/2026-11-20 08:00:00 +package\.accepted/)
  })
})

describe('tram simulate qlvb', () => {
  it('ends by itself after the time it was given', async () => {
    await fake({
      'GET /api/v1/me': () => ({ json: { agencies: [] } }),
      'GET /api/v1/mailbox': async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return { json: { items: [], nextCursor: null } }
      },
    })

    const run = await tram(['simulate', 'qlvb', '--send-every', '0', '--for', '200ms', '--url', url, ...asSystem])

    expect(run.code).toBe(0)
  })

  it('says at once that the secret is wrong', async () => {
    const json = { title: 'Chưa xác thực được hệ thống gửi', code: 'unauthenticated' }
    await fake({ 'GET /api/v1/me': () => ({ status: 401, json }) })

    const run = await tram(['simulate', 'qlvb', '--url', url, ...asSystem])

    expect(run.code).toBe(1)
    expect(run.err).toContain('unauthenticated')
  })
})
