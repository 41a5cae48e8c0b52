// The delivery policy in force for a system: the built-in one, the province's changes, the system's own. Each says only
// what it changes.
import { readFileSync } from 'node:fs'
import type { DeliveryPolicy } from '../domain/delivery-policy.ts'
import type { DeliveryPolicyInput } from '../generated/json/delivery-policy.ts'

const file = new URL('../../schemas/delivery/policy.json', import.meta.url)

export function builtInDeliveryPolicy(): DeliveryPolicy {
  return JSON.parse(readFileSync(file, 'utf8')) as DeliveryPolicy
}

export function policyOver(base: DeliveryPolicy, changes: DeliveryPolicyInput | null | undefined): DeliveryPolicy {
  return { ...base, ...changes }
}
