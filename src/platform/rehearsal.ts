// A transaction that may turn out to be a rehearsal: it comes to an answer like any other, and leaves nothing behind.
import type { Database, Trx } from './database.ts'

/** Ends the transaction with this answer, and undoes what it did. */
export type Rehearse<T> = (answer: T) => never

export async function transactionOrRehearsal<T>(
  db: Database,
  work: (trx: Trx, rehearse: Rehearse<T>) => Promise<T>,
): Promise<T> {
  let rehearsed: { readonly answer: T } | undefined
  const rehearse = (answer: T): never => {
    rehearsed = { answer }
    throw new Undone()
  }
  try {
    return await db.transaction().execute((trx) => work(trx, rehearse))
  } catch (error) {
    if (error instanceof Undone && rehearsed !== undefined) return rehearsed.answer
    throw error
  }
}

class Undone extends Error {
  override readonly name = 'Undone'
}
