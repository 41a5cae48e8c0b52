import { describe, expect, it } from 'vitest'
import { type Benchmarks, type BenchRequest, benchCommand } from '../../src/cli/bench-command.ts'
import { runCli } from '../../src/cli/run-cli.ts'

async function bench(...words: string[]) {
  const asked: { kind: string; request: BenchRequest }[] = []
  const measure = (kind: string) => async (request: BenchRequest) => {
    asked.push({ kind, request })
    return { benchmark: kind }
  }
  const kinds = ['intake', 'deliver', 'edxml', 'fair', 'urgent', 'waiting'] as const
  const benchmarks = Object.fromEntries(kinds.map((kind) => [kind, measure(kind)])) as unknown as Benchmarks
  const command = benchCommand(benchmarks)
  let [out, err] = ['', '']
  const code = await runCli(
    { bench: { summary: command.summary, load: async () => command } },
    {
      words: ['bench', ...words],
      env: {},
      streams: {
        out: (text) => {
          out += text
        },
        err: (text) => {
          err += text
        },
      },
      signal: new AbortController().signal,
    },
  )
  return { code, out, err, kind: asked[0]?.kind, request: asked[0]?.request }
}

describe('tram bench', () => {
  it.each(['intake', 'deliver', 'edxml', 'fair', 'urgent', 'waiting'])(
    '%s: one JSON object on stdout',
    async (name) => {
      const { code, out, kind } = await bench(name)

      expect([code, kind, JSON.parse(out)]).toEqual([0, name, { benchmark: name }])
    },
  )

  it('measures by default what is promised', async () => {
    const { request } = await bench('waiting')

    expect(request).toMatchObject({ seconds: 20, backlog: 50_000, samples: 200, small: 10_000, large: 1_000_000 })
    expect(request).not.toHaveProperty('subscribers')
  })

  it('takes smaller numbers', async () => {
    const { request } = await bench('fair', '--subscribers', '8', '--seconds', '5', '--bulk', '100', '--rounds', '1')

    expect(request).toMatchObject({ subscribers: 8, seconds: 5, bulk: 100, rounds: 1 })
  })

  it.each([
    [['speed'], 'bench knows intake, deliver, edxml, fair, urgent, waiting, not "speed"'],
    [[], 'what to measure (intake, deliver, edxml, fair, urgent, waiting) is missing'],
    [['urgent', '--backlog', '0'], '--backlog takes at least 1'],
    [['waiting', '--large', '10.5'], '--large takes a whole number'],
    [['fair', '--big', '5'], '--big goes with bench intake'],
  ])('refuses %j', async (words, said) => {
    const { code, err, request } = await bench(...words)

    expect([code, request]).toEqual([2, undefined])
    expect(err).toContain(said)
  })
})
