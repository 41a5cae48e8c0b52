// Lists of the API come in pages joined by a cursor; a command wants the rows.
import type { GatewayClient } from '../platform/gateway-client.ts'
import { type Decode, list, maybe, record, text, withOriginal } from '../platform/json-decode.ts'

export interface ListRequest<T> {
  readonly path: string
  readonly row: Decode<T>
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Rows wanted; absent means all there are. */
  readonly limit?: number | undefined
}

export interface ListedRows<T> {
  readonly rows: readonly T[]
  /** The same rows as the gateway wrote them, for --json. */
  readonly original: readonly unknown[]
}

// Few calls for a large directory, and still a page that the gateway makes in milliseconds.
const pageRowsMax = 200

export async function listRows<T>(client: GatewayClient, request: ListRequest<T>): Promise<ListedRows<T>> {
  const page = record({ items: list(withOriginal(request.row)), nextCursor: maybe(text) })
  const found: { read: T; original: unknown }[] = []
  const wanted = request.limit ?? Number.POSITIVE_INFINITY
  let cursor: string | undefined
  do {
    const query = { ...request.query, limit: Math.min(wanted - found.length, pageRowsMax), cursor }
    const { items, nextCursor } = await client.call('GET', request.path, page, { query })
    found.push(...items)
    cursor = nextCursor
  } while (cursor !== undefined && found.length < wanted)
  const rows = found.slice(0, wanted)
  return { rows: rows.map((row) => row.read), original: rows.map((row) => row.original) }
}
