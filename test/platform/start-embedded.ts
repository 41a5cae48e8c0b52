// A gateway reduced to its database, for embedded-postgres.test.ts to kill. Tells its parent when the server answers.
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log })
process.send?.('started')
setInterval(() => undefined, 1000)
