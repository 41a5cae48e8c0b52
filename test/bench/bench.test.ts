import { describe, expect, it } from 'vitest'
import { sentAtOf, stampedNumber } from '../../src/bench/bench-messages.ts'
import { noise, packageMaker, recipientsOf } from '../../src/bench/package-template.ts'
import { figuresOf, memoryKiB, usedBetween } from '../../src/bench/process-figures.ts'
import { percentilesOf, spreadOf } from '../../src/bench/statistics.ts'
import { PackageReader } from '../../src/edxml/package-reader.ts'

describe('figures of a measurement', () => {
  it('are the median of the rounds with how far the others were', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 })
    expect(spreadOf([10, 20])).toEqual({ median: 15, min: 10, max: 20 })
  })

  it('are percentiles that were really measured', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)

    expect(percentilesOf(values)).toEqual({ p50: 50, p95: 95, p99: 99 })
    expect(percentilesOf([7])).toEqual({ p50: 7, p95: 7, p99: 7 })
  })
})

describe('packages of the load generator', () => {
  const now = new Date('2026-11-20T01:00:00Z')
  const recipients = Array.from({ length: 60 }, (_, index) => `${index}.01.99.H35`)

  it('are packages that the gateway reads, each with its own number and recipients', () => {
    const make = packageMaker('000.01.99.H35', 45_000, now)
    const reader = new PackageReader({ headerBytesMax: 2 ** 20, attachmentsMax: 10, depthMax: 64 })

    const bytes = make('17', ['1.01.99.H35', '2.01.99.H35'])
    reader.write(bytes)

    const { package: read } = reader.end()
    expect(read).toMatchObject({
      type: 'edoc',
      kind: 'new',
      documentId: '000.01.99.H35,2026/11/20,17/ĐT-VP',
      codeNumber: '17',
    })
    expect(read.type === 'edoc' && read.to.map(({ organId }) => organId)).toEqual(['1.01.99.H35', '2.01.99.H35'])
    expect(read.type === 'edoc' && read.attachments[0]).toMatchObject({ size: 45_000, mediaType: 'application/pdf' })
    expect(bytes.length).toBeGreaterThan(60_000)
    expect(bytes.length).toBeLessThan(66_000)
  })

  it('have 8.5 recipients on average, and no agency twice in one package', () => {
    const counts = Array.from({ length: 1600 }, (_, n) => {
      const to = recipientsOf(n, 8.5, recipients)
      expect(new Set(to).size).toBe(to.length)
      return to.length
    })

    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBe(8.5)
  })

  it('carry attachments of the exact size', () => {
    expect(noise(45_000)).toHaveLength(45_000)
    expect(noise(5)).toHaveLength(5)
  })

  it('say when they were sent in the number of a paced round', () => {
    const documentId = `000.01.99.H35,2026/11/20,${stampedNumber(1_795_000_000_123, 42)}/ĐT-VP`

    expect(sentAtOf(documentId)).toBe(1_795_000_000_123)
    expect(sentAtOf('000.01.99.H35,2026/11/20,17/ĐT-VP')).toBeUndefined()
  })
})

describe.runIf(process.platform === 'linux')('the cost of a process', () => {
  it('is read for one that lives', () => {
    const before = figuresOf([process.pid])
    const until = performance.now() + 60
    while (performance.now() < until);

    const used = usedBetween(before, figuresOf([process.pid]))

    expect(used?.cpuSeconds).toBeGreaterThan(0)
    expect(used?.peakMemoryMiB).toBeGreaterThan(10)
    expect(memoryKiB(process.pid, 'VmHWM')).toBeGreaterThanOrEqual(memoryKiB(process.pid, 'VmRSS'))
  })

  it('is not known for one that is gone', () => {
    expect(figuresOf([2 ** 22 + 1])).toBeUndefined()
  })
})
