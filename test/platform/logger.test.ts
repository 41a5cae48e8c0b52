import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

it('writes to stderr only, flushes at the end, and hides secrets that ride along', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'log-secrets.ts')])

  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])

  expect(stdout).toBe('')
  expect(stderr).not.toContain('s3cret')
  const [line = ''] = stderr.split('\n')
  expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'package.accepted', packageId: 'p1' })
})
