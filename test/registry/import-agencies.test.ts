import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RegistryApp, startRegistry } from './registry-app.ts'
import { workbook, xlsxType } from './workbook.ts'

let registry: RegistryApp
beforeAll(async () => {
  registry = await startRegistry()
  await post('code,name\n000.00.00.H35,UBND tỉnh Lai Châu\n')
})
afterAll(async () => await registry.close())

async function post(body: string | Buffer, query = '', type = 'text/csv; charset=utf-8') {
  return await registry.call('POST', `/api/v1/admin/agencies/import${query}`, { body, type })
}

async function find(code: string) {
  return (await registry.call('GET', `/api/v1/admin/agencies/${code}`)).body
}

const rules = (body: { problems: { line: number; rule: string }[] }) => body.problems.map((one) => [one.line, one.rule])

describe('an import', () => {
  test('registers what is new, with parents further down, and asks once for re-addressing', async () => {
    const before = registry.reroutes.length

    const { status, body } = await post(
      '\ufeffMã định danh;Tên cơ quan;Loại;Cơ quan cấp trên;Kết nối;Mã khác;Văn phòng\r\n' +
        '001.00.20.H35;"Phòng ""Một cửa""; tầng 1";Tự nguyện;000.00.20.H35;không;H35.20.001, p1;\r\n' +
        '\r\n' +
        '000.00.20.H35;UBND huyện Tân Uyên;Nhà nước;000.00.00.H35;Có;;\r\n' +
        '000.00.17.H35;Văn phòng UBND tỉnh;;000.00.00.H35;;;x\r\n',
    )

    expect(status).toBe(200)
    expect(body).toEqual({ dryRun: false, rows: 3, created: 3, updated: 0, unchanged: 0, problems: [] })
    expect(registry.reroutes.slice(before)).toEqual(['agencies.imported'])
    expect(await find('p1')).toMatchObject({
      ...{ name: 'Phòng "Một cửa"; tầng 1', kind: 'joined', connected: false, parent: '000.00.20.H35' },
      codes: [{ code: '001.00.20.H35' }, { code: 'H35.20.001', scheme: 'qd20' }, { code: 'p1', scheme: 'legacy' }],
    })
    expect(await find('000.00.17.H35')).toMatchObject({ isOffice: true, parent: '000.00.00.H35', connected: true })
  })

  test('changes what is known where the row says something else, and nothing besides', async () => {
    await registry.call('POST', '/api/v1/admin/agencies', {
      body: { name: 'Cũ', codes: [{ code: 'known' }], kind: 'joined', contacts: [{ name: 'Người' }], receiver: 'p1' },
    })

    const first = await post('Code,Name,Connected\nKNOWN,Mới,no\n')
    const second = await post('Code,Name,Connected\nKNOWN,Mới,no\n')

    expect(first.body).toMatchObject({ created: 0, updated: 1, unchanged: 0 })
    expect(second.body).toMatchObject({ created: 0, updated: 0, unchanged: 1 })
    expect(await find('known')).toMatchObject({
      ...{ name: 'Mới', kind: 'joined', connected: false, receiver: 'H35.20.001' },
      contacts: [{ name: 'Người' }],
    })
  })

  test('names each bad row with its line and takes the good ones', async () => {
    const { body } = await post(
      [
        'code,name,kind,parent,connected,other codes',
        'g1,Tốt,,,,',
        ',Không mã,,,,',
        'b1,,,,,',
        'b2,Loại lạ,đảng,,,',
        'b3,Cờ lạ,,,có lẽ,',
        'b4,Cấp trên lạ,,nowhere,,',
        'G1,Lặp,,,,',
        'b5,Mã của người khác,,,,000.00.00.H35',
        'g2,Tốt,,g1,,',
      ].join('\n'),
    )

    expect(body).toMatchObject({ rows: 9, created: 2 })
    expect(rules(body)).toEqual([
      [3, 'import_cell_empty'],
      [4, 'import_cell_empty'],
      [5, 'import_kind_unknown'],
      [6, 'import_flag_unknown'],
      [7, 'agency_code_unknown'],
      [8, 'import_code_repeated'],
      [9, 'code_taken'],
    ])
    expect(body.problems[2]).toEqual({ line: 5, column: 'kind', rule: 'import_kind_unknown', found: 'đảng' })
    expect(body.problems[5]).toMatchObject({ found: 'G1', expected: '2' })
    expect(await find('g2')).toMatchObject({ parent: 'g1' })
    expect((await registry.call('GET', '/api/v1/admin/agencies/b4')).status).toBe(404)
  })

  test('drops a row whose parent is a bad row, and a circle of parents', async () => {
    const { body } = await post(
      [
        'code,name,parent',
        'c1,Trên cùng,nowhere',
        'c2,Giữa,c1',
        'c3,Dưới,c2',
        'd1,Vòng,d2',
        'd2,Vòng,d1',
        'e1,Tốt,',
      ].join('\n'),
    )

    expect(body).toMatchObject({ created: 1 })
    expect(rules(body)).toEqual([
      [2, 'agency_code_unknown'],
      [3, 'agency_code_unknown'],
      [4, 'agency_code_unknown'],
      [5, 'agency_parent_circle'],
      [6, 'agency_parent_circle'],
    ])
  })

  test('moves an office from one agency to another', async () => {
    await post('code,name,parent,office\nf1,Cấp trên,,\nf2,Văn phòng cũ,f1,có\nf3,Văn phòng mới,f1,không\n')

    const { body } = await post('code,name,office\nf3,Văn phòng mới,có\nf2,Văn phòng cũ,không\n')

    expect(body).toMatchObject({ updated: 2, problems: [] })
    expect([(await find('f2')).isOffice, (await find('f3')).isOffice]).toEqual([false, true])
  })

  test('writes nothing in a dry run, and says the same', async () => {
    const table = 'code,name\nnew1,Mới\nbad,\n'
    const before = registry.reroutes.length

    const { body: tried } = await post(table, '?dryRun=true')

    expect((await registry.call('GET', '/api/v1/admin/agencies/new1')).status).toBe(404)
    expect(registry.reroutes.length).toBe(before)
    const { body: done } = await post(table)
    expect(tried).toEqual({ ...done, dryRun: true })
  })

  test('writes nothing when it is strict and a row is wrong', async () => {
    const { status, body } = await post('code,name\nstrict1,Mới\nbad,\n', '?strict=true')

    expect([status, body.code]).toEqual([422, 'import_refused'])
    expect(body.violations).toMatchObject([{ line: 3, rule: 'import_cell_empty', path: 'name' }])
    expect((await registry.call('GET', '/api/v1/admin/agencies/strict1')).status).toBe(404)
  })

  test('reads an XLSX workbook, and refuses codes that lost their zeros', async () => {
    const rows = [
      ['Mã định danh', 'Tên cơ quan', 'Kết nối'],
      ['000.00.36.H35', 'Công ty Điện lực', 'Có'],
      ['', '', ''],
      [100100079, 'Doanh nghiệp', ''],
    ]

    const { status, body } = await post(workbook(rows), '', xlsxType)

    expect(status).toBe(200)
    expect(body).toMatchObject({ rows: 2, created: 1 })
    expect(body.problems).toEqual([
      { line: 4, column: 'Mã định danh', rule: 'import_code_is_number', found: '100100079' },
    ])
    expect(await find('000.00.36.H35')).toMatchObject({ name: 'Công ty Điện lực', connected: true })
  })

  test('reads the Unicode text that Excel saves', async () => {
    const text = Buffer.from('\ufeffMã\tTên\nutf16,Tiếng Việt\n', 'utf16le')

    const { body } = await post(text)

    expect(body.problems).toEqual([{ line: 2, column: 'Tên', rule: 'import_cell_empty', found: '' }])
    expect((await post(Buffer.from('\ufeffMã\tTên\nutf16\tTiếng Việt\n', 'utf16le'))).body.created).toBe(1)
  })

  test.each([
    ['nothing', ''],
    ['headings we do not know', 'a,b\n1,2\n', 'import_column_missing'],
    ['no column for names', 'code\nx\n', 'import_column_missing'],
    ['a quote that never ends', 'code,name\n"x,y\n'],
    ['an old Vietnamese encoding', Buffer.from([0x63, 0x6f, 0x64, 0x65, 0xd0, 0x0a])],
  ])('refuses a CSV with %s', async (_name, table, rule = 'import_unreadable') => {
    const { status, body } = await post(table)

    expect([status, body.code]).toEqual([422, rule])
  })

  test.each([
    ['text', Buffer.from('hello')],
    ['half a workbook', workbook([['code', 'name']]).subarray(0, 300)],
    ['nothing', Buffer.alloc(0)],
  ])('refuses an XLSX that is %s', async (_name, bytes) => {
    const { status, body } = await post(bytes, '', xlsxType)

    expect([status, body.code]).toEqual([422, 'import_unreadable'])
  })

  test('refuses other media types, and whoever is not an operator', async () => {
    expect((await post('{}', '', 'application/json')).status).toBe(415)
    const call = registry.call('POST', '/api/v1/admin/agencies/import', { body: 'x', type: 'text/csv', as: 'nobody' })
    expect((await call).status).toBe(401)
  })

  test('takes five thousand rows at once', async () => {
    const lines = Array.from({ length: 5_000 }, (_, n) => `big.${n},Cơ quan ${n},${n === 0 ? '' : `big.${n >> 3}`}`)

    const { body } = await post(['code,name,parent', ...lines].join('\n'))

    expect(body).toMatchObject({ created: 5_000, problems: [] })
  })
})
