// How a command finds the gateway and says who it is. Options win over the environment; the operators' token may also
// lie in the data folder, where the first start of an embedded gateway put it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGatewayClient, type GatewayClient } from '../platform/gateway-client.ts'
import { type Arguments, type CommandContext, type Environment, type OptionSpec, UsageError } from './command.ts'

export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  url: { type: 'string', value: 'URL', help: 'the gateway; default http://127.0.0.1:$PORT, or port 8080' },
  json: { type: 'boolean', help: 'one JSON document on stdout' },
  lang: { type: 'string', value: 'vi|en', help: "language of the gateway's explanations; default vi" },
  help: { type: 'boolean', help: 'this text' },
}

export const operatorOptions: Readonly<Record<string, OptionSpec>> = {
  ...commonOptions,
  token: { type: 'string', value: 'TOKEN', help: 'default ADMIN_TOKEN, or the file $DATA_DIR/keys/admin-token' },
}

export const systemOptions: Readonly<Record<string, OptionSpec>> = {
  ...commonOptions,
  system: { type: 'string', value: 'ID', help: 'the calling system; default TRAM_SYSTEM' },
  secret: { type: 'string', value: 'SECRET', help: 'its secret; default TRAM_SECRET' },
}

export function operatorClient(args: Arguments, context: CommandContext): GatewayClient {
  return createGatewayClient({
    url: gatewayUrl(args, context.env),
    language: language(args),
    credentials: { kind: 'operator', token: operatorToken(args, context.env) },
  })
}

export function systemClient(args: Arguments, context: CommandContext): GatewayClient {
  return createGatewayClient({
    url: gatewayUrl(args, context.env),
    language: language(args),
    credentials: { kind: 'system', ...systemCredentials(args, context.env) },
  })
}

export function gatewayUrl(args: Arguments, env: Environment): string {
  const url = args.text('url') ?? `http://127.0.0.1:${env.PORT ?? '8080'}`
  if (!URL.canParse(url)) throw new UsageError(`--url takes an address such as http://127.0.0.1:8080, not "${url}"`)
  return url
}

export function systemCredentials(args: Arguments, env: Environment): { systemId: string; secret: string } {
  const systemId = args.text('system') ?? env.TRAM_SYSTEM
  const secret = args.text('secret') ?? env.TRAM_SECRET
  if (systemId === undefined || secret === undefined) {
    throw new UsageError('which system calls? Give --system ID --secret S, or set TRAM_SYSTEM and TRAM_SECRET')
  }
  return { systemId, secret }
}

function language(args: Arguments): 'vi' | 'en' {
  return args.oneOf('lang', ['vi', 'en']) ?? 'vi'
}

function operatorToken(args: Arguments, env: Environment): string {
  const given = args.text('token') ?? env.ADMIN_TOKEN
  if (given !== undefined && given !== '') return given
  const file = join(env.DATA_DIR ?? '.tram', 'keys', 'admin-token')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const hint = 'Give --token, set ADMIN_TOKEN, or set DATA_DIR to the data folder of the gateway'
    throw new UsageError(`no operators' token: ${file} cannot be read. ${hint}.`, { cause: error })
  }
}
