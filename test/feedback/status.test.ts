// Status feedback over HTTP: which document it speaks of, what it does to the recipient's state, and that the other
// side gets it whatever it says.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statusXml } from '../support/edxml-fixtures.ts'
import type { RegisteredSystem } from '../support/gateway-under-test.ts'
import {
  blobBytes,
  codes,
  deliveriesOf,
  documentTo,
  expectStatus,
  fromElement,
  type Province,
  startProvince,
  stored,
} from '../support/gateway-under-test-province.ts'
import type { Answer } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
/** A receiver with a system of its own. */
let apart: RegisteredSystem
const apartCode = 'H35.50'

beforeAll(async () => {
  province = await startProvince()
  const { systems } = await province.register({
    agencies: [{ name: 'Sở Y tế', codes: [apartCode, '000.00.50.H35'] }],
    systems: [{ systemId: 'QLVB-SYT', agencies: [apartCode] }],
  })
  const [first] = systems
  if (first === undefined) throw new Error('the system was not registered')
  apart = first
})
afterAll(async () => await province.close())

const numberAndDate =
  '<e:Code><e:CodeNumber>5150</e:CodeNumber><e:CodeNotation>SNV-CCHC</e:CodeNotation></e:Code><e:PromulgationInfo><e:PromulgationDate>2026/11/20</e:PromulgationDate></e:PromulgationInfo>'

async function sent(to: readonly string[] = [apartCode], more: Parameters<typeof documentTo>[1] = {}) {
  const made = documentTo(to, more)
  const answer = await province.submit(province.snv.basic, made.xml)
  expectStatus(answer, 202)
  return { documentId: made.documentId, packageId: answer.body.packageId, deliveries: answer.body.deliveries }
}

/** A document that Sở Y tế has: of one that it never took it could only be withdrawn. */
async function taken(to: readonly string[] = [apartCode]) {
  const made = await sent(to)
  const { deliveryId } = made.deliveries.find((d: { organId: string }) => d.organId === apartCode)
  expectStatus(await province.call('POST', `/api/v1/mailbox/${deliveryId}/confirm`, { basic: apart.basic }), 200)
  return made
}

interface Said {
  readonly from?: string
  /** Who shall read it. */
  readonly to?: string
  readonly documentId?: string
  readonly number?: string
  readonly date?: string
  readonly code: string
  readonly rest?: string
}

let second = 0

/** A status package with a moment of its own, so that no two are repeats of each other by chance. */
function statusOf({ from = apartCode, to = codes.snv, documentId, number, date, code, rest = '' }: Said): string {
  const one = (name: string, value: string | undefined) =>
    value === undefined ? '' : `<e:${name}>${value}</e:${name}>`
  second += 1
  const moment = new Date(Date.UTC(2026, 10, 20, 8, 0, second)).toISOString()
  return statusXml({
    from: fromElement(from),
    responseFor: `<e:ResponseFor><e:OrganId>${to}</e:OrganId>${one('Code', number)}${one('PromulgationDate', date)}${one('DocumentId', documentId)}</e:ResponseFor>`,
    code: `<e:StatusCode>${code}</e:StatusCode>`,
    rest: `${rest}<e:Timestamp>${moment.slice(0, 10).replaceAll('-', '/')} ${moment.slice(11, 19)}</e:Timestamp>`,
  })
}

async function say(said: string | object, basic = apart.basic): Promise<Answer> {
  const type = typeof said === 'string' ? { type: 'application/edxml+xml' } : {}
  return await province.call('POST', '/api/v1/status', { basic, body: said, ...type })
}

async function accepted(said: string | object, basic = apart.basic): Promise<Answer> {
  const answer = await say(said, basic)
  expectStatus(answer, 202)
  expectSchema('status-receipt', answer.body)
  return answer
}

async function feedbackOf(statusId: string) {
  return await province.db
    .selectFrom('feedback')
    .selectAll()
    .where('package_id', '=', statusId)
    .executeTakeFirstOrThrow()
}

async function waitingStatuses(basic: string, documentId: string) {
  const { body } = await province.call('GET', '/api/v1/mailbox?type=status&limit=200', { basic })
  return body.items.filter((item: { documentId: string }) => item.documentId === documentId)
}

const codesOf = (answer: Answer) => answer.body.findings.map((f: { code: string }) => f.code)

describe('a status as an edXML package', () => {
  test('is answered with a signed receipt, recorded, and delivered to the sender byte for byte', async () => {
    const { documentId, packageId, deliveries } = await sent()
    const staff = '<e:StaffInfo><e:Department>VP</e:Department><e:Staff>Lò Thị B</e:Staff></e:StaffInfo>'
    const xml = statusOf({ documentId, code: '03', rest: `${staff}<e:Description>đã vào sổ</e:Description>` })

    const { body } = await accepted(xml)

    expect(body).toMatchObject({
      documentId,
      code: '03',
      effect: 'moved',
      axis: '000.00.00.H35',
      size: Buffer.byteLength(xml),
      recipients: [{ organId: codes.snv, outcome: 'queued', agencyCode: codes.snvNew }],
      deliveries: [{ organId: codes.snv, state: 'available' }],
      findings: [],
    })
    const signed = JSON.parse(Buffer.from(body.receipt.split('.')[1], 'base64url').toString('utf8'))
    expect(signed).toEqual({ ...body, receipt: undefined })
    expect(await feedbackOf(body.statusId)).toMatchObject({
      about_package_id: packageId,
      about_delivery_id: deliveries[0].deliveryId,
      code: '03',
      effect: 'moved',
      description: 'đã vào sổ',
      staff: { department: 'VP', staff: 'Lò Thị B' },
    })
    expect(await deliveriesOf(province, documentId)).toMatchObject([{ business_code: '03', state: 'available' }])
    expect(blobBytes(province, body.statusId).toString('utf8')).toBe(xml)
    const [item] = await waitingStatuses(province.snv.basic, documentId)
    expect(item).toMatchObject({ type: 'status', kind: 'status', from: apartCode, packageId: body.statusId })
    const served = await province.call('GET', `/api/v1/mailbox/${item.deliveryId}/package`, {
      basic: province.snv.basic,
    })
    expect(served.bytes.toString('utf8')).toBe(xml)
  })

  test.each([
    ['3', '03'],
    [' 03 ', '03'],
  ])('may write its code as %j', async (written, code) => {
    const { documentId } = await sent()

    expect((await accepted(statusOf({ documentId, code: written }))).body.code).toBe(code)
  })
})

describe('a status as JSON', () => {
  test('about a delivery becomes the package a QLVB-ĐH would have sent', async () => {
    const { documentId, deliveries } = await sent()
    const at = '2026-11-20T09:30:00+07:00'
    const staff = { department: 'Văn phòng', name: 'Lò Thị B', mobile: '0900000000', email: 'b@example.vn' }

    const { body } = await accepted({
      deliveryId: deliveries[0].deliveryId,
      code: '05',
      description: 'đang làm',
      staff,
      at,
    })

    expect(body).toMatchObject({ documentId, code: '05', effect: 'moved', deliveries: [{ organId: codes.snv }] })
    const xml = blobBytes(province, body.statusId).toString('utf8')
    expect(xml).toContain(`<edXML:DocumentId>${documentId}</edXML:DocumentId>`)
    expect(xml).toContain('2026/11/20 09:30:00')
    const row = await feedbackOf(body.statusId)
    expect(row).toMatchObject({
      code: '05',
      description: 'đang làm',
      staff: { staff: 'Lò Thị B', mobile: '0900000000' },
    })
    expect(row.reported_at).toEqual(new Date(at))
  })

  test('about a document by its id speaks for the caller', async () => {
    const { documentId } = await sent()

    expect((await accepted({ documentId, code: '01' })).body).toMatchObject({ documentId, effect: 'moved' })
    expect(await deliveriesOf(province, documentId)).toMatchObject([{ business_code: '01' }])
  })

  test('about a document with other recipients too speaks for the caller’s own agency', async () => {
    const { documentId } = await sent([codes.stc, apartCode, codes.snv])

    await accepted({ documentId, code: '03' })

    expect(await deliveriesOf(province, documentId)).toMatchObject([
      { organ_id: codes.stc, business_code: null },
      { organ_id: apartCode, business_code: '03' },
      { organ_id: codes.snv, business_code: null },
    ])
  })

  test('names which agency speaks where one system received it for several', async () => {
    const { documentId } = await sent([codes.stc, codes.district, codes.ward])

    await accepted({ documentId, from: codes.district, code: '03' }, province.shared.basic)

    const rows = await deliveriesOf(province, documentId)
    expect(rows.map((row) => row.business_code)).toEqual([null, '03', null])
  })

  test('that does not say which of several agencies on its system speaks is not guessed', async () => {
    const { documentId } = await sent([codes.stc, codes.district])
    const before = await stored(province)

    const answer = await say({ documentId, code: '03' }, province.shared.basic)

    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'status_sides_unknown', violations: [{ path: '/from' }] },
    })
    expect(await stored(province)).toEqual(before)
  })

  test('from a system that holds the sender and one recipient speaks for the recipient', async () => {
    const made = documentTo([apartCode, codes.stc, codes.snv], {
      from: fromElement(codes.ward),
      id: `H35.20.5/${second}`,
    })
    expectStatus(await province.submit(province.shared.basic, made.xml), 202)

    await accepted({ documentId: made.documentId, code: '03' }, province.shared.basic)

    const rows = await deliveriesOf(province, made.documentId)
    expect(rows.map((row) => row.business_code)).toEqual([null, '03', null])
  })

  test('repeated with the same moment is answered with the first receipt', async () => {
    const { deliveries } = await sent()
    const said = { deliveryId: deliveries[0].deliveryId, code: '03', at: '2026-11-20T09:30:00+07:00' }
    const first = await accepted(said)

    expect(await say(said)).toMatchObject({ status: 200, body: first.body })
  })

  test.each<[string, object, number, string]>([
    ['nothing it speaks of', { code: '03' }, 400, 'bad_request'],
    ['no code', { documentId: 'X' }, 400, 'bad_request'],
    ['a number for a code', { documentId: 'X', code: 3 }, 400, 'bad_request'],
    ['a member nobody knows', { documentId: 'X', code: '03', stauts: '03' }, 400, 'bad_request'],
    ['a list', [{ documentId: 'X', code: '03' }], 400, 'bad_request'],
    ['a number for a document', { documentId: 5, code: '03' }, 400, 'bad_request'],
    ['a delivery nobody has', { deliveryId: crypto.randomUUID(), code: '03' }, 404, 'delivery_not_found'],
    ['a delivery that is no id', { deliveryId: 'x', code: '03' }, 404, 'delivery_not_found'],
    ['a document nobody has and no sides', { documentId: 'KHONG-CO', code: '03' }, 422, 'status_sides_unknown'],
    [
      'a time that is none',
      { documentId: 'X', from: apartCode, organId: codes.snv, code: '03', at: 'hôm qua' },
      422,
      'bad_time',
    ],
  ])('with %s is refused and leaves nothing', async (_what, said, status, code) => {
    const before = await stored(province)

    const answer = await say(said)

    expectStatus(answer, status)
    expectSchema('problem', answer.body)
    expect(answer.body.code).toBe(code)
    expect(await stored(province)).toEqual(before)
  })

  test('with a character that XML cannot hold is refused, not a fault of ours', async () => {
    const { deliveries } = await sent()

    const answer = await say({ deliveryId: deliveries[0].deliveryId, code: '03', description: 'a\u0000b\u0001' })

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  test('about somebody else’s delivery is not found', async () => {
    const { deliveries } = await sent([codes.stc])

    expectStatus(await say({ deliveryId: deliveries[0].deliveryId, code: '03' }), 404)
  })
})

describe('the document it speaks of', () => {
  test('is found by its id with the date written with dashes', async () => {
    const { documentId, packageId } = await sent()

    const { body } = await accepted(
      statusOf({ documentId: documentId.replace('2026/11/20', '2026-11-20'), code: '01' }),
    )

    expect(body.effect).toBe('moved')
    expect((await feedbackOf(body.statusId)).about_package_id).toBe(packageId)
  })

  test.each([
    ['in decomposed Unicode', (id: string) => id.normalize('NFD')],
    ['with space around it', (id: string) => `\n ${id} `],
  ])('is found by its id %s', async (_how, written) => {
    const { documentId, packageId } = await sent([apartCode], { id: `Số ${second}/Sở Nội vụ` })

    const { body } = await accepted(statusOf({ documentId: written(documentId), code: '01' }))

    expect((await feedbackOf(body.statusId)).about_package_id).toBe(packageId)
  })

  test('is found by its number and date when the id is another', async () => {
    const { packageId } = await sent([apartCode], { more: numberAndDate })

    const by = async (more: Partial<Said>) => {
      const { body } = await accepted(statusOf({ documentId: 'khác', number: '5150/SNV-CCHC', code: '05', ...more }))
      return (await feedbackOf(body.statusId)).about_package_id
    }

    expect(await by({ date: '2026/11/20' })).toBe(packageId)
    expect(await by({})).toBe(packageId)
    expect(await by({ date: '2025/01/01' })).toBeNull()
    expect(await by({ number: '5151/SNV-CCHC' })).toBeNull()
  })

  test('is found by whatever code the reporter and the reader are written with', async () => {
    const { documentId } = await sent(['000.00.50.H35'])

    const { body } = await accepted(
      statusOf({ from: apartCode.toLowerCase(), to: codes.snvNew, documentId, code: '03' }),
    )

    expect(body).toMatchObject({ effect: 'moved', deliveries: [{ organId: codes.snvNew, state: 'available' }] })
  })

  test('is only that of the agency it answers: another sender’s document with the same id is another', async () => {
    const { documentId } = await sent()

    const { body } = await accepted(statusOf({ documentId, to: codes.ward, code: '03' }))

    expect(body.effect).toBe('unknown_document')
    expect(await deliveriesOf(province, documentId)).toMatchObject([{ business_code: null }])
  })

  test('may be one we never saw: accepted with a warning and routed by ResponseFor', async () => {
    const documentId = `000.00.12.H35,2020/01/01,${second}/CU`

    const answer = await accepted(statusOf({ documentId, code: '03' }))

    expect(answer.body).toMatchObject({ effect: 'unknown_document', deliveries: [{ state: 'available' }] })
    expect(codesOf(answer)).toContain('status_unknown_document')
    expect(await feedbackOf(answer.body.statusId)).toMatchObject({ about_package_id: null, about_delivery_id: null })
    expect(await waitingStatuses(province.snv.basic, documentId)).toHaveLength(1)
  })

  test('that was not addressed to the reporter: the status is quarantined and the sender does not see it', async () => {
    const { documentId, packageId } = await sent([codes.stc])

    const answer = await accepted(statusOf({ documentId, code: '03' }))

    expect(answer.body).toMatchObject({
      effect: 'not_addressed',
      recipients: [{ outcome: 'held', reason: 'quarantined' }],
      deliveries: [{ state: 'held' }],
    })
    expect(codesOf(answer)).toContain('status_not_addressed')
    expect(await feedbackOf(answer.body.statusId)).toMatchObject({
      about_package_id: packageId,
      about_delivery_id: null,
    })
    expect(await deliveriesOf(province, documentId)).toMatchObject([{ business_code: null }])
    expect(await waitingStatuses(province.snv.basic, documentId)).toEqual([])
    const content = await province.call('GET', `/api/v1/packages/${answer.body.statusId}/content`, {
      basic: province.snv.basic,
    })
    expectStatus(content, 404)
    // A change of the directory asks for held deliveries to be looked at again; this one stays where it is.
    await province.register({ agencies: [{ codes: [`H35.9${second}`] }] })
    await province.gateway.registry.cache.refresh()
    const { body } = await accepted(statusOf({ documentId: 'later', code: '03' }))
    expect(body.deliveries).toMatchObject([{ state: 'available' }])
    expect(await waitingStatuses(province.snv.basic, documentId)).toEqual([])
  })
})

describe('the state of a recipient', () => {
  const stateOf = async (documentId: string) => (await deliveriesOf(province, documentId))[0]?.business_code

  test('moves only forward, and every status is recorded with its effect and passed on', async () => {
    const { documentId } = await sent()
    const steps: [string, string, string | undefined][] = [
      ['01', 'moved', '01'],
      ['04', 'moved', '04'],
      ['03', 'late', '04'],
      ['05', 'moved', '05'],
      ['05', 'moved', '05'],
      ['06', 'moved', '06'],
      ['06', 'repeated', '06'],
      ['05', 'late', '06'],
      ['02', 'illegal', '06'],
      ['14', 'unknown_code', '06'],
    ]

    for (const [code, effect, after] of steps) {
      const answer = await accepted(statusOf({ documentId, code }))
      expect(answer.body).toMatchObject({ code, effect, deliveries: [{ state: 'available' }] })
      if (effect !== 'moved') expect(codesOf(answer)).toContain(`status_${effect}`)
      expect(await stateOf(documentId)).toBe(after)
    }

    const effects = await province.db
      .selectFrom('feedback')
      .innerJoin('packages', 'packages.package_id', 'feedback.package_id')
      .select('effect')
      .where('document_id', '=', documentId)
      .orderBy('feedback.package_id')
      .execute()
    expect(effects.map((row) => row.effect)).toEqual(steps.map(([, effect]) => effect))
    expect(await waitingStatuses(province.snv.basic, documentId)).toHaveLength(steps.length)
  })

  test('is each recipient’s own', async () => {
    const { documentId } = await sent([apartCode, codes.stc])

    await accepted(statusOf({ documentId, code: '03' }))
    await accepted(statusOf({ from: codes.stc, documentId, code: '02' }), province.shared.basic)

    expect((await deliveriesOf(province, documentId)).map((row) => row.business_code)).toEqual(['03', '02'])
  })

  test('never goes backwards although all its statuses arrive at once', async () => {
    for (let round = 0; round < 5; round++) {
      const { documentId } = await sent()

      const answers = await Promise.all(
        ['01', '03', '04', '05', '06'].map((code) => accepted(statusOf({ documentId, code }))),
      )

      expect(await stateOf(documentId)).toBe('06')
      const moved = answers.filter((a) => a.body.effect === 'moved').map((a) => a.body.code)
      expect(await movesOf(documentId)).toEqual(moved.sort())
    }
  })

  async function movesOf(documentId: string): Promise<string[]> {
    const rows = await province.db
      .selectFrom('feedback')
      .innerJoin('packages', 'packages.package_id', 'feedback.package_id')
      .select('feedback.code')
      .where('document_id', '=', documentId)
      .where('effect', '=', 'moved')
      .orderBy('feedback.code')
      .execute()
    return rows.map((row) => row.code)
  }

  test('is not touched by a delivery that is confirmed, nor the other way round', async () => {
    const { documentId, deliveries } = await sent()
    await accepted(statusOf({ documentId, code: '03' }))
    expect(await deliveriesOf(province, documentId)).toMatchObject([{ state: 'available', business_code: '03' }])

    await province.call('POST', `/api/v1/mailbox/${deliveries[0].deliveryId}/confirm`, { basic: apart.basic })

    expect(await deliveriesOf(province, documentId)).toMatchObject([{ state: 'delivered', business_code: '03' }])
  })

  test.each(['02', '16'])('asks for the reason when %s comes without one', async (code) => {
    const { documentId } = await sent()

    const without = await accepted(statusOf({ documentId, code }))
    const withReason = await accepted(statusOf({ documentId, code, rest: '<e:Description>nhầm</e:Description>' }))

    expect(codesOf(without)).toContain('status_without_reason')
    expect(codesOf(withReason)).not.toContain('status_without_reason')
  })
})

describe('a recall by status 13', () => {
  const recall = (documentId: string, more: Partial<Said> = {}) =>
    statusOf({
      from: codes.snv,
      to: apartCode,
      documentId,
      code: '13',
      rest: '<e:Description>gửi nhầm</e:Description>',
      ...more,
    })
  const requested = async (documentId: string) => {
    const [row] = await deliveriesOf(province, documentId)
    return { requested: row?.recall_requested, agreed: row?.recall_agreed, code: row?.business_code }
  }

  test('goes from the sender to the recipient, and 15 agrees to it', async () => {
    const { documentId } = await taken()
    await accepted(statusOf({ documentId, code: '03' }))

    const asked = await accepted(recall(documentId), province.snv.basic)

    expect(asked.body).toMatchObject({ effect: 'moved', deliveries: [{ organId: apartCode, state: 'available' }] })
    expect(await requested(documentId)).toEqual({ requested: true, agreed: false, code: '03' })
    expect(await waitingStatuses(apart.basic, documentId)).toMatchObject([{ from: codes.snv }])

    const agreed = await accepted(statusOf({ documentId, code: '15' }))

    expect(agreed.body.effect).toBe('moved')
    expect(await requested(documentId)).toEqual({ requested: false, agreed: true, code: '03' })
    expect((await accepted(statusOf({ documentId, code: '06' }))).body.effect).toBe('illegal')
  })

  test('is refused by 16, and may be asked for again', async () => {
    const { documentId } = await taken()
    await accepted(recall(documentId), province.snv.basic)

    const refused = await accepted(
      statusOf({ documentId, code: '16', rest: '<e:Description>đã xử lý</e:Description>' }),
    )

    expect(refused.body.effect).toBe('moved')
    expect(await requested(documentId)).toEqual({ requested: false, agreed: false, code: null })
    expect((await accepted(recall(documentId), province.snv.basic)).body.effect).toBe('moved')
  })

  test('can be said as JSON to one of several recipients', async () => {
    const { documentId } = await taken([codes.stc, apartCode])

    const { body } = await accepted(
      { documentId, organId: apartCode, code: '13', description: 'gửi nhầm' },
      province.snv.basic,
    )

    expect(body.deliveries).toMatchObject([{ organId: apartCode }])
    expect((await deliveriesOf(province, documentId)).map((row) => row.recall_requested)).toEqual([false, true])
  })

  test('said as JSON without the recipient is not sent to any of several', async () => {
    const { documentId } = await sent([codes.stc, apartCode])

    const answer = await say({ documentId, code: '13', description: 'gửi nhầm' }, province.snv.basic)

    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'status_sides_unknown', violations: [{ path: '/organId' }] },
    })
  })

  test('may only be asked for by the sender', async () => {
    const { documentId } = await sent()

    const answer = await say(statusOf({ documentId, code: '13' }))

    expect(answer).toMatchObject({ status: 403, body: { code: 'not_the_issuer' } })
    expect(await requested(documentId)).toEqual({ requested: false, agreed: false, code: null })
  })

  test('to an agency that does not have the document is quarantined', async () => {
    const { documentId } = await sent([codes.stc])

    expect((await accepted(recall(documentId), province.snv.basic)).body.effect).toBe('not_addressed')
  })
})

describe('the same status again', () => {
  test('is answered with the first receipt, and nothing is added', async () => {
    const { documentId } = await sent()
    const xml = statusOf({ documentId, code: '03' })
    const first = await accepted(xml)
    const before = await stored(province)

    expect(await say(xml)).toMatchObject({ status: 200, body: first.body })
    expect(await say(xml.replace('<?xml version="1.0" encoding="utf-8"?>', ''))).toMatchObject({
      status: 200,
      body: first.body,
    })
    expect(await stored(province)).toEqual(before)
  })

  test('twenty times at once is one status, and all hear of the same', async () => {
    const { documentId } = await sent()
    const xml = statusOf({ documentId, code: '03' })

    const answers = await Promise.all(Array.from({ length: 20 }, () => say(xml)))

    expect(answers.map((answer) => answer.status).sort()).toEqual([...Array(19).fill(200), 202])
    expect(new Set(answers.map((answer) => answer.body.receipt)).size).toBe(1)
    expect(await waitingStatuses(province.snv.basic, documentId)).toHaveLength(1)
  })
})

test('nobody speaks for an agency that is not its own', async () => {
  const { documentId } = await sent([codes.stc])
  const before = await stored(province)

  const answers = [
    await say(statusOf({ from: codes.stc, documentId, code: '03' })),
    await say({ documentId, from: codes.stc, organId: codes.snv, code: '03' }),
  ]

  for (const answer of answers) expect(answer).toMatchObject({ status: 403, body: { code: 'foreign_from' } })
  expect(await stored(province)).toEqual(before)
})

describe('after a merger', () => {
  /** Registers an agency, lets `during` happen, and then merges it into Sở Y tế. */
  async function merged(code: string, during: (basic: string) => Promise<string>) {
    const { agencyIds, systems } = await province.register({
      agencies: [{ name: 'Trung tâm', codes: [code] }],
      systems: [{ systemId: `CU-${code}`, agencies: [code] }],
    })
    const documentId = await during(systems[0]?.basic ?? '')
    await province.admin('PUT', `systems/CU-${code}`, { name: 'x', agencies: [], channel: 'mailbox' })
    await province.admin('PUT', `agencies/${agencyIds.get(code)}`, {
      ...{ name: 'Trung tâm', codes: [{ code }], successors: [apartCode], closedAt: '2026-01-01T00:00:00+07:00' },
    })
    return documentId
  }

  test('the successor’s feedback counts as its predecessor’s', async () => {
    const documentId = await merged('H35.71', async () => (await sent(['H35.71'])).documentId)

    const { body } = await accepted(statusOf({ documentId, code: '03' }))

    expect(body.effect).toBe('moved')
    expect(await deliveriesOf(province, documentId)).toMatchObject([{ organ_id: 'H35.71', business_code: '03' }])
  })

  test('feedback to a sender that was merged away goes to its successor', async () => {
    const documentId = await merged('H35.72', async (basic) => {
      const made = documentTo([codes.stc], { from: fromElement('H35.72'), id: 'H35.72,2026/01/02,1/TT' })
      expectStatus(await province.submit(basic, made.xml), 202)
      return made.documentId
    })

    const { body } = await accepted(
      statusOf({ from: codes.stc, to: 'H35.72', documentId, code: '03' }),
      province.shared.basic,
    )

    expect(body).toMatchObject({ effect: 'moved', recipients: [{ outcome: 'redirected', agencyCode: apartCode }] })
    expect(await waitingStatuses(apart.basic, documentId)).toHaveLength(1)
  })
})
