// A sending system: documents at a steady pace, each posted again with the same bytes until the gateway has answered for
// good, as every QLVB-ĐH does after a time-out. Only what was answered 202, or 200 to a repetition, counts as promised.
import { createHash } from 'node:crypto'
import { edxml } from '../support/edxml-fixtures.ts'
import type { Chance } from './chance.ts'
import type { Ledger } from './ledger.ts'
import { sleep } from './wait.ts'

export interface SendersOptions {
  readonly url: string
  readonly authorization: string
  readonly ledger: Ledger
  readonly documentsPerSecond: number
  /** Of the attachment. */
  readonly bytesOf: (chance: Chance) => number
  /** To whom the next document goes. */
  readonly recipientsOf: (chance: Chance) => readonly string[]
  /** Which row of the result a delivery counts for. */
  readonly rowOf: (organId: string) => string
}

export interface Senders {
  resume(chance: Chance): void
  /** Resolves when nothing is under way: everything begun has its final answer. */
  pause(): Promise<void>
  /** Posts that got no answer, or one that says "later". */
  unanswered(): number
  /** Good documents that were turned away: there must be none. */
  readonly refusals: readonly string[]
}

const from = '<e:From><e:OrganId>H35.12</e:OrganId><e:OrganName>Sở Nội vụ</e:OrganName></e:From>'
const againMs = 150
const answerMsMax = 20_000
/** No fault lasts as long; a sender that waited for ever would hide one that does. */
const givesUpMs = 120_000
const underWayMax = 24

// A number is used once in a run, whichever fault it is for: installations outlive faults.
let lastNumber = 0

export function createSenders(options: SendersOptions): Senders {
  const { ledger, url, authorization } = options
  const underWay = new Set<Promise<void>>()
  const refusals: string[] = []
  let unanswered = 0
  let timer: NodeJS.Timeout | undefined

  async function send(chance: Chance): Promise<void> {
    lastNumber += 1
    const document = documentTo(options.recipientsOf(chance), lastNumber, options.bytesOf(chance))
    const postedAt = performance.now()
    while (!(await wasAnswered(document, postedAt))) {
      unanswered += 1
      if (performance.now() - postedAt > givesUpMs) {
        refusals.push(`${document.documentId} had no answer for ${givesUpMs / 1000} s`)
        return
      }
      await sleep(againMs)
    }
  }

  async function wasAnswered({ xml, documentId, sha256 }: OwnDocument, postedAt: number): Promise<boolean> {
    const answer = await post(xml)
    if (answer === undefined || answer.status >= 500 || answer.status === 429) return false
    if (answer.status >= 300) {
      refusals.push(`${documentId} was answered ${answer.status}: ${answer.text.slice(0, 300)}`)
      return true
    }
    const receipt: Receipt = JSON.parse(answer.text)
    const acceptedAt = performance.now()
    for (const { organId, deliveryId } of receipt.recipients) {
      if (deliveryId === undefined) continue
      const { packageId } = receipt
      const row = options.rowOf(organId)
      ledger.promise({ deliveryId, packageId, documentId, organId, sha256, postedAt, acceptedAt, row })
    }
    return true
  }

  /** Undefined when the connection broke: what became of the post is not known. */
  async function post(body: string): Promise<{ status: number; text: string } | undefined> {
    try {
      const response = await fetch(`${url}/api/v1/packages`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/edxml+xml' },
        body,
        signal: AbortSignal.timeout(answerMsMax),
      })
      return { status: response.status, text: await response.text() }
    } catch {
      return undefined
    }
  }

  return {
    resume(chance) {
      timer = setInterval(() => {
        if (underWay.size >= underWayMax) return
        const sending = send(chance).finally(() => underWay.delete(sending))
        underWay.add(sending)
      }, 1_000 / options.documentsPerSecond)
    },
    async pause() {
      clearInterval(timer)
      while (underWay.size > 0) await Promise.all(underWay)
    },
    unanswered: () => unanswered,
    refusals,
  }
}

interface Receipt {
  readonly packageId: string
  readonly recipients: readonly { readonly organId: string; readonly deliveryId?: string }[]
}

interface OwnDocument {
  readonly xml: string
  readonly documentId: string
  readonly sha256: string
}

function documentTo(codes: readonly string[], number: number, bytes: number): OwnDocument {
  const documentId = `H35.12,2026/11/20,${number}/SNV-${process.pid}`
  const pdf = `%PDF-1.7\n% ${number}\n${'.'.repeat(bytes)}\n%%EOF\n`
  const file = { id: 'a1', name: 'cong-van.pdf', type: 'application/pdf', content: Buffer.from(pdf).toString('base64') }
  const xml = edxml({
    from,
    to: codes.map((code) => `<e:To><e:OrganId>${code}</e:OrganId></e:To>`).join('\n'),
    documentId: `<e:DocumentId>${documentId}</e:DocumentId>`,
    files: [file],
  })
  return { xml, documentId, sha256: createHash('sha256').update(xml).digest('hex') }
}
