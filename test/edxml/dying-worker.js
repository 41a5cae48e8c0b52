// A thread that ends at its first header, as one that runs out of memory does.
import { parentPort } from 'node:worker_threads'

parentPort.on('message', () => process.exit(7))
