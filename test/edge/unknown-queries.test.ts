// A query parameter that a call does not know is refused before anything is done.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codes, documentTo, type Province, startProvince } from '../support/gateway-under-test-province.ts'

let province: Province
beforeAll(async () => {
  province = await startProvince()
})
afterAll(async () => await province?.close())

test('a recall that is only meant to be tried recalls nothing', async () => {
  const { body } = await province.submit(province.snv.basic, documentTo([codes.stc]).xml)
  const recall = { basic: province.snv.basic, body: { reason: 'thử' } }

  const answer = await province.call('POST', `/api/v1/packages/${body.packageId}/recall?dryRun=true`, recall)

  expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  const view = await province.call('GET', `/api/v1/packages/${body.packageId}`, { basic: province.snv.basic })
  expect(view.body.state).toBe('accepted')
})

test('nor is a delivery confirmed by a call with a parameter nobody reads', async () => {
  const { body } = await province.submit(province.snv.basic, documentTo([codes.stc]).xml)
  const [{ deliveryId }] = body.deliveries

  const answer = await province.call('POST', `/api/v1/mailbox/${deliveryId}/confirm?dryRun=true`, {
    basic: province.shared.basic,
  })

  expect(answer.status).toBe(400)
})
