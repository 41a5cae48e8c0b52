// A thread that judges large headers, one after the other, so that the event loop goes on meanwhile.
import { parentPort } from 'node:worker_threads'
import { judgeHeader } from './judge-header.js'

parentPort.on('message', ({ id, schema, xml }) => parentPort.postMessage({ id, ...judged(schema, xml) }))

/** What goes wrong here is a bug and not the header's: it is told to whoever asked, and the thread goes on. */
function judged(schema, xml) {
  try {
    return { judgement: judgeHeader(schema, xml) }
  } catch (error) {
    return { failure: error instanceof Error ? error.stack : String(error) }
  }
}
