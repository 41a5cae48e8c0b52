// Run by hostile.test.ts in a process of its own, where the memory is nobody else's: reads a package of 300 MB as it would
// stream in, then the large hostile ones, and prints by how much the process grew and what was left on the heap.
import { PackageReader } from '../../src/edxml/package-reader.ts'
import { edxml, oneFile } from '../support/edxml-fixtures.ts'
import { largePackages } from './hostile-packages.ts'
import { usualLimits, verdictOn } from './reading-verdict.ts'

const collect = globalThis.gc
if (collect === undefined) throw new Error('run it with --expose-gc')

// What all packages have in common is loaded and compiled before anything is measured.
verdictOn(Buffer.from(edxml()))
const { streamedBytes, streamGrowthBytes } = streamLargeFile()

collect()
const heapBefore = process.memoryUsage().heapUsed
for (const { make } of largePackages) verdictOn(Buffer.from(make()))
collect()
const heapGrowthBytes = process.memoryUsage().heapUsed - heapBefore
process.stdout.write(JSON.stringify({ streamedBytes, streamGrowthBytes, heapGrowthBytes }))

function streamLargeFile(): { streamedBytes: number; streamGrowthBytes: number } {
  const reader = new PackageReader(usualLimits)
  const [before = '', after = ''] = edxml({ files: [{ ...oneFile, content: '@' }] }).split('@')
  const chunk = Buffer.from('UEsDBAAA'.repeat(8_192))
  reader.write(Buffer.from(before))
  collect?.()
  const resident = process.memoryUsage.rss()
  let [streamedBytes, peak] = [0, resident]
  while (streamedBytes <= 300_000_000) {
    reader.write(chunk)
    streamedBytes += chunk.length
    peak = Math.max(peak, process.memoryUsage.rss())
  }
  reader.write(Buffer.from(after))
  reader.end()
  return { streamedBytes, streamGrowthBytes: peak - resident }
}
