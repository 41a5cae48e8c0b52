// One running gateway per data folder. The lock is a listening socket and not a file with a process id, because the
// kernel frees a socket at the very moment its process dies, also by kill -9; nothing stale is ever left to guess about.
import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { errorCode } from './error-code.ts'
import { StartFailure } from './start-failure.ts'

export interface FolderLock {
  release(): Promise<void>
}

/** Takes the folder for this process, creating it when needed. Rejects with `folder_in_use` when another has it. */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const folder = realpathSync(dataDir)
  const address = lockAddress(folder)

  const server = (await listen(address)) ?? ((await isStale(address)) ? await listen(address) : undefined)
  if (!server)
    throw new StartFailure('folder_in_use', {
      vi: `Thư mục dữ liệu ${folder} đang được một bản Trạm khác sử dụng.`,
      en: `The data folder ${folder} is used by another copy of Trạm.`,
    })

  // A forgotten release must not keep a finished process alive.
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}

/** Two spellings of one folder (links, relative paths) must meet at one address, hence the real path. */
function lockAddress(folder: string): string {
  const name = `tram-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`
  if (process.platform === 'linux') return `\0${name}`
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`
  return `/tmp/${name}.sock`
}

function listen(address: string): Promise<Server | undefined> {
  const server = createServer((client) => client.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(address, () => resolve(server))
  })
}

/** Where sockets are files (macOS), a killed holder leaves the file behind; nobody answers on it then. */
async function isStale(address: string): Promise<boolean> {
  if (!address.startsWith('/')) return false
  const answered = await new Promise<boolean>((resolve) => {
    const client = connect(address, () => resolve(true)).on('error', () => resolve(false))
    client.on('connect', () => client.destroy())
  })
  if (!answered) await unlink(address).catch(() => undefined)
  return !answered
}
