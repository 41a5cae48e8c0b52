// Changing rules by the API: what is in force afterwards, what is kept, what is turned away (docs/rules.md).
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RulesApp, startRules } from './rules-app.ts'

let rules: RulesApp
beforeAll(async () => {
  rules = await startRules()
})
afterAll(async () => await rules.close())

const path = '/api/v1/admin/rules'
const reason = 'Quyết định của UBND tỉnh'
// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
const byId = (list: any, ruleId: string) => list.items.find((item: { ruleId: string }) => item.ruleId === ruleId)

describe('the list', () => {
  test('shows every rule as it is in force, in the language asked for', async () => {
    const vi = await rules.call('GET', path)
    const en = await rules.call('GET', path, { language: 'en' })

    expect(vi.status).toBe(200)
    rules.expectSchema('rule-list', vi.body)
    expect(vi.body.day).toBe('2026-11-20')
    expect(byId(vi.body, 'secret_not_allowed')).toMatchObject({
      ...{ mode: 'refuse', defaultMode: 'refuse', decidedBy: 'default', isDeclarable: true, overrides: [] },
      title: 'Văn bản mang dấu chỉ độ mật, không được gửi qua trục',
      source: expect.stringContaining('QĐ 28/2018'),
      parameters: { marks: expect.arrayContaining(['TỐI MẬT']) },
    })
    expect(byId(en.body, 'secret_not_allowed').title).toBe('A document with a secrecy mark may not travel here')
    expect(byId(en.body, 'secret_not_allowed').description).toMatch(/^A field that is or begins with/)
  })

  test('is for operators only', async () => {
    for (const [method, url] of [
      ['GET', path],
      ['GET', `${path}/package_size`],
      ['PUT', `${path}/package_size`],
      ['DELETE', `${path}/package_size?reason=x`],
      ['POST', `${path}/check`],
    ] as const) {
      expect((await rules.call(method, url, { as: 'nobody', body: { reason, mode: 'warn' } })).status).toBe(401)
    }
  })

  test('knows no agency that is not in the directory', async () => {
    expect(await rules.call('GET', `${path}?organId=H99`)).toMatchObject({
      status: 404,
      body: { code: 'agency_not_found' },
    })
  })
})

describe('a change', () => {
  test('for the province is in force at once, and is kept with who and why', async () => {
    const before = (await rules.call('GET', path)).body.version
    const changed = await rules.call('PUT', `${path}/package_size`, {
      body: { mode: 'refuse', parameters: { bytesMax: 1000 }, reason },
    })

    expect(changed.status).toBe(200)
    rules.expectSchema('rule-record', changed.body)
    expect(changed.body).toMatchObject({
      ...{ ruleId: 'package_size', mode: 'refuse', defaultMode: 'warn', decidedBy: 'province' },
      parameters: { bytesMax: 1000 },
      overrides: [
        {
          ...{ version: before + 1, change: 'set', scope: 'province', mode: 'refuse', parameters: { bytesMax: 1000 } },
          ...{ changedBy: 'operator of the test', changedAt: '2026-11-20T08:00:00.000+07:00', reason },
        },
      ],
    })
    expect((await rules.call('GET', path)).body.version).toBe(before + 1)
    const policy = await rules.policies.policyFor({ day: '2026-11-20' })
    expect(policy).toMatchObject({ version: before + 1 })
    expect(policy.rules.find((rule) => rule.ruleId === 'package_size')?.mode).toBe('refuse')
    expect(rules.audited.at(-1)).toEqual({
      ...{ actor: 'operator of the test', action: 'rule.changed', object: 'rule:package_size' },
      data: { change: 'set', mode: 'refuse', parameters: { bytesMax: 1000 }, reason, version: before + 1 },
    })
  })

  test('for one agency leaves the others alone, by whatever code it is named', async () => {
    await rules.call('PUT', `${path}/attachment_archive`, {
      body: { mode: 'refuse', organId: '000.00.01.h35', reason },
    })
    const one = await rules.call('GET', `${path}/attachment_archive?organId=H35.01`)
    const other = await rules.call('GET', `${path}/attachment_archive?organId=H35.04`)

    expect(one.body).toMatchObject({ mode: 'refuse', decidedBy: 'agency' })
    expect(one.body.overrides).toMatchObject([{ scope: 'agency', organId: 'H35.01', organName: 'Sở Nội vụ' }])
    expect(other.body).toMatchObject({ mode: 'warn', decidedBy: 'default', overrides: [] })
    const [own, shared, province] = await Promise.all([
      rules.policies.policyFor({ agencyId: rules.agencyId, day: '2026-11-20' }),
      rules.policies.policyFor({ agencyId: rules.otherAgencyId, day: '2026-11-20' }),
      rules.policies.policyFor({ day: '2026-11-20' }),
    ])
    expect(own.rules.find((rule) => rule.ruleId === 'attachment_archive')?.mode).toBe('refuse')
    expect(shared).toBe(province)
  })

  test('with days counts on those days', async () => {
    await rules.call('PUT', `${path}/document_id_pattern`, {
      body: { mode: 'warn', validFrom: '2026-12-01', validTo: '2026-12-31', reason },
    })
    const today = await rules.call('GET', `${path}/document_id_pattern`)
    const modeOn = async (day: string) => {
      const { rules: prepared } = await rules.policies.policyFor({ day })
      return prepared.find((rule) => rule.ruleId === 'document_id_pattern')?.mode
    }

    expect(today.body).toMatchObject({ mode: 'ignore', decidedBy: 'default' })
    expect(today.body.overrides).toMatchObject([{ validFrom: '2026-12-01', validTo: '2026-12-31' }])
    expect(await modeOn('2026-11-30')).toBe(undefined)
    expect(await modeOn('2026-12-01')).toBe('warn')
    expect(await modeOn('2027-01-01')).toBe(undefined)
  })

  test('can be taken back, once, and the history keeps all of it', async () => {
    await rules.call('PUT', `${path}/excluded_letter`, { body: { mode: 'refuse', reason: 'thí điểm' } })
    await rules.call('PUT', `${path}/excluded_letter`, { body: { mode: 'ignore', organId: 'H35.04', reason } })
    const removed = await rules.call('DELETE', `${path}/excluded_letter?reason=${encodeURIComponent('hết thí điểm')}`)
    const again = await rules.call('DELETE', `${path}/excluded_letter?reason=x`)
    const detail = await rules.call('GET', `${path}/excluded_letter?history=true`)

    expect(removed.body).toMatchObject({ mode: 'warn', decidedBy: 'default', overrides: [] })
    expect(again).toMatchObject({ status: 404, body: { code: 'rule_override_not_found' } })
    rules.expectSchema('rule-record', detail.body)
    expect(detail.body.history).toMatchObject([
      { change: 'removed', scope: 'province', reason: 'hết thí điểm' },
      { change: 'set', scope: 'agency', organId: 'H35.04', mode: 'ignore' },
      { change: 'set', scope: 'province', mode: 'refuse', reason: 'thí điểm' },
    ])
    expect((await rules.call('GET', `${path}/excluded_letter?organId=H35.04`)).body.mode).toBe('ignore')
    expect(rules.audited.at(-1)).toMatchObject({ action: 'rule.change_removed', object: 'rule:excluded_letter' })
  })

  test.each([
    ['package_sise', { mode: 'warn', reason }, 404, 'rule_not_found', undefined],
    ['package_size', { reason }, 422, 'rule_change_empty', undefined],
    ['package_size', { mode: 'warn' }, 422, 'schema_violation', undefined],
    ['package_size', { mode: 'block', reason }, 422, 'schema_violation', undefined],
    ['package_size', { mode: 'warn', reason: '  ' }, 422, 'schema_violation', undefined],
    ['package_size', { mode: 'warn', reason, validFrom: '2027-02-30' }, 422, 'schema_violation', undefined],
    ['package_size', { mode: 'warn', reason, organId: 'H99' }, 404, 'agency_not_found', undefined],
    [
      'package_size',
      { mode: 'warn', reason, validFrom: '2027-02-01', validTo: '2027-01-31' },
      ...([422, 'rule_days_reversed', undefined] as const),
    ],
    [
      'package_size',
      { parameters: { bytesMax: -1 }, reason },
      ...([422, 'rule_parameters_unusable', ['parameters/bytesMax']] as const),
    ],
    [
      'secret_not_allowed',
      { parameters: { notations: ['{text}-K', '{x}-L', '(a+)+$'] }, reason },
      ...([422, 'rule_parameters_unusable', ['parameters/notations/1']] as const),
    ],
  ])('of %s to %j is turned away', async (ruleId, body, status, code, paths) => {
    const before = (await rules.call('GET', path)).body.version
    const answer = await rules.call('PUT', `${path}/${ruleId}`, { body })

    expect(answer).toMatchObject({ status, body: { code } })
    if (paths !== undefined) expect(answer.body.violations.map((v: { path: string }) => v.path)).toEqual(paths)
    expect((await rules.call('GET', path)).body.version).toBe(before)
  })

  test('that is refused half-way leaves no trace', async () => {
    rules.failNextAudit()
    const before = (await rules.call('GET', path)).body.version
    const answer = await rules.call('PUT', `${path}/text_not_composed`, { body: { mode: 'ignore', reason } })

    expect(answer.status).toBe(500)
    expect((await rules.call('GET', path)).body.version).toBe(before)
    expect((await rules.call('GET', `${path}/text_not_composed?history=true`)).body.history).toEqual([])
  })

  test('made by two operators at once is two changes', async () => {
    const before = (await rules.call('GET', path)).body.version
    const answers = await Promise.all(
      ['ignore', 'warn', 'refuse', 'warn'].map((mode) =>
        rules.call('PUT', `${path}/legacy_charset`, { body: { mode, reason } }),
      ),
    )

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const { body } = await rules.call('GET', `${path}/legacy_charset?history=true`)
    expect(body.history.map((change: { version: number }) => change.version)).toEqual(
      [4, 3, 2, 1].map((n) => before + n),
    )
    expect(body.mode).toBe(body.history[0].mode)
  })

  test('is never rewritten in the database', async () => {
    const { db } = rules
    const rewritten = db.updateTable('rule_overrides').set({ reason: 'x' }).execute()
    const removed = db.deleteFrom('rule_overrides').execute()

    await Promise.all([
      expect(rewritten).rejects.toThrow('never changed'),
      expect(removed).rejects.toThrow('never changed'),
    ])
  })
})

describe('a trial', () => {
  const clean = {
    ...{ organId: 'H35.01', documentId: 'H35.01-2026.5', codeNumber: '125', codeNotation: 'BC-SNV' },
    ...{ promulgationDate: '2026-11-20', typeName: 'Báo cáo', subject: 'Báo cáo mật độ dân số' },
    signer: { position: 'Giám đốc', fullName: 'Lò Văn A' },
    recipients: ['H35.04'],
    attachments: [{ name: 'bao-cao.pdf' }],
  }
  const trial = (more: object) => rules.call('POST', `${path}/check`, { body: { ...clean, ...more } })

  test('of a document that breaks no rule says so', async () => {
    const answer = await trial({})

    rules.expectSchema('rule-check-result', answer.body)
    expect(answer.body).toMatchObject({ wouldBeRefused: false, refusals: [], findings: [] })
  })

  test('tells what would be refused, and of a secret only where', async () => {
    const { body } = await trial({ subject: 'MẬT: kế hoạch', attachments: [{ name: 'a.exe' }] })

    expect(body.wouldBeRefused).toBe(true)
    expect(body.refusals).toEqual([
      {
        path: 'edXMLHeader/MessageHeader/Subject',
        rule: 'secret_not_allowed',
        message: 'Văn bản mang dấu chỉ độ mật, không được gửi qua trục',
      },
      expect.objectContaining({ rule: 'attachment_executable' }),
    ])
    expect(JSON.stringify(body)).not.toMatch(/kế hoạch|a\.exe/)
  })

  test('takes a declaration as a sender would give it', async () => {
    const { body } = await trial({ subject: 'MẬT: hồ sơ di tích', declaration: 'not-secret' })

    expect(body).toMatchObject({ wouldBeRefused: false, findings: [{ code: 'secret_not_allowed', severity: 'warn' }] })
  })

  test.each([
    [{ priority: 7 }, 'priority_out_of_range'],
    [{ paper: true }, 'paper_not_listed'],
    [{ dueDate: '2026-11-19' }, 'due_before_promulgation'],
    [{ documentId: 'H35.04,2026/11/20,125/BC-SNV' }, 'document_id_foreign'],
    [{ attachments: [{ name: 'a.pdf', mediaType: 'application/zip' }] }, 'attachment_name_mismatch'],
    [{ size: 2000 }, 'package_size'],
    [{ day: '2026-12-15', documentId: 'x' }, 'document_id_pattern'],
  ])('of %j meets the rule %s', async (more, code) => {
    const { body } = await trial(more)

    rules.expectSchema('rule-check-result', body)
    expect([
      ...body.findings.map((f: { code: string }) => f.code),
      ...body.refusals.map((r: { rule: string }) => r.rule),
    ]).toContain(code)
  })

  test('goes by the rules of the sender', async () => {
    const attachments = [{ name: 'a.pdf' }, { name: 'a.zip' }]

    expect((await trial({ attachments })).body.wouldBeRefused).toBe(true)
    expect((await trial({ attachments, organId: 'H35.04' })).body.wouldBeRefused).toBe(false)
  })

  test('names the successors of a closed recipient where that matters', async () => {
    await rules.call('PUT', `${path}/recipient_closed`, { body: { mode: 'refuse', reason } })
    const { body } = await trial({ recipients: ['H35.04', 'H35.16'] })

    expect(body.refusals).toMatchObject([
      { path: 'edXMLHeader/MessageHeader/To[2]/OrganId', found: 'H35.16', expected: 'H35.05 Sở Khoa học và Công nghệ' },
    ])
  })

  test.each([{ subject: 5 }, { nothing: 'x' }, { kind: 'other' }, { declaration: 'secret' }])(
    'of %j is no trial',
    async (more) => {
      expect((await trial(more)).status).toBe(422)
    },
  )
})
