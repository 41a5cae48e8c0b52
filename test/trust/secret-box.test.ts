import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSecretBox, generateSecret, generateWebhookSecret, WrongMasterKey } from '../../src/trust/secret-box.ts'

const box = createSecretBox(randomBytes(32))

test('opens what was sealed, in the context it was sealed for', () => {
  const sealed = box.seal('mật khẩu', 'systems/A/webhook-secret')

  expect(box.open(sealed, 'systems/A/webhook-secret').toString('utf8')).toBe('mật khẩu')
})

test('seals the same value differently each time', () => {
  expect(box.seal('x', 'c')).not.toEqual(box.seal('x', 'c'))
})

test('does not open in another context', () => {
  const sealed = box.seal('secret', 'systems/A/webhook-secret')

  expect(() => box.open(sealed, 'systems/B/webhook-secret')).toThrow(/damaged or belongs to another row/)
})

test('does not open when any byte was changed', () => {
  const sealed = box.seal('secret', 'c')

  for (let n = 0; n < sealed.length; n++) {
    const changed = Buffer.from(sealed)
    changed[n] = (changed[n] ?? 0) ^ 1
    expect(() => box.open(changed, 'c')).toThrow()
  }
})

test('does not open when cut short, down to nothing', () => {
  const sealed = box.seal('secret', 'c')

  for (let length = 0; length < sealed.length; length++) {
    expect(() => box.open(sealed.subarray(0, length), 'c')).toThrow()
  }
})

test('names a wrong master key as such', () => {
  const other = createSecretBox(randomBytes(32))

  expect(() => other.open(box.seal('secret', 'c'), 'c')).toThrow(WrongMasterKey)
})

test('refuses a master key of another length', () => {
  expect(() => createSecretBox(randomBytes(16))).toThrow(TypeError)
})

test('generates secrets of 256 bits in the two spellings', () => {
  expect(generateSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(generateWebhookSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(generateSecret()).not.toBe(generateSecret())
})
