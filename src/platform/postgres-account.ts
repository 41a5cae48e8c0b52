// Whom the embedded PostgreSQL runs as. It refuses to run as root, so a gateway started by root lends it another
// account; inside a private folder that account can reach nothing, and a user namespace takes its place.
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { copyBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { StartFailure } from './start-failure.ts'

/** PostgreSQL together with how to start its programs here. */
export interface RunnablePostgres extends PostgresBinaries {
  /** Given to spawn; absent when the programs run as we do. */
  readonly account?: Account
  /** Words before the program, e.g. to enter a user namespace. */
  readonly prefix: readonly string[]
}

interface Account {
  readonly uid: number
  readonly gid: number
}

/** Decides once per start, and hands the database files to whoever will run it this time. */
export function chooseAccount(binaries: PostgresBinaries, dataDir: string): RunnablePostgres {
  const found = process.getuid?.() === 0 ? runnableByRoot(binaries, dataDir) : runnableByUser(binaries)
  const owner = found.account ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  if (process.getuid?.() === 0) handOver(join(dataDir, 'postgres'), owner)
  return found
}

/** The command line and spawn options for one of PostgreSQL's programs. */
export function postgresCommand(postgres: RunnablePostgres, program: 'postgres' | 'initdb', args: readonly string[]) {
  const [command = program, ...rest] = [...postgres.prefix, join(postgres.bin, program), ...args]
  // PG* variables of the caller would reach the server as settings of their own.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))
  return {
    command,
    args: rest,
    options: { ...postgres.account, cwd: '/', env: { ...Object.fromEntries(environment), LC_ALL: 'C', TZ: 'UTC' } },
  }
}

function runnableByUser(binaries: PostgresBinaries): RunnablePostgres {
  return { ...binaries, prefix: hasUserName() ? [] : inNamespace() }
}

/** Containers may run under a number without a name; initdb insists on a name and finds `nobody` in the namespace. */
function hasUserName(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

function runnableByRoot(binaries: PostgresBinaries, dataDir: string): RunnablePostgres {
  makePassable(dataDir)
  const lent = lentAccounts(dataDir).map((account) => ({ ...binaries, account, prefix: [] }))
  const namespaced = { ...binaries, prefix: inNamespace() }
  const direct = [...lent, namespaced].find((candidate) => canReach(candidate, dataDir) && canRun(candidate))
  if (direct) return direct

  // The program is in a private folder and the kernel forbids user namespaces, as many containers do: the binaries
  // move to where the account can run them.
  const reaching = lent.find((candidate) => canReach(candidate, dataDir))
  if (reaching && binaries.native !== undefined) {
    const native = copyBinaries(binaries.native, binaries.version, dataDir)
    return { ...reaching, bin: join(native, 'bin'), native }
  }
  throw new StartFailure('no_permission', {
    vi: `PostgreSQL không chạy bằng root, và không tài khoản nào khác vào được ${dataDir}.`,
    en: `PostgreSQL does not run as root, and no other account can reach ${dataDir}.`,
  })
}

/**
 * The owner of the data folder first, so that root may start what an ordinary user has used and will use again; then
 * `postgres` where the machine has it, else `nobody`. Read from the file: no start must wait for a directory service.
 */
function lentAccounts(dataDir: string): Account[] {
  const lines = existsSync('/etc/passwd') ? readFileSync('/etc/passwd', 'utf8').split('\n') : []
  const accounts = lines
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => uid > 0)
  const owner = statSync(dataDir).uid
  return [
    accounts.find(({ uid }) => uid === owner),
    accounts.find(({ name }) => name === 'postgres'),
    accounts.find(({ name }) => name === 'nobody'),
  ]
    .filter((account) => account !== undefined)
    .map(({ uid, gid }) => ({ uid, gid }))
}

/** Others may pass through root's data folder but not list it; what is secret inside has a mode of its own. */
function makePassable(dataDir: string): void {
  const { mode, uid } = statSync(dataDir)
  if (uid === 0 && (mode & 0o011) !== 0o011) chmodSync(dataDir, (mode & 0o777) | 0o011)
}

function canReach({ account, prefix }: RunnablePostgres, dataDir: string): boolean {
  const [command = 'test', ...args] = [...prefix, 'test', '-x', dataDir]
  return spawnSync(command, args, { ...account, cwd: '/' }).status === 0
}

function canRun(postgres: RunnablePostgres): boolean {
  const { command, args, options } = postgresCommand(postgres, 'postgres', ['--version'])
  return spawnSync(command, args, options).status === 0
}

/** Inside the namespace PostgreSQL sees itself as `nobody`; outside it still is root and passes private folders. */
function inNamespace(): string[] {
  return ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--']
}

/** The same data may be started from a private folder today and from a public one tomorrow. */
function handOver(dataFolder: string, owner: Account): void {
  if (!existsSync(dataFolder) || statSync(dataFolder).uid === owner.uid) return
  const chown = (path: string) => {
    // Contents first: when this is interrupted, the folder itself still shows the former owner, and we begin again.
    if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) chown(join(path, name))
    if (!lstatSync(path).isSymbolicLink()) chownSync(path, owner.uid, owner.gid)
  }
  chown(dataFolder)
}
