// People to be told, per agency and per system (R67, R68).
import type { Contact } from '../generated/json/contact.ts'
import type { Db, Trx } from '../platform/database.ts'

export type ContactOwner = { readonly agency_id: string } | { readonly system_id: string }

export async function replaceContacts(
  trx: Trx,
  owner: ContactOwner,
  contacts: readonly Contact[],
  newId: () => string,
): Promise<void> {
  const [column, id] =
    'agency_id' in owner ? (['agency_id', owner.agency_id] as const) : (['system_id', owner.system_id] as const)
  await trx.deleteFrom('contacts').where(column, '=', id).execute()
  if (contacts.length === 0) return
  await trx
    .insertInto('contacts')
    .values(contacts.map((contact) => ({ contact_id: newId(), ...owner, ...contact })))
    .execute()
}

export async function contactsOfAgencies(db: Db, agencyIds: readonly string[]): Promise<Map<string, Contact[]>> {
  return await contactsBy(db, 'agency_id', agencyIds)
}

export async function contactsOfSystems(db: Db, systemIds: readonly string[]): Promise<Map<string, Contact[]>> {
  return await contactsBy(db, 'system_id', systemIds)
}

async function contactsBy(db: Db, column: 'agency_id' | 'system_id', ids: readonly string[]) {
  const found = new Map<string, Contact[]>()
  if (ids.length === 0) return found
  const rows = await db
    .selectFrom('contacts')
    .select(['agency_id', 'system_id', 'name', 'position', 'unit', 'mobile', 'mailbox'])
    .where(column, 'in', ids)
    // Ids grow with time, so people stay in the order in which they were given.
    .orderBy('contact_id')
    .execute()
  for (const row of rows) {
    const id = row[column]
    if (id === null) continue
    const people = found.get(id) ?? []
    people.push({
      name: row.name,
      ...(row.position === null ? {} : { position: row.position }),
      ...(row.unit === null ? {} : { unit: row.unit }),
      ...(row.mobile === null ? {} : { mobile: row.mobile }),
      ...(row.mailbox === null ? {} : { mailbox: row.mailbox }),
    })
    found.set(id, people)
  }
  return found
}
