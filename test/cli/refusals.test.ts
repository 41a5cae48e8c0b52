import { afterEach, describe, expect, it } from 'vitest'
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts'
import { tram } from './run-tram.ts'

let gateway: FakeGateway | undefined
afterEach(async () => {
  await gateway?.close()
  gateway = undefined
})

const refusal = {
  ...{ ref: 'TC-7K3M-92', at: '2026-11-20T08:00:00.000+07:00', face: 'rest', path: '/api/v1/packages' },
  ...{ systemId: 'QLVB-SYT', authenticated: true, organId: 'H35.16', documentId: 'H35.16,2026/11/20,7/SYT' },
  ...{ sha256: 'ab'.repeat(32), size: 61_234, httpStatus: 422, problemCode: 'no_known_recipient' },
  title: 'Không xác định được nơi nhận nào',
  detail: 'Không có cơ quan nào mang mã: H35.98',
  cause: 'Mã viết sai.',
  next: 'Sửa mã nơi nhận rồi gửi lại.',
  whoActs: 'sender',
  violations: [
    {
      ...{ path: 'edXMLHeader/MessageHeader/To[1]/OrganId', line: 12, column: 7, rule: 'unknown_agency' },
      ...{ message: 'Mã cơ quan chưa có trong danh bạ', found: 'H35.98', expected: 'H35.9' },
    },
  ],
  laterAcceptedAs: '019a9e1c-6f0a-7d52-8a5e-0c9b7b1a2d3e',
  laterAcceptedAt: '2026-11-20T09:30:00.000+07:00',
}
const claimed = {
  ...{ ref: 'TC-2222-22', at: '2026-11-20T07:00:00.000+07:00', face: 'rest', path: '/api/v1/packages' },
  ...{ systemId: 'QLVB-SYT', authenticated: false, httpStatus: 401, problemCode: 'unauthenticated' },
  ...{ title: 'x', detail: 'Chưa xác thực được', next: 'y', whoActs: 'sender', violations: [] },
}

async function run(...words: string[]) {
  gateway = await startFakeGateway({
    'GET /api/v1/admin/refusals': () => ({ json: { items: [refusal, claimed], nextCursor: null } }),
    'GET /api/v1/admin/refusals/*': ({ path }) =>
      path.endsWith('/TC-7K3M-92') || path.endsWith('/tc%207k3m%2092')
        ? { json: refusal }
        : { status: 404, json: { title: 'Không tìm thấy', code: 'refusal_not_found', detail: 'Không có' } },
  })
  return tram(['refusals', ...words, '--url', gateway.url, '--token', 't'])
}

describe('tram refusals', () => {
  it('lists them with reference, system, document and what became of it', async () => {
    const { code, out } = await run()

    expect(code).toBe(0)
    const [first = '', second = ''] = out.split('\n').slice(1)
    expect(first).toMatch(/^TC-7K3M-92 {2}2026-11-20 08:00:00 {2}QLVB-SYT +H35\.16 .*no_known_recipient.*đã nhận$/)
    expect(second).toMatch(/^TC-2222-22 .*QLVB-SYT \(chưa xác thực\) +- +- +unauthenticated/)
    expect(out).toContain('2 dòng')
  })

  it('asks for what the options say; a day begins in Vietnam', async () => {
    const words = ['--system', 'QLVB-SYT', '--code', 'not_xml', '--organ-id', 'H35.16', '--document-id', 'a,b/c Đ']
    await run(...words, '--since', '2026-11-20', '--until', '2026-11-21T12:00:00+07:00', '--limit', '5')

    expect(Object.fromEntries(gateway?.calls[0]?.query ?? [])).toEqual({
      ...{ systemId: 'QLVB-SYT', code: 'not_xml', organId: 'H35.16', documentId: 'a,b/c Đ', limit: '5' },
      ...{ since: '2026-11-20T00:00:00+07:00', until: '2026-11-21T12:00:00+07:00' },
    })
    expect(gateway?.calls[0]?.headers.authorization).toBe('Bearer t')
  })

  it.each([['TC-7K3M-92'], ['tc', '7k3m', '92']])('shows one with cause, next step and place: %s', async (...ref) => {
    const { code, out } = await run(...ref)

    expect(code).toBe(0)
    for (const part of [
      'TC-7K3M-92  2026-11-20 08:00:00  no_known_recipient (HTTP 422)',
      'Không có cơ quan nào mang mã: H35.98',
      'Hệ thống · System: QLVB-SYT',
      'Văn bản · Document: H35.16,2026/11/20,7/SYT',
      'Nguyên nhân · Cause: Mã viết sai.',
      'Việc cần làm · Next: Sửa mã nơi nhận rồi gửi lại.',
      'Ai xử lý · Who acts: bên gửi · the sender',
      '12:7 edXMLHeader/MessageHeader/To[1]/OrganId: unknown_agency (Mã cơ quan chưa có trong danh bạ)',
      'có · found "H35.98"; cần · expected H35.9',
      'Sau đó đã nhận · Accepted later: 019a9e1c-6f0a-7d52-8a5e-0c9b7b1a2d3e, 2026-11-20 09:30:00',
    ])
      expect(out).toContain(part)
  })

  it('gives scripts the answers as they came', async () => {
    expect(JSON.parse((await run('--json')).out)).toEqual({ items: [refusal, claimed] })
    await gateway?.close()
    expect(JSON.parse((await run('TC-7K3M-92', '--json')).out)).toEqual(refusal)
  })

  it('says that a reference is not known, and ends with 1', async () => {
    const { code, err } = await run('TC-0000-00')

    expect(code).toBe(1)
    expect(err).toContain('refusal_not_found')
  })
})
