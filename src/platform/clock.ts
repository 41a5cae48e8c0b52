// The one place where the program asks the machine for the time.
import type { Clock } from '../domain/ports.ts'

export const systemClock: Clock = { now: () => new Date() }
