// Hostile and damaged packages through the whole gateway: each is accepted or refused with a code, none breaks anything,
// and what was refused leaves nothing behind.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutantOf, mutantPlan } from '../edxml/fuzz-mutations.ts'
import { packagesToPost } from '../edxml/hostile-packages.ts'
import { type GatewayUnderTest, startGateway } from '../support/gateway-under-test.ts'
import type { Answer } from '../support/http-client.ts'

let gateway: GatewayUnderTest
let sender: string

beforeAll(async () => {
  gateway = await startGateway()
  const agencies = [
    { name: 'Sở Nội vụ', codes: ['H35.12', '000.00.12.H35', 'A'] },
    { name: 'Sở Tài chính', codes: ['H35.14', '000.00.14.H35', 'B'] },
    { name: 'Sở Y tế', codes: ['H35.20', '000.00.20.H35'] },
  ]
  const { systems } = await gateway.register({
    agencies,
    systems: [
      { systemId: 'QLVB-SNV', agencies: ['H35.12', 'H35.14'] },
      { systemId: 'QLVB-SYT', agencies: ['H35.20'] },
    ],
  })
  sender = systems[0]?.basic ?? ''
})
afterAll(async () => {
  await gateway.close()
})

/** What was answered, by the rule that every answer is a 2xx, or a 4xx that says why. */
function outcomeOf({ status, body }: Answer): string {
  if (status === 200 || status === 202) return `${status} ${body.packageId === undefined ? 'status' : 'package'}`
  const isExplained =
    status >= 400 && status < 500 && /^[a-z0-9_]+$/.test(body?.code) && body.detail !== '' && body.ref !== undefined
  return isExplained ? `${status} ${body.code}` : `${status} UNEXPLAINED`
}

async function postAll(packages: readonly Buffer[]): Promise<string[]> {
  const outcomes: string[] = []
  const waiting = packages.entries()
  const worker = async (): Promise<void> => {
    for (const [index, bytes] of waiting) outcomes[index] = outcomeOf(await gateway.submit(sender, bytes))
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return outcomes
}

/** Packages in the database and files in the blob store; a status is a package, too. */
async function stored(): Promise<{ packages: number; blobs: number }> {
  const { packages } = await gateway.db
    .selectFrom('packages')
    .select((e) => e.fn.countAll<number>().as('packages'))
    .executeTakeFirstOrThrow()
  // The folder is made with the first package.
  const files = existsSync(gateway.blobFolder)
    ? readdirSync(gateway.blobFolder, { recursive: true, encoding: 'utf8' })
    : []
  return {
    packages: Number(packages),
    blobs: files.filter((file) => statSync(join(gateway.blobFolder, file)).isFile()).length,
  }
}

async function expectNothingHalfDone(
  outcomes: readonly string[],
  before: Awaited<ReturnType<typeof stored>>,
): Promise<void> {
  const accepted = outcomes.filter((outcome) => outcome.startsWith('202')).length
  const after = await stored()
  expect({ packages: after.packages - before.packages, blobs: after.blobs - before.blobs }).toEqual({
    packages: accepted,
    blobs: accepted,
  })
  expect((await gateway.call('GET', '/health/ready')).status).toBe(200)
}

describe('over HTTP', () => {
  it('damaged packages are accepted or refused with a code, and nothing is half stored', async () => {
    const before = await stored()
    const mutants = fc.sample(mutantPlan, { seed: 20_261_120, numRuns: 150 }).map(mutantOf)

    const outcomes = await postAll(mutants)

    expect(outcomes.filter((outcome) => outcome.endsWith('UNEXPLAINED'))).toEqual([])
    expect(new Set(outcomes).size).toBeGreaterThan(8)
    expect(outcomes).toContain('202 package')
    await expectNothingHalfDone(outcomes, before)
  })

  it('so are hostile ones', async () => {
    const before = await stored()
    const packages = packagesToPost.map(({ make }, index) => withOwnNumber(Buffer.from(make()), index))

    const outcomes = await postAll(packages)

    const named = outcomes.map((outcome, index) => `${packagesToPost[index]?.name}: ${outcome}`)
    expect(named.filter((outcome) => outcome.endsWith('UNEXPLAINED'))).toEqual([])
    expect(named).toContain('a ZIP whose entry has NUL in its name: 202 package')
    await expectNothingHalfDone(outcomes, before)
  })
})

/** None shall be refused only because another one has the same identifier. */
function withOwnNumber(bytes: Buffer, number: number): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(',743/SNV-VP', `,743-${number}/SNV-VP`), 'latin1')
}
