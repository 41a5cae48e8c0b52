// The row that a refusal leaves behind: what was wrong, by which reference it can be found, and never any content.
import type { Violation } from '../domain/errors.ts'
import type { Db } from '../platform/database.ts'
import type { SubmissionTrace } from '../platform/http.ts'
import { storableText } from '../platform/storable-text.ts'

export interface NewRefusal {
  readonly ref: string
  readonly at: Date
  readonly face: string
  readonly path: string
  readonly sender: RefusedSender
  readonly submission: SubmissionTrace
  readonly httpStatus: number
  readonly problemCode: string
  /** Values for the catalogue text of the code. */
  readonly params: Readonly<Record<string, string | number>>
  readonly violations: readonly Violation[]
}

/** Who submitted it: proven by a credential, or merely claimed by a call that was not let in. */
export type RefusedSender =
  | { readonly kind: 'authenticated'; readonly systemId: string; readonly credentialId: string }
  | { readonly kind: 'claimed'; readonly systemId: string }
  | { readonly kind: 'unknown' }

/** How long a refusal can be found (contract §5). */
export const refusalDays = 90

export async function insertRefusal(db: Db, refusal: NewRefusal): Promise<void> {
  const { sender, submission } = refusal
  await db
    .insertInto('refusals')
    .values({
      ref: refusal.ref,
      at: refusal.at,
      face: refusal.face,
      path: refusal.path,
      system_id: sender.kind === 'unknown' ? null : shortText(sender.systemId, 64),
      credential_id: sender.kind === 'authenticated' ? sender.credentialId : null,
      is_authenticated: sender.kind === 'authenticated',
      organ_id: shortText(submission.organId, 200),
      document_id: shortText(submission.documentId, 600),
      sha256: submission.sha256 ?? null,
      size: submission.size ?? null,
      http_status: refusal.httpStatus,
      problem_code: refusal.problemCode,
      params: storableJson(refusal.params),
      violations: storableJson(refusal.violations),
    })
    // Two refusals of 90 days that share a reference are one in some hundred thousand; the first keeps it.
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function shortText(text: string | undefined, length: number): string | null {
  return text === undefined ? null : storableText(text.slice(0, length))
}

/** Texts come from what was sent: of any length, and with characters that no database keeps. */
function storableJson(value: unknown): string {
  return JSON.stringify(value, (_name, part) => (typeof part === 'string' ? shortText(part, textLengthMax) : part))
}

// A name or a number fits; the sentence around it stands in the catalogue.
const textLengthMax = 1000

export async function removeOldRefusals(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('refusals').where('at', '<', before).execute()
}
