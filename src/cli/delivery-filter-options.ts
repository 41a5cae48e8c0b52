// The criteria by which a command means deliveries; the same words in the list and in a replay.
import type { Arguments, OptionSpec } from './command.ts'

export const filterOptions: Readonly<Record<string, OptionSpec>> = {
  state: { type: 'string', value: 'STATE', help: 'held, waiting, in_flight, available, delivered, refused, …' },
  'system-id': { type: 'string', value: 'ID', help: 'of this system' },
  'organ-id': { type: 'string', value: 'CODE', help: 'to this agency' },
  priority: { type: 'string', value: '0-4', help: 'of this urgency' },
  cause: { type: 'string', value: 'CODE', help: 'held or failing for this reason, e.g. receiver_unreachable' },
  since: { type: 'string', value: 'TIME', help: 'made since then, ISO 8601' },
  until: { type: 'string', value: 'TIME', help: 'made before then' },
  query: { type: 'string', value: 'TEXT', help: 'beginning of số/ký hiệu, document id or package id' },
}

export function filterOf(args: Arguments) {
  return {
    state: args.text('state'),
    systemId: args.text('system-id'),
    organId: args.text('organ-id'),
    priority: args.number('priority'),
    cause: args.text('cause'),
    since: args.text('since'),
    until: args.text('until'),
    q: args.text('query'),
  }
}
