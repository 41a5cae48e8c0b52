// Where the master key comes from: MASTER_KEY, or while embedded a file that is made once and then guarded. Losing it
// means every stored secret must be issued anew, so nothing here ever overwrites one.
import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode, StartFailure } from '../platform/start-failure.ts'
import { masterKeyBytes } from './secret-box.ts'

export interface MasterKeySource {
  /** Value of MASTER_KEY: 64 hexadecimal digits, or base64 of 32 bytes. */
  readonly masterKey?: string
  /** File that holds the key while no value is given; made on first use. */
  readonly keyFile?: string
}

export async function loadMasterKey({ masterKey, keyFile }: MasterKeySource): Promise<Buffer> {
  if (masterKey !== undefined) return parseMasterKey(masterKey) ?? fail(badValue)
  if (keyFile === undefined) return fail(missing)
  const written = (await readKeyFile(keyFile)) ?? (await makeKeyFile(keyFile))
  return parseMasterKey(written) ?? fail(badFile(keyFile))
}

/** The key as it stands, for whoever must not make one: none where none was ever made. */
export async function presentMasterKey({ masterKey, keyFile }: MasterKeySource): Promise<Buffer | undefined> {
  if (masterKey !== undefined) return parseMasterKey(masterKey) ?? fail(badValue)
  const written = keyFile === undefined ? undefined : await readKeyFile(keyFile)
  return written === undefined ? undefined : (parseMasterKey(written) ?? fail(badFile(keyFile ?? '')))
}

export function parseMasterKey(text: string): Buffer | undefined {
  const trimmed = text.trim()
  if (/^[0-9a-fA-F]{64}$/.test(trimmed)) return Buffer.from(trimmed, 'hex')
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)) return undefined
  const key = Buffer.from(trimmed, 'base64')
  return key.length === masterKeyBytes ? key : undefined
}

async function readKeyFile(keyFile: string): Promise<string | undefined> {
  try {
    return await readFile(keyFile, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Written aside and linked into place: a process killed half-way leaves no half key, and of two only one wins. */
async function makeKeyFile(keyFile: string): Promise<string> {
  const folder = dirname(keyFile)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${keyFile}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeDurably(draft, `${randomBytes(masterKeyBytes).toString('hex')}\n`)
  try {
    await link(draft, keyFile)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
  await syncFolder(folder)
  return await readFile(keyFile, 'utf8')
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders and keeps their entries itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function fail(what: { vi: string; en: string }): never {
  throw new StartFailure('bad_configuration', what)
}

const badValue = {
  vi: 'MASTER_KEY phải là 64 chữ số hệ 16, hoặc base64 của 32 byte.',
  en: 'MASTER_KEY must be 64 hexadecimal digits, or base64 of 32 bytes.',
}

const missing = {
  vi: 'Thiếu MASTER_KEY, khóa bảo vệ các mã bí mật lưu trong cơ sở dữ liệu.',
  en: 'MASTER_KEY, which protects the secrets stored in the database, is missing.',
}

function badFile(keyFile: string) {
  return {
    vi: `Tệp ${keyFile} không chứa khóa chính hợp lệ; hãy khôi phục tệp này từ bản sao lưu.`,
    en: `The file ${keyFile} does not hold a master key; restore it from a backup.`,
  }
}
