// A server that a killed gateway left behind. PostgreSQL writes its process id and port to postmaster.pid; here we find
// out whether that file still speaks of a live server of the same folder, and clear it away when it cannot.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from './error-code.ts'
import { isAlive, type PostgresServer, watchPostgres } from './postgres-process.ts'

/** The running server of this folder, ready or not; none when there is none. */
export function findOrphan(dataDir: string): PostgresServer | undefined {
  const dataFolder = join(dataDir, 'postgres')
  const file = join(dataFolder, 'postmaster.pid')
  const entry = readEntry(file)
  if (!entry || !isAlive(entry.pid)) return undefined
  const isRunning = () => isAlive(entry.pid) && isPostgresOf(entry.pid, dataFolder)
  if (isRunning()) return watchPostgres({ ...entry, isRunning })

  // The number now belongs to some other program, e.g. after a restart of the machine. PostgreSQL would refuse to start
  // beside it, because it cannot tell the difference.
  if (!hasAnyProcess(dataFolder)) rmSync(file, { force: true })
  return undefined
}

/** Lines of postmaster.pid: process id, data folder, start time, port, … An unfinished file counts as none. */
function readEntry(file: string): { pid: number; port: number } | undefined {
  let lines: string[]
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  const pid = Number(lines[0])
  const port = Number(lines[3])
  return pid > 0 && port > 0 ? { pid, port } : undefined
}

/** PostgreSQL's processes work in the data folder, which the kernel shows; elsewhere the program's name must do. */
function isPostgresOf(pid: number, dataFolder: string): boolean {
  if (process.platform === 'linux') return workingFolder(pid) === realpathSync(dataFolder)
  if (process.platform === 'win32') return true
  return spawnSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' }).stdout.includes('postgres')
}

/** A server that died alone leaves workers for a moment, and they may still write. */
function hasAnyProcess(dataFolder: string): boolean {
  if (process.platform !== 'linux') return false
  const folder = realpathSync(dataFolder)
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && workingFolder(Number(name)) === folder)
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    // Ended meanwhile, or somebody else's: not a server of ours either way.
    return undefined
  }
}
