// Temporary folders and child processes that go away with the test, or with the run when the run itself is killed.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of the test's own. Call `remove` when done. */
export function scratchFolder(name = 'test'): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `tram-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/**
 * Runs `script` with `sh` when this process is gone, however it went: the child waits for the end of a pipe that the
 * kernel closes for us. `disarm` lets it leave without doing anything.
 */
export function afterDeath(script: string): { disarm(): void } {
  if (process.platform === 'win32') return { disarm: () => undefined }
  const guard = spawn('sh', ['-c', `read -r word; [ "$word" = disarm ] || { ${script}; }`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.unref()
  return { disarm: () => void guard.stdin.end('disarm\n') }
}
