import { describe, expect, it } from 'vitest'
import { createPushTargets, type PushTargetPolicy, PushTargetRefused } from '../../src/delivery/push-target.ts'

const onTheNet: PushTargetPolicy = { allowLoopback: false }
const embedded: PushTargetPolicy = { allowLoopback: true }

/** Whether a push to the address would be let through before a connection is made. */
function mayGo(policy: PushTargetPolicy, url: string): boolean {
  try {
    createPushTargets(policy).check(new URL(url))
    return true
  } catch (error) {
    if (error instanceof PushTargetRefused) return false
    throw error
  }
}

/** The addresses that a connection to the host would be made to. */
function addressesOf(policy: PushTargetPolicy, host: string, all = true): Promise<unknown> {
  return new Promise((resolve, reject) => {
    createPushTargets(policy).lookup(host, { all }, (error, address) =>
      error === null ? resolve(address) : reject(error),
    )
  })
}

describe('without PUSH_ALLOW', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.8.9.10:8080/',
    'http://[::1]/',
    // However it is spelt, it is the same machine.
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0.0.0.0/',
    'http://0/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
  ])('refuses this machine itself: %s', (url) => {
    expect(mayGo(onTheNet, url)).toBe(false)
  })

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://169.254.0.1/',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[fd00:ec2::254]/',
  ])('refuses link-local and metadata addresses, also while embedded: %s', (url) => {
    expect(mayGo(onTheNet, url)).toBe(false)
    expect(mayGo(embedded, url)).toBe(false)
  })

  it.each(['http://127.0.0.1/', 'http://[::1]/', 'http://2130706433/', 'http://[::ffff:127.0.0.1]/'])(
    'lets %s through while everything is on one machine',
    (url) => {
      expect(mayGo(embedded, url)).toBe(true)
    },
  )

  it.each([
    'http://10.1.2.3/',
    'http://192.168.1.5/',
    'https://203.113.1.1/',
    'http://[2001:db8::1]/',
    'https://qlvb.laichau.gov.vn/',
  ])('lets %s through: government networks are private ones', (url) => {
    expect(mayGo(onTheNet, url)).toBe(true)
  })

  it('refuses a name that leads to this machine, when it is looked up', async () => {
    await expect(addressesOf(onTheNet, 'localhost')).rejects.toBeInstanceOf(PushTargetRefused)
    await expect(addressesOf(embedded, 'localhost')).resolves.toEqual(
      expect.arrayContaining([expect.objectContaining({ address: expect.any(String) })]),
    )
  })

  it('answers one address to who asks for one', async () => {
    await expect(addressesOf(embedded, 'localhost', false)).resolves.toMatch(/^(127\.0\.0\.1|::1)$/)
  })

  it('passes on that a name is unknown', async () => {
    await expect(addressesOf(onTheNet, 'no-such-host.invalid')).rejects.toMatchObject({
      code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    })
  })
})

describe('with PUSH_ALLOW', () => {
  const policy: PushTargetPolicy = {
    allowLoopback: true,
    allow: ['10.0.0.0/8', '203.113.1.1', '2001:db8::/32', 'LocalHost', ' qlvb.laichau.gov.vn '],
  }

  it.each([
    ['http://10.255.0.1/', true],
    ['http://11.0.0.1/', false],
    ['http://203.113.1.1/', true],
    ['http://203.113.1.2/', false],
    ['http://[2001:db8:1::1]/', true],
    ['http://[2001:db9::1]/', false],
    ['http://[::ffff:10.1.1.1]/', true],
    ['http://127.0.0.1/', false],
    ['http://2130706433/', false],
    ['http://169.254.169.254/', false],
  ])('%s: %s', (url, isAllowed) => {
    expect(mayGo(policy, url)).toBe(isAllowed)
  })

  it('lets a named host through wherever it leads', async () => {
    await expect(addressesOf(policy, 'localhost')).resolves.toBeDefined()
  })

  it('refuses every other name by what it leads to', async () => {
    await expect(addressesOf({ allowLoopback: true, allow: ['10.0.0.0/8'] }, 'localhost')).rejects.toBeInstanceOf(
      PushTargetRefused,
    )
  })

  it('of a name with several addresses uses those in an allowed network', async () => {
    await expect(addressesOf({ allowLoopback: false, allow: ['127.0.0.0/8'] }, 'localhost')).resolves.toEqual([
      { address: '127.0.0.1', family: 4 },
    ])
  })
})
