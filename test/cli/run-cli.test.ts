import { afterEach, describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/command-table.ts'
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts'
import { tram } from './run-tram.ts'

let gateway: FakeGateway | undefined
afterEach(async () => {
  await gateway?.close()
  gateway = undefined
})

const refusal = {
  type: 'about:blank',
  title: 'Không đúng lược đồ',
  status: 422,
  code: 'schema_violation',
  ref: 'TC-7K3M-92',
  detail: 'Thiếu trích yếu văn bản.',
  next: 'Bổ sung Subject rồi gửi lại.',
  whoActs: 'sender',
  violations: [
    { path: 'edXMLHeader/MessageHeader/Subject', line: 12, column: 7, rule: 'subject_missing', expected: '1' },
  ],
}

describe('the command line', () => {
  it('lists all commands for an unknown one, and ends with 2', async () => {
    const run = await tram(['sned'])

    expect(run.code).toBe(2)
    expect(run.err).toContain('There is no command "sned"')
    for (const name of Object.keys(commands)) expect(run.err).toContain(name)
  })

  it('lists all commands for --help, and ends with 0', async () => {
    const run = await tram(['--help'])

    expect(run.code).toBe(0)
    expect(run.out).toContain('gửi một văn bản')
  })

  it('has none of the commands of later work', () => {
    const later = ['why', 'report', 'audit', 'evidence', 'conformance']

    expect(later.filter((name) => name in commands)).toEqual([])
  })

  it.each([
    'agency',
    'system',
    'send',
    'pull',
    'status',
    'track',
    'deliveries',
    'refusals',
    'edxml',
    'stats',
    'queues',
    'simulate',
    'bench',
  ])('explains %s with usage, options and examples', async (name) => {
    const run = await tram([name, '--help'])

    expect(run.code).toBe(0)
    expect(run.out).toContain(`tram ${name}: ${commands[name]?.summary.vi}`)
    expect(run.out).toMatch(/Usage:\n {2}tram /)
    expect(run.out).toContain('--json')
    expect(run.out).toMatch(/Examples:\n {2}npm run tram -- /)
  })

  it('says which option it does not know, and ends with 2', async () => {
    const run = await tram(['stats', '--colour'])

    expect(run.code).toBe(2)
    expect(run.err).toContain('--colour')
    expect(run.err).toContain('tram stats --help')
  })

  it('explains a refusal with reference, detail, next step and place, and ends with 1', async () => {
    gateway = await startFakeGateway({ 'GET /api/v1/admin/stats': () => ({ status: 422, json: refusal }) })

    const run = await tram(['stats', '--url', gateway.url, '--token', 't'])

    expect(run.code).toBe(1)
    expect(run.err).toContain('schema_violation (HTTP 422, mã tham chiếu · ref TC-7K3M-92)')
    expect(run.err).toContain('Thiếu trích yếu văn bản.')
    expect(run.err).toContain('Bổ sung Subject rồi gửi lại.')
    expect(run.err).toContain('12:7 edXMLHeader/MessageHeader/Subject: subject_missing')
  })

  it('gives the whole problem document as JSON when asked to', async () => {
    gateway = await startFakeGateway({ 'GET /api/v1/admin/stats': () => ({ status: 422, json: refusal }) })

    const run = await tram(['stats', '--json', '--url', gateway.url, '--token', 't'])

    expect(run.code).toBe(1)
    expect(JSON.parse(run.out)).toEqual({ error: refusal })
  })

  it('takes the answer of a proxy in between for a refusal too', async () => {
    gateway = await startFakeGateway({
      'GET /api/v1/admin/stats': () => ({ status: 502, body: '<h1>Bad gateway</h1>' }),
    })

    const run = await tram(['stats', '--url', gateway.url, '--token', 't'])

    expect(run.code).toBe(1)
    expect(run.err).toContain('http_502')
    expect(run.err).toContain('Bad gateway')
  })

  it('ends with 3 when nobody listens', async () => {
    gateway = await startFakeGateway({})
    const { url } = gateway
    await gateway.close()
    gateway = undefined

    const run = await tram(['stats', '--url', url, '--token', 't'])

    expect(run.code).toBe(3)
    expect(run.err).toContain('Không kết nối được tới trục')
  })

  it('names the file it looked for when there is no token', async () => {
    const run = await tram(['stats'], { DATA_DIR: '/nowhere' })

    expect(run.code).toBe(2)
    expect(run.err).toContain('/nowhere/keys/admin-token')
  })
})
