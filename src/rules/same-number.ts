// Whether an agency has used a number and notation before in a year. One query; the rule that judges it is pure.
import { sql } from 'kysely'
import type { Db } from '../platform/database.ts'
import type { SameNumber } from './rule.ts'

export interface NumberQuestion {
  readonly fromAgencyId: string
  /** Number and notation as people say them, e.g. `743/UBND-KSTT` (domain `documentCode`). */
  readonly code: string
  /** Of the date of issue. */
  readonly year: number
  /** The document's own key (domain `documentKey`): a further package of it is no other document. */
  readonly documentKey: string
  /** Kinds have series of their own (NĐ 30/2020 Đ.15.1): only the same kind, or one nobody named, repeats a number. */
  readonly typeName?: string
  /** Keys of the documents it replaces, which may hand their number on. */
  readonly replaces?: readonly string[]
}

/** The first other document under that number, if there is one. */
export async function sameNumber(db: Db, question: NumberQuestion): Promise<SameNumber | undefined> {
  const { fromAgencyId, code, year, documentKey, typeName, replaces = [] } = question
  const kind = typeName?.normalize('NFC').trim()
  const row = await db
    .selectFrom('packages')
    .select(['package_id', 'document_id', 'promulgation_date'])
    .where('type', '=', 'edoc')
    .where('kind', 'in', ['new', 'replace'])
    .where('from_agency_id', '=', fromAgencyId)
    .where('code', 'in', spellingsOf(code))
    .where('promulgation_date', '>=', `${year}-01-01`)
    .where('promulgation_date', '<=', `${year}-12-31`)
    .where('document_key', 'not in', [documentKey, ...replaces])
    .$if(kind !== undefined, (query) =>
      query.where(
        sql<boolean>`coalesce(lower(normalize(btrim(document->'documentType'->>'typeName'), NFC)), lower(${kind})) = lower(${kind})`,
      ),
    )
    .orderBy('package_id')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined || row.promulgation_date === null) return undefined
  return { packageId: row.package_id, documentId: row.document_id, date: row.promulgation_date }
}

/** `5/QĐ-UBND` is `05/QĐ-UBND`, and accents may be written in two forms. */
function spellingsOf(code: string): string[] {
  const bare = code.replace(/^0+(?=\d)/, '')
  const padded = /^\d(?!\d)/.test(bare) ? `0${bare}` : bare
  return [...new Set([code, bare, padded].flatMap((text) => [text, text.normalize('NFC'), text.normalize('NFD')]))]
}
