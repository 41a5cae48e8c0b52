// One package of the mailbox to one file. The file has its name only once all bytes are on disk and their digest is
// right, so whatever carries the name may be confirmed.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { MailboxItem } from '../platform/gateway-answers.ts'
import type { GatewayClient, RawAnswer } from '../platform/gateway-client.ts'
import { CommandFailure } from './command.ts'

export interface FetchedFile {
  readonly path: string
  readonly size: number
  readonly sha256: string
}

export async function fetchToFile(client: GatewayClient, item: MailboxItem, folder: string): Promise<FetchedFile> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, fileName(item))
  const fetched = { path, size: item.size, sha256: item.sha256 }
  if ((await hashOfFile(path)) === item.sha256) return fetched

  const answer = await client.raw('GET', `/api/v1/mailbox/${item.deliveryId}/package`)
  const partial = `${path}.part`
  try {
    const sha256 = await writeHashed(answer.body, partial)
    for (const [where, promised] of promisedDigests(answer, item)) {
      if (promised !== sha256) {
        throw new CommandFailure(`${item.deliveryId}: the bytes have sha256 ${sha256}, ${where} says ${promised}`)
      }
    }
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await syncFolder(folder)
  return fetched
}

/** Number, notation and delivery id: readable for a clerk, unique, and harmless on any file system. */
export function fileName(item: Pick<MailboxItem, 'deliveryId' | 'code' | 'type'>): string {
  const label = (item.code ?? item.type)
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
  const id = item.deliveryId.replace(/[^0-9A-Za-z-]/g, '')
  return `${label === '' ? 'van-ban' : label}.${id}.edxml`
}

/** The digest is promised in up to three places, and all that are there must agree. */
export function promisedDigests(answer: Pick<RawAnswer, 'headers'>, item: { sha256: string }): [string, string][] {
  const promised: [string, string][] = [['the mailbox list', item.sha256.toLowerCase()]]
  const digest = /sha-256=:?([A-Za-z0-9+/]{43}=)/i.exec(answer.headers.digest ?? '')?.[1]
  if (digest !== undefined) promised.push(['Digest', Buffer.from(digest, 'base64').toString('hex')])
  const etag = /^(?:W\/)?"(?:sha256[-:])?([0-9a-f]{64})"$/i.exec(answer.headers.etag ?? '')?.[1]
  if (etag !== undefined) promised.push(['ETag', etag.toLowerCase()])
  return promised
}

async function writeHashed(body: AsyncIterable<Buffer>, path: string): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'w')
  try {
    for await (const chunk of body) {
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** Undefined while there is no such file. */
async function hashOfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(path), hash)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  return hash.digest('hex')
}

/** A renamed file survives a power cut only once its folder is on disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
