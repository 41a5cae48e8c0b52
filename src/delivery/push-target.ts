// Where a push may go. The address is checked after the name was looked up and the connection is made to that very
// address, so a name that changes its answer between check and use gains nothing.
import { lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export interface PushTargetPolicy {
  /** Hosts and networks (CIDR) that pushes may go to; undefined: any but the refused ones. */
  readonly allow?: readonly string[]
  /** Loopback is allowed while everything is on one machine. */
  readonly allowLoopback: boolean
}

export class PushTargetRefused extends Error {
  override readonly name = 'PushTargetRefused'
  constructor(host: string) {
    super(`PUSH_ALLOW does not allow ${host}`)
  }
}

export interface PushTargets {
  /** Throws PushTargetRefused for a host written as an address that is not allowed. */
  check(url: URL): void
  /** A look-up that answers only allowed addresses, for the connection itself. */
  readonly lookup: LookupFunction
}

export function createPushTargets(policy: PushTargetPolicy): PushTargets {
  const refused = refusedAddresses(policy.allowLoopback)
  const hosts = new Set<string>()
  const networks = new BlockList()
  for (const entry of policy.allow ?? []) addAllowed(entry, hosts, networks)

  function addressAllowed(host: string, address: string): boolean {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (policy.allow !== undefined) return hosts.has(host.toLowerCase()) || networks.check(address, family)
    return !refused.check(address, family)
  }

  return {
    check(url) {
      const host = url.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0 && !addressAllowed(host, host)) throw new PushTargetRefused(host)
    },
    lookup(hostname, options, callback) {
      systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, '', 0)
        const allowed = addresses.filter((a) => addressAllowed(hostname, a.address))
        const first = allowed[0]
        if (first === undefined) return callback(new PushTargetRefused(hostname), '', 0)
        if (options.all === true) return callback(null, allowed)
        return callback(null, first.address, first.family)
      })
    },
  }
}

function addAllowed(entry: string, hosts: Set<string>, networks: BlockList): void {
  const [address = '', prefix] = entry.trim().split('/')
  const version = isIP(address)
  if (version === 0) {
    hosts.add(entry.trim().toLowerCase())
    return
  }
  const family = version === 6 ? 'ipv6' : 'ipv4'
  const bits = prefix === undefined ? (version === 6 ? 128 : 32) : Number(prefix)
  networks.addSubnet(address, bits, family)
}

/** Link-local holds the metadata services of clouds; unspecified addresses reach the machine itself. */
function refusedAddresses(allowLoopback: boolean): BlockList {
  const list = new BlockList()
  list.addSubnet('169.254.0.0', 16, 'ipv4')
  list.addSubnet('fe80::', 10, 'ipv6')
  list.addAddress('fd00:ec2::254', 'ipv6')
  if (!allowLoopback) {
    list.addSubnet('0.0.0.0', 8, 'ipv4')
    list.addSubnet('127.0.0.0', 8, 'ipv4')
    list.addAddress('::1', 'ipv6')
    list.addAddress('::', 'ipv6')
  }
  return list
}
