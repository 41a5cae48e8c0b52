// A JSON file that is there whole or not at all, also after a power cut: written aside, synced, put in place.
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncPath } from './copy-files.ts'

export async function writeJson(file: string, value: unknown): Promise<void> {
  const draft = `${file}.part`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
  await syncPath(dirname(file), true)
}
