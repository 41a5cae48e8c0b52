// Large headers are judged on another thread, with the same result, and never without an end.
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/domain/errors.ts'
import { HeaderThread } from '../../src/edxml/header-thread.ts'
import { PackageReader } from '../../src/edxml/package-reader.ts'
import { edxml, generousLimits, qcvnNamespace, statusXml } from '../support/edxml-fixtures.ts'

function readerOf(xml: string): PackageReader {
  const reader = new PackageReader(generousLimits)
  reader.write(Buffer.from(xml))
  return reader
}

async function outcomeOf(read: () => unknown): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, facts: error.facts }
    throw error
  }
}

const recipients = (count: number, name = 'UBND xã') =>
  Array.from(
    { length: count },
    (_, n) => `<e:To><e:OrganId>${n}.H35</e:OrganId><e:OrganName>${name}</e:OrganName></e:To>`,
  ).join('\n')
const large = edxml({ to: recipients(2000) })
const minimal = `<edXML xmlns="${qcvnNamespace}"><edXMLEnvelope/></edXML>`

describe('finish gives what end gives', () => {
  it.each([
    ['a small document', edxml()],
    ['a status', statusXml()],
    ['a document to two thousand agencies', large],
    ['one with a name that is too long', edxml({ to: recipients(1999) + recipients(1, 'x'.repeat(501)) })],
    ['one that breaks the schema in many places', edxml({ to: recipients(300, 'x'.repeat(600)) })],
    ['one that also lacks its subject', edxml({ to: recipients(2000), subject: '' })],
  ])('%s', async (_name, xml) => {
    const atOnce = await outcomeOf(() => readerOf(xml).end())

    expect(await outcomeOf(() => readerOf(xml).finish())).toEqual(atOnce)
  })

  it('and other work goes on while a large header is judged', async () => {
    const done: string[] = []
    const finished = readerOf(large)
      .finish()
      .then(() => done.push('judged'))
    setImmediate(() => done.push('other work'))

    await finished

    expect(done).toEqual(['other work', 'judged'])
  })
})

describe('the thread', () => {
  const limits = { waitingMax: 2, answerWithinMs: 10_000 }
  const workerOf = (name: string) => new URL(`./${name}.js`, import.meta.url)
  const busy = { kind: 'unavailable', code: 'header_check_busy', facts: { retryAfterSeconds: 5 } }

  it('judges one header after the other', async () => {
    const thread = new HeaderThread(limits)

    const [broken, same] = await Promise.all([
      thread.judge('status-package', minimal),
      thread.judge('status-package', minimal),
    ])

    expect(broken?.faults.map(({ message }) => message).join()).toContain('edXMLHeader')
    expect(same).toEqual(broken)
    expect((await thread.judge('document-package', minimal)).faults).toHaveLength(1)
  })

  it('turns away what does not fit its queue, and takes more once there is room', async () => {
    const thread = new HeaderThread(limits)
    const waiting = [1, 2].map(() => thread.judge('document-package', minimal))

    await expect(thread.judge('document-package', minimal)).rejects.toMatchObject(busy)
    await Promise.all(waiting)
    await expect(thread.judge('document-package', minimal)).resolves.toHaveProperty('faults')
  })

  it('is given up when it is silent, together with all that wait for it', async () => {
    const thread = new HeaderThread({ waitingMax: 2, answerWithinMs: 40 }, workerOf('silent-worker'))
    const both = [1, 2].map(() => thread.judge('document-package', minimal))

    for (const one of both) await expect(one).rejects.toMatchObject(busy)
    // The place in the queue is free again, and a new thread is asked.
    await expect(thread.judge('document-package', minimal)).rejects.toMatchObject(busy)
  })

  it('that dies fails what it was given, and the next header finds another', async () => {
    const thread = new HeaderThread(limits, workerOf('dying-worker'))

    for (const _again of [1, 2]) {
      await expect(thread.judge('document-package', minimal)).rejects.toThrow('the header thread ended')
    }
  })

  it('tells a bug as a bug, and goes on', async () => {
    const thread = new HeaderThread(limits)

    await expect(thread.judge('document-package', '<not xml')).rejects.toThrow('could not be judged')
    await expect(thread.judge('document-package', minimal)).resolves.toHaveProperty('faults')
  })
})
