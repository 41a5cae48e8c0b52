// Holds the lock of a folder until it is killed, for folder-lock.test.ts.
import { lockFolder } from '../../src/platform/folder-lock.ts'

await lockFolder(process.argv[2] ?? '')
process.send?.('locked')
setInterval(() => undefined, 1000)
