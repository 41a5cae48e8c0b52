// The door for uploads as a process of its own, to be killed: `run-uploads.ts <database> <folder> <systemId>`. Everybody
// who comes is that system.
import { fileURLToPath } from 'node:url'
import { loadCatalogue } from '../../src/edge/catalogue.ts'
import { createEdge } from '../../src/edge/server.ts'
import { openDatabase } from '../../src/platform/database.ts'
import { uuidv7 } from '../../src/platform/ids.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createUploadFiles } from '../../src/uploads/upload-files.ts'
import { uploadRoutes } from '../../src/uploads/upload-routes.ts'

const [url = '', folder = '', systemId = ''] = process.argv.slice(2)
const { db } = openDatabase({ url, connectionsMax: 3, onIdleError: () => undefined })
const schemas = fileURLToPath(new URL('../../schemas/', import.meta.url))
const edge = await createEdge({
  routes: [
    uploadRoutes({
      ...{ db, files: createUploadFiles(folder), newId: uuidv7, packageBytesMax: 500_000_000 },
      admit: async () => ({ take: async () => undefined, leave: () => undefined }),
    }),
  ],
  ...{ catalogue: loadCatalogue(`${schemas}errors`), schemasFolder: `${schemas}json`, version: '0' },
  consoleFolder: fileURLToPath(new URL('../../src/console/', import.meta.url)),
  logger: createLogger({ level: 'silent' }),
  authenticateSystem: async () => ({ systemId, credentialId: 'any', agencyIds: new Set() }),
  authenticateOperator: () => Promise.resolve({ name: 'nobody' }),
  recordRefusal: () => Promise.resolve(),
})
process.stdout.write(`${await edge.listen({ port: 0, host: '127.0.0.1' })}\n`)
