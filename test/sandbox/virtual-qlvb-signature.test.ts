import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { checkSignature } from '../../src/sandbox/virtual-qlvb-signature.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const formerSecret = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
const sentAt = new Date('2026-11-20T01:00:00Z')
const timestamp = String(sentAt.getTime() / 1000)
const body = '<edXML>đây</edXML>'

function signed(by: string, id = 'd-1', text = body): string {
  return new Webhook(by).sign(id, sentAt, text)
}

function verdict(signature: string, options: { secrets?: string[]; now?: Date; text?: string } = {}): string {
  const check = checkSignature({ id: 'd-1', timestamp, signature }, options.secrets ?? [secret])
  // In pieces, cut in the middle of a letter, as it arrives over the network.
  const bytes = Buffer.from(options.text ?? body)
  check.update(bytes.subarray(0, 8))
  check.update(bytes.subarray(8))
  return check.verdict(options.now ?? sentAt)
}

describe('the signature of a push', () => {
  it('is good when the official library made it', () => {
    expect(verdict(signed(secret))).toBe('good')
  })

  it.each([
    ['another secret', signed(formerSecret)],
    ['another delivery', signed(secret, 'd-2')],
    ['another body', signed(secret, 'd-1', '<edXML/>')],
    ['another version', signed(secret).replace('v1,', 'v2,')],
    ['nothing', ''],
    ['rubbish', 'v1,AAAA v1 v1,'],
  ])('is bad when made for %s', (_, signature) => {
    expect(verdict(signature)).toBe('bad')
  })

  it('is good during a rotation, whichever of the two secrets the receiver knows', () => {
    const both = `${signed(secret)} ${signed(formerSecret)}`

    expect(verdict(both, { secrets: [secret] })).toBe('good')
    expect(verdict(both, { secrets: [formerSecret] })).toBe('good')
    expect(verdict(signed(secret), { secrets: [formerSecret, secret] })).toBe('good')
  })

  it('is too old after five minutes, in either direction', () => {
    const shifted = (ms: number) => new Date(sentAt.getTime() + ms)

    expect(verdict(signed(secret), { now: shifted(299_000) })).toBe('good')
    expect(verdict(signed(secret), { now: shifted(301_000) })).toBe('too_old')
    expect(verdict(signed(secret), { now: shifted(-301_000) })).toBe('too_old')
  })
})
