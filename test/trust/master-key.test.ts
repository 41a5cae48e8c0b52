import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { StartFailure } from '../../src/platform/start-failure.ts'
import { loadMasterKey } from '../../src/trust/master-key.ts'
import { scratchFolder } from '../support/scratch.ts'

let folder: ReturnType<typeof scratchFolder>
beforeEach(() => {
  folder = scratchFolder('master-key')
})
afterEach(() => folder.remove())

const key = randomBytes(32)

test.each([
  ['hexadecimal', key.toString('hex')],
  ['hexadecimal capitals', key.toString('hex').toUpperCase()],
  ['base64', key.toString('base64')],
  ['base64url', key.toString('base64url')],
  ['with white space around', ` ${key.toString('hex')}\n`],
])('reads MASTER_KEY written as %s', async (_name, masterKey) => {
  expect(await loadMasterKey({ masterKey })).toEqual(key)
})

test.each([
  ['empty', ''],
  ['too short', key.subarray(1).toString('hex')],
  ['too long', `${key.toString('hex')}00`],
  ['a pass phrase', 'correct horse battery staple'],
])('refuses MASTER_KEY that is %s', async (_name, masterKey) => {
  await expect(loadMasterKey({ masterKey })).rejects.toThrow(StartFailure)
})

test('refuses to start without a value and without a file', async () => {
  await expect(loadMasterKey({})).rejects.toThrow(/missing/)
})

test('makes the file once, for its owner only, and reads it ever after', async () => {
  const keyFile = join(folder.path, 'keys', 'master-key')

  const first = await loadMasterKey({ keyFile })

  expect(first).toHaveLength(32)
  expect(await loadMasterKey({ keyFile })).toEqual(first)
  expect(statSync(keyFile).mode & 0o777).toBe(0o600)
  expect(readdirSync(dirname(keyFile))).toEqual(['master-key'])
})

test('gives all of several processes that start at once the same key', async () => {
  const keyFile = join(folder.path, 'keys', 'master-key')

  const keys = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey({ keyFile })))

  expect(new Set(keys.map((one) => one.toString('hex'))).size).toBe(1)
})

test('never overwrites a file it cannot read as a key', async () => {
  const keyFile = join(folder.path, 'keys', 'master-key')
  mkdirSync(dirname(keyFile))
  writeFileSync(keyFile, 'half a k')

  await expect(loadMasterKey({ keyFile })).rejects.toThrow(/restore it from a backup/)
  expect(readFileSync(keyFile, 'utf8')).toBe('half a k')
})
