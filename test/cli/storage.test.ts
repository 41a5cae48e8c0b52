import { afterEach, describe, expect, it } from 'vitest'
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts'
import { tram } from './run-tram.ts'

let gateway: FakeGateway
afterEach(() => gateway.close())

const held = {
  ...{ packages: 3, bytes: 1_500_000 },
  byState: [{ state: 'completed', packages: 3, bytes: 1_500_000 }],
  byKind: [{ kind: 'new', packages: 3, bytes: 1_500_000 }],
  byAge: [{ age: 'under_30_days', packages: 3, bytes: 1_500_000 }],
  bySender: [{ agencyId: 'a', organName: 'Sở Nội vụ', packages: 3, bytes: 1_500_000 }],
}
const report = {
  ...{ countedAt: '2026-11-20T08:00:00.000+07:00', complete: true, held, removed: { packages: 7, bytes: 0 } },
  ...{ freeable: { packages: 2, bytes: 900, complete: false }, legalHolds: 1, movedOut: 4 },
  disk: { freeBytes: 25, totalBytes: 100 },
}
const outcome = {
  dryRun: true,
  policyVersion: 0,
  complete: false,
  paused: false,
  content: held,
  movedOut: { packages: 4 },
}

describe('tram storage', () => {
  it('shows what is held, what would go and the room that is left', async () => {
    gateway = await startFakeGateway({ 'GET /api/v1/admin/storage': () => ({ json: report }) })

    const run = await tram(['storage', '--url', gateway.url, '--token', 't'])
    const asJson = await tram(['storage', '--url', gateway.url, '--token', 't', '--json'])

    expect(run.code).toBe(0)
    for (const text of ['1.5 MB', 'Sở Nội vụ', 'would free (≥)', '25 B / 100 B (25 %)', 'dưới 30 ngày']) {
      expect(run.out).toContain(text)
    }
    expect(JSON.parse(asJson.out)).toEqual(report)
  })

  it('only counts unless it is told to run', async () => {
    gateway = await startFakeGateway({ 'POST /api/v1/admin/retention/run': () => ({ json: outcome }) })
    const options = ['--url', gateway.url, '--token', 't']

    const counted = await tram(['storage', 'retention', ...options])
    const done = await tram(['storage', 'retention', '--run', ...options])

    const asked = gateway
      .callsTo('POST /api/v1/admin/retention/run')
      .map(({ body }) => JSON.parse(body.toString('utf8')))
    expect(asked).toEqual([{ dryRun: true }, { dryRun: false }])
    expect([counted.code, done.code]).toEqual([0, 0])
    expect(counted.out).toContain('Sẽ gỡ · would go: 3')
    expect(done.out).toContain('Đã gỡ · gone: 3')
  })

  it('does not guess what another word means', async () => {
    gateway = await startFakeGateway({})

    const run = await tram(['storage', 'retenton', '--url', gateway.url, '--token', 't'])

    expect(run.code).toBe(2)
    expect(gateway.calls).toEqual([])
  })
})
