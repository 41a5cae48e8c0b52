// A signal that comes while the gateway is still starting ends it in order: nothing is left running behind it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { scratchFolder } from '../support/scratch.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

it('ends in order when it is stopped a moment after it said that it is ready', async () => {
  const folder = scratchFolder('stopped')
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: {
      ...process.env,
      DATA_DIR: folder.path,
      PORT: '0',
      SANDBOX: '1',
      LOG_LEVEL: 'warn',
      DATABASE_URL: '',
      REDIS_URL: '',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })

  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => String(chunk).includes('tram ready') && resolve())
  })
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')

  expect(code).toBe(0)
  expect(existsSync(join(folder.path, 'postgres', 'postmaster.pid'))).toBe(false)
  folder.remove()
}, 40_000)
