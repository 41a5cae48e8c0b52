// Makes the embedded database's folder on first start. Everything is made beside its final place and renamed into it
// at the end, so that a start killed half-way leaves nothing that a later start could take for a database.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { errorCode } from './error-code.ts'
import { postgresCommand, type RunnablePostgres } from './postgres-account.ts'
import { dataMajor } from './postgres-binaries.ts'
import { StartFailure } from './start-failure.ts'

/** The superuser of the embedded server, and the database that is ours in it. */
export const embeddedName = 'tram'

/** Makes the database folder when there is none, and answers the server's password. */
export async function ensureCluster(postgres: RunnablePostgres, dataDir: string): Promise<string> {
  const isNew = dataMajor(dataDir) === undefined
  const password = isNew ? makePassword(postgres, dataDir) : postgresPassword(dataDir)
  if (isNew) await makeCluster(postgres, dataDir, password)
  return password
}

/**
 * Other accounts of the machine can reach 127.0.0.1 too, hence a password although nobody ever types it. It is on disk
 * before the database that asks for it, so a crash between the two leaves no database without a password.
 */
function makePassword({ account }: RunnablePostgres, dataDir: string): string {
  const password = randomBytes(32).toString('hex')
  mkdirSync(join(dataDir, 'keys'), { recursive: true, mode: 0o700 })
  const file = openSync(passwordFile(dataDir), 'w', 0o600)
  writeFileSync(file, password)
  fsyncSync(file)
  closeSync(file)
  // In a folder of an ordinary user, who must be able to start it himself the next time.
  const isOwner = account !== undefined && account.uid === statSync(dataDir).uid
  if (isOwner)
    for (const path of [join(dataDir, 'keys'), passwordFile(dataDir)]) chownSync(path, account.uid, account.gid)
  return password
}

export function postgresPassword(dataDir: string): string {
  try {
    return readFileSync(passwordFile(dataDir), 'utf8').trim()
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause
    const file = passwordFile(dataDir)
    throw new StartFailure(
      'database_broken',
      {
        vi: `Thiếu mật khẩu của cơ sở dữ liệu nhúng: ${file}`,
        en: `The embedded database's password is missing: ${file}`,
      },
      { cause },
    )
  }
}

function passwordFile(dataDir: string): string {
  return join(dataDir, 'keys', 'postgres-password')
}

async function makeCluster(postgres: RunnablePostgres, dataDir: string, password: string): Promise<void> {
  for (const name of readdirSync(dataDir))
    if (name.startsWith('postgres-setup-')) rmSync(join(dataDir, name), { recursive: true, force: true })

  const setup = mkdtempSync(join(dataDir, 'postgres-setup-'))
  const data = join(setup, 'data')
  const passwordCopy = join(setup, 'password')
  mkdirSync(data, { mode: 0o700 })
  writeFileSync(passwordCopy, password, { mode: 0o600 })
  const { account } = postgres
  if (account) for (const path of [setup, data, passwordCopy]) chownSync(path, account.uid, account.gid)

  await runInitdb(postgres, dataDir, [...localeArguments(postgres), '-D', data, `--pwfile=${passwordCopy}`])
  renameSync(data, join(dataDir, 'postgres'))
  syncFolder(dataDir)
  rmSync(setup, { recursive: true, force: true })
}

/**
 * The C locale does not know that Đ is the capital of đ; the built-in one does, sorts by code point on every machine
 * alike, and never changes with the system's libraries. Before version 17 the system's C.UTF-8 comes closest.
 */
function localeArguments({ major }: RunnablePostgres): string[] {
  return major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C.UTF-8']
}

async function runInitdb(postgres: RunnablePostgres, dataDir: string, args: string[]): Promise<void> {
  const common = ['-U', embeddedName, '--auth=scram-sha-256', '-E', 'UTF8', '--no-instructions']
  const { command, args: all, options } = postgresCommand(postgres, 'initdb', [...common, ...args])
  try {
    await promisify(execFile)(command, all, options)
  } catch (cause) {
    await refuseFullDisk(dataDir, initialBytes)
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new StartFailure(
      'database_broken',
      {
        vi: `Không tạo được cơ sở dữ liệu trong ${dataDir}: ${said}`,
        en: `No database could be made in ${dataDir}: ${said}`,
      },
      { cause },
    )
  }
}

/** A new database takes 40 MB at once and a write-ahead segment of 16 MB soon after. */
const initialBytes = 64 * 1024 * 1024

/** Blames the disk when fewer than `bytesNeeded` are free: PostgreSQL's own words for it differ by where it ran out. */
export async function refuseFullDisk(dataDir: string, bytesNeeded: number): Promise<void> {
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  if (free >= bytesNeeded) return
  throw new StartFailure('disk_full', {
    vi: `Hết dung lượng đĩa cho ${dataDir}: còn ${free} byte.`,
    en: `No disk space left for ${dataDir}: ${free} bytes free.`,
  })
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
