import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPushChannel } from '../../src/delivery/push-channel.ts'
import { createPushTargets } from '../../src/delivery/push-target.ts'
import type { AttemptOutcome } from '../../src/domain/delivery.ts'
import type { BlobStore } from '../../src/domain/ports.ts'
import { makeAuthority } from '../support/test-certificates.ts'
import { madeUpClaim } from './delivery-rows.ts'

const authority = makeAuthority('Province CA')
const stranger = makeAuthority('Another CA')
const letter = Buffer.from('<edXML/>')
let server: Server
let url: string
let received = 0

beforeAll(async () => {
  server = createServer(authority.issue('127.0.0.1'), (request, response) => {
    received += 1
    request.resume().on('end', () => response.writeHead(204).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  url = `https://127.0.0.1:${port}/in`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function push(ca: string | undefined): Promise<AttemptOutcome | undefined> {
  const blobs: Pick<BlobStore, 'read'> = { read: async () => Readable.from([letter]) }
  const channel = createPushChannel({
    settingsOf: async () => ({
      url,
      style: 'package',
      bundle: false,
      webhookSecrets: ['whsec_AAAA'],
      ...(ca === undefined ? {} : { ca }),
    }),
    blobs: blobs as BlobStore,
    clock: { now: () => new Date() },
    targets: createPushTargets({ allowLoopback: true }),
    connectTimeoutMs: 2_000,
    answerTimeoutMs: 2_000,
  })
  const claim = madeUpClaim('QLVB-TLS')
  const outcomes = await channel.deliver({
    package: { ...claim.package, size: letter.length },
    deliveries: [claim.delivery],
    signal: new AbortController().signal,
  })
  await channel.close()
  return outcomes.get(claim.delivery.deliveryId)
}

it('delivers to a system whose certificate comes from the authority registered for it', async () => {
  expect(await push(authority.ca)).toMatchObject({ kind: 'delivered', httpStatus: 204 })
})

it.each([
  ['no authority is registered', undefined],
  ['another authority is registered', stranger.ca],
])('sends nothing when %s', async (_what, ca) => {
  const before = received

  expect(await push(ca)).toMatchObject({ kind: 'unreachable', nothingSent: true })
  expect(received).toBe(before)
})
