// Logs one line full of secrets, for logger.test.ts to read.
import { createLogger } from '../../src/platform/logger.ts'

const log = createLogger({ level: 'info' })
log.info(
  {
    packageId: 'p1',
    secret: 's3cret',
    request: { headers: { authorization: 's3cret', cookie: 's3cret' }, password: 's3cret' },
  },
  'package.accepted',
)
