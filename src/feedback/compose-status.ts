// A status said as JSON becomes a status package: the identities come from the delivery or the document it names.
import { sql } from 'kysely'
import { documentKeyVariants, type StaffInfo } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import type { Caller } from '../domain/system.ts'
import { type StatusToWrite, writeStatusPackage } from '../edxml/write-package.ts'
import type { StatusInput } from '../generated/json/status-input.ts'
import type { Db } from '../platform/database.ts'

export interface ComposeStatusOptions {
  readonly db: Db
  readonly clock: Clock
  /** The agency behind a code, as the directory calls it. */
  readonly nameOf: (organId: string) => Promise<string | undefined>
}

interface KnownDocument {
  /** Absent where several come into question: who speaks to whom is never guessed. */
  readonly fromCode: string | undefined
  readonly recipientCode: string | undefined
  readonly documentId: string
  readonly code: string | null
  readonly promulgationDate: string | null
}

export async function composeStatus(
  caller: Caller,
  input: StatusInput,
  options: ComposeStatusOptions,
): Promise<Buffer> {
  const code = /^\d$/.test(input.code) ? `0${input.code}` : input.code
  const known = await knownDocument(caller, { ...input, code }, options.db)
  // A recall request (13) goes from the document's sender to its recipient, everything else the other way.
  const isRecall = code === '13'
  const from = input.from ?? (isRecall ? known?.fromCode : known?.recipientCode)
  const addressee = input.organId ?? (isRecall ? known?.recipientCode : known?.fromCode)
  if (from === undefined || addressee === undefined) throw unknownSides(from === undefined ? 'from' : 'organId')
  const organName = await options.nameOf(from)
  const status: StatusToWrite = {
    from: { organId: from, ...(organName === undefined ? {} : { organName }) },
    responseFor: {
      organId: addressee,
      documentId: known?.documentId ?? input.documentId ?? '',
      ...(known?.code == null ? {} : { code: known.code }),
      ...(known?.promulgationDate == null ? {} : { promulgationDate: known.promulgationDate }),
    },
    code,
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.staff === undefined ? {} : { staff: staffInfo(input.staff) }),
    at: momentOf(input.at, options.clock),
  }
  return writeStatusPackage(status)
}

/** ISO 8601; without a zone it is Vietnam's, as every time on the axis (design D12). */
export function momentOf(at: string | undefined, clock: Clock): Date {
  if (at === undefined) return clock.now()
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(at)
  // Date reads up to the first character it does not know and would take half a time for a whole one.
  const moment = isoMoment.test(at) ? new Date(hasZone ? at : `${at}+07:00`) : new Date(Number.NaN)
  const year = moment.getUTCFullYear()
  if (Number.isNaN(year) || year < 1 || year > 9999) {
    throw new GatewayError('invalid', 'bad_time', {
      violations: [{ path: '/at', rule: 'bad_time', found: at.slice(0, 200) }],
    })
  }
  return moment
}

const isoMoment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/i

function staffInfo(staff: NonNullable<StatusInput['staff']>): StaffInfo {
  const { name, ...rest } = staff
  return { ...rest, ...(name === undefined ? {} : { staff: name }) }
}

/** The document as it stands with us: by a delivery of the caller's, or by its id among what the caller may speak of. */
async function knownDocument(caller: Caller, input: StatusInput, db: Db): Promise<KnownDocument | undefined> {
  const mine = [...caller.agencyIds]
  const isSender = sql`p.from_agency_id = any(${mine}::uuid[])`
  if (input.deliveryId !== undefined) {
    // A successor speaks about what its predecessor has.
    const isRecipient = sql`(d.system_id = ${caller.systemId} or d.recipient_agency_id = any(${mine}::uuid[]))`
    const isParty = sql`(${isRecipient} or ${isSender})`
    const found = uuid.test(input.deliveryId)
      ? await findKnown(db, sql`d.delivery_id = ${deliverySpokenOf(input)} and ${isParty}`)
      : undefined
    if (found === undefined) throw new GatewayError('not_found', 'delivery_not_found')
    return found
  }
  const speaks = input.code === '13' ? isSender : sql`d.recipient_agency_id = any(${mine}::uuid[])`
  return findKnown(db, sql`p.document_key = any(${documentKeyVariants(input.documentId ?? '')}) and ${speaks}`)
}

/**
 * Who answers a request answers for the document, though it is the request's own delivery that lies before him. Only where
 * several documents, or several questions, come into question is the request itself named.
 */
function deliverySpokenOf(input: StatusInput) {
  const own = sql`${input.deliveryId}::uuid`
  if (input.code !== '15' && input.code !== '16') return own
  return sql`coalesce((
    select min(asked.target_delivery_id::text)::uuid
    from operation_requests asked join packages p on p.package_id = (
      select package_id from deliveries where delivery_id = asked.carrier_delivery_id)
    where asked.carrier_delivery_id = ${own}
    having count(distinct asked.target_delivery_id) = 1 and (bool_or(p.type = 'status') or not exists (
      select from operation_requests other
      where other.target_delivery_id = any(array_agg(asked.target_delivery_id)) and other.outcome = 'requested'
        and other.kind <> all(array_agg(asked.kind))))), ${own})`
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

async function findKnown(db: Db, condition: ReturnType<typeof sql>): Promise<KnownDocument | undefined> {
  const { rows } = await sql<{
    from_code: string
    organ_id: string
    document_id: string
    code: string | null
    promulgation_date: string | null
  }>`
    select p.from_code, d.organ_id, p.document_id, p.code, p.promulgation_date::text
    from packages p join deliveries d using (package_id)
    where p.type = 'edoc' and ${condition}
    order by p.package_id desc limit ${candidatesMax}`.execute(db)
  const [newest] = rows
  if (newest === undefined) return undefined
  return {
    fromCode: onlyOne(rows.map((row) => row.from_code)),
    recipientCode: onlyOne(rows.map((row) => row.organ_id)),
    documentId: newest.document_id,
    code: newest.code,
    promulgationDate: newest.promulgation_date,
  }
}

/** Whether one or several come into question shows in the first rows. */
const candidatesMax = 100

function onlyOne(values: readonly string[]): string | undefined {
  return new Set(values).size === 1 ? values[0] : undefined
}

/** What we know leaves a side open, so the caller must name it. */
function unknownSides(missing: 'from' | 'organId'): GatewayError {
  return new GatewayError('invalid', 'status_sides_unknown', {
    violations: [{ path: `/${missing}`, rule: 'status_sides_unknown' }],
  })
}
