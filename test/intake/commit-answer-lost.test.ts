// The commit reached the database and its answer was lost on the way: nobody knows at that moment whether the packages
// are accepted. What is in the table must have its bytes, and nobody may be told that it was turned away for good.
import { connect, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import {
  blobIds,
  codes,
  deliveriesOf,
  documentTo,
  expectStatus,
  type Province,
  packageRowsOf,
  startProvince,
} from '../support/gateway-under-test-province.ts'

let province: Province
let wire: CommitCutter
beforeAll(async () => {
  province = await startProvince({
    async databaseVia(real) {
      const url = new URL(real)
      wire = await startCommitCutter({ host: url.hostname, port: Number(url.port) })
      url.port = String(wire.port)
      return url.href
    },
  })
})
afterAll(async () => {
  await province?.close()
  await wire?.close()
})

const submit = (xml: string, headers: Record<string, string> = {}) =>
  province.submit(province.snv.basic, xml, { headers })

async function settled(): Promise<void> {
  wire.disarm()
  const ready = async () => expect((await province.call('GET', '/health/ready')).status).toBe(200)
  await vi.waitFor(ready, { timeout: 10_000 })
}

/** The one package of a document, with its bytes at the sender's and the receiver's door. */
async function expectReadable(documentId: string, xml: string): Promise<string> {
  const rows = await packageRowsOf(province, documentId)
  expect(rows).toHaveLength(1)
  const packageId = rows[0]?.package_id ?? ''
  const [delivery] = await deliveriesOf(province, documentId)
  const doors = [
    [`/api/v1/packages/${packageId}/content`, province.snv.basic],
    [`/api/v1/mailbox/${delivery?.delivery_id}/package`, province.shared.basic],
  ] as const
  for (const [path, basic] of doors) {
    const answer = await province.call('GET', path, { basic })
    expect({ path, status: answer.status, text: answer.bytes.toString('utf8') }).toEqual({
      path,
      status: 200,
      text: xml,
    })
  }
  return packageId
}

test.each([
  ['of the first commit only', 1],
  ['of the first few commits', 8],
  ['of every commit', Number.POSITIVE_INFINITY],
])('every package of twenty-four at once keeps its bytes when the answer %s is lost', async (_which, cuts) => {
  const made = Array.from({ length: 24 }, () => documentTo([codes.stc]))
  wire.arm(cuts)

  const answers = await Promise.all(
    made.map(({ xml }, i) => submit(xml, i % 2 ? { 'idempotency-key': `k${cuts}-${i}` } : {})),
  )
  const cut = wire.cuts()
  await settled()

  expect(cut).toBeGreaterThan(0)
  expect(
    answers.filter(({ status }) => status !== 202 && status !== 503).map(({ status, body }) => ({ status, body })),
  ).toEqual([])
  for (const [i, { xml, documentId }] of made.entries()) {
    const packageId = await expectReadable(documentId, xml)
    if (answers[i]?.status === 202) expect(answers[i]?.body.packageId).toBe(packageId)
    const again = await submit(xml, i % 2 ? { 'idempotency-key': `k${cuts}-${i}` } : {})
    expectStatus(again, 200)
    expect(again.body.packageId).toBe(packageId)
    expect(blobIds(province)).toContain(packageId)
  }
})

test('a single package whose commit lost its answer is refused for now, and is there', async () => {
  const made = documentTo([codes.stc])
  wire.arm(Number.POSITIVE_INFINITY)

  const answer = await submit(made.xml)
  await settled()

  expect(answer).toMatchObject({ status: 503, body: { code: 'database_away' } })
  expect(answer.headers.get('retry-after')).not.toBeNull()
  const packageId = await expectReadable(made.documentId, made.xml)
  expect(await submit(made.xml)).toMatchObject({ status: 200, body: { packageId } })
})

test('a supplement whose commit lost its answer keeps its bytes and its delivery', async () => {
  const made = documentTo([codes.stc])
  expectStatus(await submit(made.xml), 202)
  const more = documentTo([codes.district], { id: made.documentId })
  // The first commit only finds out that the document is known; the supplement goes with the second.
  wire.arm(Number.POSITIVE_INFINITY, 1)

  const answer = await submit(more.xml)
  await settled()

  expectStatus(answer, 503)
  const [, delivery] = await deliveriesOf(province, made.documentId)
  expect(delivery).toMatchObject({ organ_id: codes.district, state: 'available' })
  const path = `/api/v1/mailbox/${delivery?.delivery_id}/package`
  const fetched = await province.call('GET', path, { basic: province.shared.basic })
  expect({ status: fetched.status, text: fetched.bytes.toString('utf8') }).toEqual({ status: 200, text: more.xml })
  expectStatus(await submit(more.xml), 200)
  expect(await deliveriesOf(province, made.documentId)).toHaveLength(2)
})

interface CommitCutter {
  readonly port: number
  /** From now on so many commits of packages lose their answer, and their connections are gone; the first few may pass. */
  arm(cuts: number, passing?: number): void
  disarm(): void
  /** How many lost it since it was armed. */
  cuts(): number
  close(): Promise<void>
}

/** A wire to PostgreSQL that passes a COMMIT on, waits until the server has answered it, and keeps the answer. */
async function startCommitCutter(target: { readonly host: string; readonly port: number }): Promise<CommitCutter> {
  const sockets = new Set<Socket>()
  let toPass = 0
  let wanted = 0
  let done = 0

  function mustLose(): boolean {
    if (done >= wanted) return false
    if (toPass > 0) {
      toPass -= 1
      return false
    }
    done += 1
    return true
  }

  const server = createServer((near) => {
    const far = connect(target.port, target.host)
    let writesPackages = false
    let isDoomed = false
    near.on('data', (chunk) => {
      if (chunk.includes('insert into packages')) writesPackages = true
      if (isCommit(chunk)) {
        isDoomed = writesPackages && mustLose()
        writesPackages = false
      }
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (!isDoomed) near.write(chunk)
      else for (const socket of [near, far]) socket.resetAndDestroy()
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the wire has no port')

  return {
    port: address.port,
    arm(cuts, passing = 0) {
      wanted = cuts
      toPass = passing
      done = 0
    },
    disarm() {
      wanted = 0
    },
    cuts: () => done,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** A simple query message: its letter, its length and the text, closed by a zero. */
function isCommit(message: Buffer): boolean {
  return message[0] === 0x51 && message.toString('latin1', 5).toLowerCase() === 'commit\0'
}
