// GET /api/v1/packages/{packageId}/document: the canonical JSON view (contract §3).
import { sql } from 'kysely'
import type { DeliveryState } from '../domain/delivery.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Caller } from '../domain/system.ts'
import type { Db } from '../platform/database.ts'
import { callerOf, problems, type Routes, schemaRef } from '../platform/http.ts'
import { documentView, type StoredDocument } from './document-view.ts'

export interface DocumentRoutesOptions {
  readonly db: Db
}

export function documentRoutes({ db }: DocumentRoutesOptions): Routes {
  return (app, guards) => {
    app.get<{ Params: { packageId: string } }>(
      '/api/v1/packages/:packageId/document',
      {
        onRequest: guards.system,
        schema: {
          tags: ['packages'],
          security: [{ bearer: [] }, { basic: [] }],
          summary: 'The canonical JSON view, for the sender and every system that holds a delivery of it',
          params: {
            type: 'object',
            required: ['packageId'],
            properties: { packageId: { type: 'string', format: 'uuid' } },
          },
          response: { 200: schemaRef('document-view'), ...problems(400, 401, 404, 410, 503) },
        },
      },
      async (request, reply) => {
        const stored = await visibleDocument(db, request.params.packageId, callerOf(request))
        reply.header('cache-control', 'no-store')
        return documentView(stored)
      },
    )
  }
}

/** Nobody takes a document by looking at the view: only the package itself is the document. */
async function visibleDocument(db: Db, packageId: string, caller: Caller): Promise<StoredDocument> {
  const [row] = await documentRows(db, packageId, caller)
  if (row === undefined) throw new GatewayError('not_found', 'package_not_found')
  if (caller.agencyIds.has(row.from_agency_id)) return row
  // A delivery that is held was never offered, so for its recipient there is nothing yet.
  const offered = row.states.filter((state) => state !== 'held')
  if (offered.length === 0) throw new GatewayError('not_found', 'package_not_found')
  if (offered.every((state) => state === 'recalled')) throw new GatewayError('gone', 'recalled')
  return row
}

interface DocumentRow extends StoredDocument {
  readonly from_agency_id: string
  /** Of the caller's deliveries. */
  readonly states: readonly DeliveryState[]
}

async function documentRows(db: Db, packageId: string, caller: Caller): Promise<readonly DocumentRow[]> {
  const { systemId, receivesFor } = caller
  const limited = receivesFor === undefined ? sql`` : sql`and d.recipient_agency_id = any(${[...receivesFor]}::uuid[])`
  const { rows } = await sql<DocumentRow>`
    select p.package_id, p.type, p.kind, p.from_agency_id, p.document_id, p.document, p.sha256, p.size, p.accepted_at,
      array(select d.state::text from all_deliveries d
        where d.package_id = p.package_id and d.system_id = ${systemId} ${limited}
          -- What waits for another delivery is not there yet for its recipient.
          and not (d.waits and d.state <> 'recalled' and d.taken_at is null and delivery_is_blocked(d.delivery_id))) as states
    from all_packages p where p.package_id = ${packageId}::uuid`.execute(db)
  return rows
}
