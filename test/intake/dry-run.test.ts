// POST /api/v1/packages?dryRun=true: the same answers and refusals as the real thing, and nothing kept (contract §3).
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changing, type Desk, deskIn, lists, replacing, statusOf } from '../operations/desk.ts'
import {
  businessOf,
  codes,
  documentTo,
  expectStatus,
  fromElement,
  type Province,
  startProvince,
  stored,
} from '../support/gateway-under-test-province.ts'
import type { Answer, CallOptions } from '../support/http-client.ts'
import { expectSchema } from '../support/http-client-schemas.ts'

let province: Province
let desk: Desk
beforeAll(async () => {
  province = await startProvince()
  desk = deskIn(province)
})
afterAll(async () => await province?.close())

const dryRun = (xml: string, options: CallOptions = {}) =>
  province.call('POST', '/api/v1/packages?dryRun=true', {
    ...{ basic: province.snv.basic, type: 'application/edxml+xml', body: xml },
    ...options,
  })

/** Everything that an acceptance or a refusal could leave behind. */
async function everything() {
  const { rows } = await sql<Record<string, number>>`
    select (select count(*)::int from refusals) as refusals, (select count(*)::int from alerts) as alerts,
      (select count(*)::int from idempotency_keys) as keys, (select count(*)::int from operation_requests) as requests,
      (select count(*)::int from package_targets) as targets, (select count(*)::int from delivery_waits) as waits,
      (select coalesce(sum(count), 0)::int from alerts) as alert_count, (select count(*)::int from audit) as audit,
      (select md5(string_agg(d::text, ',' order by delivery_id)) from deliveries d) as deliveries_as_they_are`.execute(
    province.db,
  )
  return { ...rows[0], ...(await stored(province)) }
}

/** Tries it, sees that nothing was kept, and answers. */
async function tried(xml: string, status = 200, options: CallOptions = {}): Promise<Answer> {
  const before = await everything()
  const answer = await dryRun(xml, options)
  expectStatus(answer, status)
  expect(await everything()).toEqual(before)
  if (status === 200) expectSchema('dry-run-result', answer.body)
  return answer
}

/** What both the trial and the acceptance say. */
const common = ({ body }: Answer) => ({
  ...{ documentId: body.documentId, kind: body.kind, sha256: body.sha256, size: body.size, axis: body.axis },
  findings: body.findings,
  recipients: body.recipients?.map(({ deliveryId: _id, ...recipient }: Record<string, unknown>) => recipient),
  ...lists({ body }),
})

describe('a document', () => {
  test('is judged and addressed as when it is sent, and may be sent afterwards', async () => {
    const made = documentTo([codes.stc, codes.alone, codes.merged, codes.split, 'H35.14O', codes.stcNew])

    const trial = await tried(made.xml)
    const real = await province.submit(province.snv.basic, made.xml)

    expect(trial.body).toMatchObject({ dryRun: true, would: 'accept' })
    expect(trial.body).not.toHaveProperty('packageId')
    expect(trial.body).not.toHaveProperty('receipt')
    expectStatus(real, 202)
    expect(common(trial)).toEqual(common(real))
    expect(trial.body.recipients.map((r: { outcome: string }) => r.outcome)).toEqual([
      ...['queued', 'held', 'redirected', 'held', 'held', 'duplicate_of'],
    ])
  })

  test('that was sent would be answered with its first receipt', async () => {
    const made = documentTo([codes.stc])
    const first = await desk.submitted(made)

    const trial = await tried(made.xml)

    expect(trial.body).toMatchObject({ would: 'repeat', packageId: first.packageId })
    expect(common(trial)).toEqual(common(first.answer))
  })

  test('for further recipients would be a supplement', async () => {
    const first = await desk.send([codes.stc])
    const made = documentTo([codes.stc, codes.ward], { id: first.documentId })

    const trial = await tried(made.xml)
    const real = await province.submit(province.snv.basic, made.xml)

    expect(trial.body).toMatchObject({ would: 'supplement', packageId: first.packageId })
    expect(common(trial)).toEqual(common(real))
  })

  test('under a used Idempotency-Key is answered as the key demands', async () => {
    const made = documentTo([codes.stc])
    const key = { headers: { 'idempotency-key': `khoa-${made.documentId.slice(-12)}`.replaceAll('/', '-') } }
    const first = await province.submit(province.snv.basic, made.xml, key)

    expect((await tried(made.xml, 200, key)).body).toMatchObject({ would: 'repeat', packageId: first.body.packageId })
    const refused = await tried(documentTo([codes.stc]).xml, 409, key)
    expect(refused.body.code).toBe('idempotency_key_reused')
  })

  test('with a new Idempotency-Key does not use it up', async () => {
    const key = { headers: { 'idempotency-key': 'chi-thu' } }
    await tried(documentTo([codes.stc]).xml, 200, key)

    expectStatus(await province.submit(province.snv.basic, documentTo([codes.stc]).xml, key), 202)
  })
})

describe('a refusal is the same, and leaves no trace', () => {
  const cases: [string, number, () => Promise<string>][] = [
    ['markup that does not close', 422, async () => documentTo([codes.stc]).xml.replace('</edXML>', '')],
    ["somebody else's From", 403, async () => documentTo([codes.stc], { from: fromElement(codes.ward) }).xml],
    ['nobody known', 422, async () => documentTo(['H35.400', 'H35.401']).xml],
    [
      'other content under a known id',
      409,
      async () => {
        const first = await desk.send([codes.stc])
        return documentTo([codes.stc], { id: first.documentId, subject: '<e:Subject>Khác</e:Subject>' }).xml
      },
    ],
    [
      "a recall of somebody else's document",
      403,
      async () => {
        const theirs = documentTo([codes.ward], { id: `${codes.stc},2026/11/20,7/DR`, from: fromElement(codes.stc) })
        await desk.submitted(theirs, province.shared)
        return documentTo([codes.ward], { traces: businessOf(1, theirs.documentId) }).xml
      },
    ],
    [
      'a secrecy mark',
      422,
      async () => documentTo([codes.stc], { subject: '<e:Subject>TỐI MẬT: báo cáo</e:Subject>' }).xml,
    ],
  ]

  test.each(cases)('%s', async (_what, status, make) => {
    const xml = await make()

    const trial = await tried(xml, status)
    const real = await province.submit(province.snv.basic, xml)

    const said = ({ body: { ref: _ref, ...rest } }: Answer) => rest
    expect(real.status).toBe(status)
    expect(said(trial)).toEqual(said(real))
    expect(trial.body.ref).toEqual(expect.any(String))
  })

  test.each(['1', 'yes', 'true&other=1', 'true&dryRun=false'])(
    'a parameter that is not understood: %s',
    async (value) => {
      const before = await everything()
      const answer = await province.call('POST', `/api/v1/packages?dryRun=${value}`, {
        ...{ basic: province.snv.basic, type: 'application/edxml+xml', body: documentTo([codes.stc]).xml },
      })

      expect(answer.status).toBe(400)
      // A call that cannot be read is no trial: it is kept among the refusals.
      expect({ ...(await everything()), refusals: 0 }).toEqual({ ...before, refusals: 0 })
    },
  )

  test('a status is not tried at its own door, and not taken there for real', async () => {
    const document = await desk.send([codes.stc])
    const before = await stored(province)

    const answer = await province.call('POST', '/api/v1/status?dryRun=true', {
      ...{ basic: province.snv.basic, body: { documentId: document.documentId, code: '13', description: 'x' } },
    })

    expect(answer.status).toBe(400)
    expect(await stored(province)).toEqual(before)
  })
})

describe('a package that acts on others', () => {
  test('of type 1 says what it would withdraw and ask for', async () => {
    const document = await desk.send([codes.stc, codes.district])
    await desk.take(document.to(codes.district))
    const made = desk.operation(1, document.documentId, [codes.stc, codes.district, codes.ward])

    const trial = await tried(made.xml)
    const real = await desk.submitted(made)

    expect(lists(trial)).toEqual({
      ...{ withdrawn: [codes.stc], requested: [codes.district], undeliverable: [`${codes.ward} (not_addressed)`] },
    })
    expect(common(trial)).toEqual(common(real.answer))
    expect((await tried(made.xml)).body).toMatchObject({ would: 'repeat', withdrawn: [{ organId: codes.stc }] })
  })

  test('of type 1 for further recipients says what it would do to those', async () => {
    const document = await desk.send([codes.stc, codes.district])
    const id = `${document.documentId}-th`
    await desk.recallByPackage(document, [codes.stc], { id })
    const made = desk.operation(1, document.documentId, [codes.stc, codes.district], { id })

    const trial = await tried(made.xml)
    const real = await desk.submitted(made)

    expect(trial.body.would).toBe('supplement')
    expect(lists(trial).withdrawn).toEqual([codes.district])
    expect(common(trial)).toEqual(common(real.answer))
  })

  test('of type 2 and 3 is answered alike', async () => {
    const document = await desk.send([codes.stc, codes.district])
    const update = desk.operation(2, document.documentId, [codes.stc], {
      traces: changing(document.documentId, { removed: [codes.district], added: [codes.ward] }),
    })
    const replacement = desk.operation(3, document.documentId, [codes.stc], {
      traces: replacing([document.documentId]),
    })

    for (const made of [update, replacement]) {
      const trial = await tried(made.xml)
      const real = await desk.submitted(made)
      expect(common(trial)).toEqual(common(real.answer))
    }
  })

  test('whose target cannot be told raises no alert', async () => {
    const [first, second] = [await desk.send([codes.stc]), await desk.send([codes.stc])]
    const made = desk.operation(1, first.documentId, [codes.stc], { id: second.documentId })

    const trial = await tried(made.xml)

    expect(trial.body.findings.map((f: { code: string }) => f.code)).toContain('operation_target_ambiguous')
  })
})

describe('a status', () => {
  test('is judged, and no receipt is signed for what was not accepted', async () => {
    const document = await desk.send([codes.stc])
    const xml = statusOf({ from: codes.stc, to: codes.snv, documentId: document.documentId, code: '03' })
    const asShared = { basic: province.shared.basic }

    const trial = await tried(xml, 200, asShared)

    expect(trial.body).toMatchObject({ dryRun: true, would: 'accept', kind: 'status', code: '03', effect: 'moved' })
    expect(trial.body).not.toHaveProperty('receipt')
    expect(trial.body).not.toHaveProperty('statusId')
    expectStatus(await desk.status(province.shared, xml), 202)
    expect((await tried(xml, 200, asShared)).body).toMatchObject({ would: 'repeat', effect: 'moved' })
  })

  test('13 says what it would withdraw', async () => {
    const document = await desk.send([codes.stc])
    const xml = statusOf({ from: codes.snv, to: codes.stc, documentId: document.documentId, code: '13' })

    const trial = await tried(xml)

    expect(lists(trial)).toEqual({ withdrawn: [codes.stc], requested: [], undeliverable: [] })
    expect(await desk.row(document.to(codes.stc))).toMatchObject({ state: 'available', recall_requested: false })
  })
})
