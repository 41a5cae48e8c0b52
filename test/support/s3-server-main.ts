// The tests' S3 as a process of its own, so that what it holds does not count as ours. Ends with the process that
// started it.
import { startTestS3 } from './s3-server.ts'

const { endpoint, bucket } = await startTestS3()
process.stdout.write(`${JSON.stringify({ endpoint, bucket })}\n`)
process.stdin.resume().once('end', () => process.exit(0))
