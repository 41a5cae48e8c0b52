import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { migrate } from '../../src/platform/migrate.ts'
import { emptyDatabase, type FreshDatabase } from '../support/services.ts'

describe('migrate', () => {
  let database: FreshDatabase
  let pool: pg.Pool
  let folder: string
  const file = (name: string, sql: string) => writeFileSync(join(folder, name), sql)

  beforeEach(async () => {
    database = await emptyDatabase()
    pool = new pg.Pool({ connectionString: database.url, max: 3 })
    folder = mkdtempSync(join(tmpdir(), 'tram-migrations-'))
    file('0001-first.sql', 'create table a (id int); insert into a values (1);')
    file('0002-second.sql', 'alter table a add column b text;')
  })
  afterEach(async () => {
    await pool.end()
    await database.drop()
    rmSync(folder, { recursive: true })
  })

  it('applies what is missing, in order, and nothing the second time', async () => {
    expect((await migrate(pool, folder)).applied).toEqual(['0001-first.sql', '0002-second.sql'])
    expect((await migrate(pool, folder)).applied).toEqual([])

    file('0003-third.sql', 'create table c (id int);')
    expect((await migrate(pool, folder)).applied).toEqual(['0003-third.sql'])
  })

  it('lets two gateways that start at once apply everything once', async () => {
    const results = await Promise.all([migrate(pool, folder), migrate(pool, folder)])

    expect(results.flatMap(({ applied }) => applied)).toHaveLength(2)
    expect((await pool.query('select * from a')).rowCount).toBe(1)
  })

  it('refuses a file that changed after it was applied', async () => {
    await migrate(pool, folder)
    file('0001-first.sql', 'create table a (id bigint);')

    await expect(migrate(pool, folder)).rejects.toThrow('0001-first.sql was applied and has changed')
  })

  it('does not call other line ends a change', async () => {
    file('0003-lines.sql', 'select 1;\nselect 2;\n')
    await migrate(pool, folder)
    file('0003-lines.sql', 'select 1;\r\nselect 2;\r\n')

    expect((await migrate(pool, folder)).applied).toEqual([])
  })

  it('refuses a database that is newer than the program', async () => {
    await migrate(pool, folder)
    rmSync(join(folder, '0002-second.sql'))

    await expect(migrate(pool, folder)).rejects.toMatchObject({ kind: 'database_newer', exitCode: 8 })
  })

  it('refuses a file that was slipped in before an applied one', async () => {
    rmSync(join(folder, '0001-first.sql'))
    file('0002-second.sql', 'create table a (id int);')
    await migrate(pool, folder)
    file('0001-late.sql', 'select 1;')

    await expect(migrate(pool, folder)).rejects.toThrow('0001-late.sql came after')
  })

  it('lets a transaction end that holds what it needs and needs what it holds', async () => {
    await migrate(pool, folder)
    await pool.query('create table c (id int); insert into c values (1)')
    file('0003-both.sql', 'alter table a add column d text; alter table c add column d text;')
    const traffic = await pool.connect()
    await traffic.query('begin')
    await traffic.query('update c set id = 2')

    const migrating = migrate(pool, folder)
    await vi.waitFor(async () => expect(await waitingForLocks()).toBe(1), { interval: 10 })
    await traffic.query('update a set id = 2')
    await traffic.query('commit')
    traffic.release()

    expect((await migrating).applied).toEqual(['0003-both.sql'])
    expect((await pool.query('select a.id, c.id as other, c.d from a, c')).rows).toEqual([{ id: 2, other: 2, d: null }])
  })

  it('may take longer than a request may', async () => {
    const hurried = new pg.Pool({ connectionString: database.url, max: 1, statement_timeout: 100, query_timeout: 150 })
    file('0003-slow.sql', 'create table slow as select 1 as one from pg_sleep(0.4);')

    expect((await migrate(hurried, folder)).applied).toHaveLength(3)

    await expect(hurried.query('select pg_sleep(0.4)')).rejects.toThrow(/timeout/)
    await hurried.end()
  })

  async function waitingForLocks(): Promise<number> {
    const { rows } = await pool.query(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    return rows[0].n
  }

  it('leaves nothing of a file that fails half-way', async () => {
    file('0003-broken.sql', 'create table half (id int); select nonsense;')

    await expect(migrate(pool, folder)).rejects.toThrow('0003-broken.sql failed')

    const { rows } = await pool.query(
      "select to_regclass('half') as half, (select max(version) from schema_migrations)",
    )
    expect(rows).toEqual([{ half: null, max: 2 }])
  })
})
