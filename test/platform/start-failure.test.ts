import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { explainStartFailure, StartFailure } from '../../src/platform/start-failure.ts'

describe('explaining why a start failed', () => {
  it('recognises a port that is taken, and names it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0

    const error = await new Promise((resolve) => createServer().once('error', resolve).listen(port, '127.0.0.1'))
    server.close()

    expect(explainStartFailure(error)).toMatchObject({ kind: 'port_taken', exitCode: 3 })
    expect(explainStartFailure(error)?.report()).toContain(`127.0.0.1:${port}`)
  })

  it('recognises a server that does not answer, on one address or on several', async () => {
    const error = await new Promise((resolve) => connect(1, '127.0.0.1').once('error', resolve))
    const several = await new Promise((resolve) => connect(1, 'localhost').once('error', resolve))

    expect(explainStartFailure(error)?.kind).toBe('database_unreachable')
    expect(explainStartFailure(several)?.kind).toBe('database_unreachable')
  })

  it.each([
    ['ENOSPC', 'disk_full'],
    ['53100', 'disk_full'],
    ['EROFS', 'no_permission'],
    ['28P01', 'database_unreachable'],
    ['57P03', 'database_unreachable'],
  ])('maps %s to %s', (code, kind) => {
    expect(explainStartFailure(Object.assign(new Error('x'), { code }))?.kind).toBe(kind)
  })

  it('finds the reason behind a wrapped error, and none where there is none', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC' })
    const known = new StartFailure('bad_configuration', { vi: 'sai', en: 'wrong' })

    expect(explainStartFailure(new Error('outer', { cause: full }))?.kind).toBe('disk_full')
    expect(explainStartFailure(new Error('outer', { cause: known }))).toBe(known)
    expect(explainStartFailure(new TypeError('a bug'))).toBeUndefined()
  })
})
