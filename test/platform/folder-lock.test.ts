import { fork } from 'node:child_process'
import { once } from 'node:events'
import { statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lockFolder } from '../../src/platform/folder-lock.ts'
import { scratchFolder } from '../support/scratch.ts'

describe('the folder lock', () => {
  const folder = scratchFolder('lock')
  afterAll(() => folder.remove())

  it('is held by one at a time, by whatever name the folder is called', async () => {
    const data = join(folder.path, 'data')
    const alias = join(folder.path, 'alias')
    symlinkSync(data, alias)
    const lock = await lockFolder(data)

    await expect(lockFolder(alias)).rejects.toMatchObject({ kind: 'folder_in_use', exitCode: 4 })

    await lock.release()
    await (await lockFolder(alias)).release()
  })

  it('makes the folder when there is none, closed to others', async () => {
    const made = join(folder.path, 'new', 'data')

    const lock = await lockFolder(made)
    await lock.release()

    expect(statSync(made).mode & 0o777).toBe(0o700)
  })

  it('is free again the moment its holder is killed', async () => {
    const holder = fork(join(import.meta.dirname, 'hold-lock.ts'), [folder.path], { execArgv: ['--import', 'tsx'] })
    await once(holder, 'message')
    await expect(lockFolder(folder.path)).rejects.toMatchObject({ kind: 'folder_in_use' })

    holder.kill('SIGKILL')
    await once(holder, 'exit')

    await (await lockFolder(folder.path)).release()
  })
})
