// Every job by name, with the shape of what it carries. Payloads are checked when they are read as well as when they
// are written, since a queue may hold what an older release put there.
import { Ajv, type ValidateFunction } from 'ajv'

export interface JobPayloads {
  /** Serve the lane of one system. */
  'serve-lane': { readonly systemId: string }
  /** Look again at deliveries that are held, after the directory changed. */
  reroute: { readonly reason: string }
  /** Carry a replay on. */
  replay: { readonly replayId: string }
}

export type JobName = keyof JobPayloads

const text = { type: 'string', minLength: 1 }

const ajv = new Ajv({ allErrors: true })
const validators: { readonly [N in JobName]: ValidateFunction<JobPayloads[N]> } = {
  'serve-lane': ajv.compile<JobPayloads['serve-lane']>({
    type: 'object',
    required: ['systemId'],
    properties: { systemId: text },
    additionalProperties: false,
  }),
  reroute: ajv.compile<JobPayloads['reroute']>({
    type: 'object',
    required: ['reason'],
    properties: { reason: text },
    additionalProperties: false,
  }),
  replay: ajv.compile<JobPayloads['replay']>({
    type: 'object',
    required: ['replayId'],
    properties: { replayId: text },
    additionalProperties: false,
  }),
}

export function parsePayload<N extends JobName>(name: N, data: unknown): JobPayloads[N] {
  const validate: ValidateFunction<JobPayloads[N]> = validators[name]
  if (!validate(data)) throw new Error(`job ${name}: ${ajv.errorsText(validate.errors)}`)
  return data
}
