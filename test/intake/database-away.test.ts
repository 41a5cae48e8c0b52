// The database goes away and comes back: what cannot be made durable is not accepted, everybody is told, and nobody
// has to restart anything.
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  codes,
  documentTo,
  expectStatus,
  type Province,
  packageRowsOf,
  startProvince,
  stored,
} from '../support/gateway-under-test-province.ts'
import { expectSchema } from '../support/http-client-schemas.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

let province: Province
let wire: TcpProxy
beforeAll(async () => {
  province = await startProvince({
    async databaseVia(real) {
      const url = new URL(real)
      wire = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
      url.port = String(wire.port)
      return url.href
    },
  })
})
afterAll(async () => {
  await province.close()
  await wire.close()
})

const submit = (xml: string) => province.submit(province.snv.basic, xml)
const ready = () => province.call('GET', '/health/ready')

async function whileCut(run: () => Promise<void>): Promise<void> {
  await wire.cut()
  try {
    await run()
  } finally {
    await wire.mend()
  }
  await vi.waitFor(async () => expect((await ready()).status).toBe(200), { timeout: 10_000 })
}

test('refuses packages with 503 and Retry-After while it is away, accepts nothing, and takes them afterwards', async () => {
  const made = documentTo([codes.stc])
  expectStatus(await submit(documentTo([codes.stc]).xml), 202)
  const before = await stored(province)

  await whileCut(async () => {
    const answer = await submit(made.xml)

    expectStatus(answer, 503)
    expectSchema('problem', answer.body)
    expect(answer.body).toMatchObject({ code: 'database_away', status: 503 })
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    // Its bytes may wait for the sweep of orphans: whether the cut commit happened was not known.
    expect({ ...(await stored(province)), blobs: [] }).toEqual({ ...before, blobs: [] })
  })

  expectStatus(await submit(made.xml), 202)
  expect(await packageRowsOf(province, made.documentId)).toHaveLength(1)
})

test('refuses statuses and reading alike', async () => {
  await whileCut(async () => {
    const status = await province.call('POST', '/api/v1/status', {
      basic: province.shared.basic,
      body: { documentId: 'X', from: codes.stc, organId: codes.snv, code: '03' },
    })
    const mailbox = await province.call('GET', '/api/v1/mailbox', { basic: province.shared.basic })

    for (const answer of [status, mailbox]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'database_away' } })
      expect(answer.headers.get('retry-after')).not.toBeNull()
    }
  })
})

test('says on /health/ready why it is not ready, and on /health/live that it lives', async () => {
  await whileCut(async () => {
    const answer = await ready()

    expectStatus(answer, 503)
    expect(answer.body.problems).toContainEqual({ name: 'database', problem: expect.stringMatching(/\S/) })
    expect(answer.headers.get('retry-after')).not.toBeNull()
    expectStatus(await province.call('GET', '/health/live'), 200)
  })
})

test('fails the transaction whose connection is lost between two statements, and nothing else', async () => {
  const transaction = province.gateway.db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx)
    await wire.cut()
    // A later connection attempt has failed, so the earlier reset has been heard.
    expect((await ready()).status).toBe(503)
    await sql`select 2`.execute(trx)
  })

  await expect(transaction).rejects.toThrow()

  await wire.mend()
  await vi.waitFor(async () => expect((await ready()).status).toBe(200), { timeout: 10_000 })
})

test('keeps its word when it is cut in the middle of many: every 202 is there, and no other is there twice', async () => {
  const made = Array.from({ length: 30 }, () => documentTo([codes.stc, codes.district]))
  const before = await stored(province)

  const answers = await Promise.all(
    made.map(async ({ xml }, i) => {
      // The fifth answer is the sign that commits are under way.
      if (i === 5)
        await vi.waitFor(async () => expect((await stored(province)).packages).toBeGreaterThan(before.packages))
      if (i === 5) await wire.cut()
      return await submit(xml)
    }),
  )
  await wire.mend()
  await vi.waitFor(async () => expect((await ready()).status).toBe(200), { timeout: 10_000 })

  expect(answers.filter((answer) => answer.status === 202).length).toBeGreaterThan(0)
  expect(answers.filter((answer) => answer.status === 503).length).toBeGreaterThan(0)
  expect(answers.every(({ status }) => status === 202 || status === 503)).toBe(true)
  for (const [i, { xml, documentId }] of made.entries()) {
    if (answers[i]?.status === 202) expect(await packageRowsOf(province, documentId)).toHaveLength(1)
    const again = await submit(xml)
    expect([200, 202]).toContain(again.status)
    expect(await packageRowsOf(province, documentId)).toHaveLength(1)
  }
})
