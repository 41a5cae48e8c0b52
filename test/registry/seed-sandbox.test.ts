import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAgency } from '../../src/registry/save-agency.ts'
import { createSystem } from '../../src/registry/save-system.ts'
import { laiChauAgencies, laiChauSystems } from '../../src/sandbox/lai-chau.ts'
import { seedSandbox } from '../../src/sandbox/seed-sandbox.ts'
import { type RegistryApp, startRegistry } from './registry-app.ts'

let registry: RegistryApp
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(async () => await registry.close())

const day = '2026-11-20'

async function seed() {
  const { cache, deps } = registry
  const actor = { name: 'sandbox' }
  return await seedSandbox({
    isKnownAgency: (code) => cache.current().findByCode(code, day) !== undefined,
    isKnownSystem: (systemId) => cache.current().systems.has(systemId),
    createAgency: (input) => createAgency(deps, actor, input, { isSandbox: true }),
    createSystem: (input) => createSystem(deps, actor, input),
  })
}

test('the list has 52 agencies: 16 departments, 8 districts and 28 others', () => {
  const listed = laiChauAgencies.filter((agency) => agency.number !== undefined)

  expect(listed.map((agency) => agency.number)).toEqual(Array.from({ length: 52 }, (_, n) => n + 1))
  expect(listed.filter((agency) => agency.group === 'S')).toHaveLength(16)
  expect(listed.filter((agency) => agency.group === 'H')).toHaveLength(8)
})

test('every connected agency of the list is received for by exactly one system', () => {
  const served = laiChauSystems.flatMap((system) => system.agencies)

  expect(new Set(served).size).toBe(served.length)
  expect(served).toHaveLength(52)
})

test('the province stands after the first start, and a second start adds nothing', async () => {
  const made = await seed()

  expect(made.map((one) => one.systemId).sort()).toEqual(laiChauSystems.map((system) => system.systemId).sort())
  const directory = registry.cache.current()
  expect(directory.agencies.size).toBe(54)
  expect(await seed()).toEqual([])
  expect(registry.cache.current()).toBe(directory)
})

test('the province is received for through its office, and the border guard is not connected', () => {
  const directory = registry.cache.current()
  const idOf = (code: string) => directory.findByCode(code, day)?.agencyId ?? ''

  expect(directory.receiverOf(idOf('H35'))?.systemId).toBe('qlvb-dung-chung')
  expect(directory.receiverOf(idOf('000.00.08.H35'))).toMatchObject({ systemId: 'qlvb-so-y-te', channel: 'push' })
  expect(directory.agencies.get(idOf('000.00.53.H35'))?.connected).toBe(false)
})

test('its codes are marked as made up, also after a change, until an operator gives real ones', async () => {
  const path = '/api/v1/admin/agencies/000.00.01.H35'
  const isMadeUp = async (code: string) =>
    await registry.open.db.selectFrom('agency_codes').select('is_sandbox').where('code', '=', code).executeTakeFirst()
  const codes = [{ code: '000.00.01.H35' }, { code: 'H35.01.thật' }]

  await registry.call('PUT', path, { body: { name: 'Sở Nội vụ', codes, parent: 'H35' } })

  expect(await isMadeUp('000.00.01.H35')).toEqual({ is_sandbox: true })
  expect(await isMadeUp('H35.01.thật')).toEqual({ is_sandbox: false })
})
