// Buckets that a test may fill: that of the tests' own server in a process beside, or of any store that
// TEST_S3_ENDPOINT names, each test under a prefix of its own.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import type { S3Bucket, S3Place } from '../../src/platform/s3-client.ts'
import { testAccount } from './s3-server.ts'

export interface UsablePlace {
  readonly place: S3Place
  close(): Promise<void>
}

/** The store that the environment names; the bucket must be there. */
export function namedPlace(env: Readonly<Record<string, string | undefined>>): UsablePlace | undefined {
  const { TEST_S3_ENDPOINT: endpoint, TEST_S3_BUCKET: bucket = 'tram-test', AWS_REGION: region = 'us-east-1' } = env
  if (endpoint === undefined) return undefined
  const account = { accessKeyId: env.AWS_ACCESS_KEY_ID ?? '', secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '' }
  return { place: { ...placeAt(endpoint, bucket), ...account, region }, close: async () => {} }
}

export async function placeBeside(): Promise<UsablePlace> {
  const program = fileURLToPath(new URL('./s3-server-main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(child.stdout), 'line')
  const { endpoint, bucket } = JSON.parse(line)
  return {
    place: placeAt(endpoint, bucket),
    async close() {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}

export function placeAt(endpoint: string, bucket: string): S3Place {
  const prefix = `test-${randomBytes(4).toString('hex')}/`
  return { bucket, prefix, endpoint, region: 'us-east-1', forcePathStyle: true, ...testAccount }
}

/** Everything that takes up room below the prefix: objects, and uploads that nobody finished. */
export async function leftIn({ client, place }: S3Bucket): Promise<string[]> {
  const where = { Bucket: place.bucket, Prefix: place.prefix }
  const { Contents = [] } = await client.send(new ListObjectsV2Command(where))
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand(where))
  return [...Contents, ...Uploads].map(({ Key }) => Key ?? '')
}
