// The document is known already: the same content again, the same for further recipients, or another content under its
// name (contract §3, repeats).
import { comparableContent, type DocumentPackage, differingPaths } from '../domain/document-package.ts'
import { GatewayError } from '../domain/errors.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { Db } from '../platform/database.ts'
import type { Draft } from './draft.ts'
import { type FirstPackage, firstPackage } from './package-store.ts'

export type Repeat =
  | { readonly kind: 'unknown' }
  /** The very row of this submission: its commit had happened, only the answer was lost on the way. */
  | { readonly kind: 'own'; readonly receipt: string }
  | { readonly kind: 'same'; readonly packageId: string; readonly receipt: string }
  | { readonly kind: 'supplement'; readonly of: string; readonly existing: ReadonlyMap<string, string> }

export type ExistingDeliveries = (
  db: Db,
  repeatKey: string,
  recipientKeys: readonly string[],
) => Promise<Map<string, string>>

/** A successor counts as its predecessor: what was sent before the succession is the same document after it. */
export async function underKnownKey(db: Db, draft: Draft): Promise<Draft> {
  if (draft.formerRepeatKeys.length === 0) return draft
  const known = await db
    .selectFrom('packages')
    .select('repeat_key')
    .where('repeat_key', 'in', [draft.repeatKey, ...draft.formerRepeatKeys])
    .where('supplement_of', 'is', null)
    .orderBy('package_id')
    .limit(1)
    .executeTakeFirst()
  return known === undefined ? draft : { ...draft, repeatKey: known.repeat_key }
}

/** Throws `document_id_reused` for other content under a known document id. */
export async function findRepeat(
  db: Db,
  draft: Draft,
  sha256: Buffer,
  existingDeliveries: ExistingDeliveries,
): Promise<Repeat> {
  const first = await firstPackage(db, draft.repeatKey)
  if (first === undefined) return { kind: 'unknown' }
  // The row says what was accepted; this draft may be a later one, made with another directory.
  if (first.packageId === draft.packageId) return { kind: 'own', receipt: first.receipt }
  const isSameContent = first.sha256.equals(sha256) || first.contentHash.equals(draft.contentHash)
  if (!isSameContent) throw otherContent(first, draft)
  const keys = draft.recipients.map((r) => r.recipientKey)
  const existing = await existingDeliveries(db, draft.repeatKey, keys)
  if (keys.every((key) => existing.has(key))) {
    return { kind: 'same', packageId: first.packageId, receipt: first.receipt }
  }
  return { kind: 'supplement', of: first.packageId, existing }
}

function otherContent(first: FirstPackage, draft: Draft): GatewayError {
  return new GatewayError('conflict', 'document_id_reused', {
    params: { documentId: draft.documentId },
    extra: {
      existing: {
        packageId: first.packageId,
        acceptedAt: vietnamTime(first.acceptedAt),
        sha256: first.sha256.toString('hex'),
        differs: differingPaths(storedContent(first.document), comparableContent(draft.document)),
      },
    },
  })
}

/** The stored document is what `toRow` wrote: a DocumentPackage as JSON. */
function storedContent(document: unknown): Record<string, unknown> {
  return comparableContent(document as DocumentPackage)
}
