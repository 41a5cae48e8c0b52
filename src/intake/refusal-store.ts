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
  readonly systemId: string | undefined
  readonly submission: SubmissionTrace
  readonly httpStatus: number
  readonly problemCode: string
  readonly violations: readonly Violation[]
}

/** How long a refusal can be found (contract §5). */
export const refusalDays = 90

export async function insertRefusal(db: Db, refusal: NewRefusal): Promise<void> {
  const { submission } = refusal
  const cut = (text: string | undefined, length: number) =>
    text === undefined ? null : storableText(text.slice(0, length))
  await db
    .insertInto('refusals')
    .values({
      ref: refusal.ref,
      at: refusal.at,
      face: refusal.face,
      path: refusal.path,
      system_id: cut(refusal.systemId, 64),
      organ_id: cut(submission.organId, 200),
      document_id: cut(submission.documentId, 500),
      sha256: submission.sha256 ?? null,
      size: submission.size ?? null,
      http_status: refusal.httpStatus,
      problem_code: refusal.problemCode,
      violations: JSON.stringify(refusal.violations, (_name, value) =>
        typeof value === 'string' ? storableText(value) : value,
      ),
    })
    // Two refusals of 90 days that share a reference are one in some hundred thousand; the first keeps it.
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function removeOldRefusals(db: Db, before: Date): Promise<void> {
  await db.deleteFrom('refusals').where('at', '<', before).execute()
}
