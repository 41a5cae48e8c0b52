// What `npm start`, `npm test` and `npm run tram` run first: it installs and builds what is missing and then hands over
// to the program itself. It is plain JavaScript without dependencies because it runs when there are none yet, and
// CommonJS because the size of the thread pool must be set before anything uses the pool.
'use strict'

const { createHash } = require('node:crypto')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { spawn } = require('node:child_process')
const { pathToFileURL } = require('node:url')

// Four threads are Node's default; every fsync of a blob holds one, and a few slow disks' worth of them would otherwise
// stall every other file read and hash of the gateway.
process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || '16'

const root = path.dirname(__dirname)
const inRoot = (...parts) => path.join(root, ...parts)
const lockFile = inRoot('package-lock.json')
const installStamp = inRoot('node_modules', '.tram-installed')
const buildStamp = inRoot('dist', '.built')

// The same numbers as in src/platform/start-failure.ts, which cannot be loaded before it is built.
const exitCodes = { nodeTooOld: 10, setUpFailed: 11, noPermission: 12 }

const commands = {
  start: { needsBuild: true, run: (args) => runProgram('main.js', args) },
  tram: { needsBuild: true, run: (args) => runProgram('cli/main.js', args) },
  build: { needsBuild: true, run: () => {} },
  // Vitest reads the sources themselves.
  test: { needsBuild: false, run: runTests },
}

async function main() {
  refuseOldNode()
  const [name = 'start', ...args] = process.argv.slice(2)
  const command = commands[name]
  if (!command) fail(2, `không có lệnh "${name}"`, `there is no command "${name}"`)
  await prepare(command.needsBuild)
  await command.run(args)
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  fail(
    exitCodes.nodeTooOld,
    `cần Node.js 20.19 trở lên, đang chạy ${process.versions.node}.`,
    `Node.js 20.19 or later is needed, this is ${process.versions.node}.`,
  )
}

/** Does nothing but compare two stamps when everything is there: no network, no writing, under 0.1 s. */
async function prepare(needsBuild) {
  const isReady = () => isInstalled() && (!needsBuild || isBuilt())
  if (isPackaged() || isReady()) return
  const unlock = await lockFolder()
  try {
    // Another preparation may have done it all while we waited.
    if (!isInstalled()) await install()
    if (!isReady()) await build()
  } finally {
    unlock()
  }
}

// --- installing ---

function isInstalled() {
  const wanted = installedText()
  if (readText(installStamp) === wanted) return true
  if (!matchesHiddenLock()) return false
  tryWrite(installStamp, wanted)
  return true
}

/** Modules built or chosen for another Node or another machine are as good as none. */
function installedText() {
  return `${machineText()}\n${hash([fs.readFileSync(lockFile)])}\n`
}

function machineText() {
  return `node ${process.versions.node.split('.')[0]} ${process.platform} ${process.arch}`
}

/** Somebody ran npm himself: it leaves a list of what it installed, which is compared instead of the stamp. */
function matchesHiddenLock() {
  const stamp = readText(installStamp)
  if (stamp !== undefined && !stamp.startsWith(`${machineText()}\n`)) return false
  const installed = readPackages(inRoot('node_modules', '.package-lock.json'))
  const wanted = readPackages(lockFile)
  if (!installed || !wanted) return false
  return Object.keys(wanted).every((name) => {
    const entry = wanted[name]
    const found = installed[name]
    if (name === '') return true
    if (!found) return entry.optional === true || entry.devOptional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

function readPackages(file) {
  const text = readText(file)
  return text && JSON.parse(text).packages
}

async function install() {
  refuseReadOnly(root)
  say('đang cài các thư viện (lần đầu mất khoảng nửa phút)…', 'installing libraries (half a minute the first time)…')
  const npm = process.env.npm_execpath
  const words = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--ignore-scripts']
  const [program, args] = npm?.endsWith('.js') ? [process.execPath, [npm, ...words]] : ['npm', words]
  if ((await runQuietly(program, args)) !== 0)
    fail(
      exitCodes.setUpFailed,
      'không cài được thư viện (npm ci). Lần cài đầu tiên cần kết nối mạng; xem thông báo phía trên.',
      'the libraries could not be installed (npm ci). The first installation needs the network; see the messages above.',
    )
  fs.writeFileSync(installStamp, installedText())
}

// --- building ---

function isBuilt() {
  return readText(buildStamp) === builtText()
}

/** An image ships what was built and none of the tools: there is nothing to compare and nothing to build with. */
function isPackaged() {
  return fs.existsSync(buildStamp) && !fs.existsSync(inRoot('tsconfig.json'))
}

function builtText() {
  const parts = [fs.readFileSync(inRoot('tsconfig.json')), fs.readFileSync(lockFile)]
  for (const file of sourceFiles()) parts.push(Buffer.from(`${file}\0`), fs.readFileSync(inRoot('src', file)))
  return `${hash(parts)}\n`
}

/** Relative to src, in an order that does not depend on the file system. */
function sourceFiles(folder = '') {
  const entries = fs.readdirSync(inRoot('src', folder), { withFileTypes: true })
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .flatMap((entry) => {
      const name = path.posix.join(folder, entry.name)
      return entry.isDirectory() ? sourceFiles(name) : [name]
    })
    .sort()
}

async function build() {
  refuseReadOnly(root)
  say('đang biên dịch…', 'building…')
  const stamp = builtText()
  const unfinished = inRoot(`.dist-${process.pid}`)
  clearUnfinished()

  const tsc = inRoot('node_modules', '.bin', process.platform === 'win32' ? 'tsc.cmd' : 'tsc')
  if ((await runQuietly(tsc, ['-p', 'tsconfig.json', '--outDir', unfinished])) !== 0) {
    fs.rmSync(unfinished, { recursive: true, force: true })
    fail(
      exitCodes.setUpFailed,
      'không biên dịch được, xem các lỗi phía trên.',
      'the build failed, see the errors above.',
    )
  }
  for (const file of sourceFiles().filter(isStatic)) {
    fs.mkdirSync(path.dirname(path.join(unfinished, file)), { recursive: true })
    fs.copyFileSync(inRoot('src', file), path.join(unfinished, file))
  }
  fs.writeFileSync(path.join(unfinished, '.built'), stamp)
  swapInto('dist', unfinished)
}

function isStatic(file) {
  return !/\.(ts|tsx|cjs)$/.test(file)
}

/** A build killed half-way never has the name `dist`; its remains go with the next one, which holds the lock. */
function clearUnfinished() {
  for (const name of fs.readdirSync(root))
    if (/^\.dist-\d+(-old)?$/.test(name)) fs.rmSync(inRoot(name), { recursive: true, force: true })
}

function swapInto(name, finished) {
  const former = `${finished}-old`
  if (fs.existsSync(inRoot(name))) fs.renameSync(inRoot(name), former)
  fs.renameSync(finished, inRoot(name))
  fs.rmSync(former, { recursive: true, force: true })
}

// --- handing over ---

/** In this very process: a signal sent to what the user sees must reach the gateway and not a parent of it. */
async function runProgram(file, args) {
  const program = inRoot('dist', file)
  process.argv = [process.execPath, program, ...args]
  await import(pathToFileURL(program).href)
}

/** The line is written here, after everything else is silent, from the count that the reporter left. */
async function runTests(args) {
  const counts = path.join(fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'tram-test-')), 'counts')
  const vitest = inRoot('node_modules', 'vitest', 'vitest.mjs')
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--config', inRoot('.vitest.config.ts'), '--configLoader', 'runner', ...args],
    { cwd: root, stdio: 'inherit', env: { ...process.env, TRAM_TEST_COUNTS: counts } },
  )
  // Vitest hears Ctrl-C itself and cleans up; we only must not leave before it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  const code = await ended(child)

  const line = readText(counts) || '0 passed, 1 failed'
  fs.rmSync(path.dirname(counts), { recursive: true, force: true })
  const isGood = code === 0 && /^[1-9]\d* passed, 0 failed/.test(line)
  process.stdout.write(`${line.trim()}\n`)
  process.exitCode = isGood ? 0 : code || 1
}

// --- small tools ---

/** Two preparations in one folder would delete each other's modules, so the second waits for the first. */
async function lockFolder() {
  const name = `tram-prepare-${hash([Buffer.from(fs.realpathSync(root))]).slice(0, 32)}`
  const address = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : linuxOrFile(name)
  for (let waitedSeconds = 0; waitedSeconds < 600; waitedSeconds++) {
    const server = await listen(address)
    if (server) return () => server.close()
    if (waitedSeconds === 0) say('đang chờ một lần chuẩn bị khác…', 'waiting for another preparation…')
    await clearStale(address)
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  fail(exitCodes.setUpFailed, 'lần chuẩn bị khác không kết thúc.', 'another preparation does not end.')
}

/** Linux frees a name in the abstract namespace when its process dies, however it dies; elsewhere a file remains. */
function linuxOrFile(name) {
  return process.platform === 'linux' ? `\0${name}` : `/tmp/${name}.sock`
}

function listen(address) {
  const server = net.createServer((client) => client.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(address, () => resolve(server))
  })
}

async function clearStale(address) {
  if (!address.startsWith('/')) return
  const client = net.connect(address)
  const isHeld = await new Promise((resolve) =>
    client.on('connect', () => resolve(true)).on('error', () => resolve(false)),
  )
  client.destroy()
  if (!isHeld) fs.rmSync(address, { force: true })
}

/** Everything a tool says goes to stderr: stdout belongs to the program that is prepared. */
function runQuietly(program, args) {
  return ended(spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' }))
}

function ended(child) {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`)
      resolve(127)
    })
    child.on('exit', (code) => resolve(code === null ? 1 : code))
  })
}

function refuseReadOnly(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK)
  } catch {
    fail(
      exitCodes.noPermission,
      `cần cài đặt hoặc biên dịch, nhưng tài khoản này không ghi được vào ${folder}. Hãy chạy "npm start" một lần bằng tài khoản sở hữu thư mục.`,
      `something must be installed or built, but this account cannot write to ${folder}. Run "npm start" once as the account that owns the folder.`,
    )
  }
}

function hash(parts) {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest('hex')
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** A stamp that cannot be written (a folder of somebody else's) only costs the comparison again next time. */
function tryWrite(file, text) {
  try {
    fs.writeFileSync(file, text)
  } catch {}
}

function say(vi, en) {
  process.stderr.write(`Trạm: ${vi} / ${en}\n`)
}

function fail(code, vi, en) {
  process.stderr.write(`Trạm: ${vi}\nTrạm: ${en}\n`)
  process.exit(code)
}

main().catch((error) => {
  process.stderr.write(`${error?.stack || error}\n`)
  process.exit(1)
})
