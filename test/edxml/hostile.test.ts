// Packages written to hurt: each gets its code or is accepted, soon, in the same way however it is cut into chunks, and
// together they do not fill the memory.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { edxml } from '../support/edxml-fixtures.ts'
import { hostilePackages } from './hostile-packages.ts'
import { codeOf, faultsOf, verdictOn } from './reading-verdict.ts'

// Measured at a third of a second and less. The bound is for what hangs, not for what is slow on a busy machine.
const hangMs = 5_000

// Byte by byte takes a microsecond each; the large ones are cut by the fuzzing.
const cutFinelyMax = 100_000

describe('a hostile package', () => {
  it.each(hostilePackages)('$name: $verdict', ({ make, verdict: expected }) => {
    const bytes = Buffer.from(make())

    const start = performance.now()
    const verdict = verdictOn(bytes)
    const tookMs = performance.now() - start

    expect(codeOf(verdict)).toBe(expected)
    expect(faultsOf(verdict, bytes)).toEqual([])
    expect(tookMs).toBeLessThan(hangMs)
    if (bytes.length <= cutFinelyMax) expect(verdictOn(bytes, [1])).toEqual(verdict)
  })
})

describe('a list that would go on and on', () => {
  const manyTimes = 10_000

  it('of errors ends with how many there are', () => {
    const xml = edxml({ more: '<e:Subject>a</e:Subject>'.repeat(manyTimes) })

    const verdict = verdictOn(Buffer.from(xml))

    if (verdict.kind === 'accepted') throw new Error('it was not refused')
    expect(verdict.violations).toHaveLength(201)
    expect(verdict.violations.at(-1)).toEqual({ path: '', rule: 'violations_cut', found: '10000', expected: '≤ 200' })
  })

  it('of findings ends with how many there are', () => {
    const xml = edxml({
      more: '<e:ResponseFor><e:PromulgationDate>a</e:PromulgationDate></e:ResponseFor>'.repeat(manyTimes),
    })

    const verdict = verdictOn(Buffer.from(xml))

    if (verdict.kind === 'refused') throw new Error('it was not accepted')
    expect(verdict.findings).toHaveLength(201)
    expect(verdict.findings.at(-1)).toMatchObject({ code: 'findings_cut', params: { count: '10000', limit: 200 } })
  })

  it('names the right one of thousands', () => {
    const to = Array.from(
      { length: 5_000 },
      (_, i) => `<e:To><e:OrganId>${i === 4_321 ? 'x'.repeat(200) : i}</e:OrganId></e:To>`,
    )

    const verdict = verdictOn(Buffer.from(edxml({ to: to.join('') })))

    if (verdict.kind === 'accepted') throw new Error('it was not refused')
    expect(verdict.violations).toMatchObject([
      { path: 'edXMLHeader/MessageHeader/To[4322]/OrganId', rule: 'maxLength' },
    ])
  })
})

describe('memory', () => {
  it('stays flat while 300 MB of base64 stream by, and is free again after megabytes of markup', async () => {
    const program = fileURLToPath(new URL('hostile-memory.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', program])
    const { heapGrowthBytes, streamedBytes, streamGrowthBytes } = JSON.parse(stdout)

    // A megabyte of it is code that is compiled on the way; twenty packages that stayed would be a hundred.
    expect(heapGrowthBytes).toBeLessThan(12_000_000)
    expect(streamedBytes).toBeGreaterThan(300_000_000)
    expect(streamGrowthBytes).toBeLessThan(100_000_000)
  })
})
