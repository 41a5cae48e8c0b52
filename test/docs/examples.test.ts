// Runs the examples of the documentation as a reader would, from top to bottom, against a gateway of this test. A
// block whose fence says `runnable` is run; one that also says `save-as=NAME` is first saved under that name.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayUnderTest, startGateway } from '../support/gateway-under-test.ts'
import { runnableBlocks, top } from './documentation.ts'

const canRun = ['bash', 'curl'].every((program) => spawnSync(program, ['--version']).status === 0)
if (!canRun) process.stderr.write('[tests] no bash or no curl: the examples of the documentation are not run\n')

describe.skipIf(!canRun)('the examples of', () => {
  let gateway: GatewayUnderTest

  beforeAll(async () => {
    gateway = await startGateway()
  })
  afterAll(async () => {
    await gateway.close()
  })

  it.each(['README.md', 'docs/subscribers.md'])('%s do what they say', async (page) => {
    const { code, output } = await run(page, gateway)

    expect(output).toContain('examples end here')
    expect(code, output).toBe(0)
  })
})

it('the Vietnamese README shows the same examples as the English one', () => {
  expect(runnableBlocks('docs/vi/README.md')).toEqual(runnableBlocks('README.md'))
})

async function run(page: string, gateway: GatewayUnderTest): Promise<{ code: number | null; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'tram-examples-'))
  // A reader has installed the libraries that an example names.
  symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'))
  const [pushPort, noticePort] = await Promise.all([freePort(), freePort()])
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, TRAM: gateway.url, ADMIN_TOKEN: gateway.adminToken },
    ...{ PUSH_PORT: String(pushPort), NOTICE_PORT: String(noticePort) },
  }
  try {
    return await bash(scriptOf(page, folder), folder, env)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A reader would notice a command that fails; the script ends there. */
function scriptOf(page: string, folder: string): string {
  const commands = runnableBlocks(page).map(({ language, words, text }) => {
    const name = words.find((word) => word.startsWith('save-as='))?.slice('save-as='.length)
    if (name === undefined && language !== 'bash') throw new Error(`${page}: who should run ${language}?`)
    if (name !== undefined) writeFileSync(join(folder, name), text)
    return name === undefined ? text : ''
  })
  return [
    'set -euo pipefail',
    "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT",
    ...commands,
    'echo examples end here',
  ].join('\n')
}

function bash(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
  // A group of its own, so that nothing an example leaves behind outlives it.
  const child = spawn('bash', ['-c', script], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const limit = setTimeout(() => endGroup(child.pid), exampleMsMax)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
    })
  }
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(limit)
      resolve({ code, output })
    })
  })
}

/** Below the time a test has, so that what the example said is seen. */
const exampleMsMax = 17_000

function endGroup(pid: number | undefined): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
