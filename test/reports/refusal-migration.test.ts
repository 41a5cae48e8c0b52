// The rows that an earlier release left: they say nothing of who was authenticated, and must not show to a system what
// somebody else sent in its name.
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate, migrationsFolder } from '../../src/platform/migrate.ts'
import { scratchFolder } from '../support/scratch.ts'
import { emptyDatabase, type FreshDatabase } from '../support/services.ts'

const name = '0009-refusals.sql'
const folder = scratchFolder('migrations')
let database: FreshDatabase
let pool: pg.Pool
beforeAll(async () => {
  database = await emptyDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 2 })
  for (const file of readdirSync(migrationsFolder).filter((one) => one < name))
    cpSync(join(migrationsFolder, file), join(folder.path, file))
  await migrate(pool, folder.path)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
  folder.remove()
})

const insert = (ref: string, systemId: string | null, httpStatus: number) =>
  pool.query(
    `insert into refusals (ref, face, path, system_id, document_id, http_status, problem_code)
    values ($1, 'rest', '/api/v1/packages', $2, $3, $4, 'x')`,
    [ref, systemId, ' Đ-1 '.normalize('NFD'), httpStatus],
  )

test('rows of before are shown to a system only where it was certainly itself', async () => {
  await insert('refused', 'A', 422)
  await insert('of-others', 'A', 403)
  await insert('claimed', 'A', 401)
  await insert('fault', 'A', 503)
  await insert('nobody', null, 400)

  cpSync(join(migrationsFolder, name), join(folder.path, name))
  expect((await migrate(pool, folder.path)).applied).toEqual([name])

  const { rows } = await pool.query('select ref, is_authenticated, params, document_key from refusals order by ref')
  const common = { params: {}, document_key: 'Đ-1' }
  expect(rows).toEqual([
    { ref: 'claimed', is_authenticated: false, ...common },
    { ref: 'fault', is_authenticated: false, ...common },
    { ref: 'nobody', is_authenticated: false, ...common },
    { ref: 'of-others', is_authenticated: true, ...common },
    { ref: 'refused', is_authenticated: true, ...common },
  ])
})

test('a release that knows nothing of it still writes rows, and they stay with the operators', async () => {
  await insert('later', 'A', 422)

  const { rows } = await pool.query("select is_authenticated from refusals where ref = 'later'")
  expect(rows).toEqual([{ is_authenticated: false }])
})
