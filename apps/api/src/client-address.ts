import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import proxyaddr from 'proxy-addr'

export type ClientAddressOf = (request: IncomingMessage) => string

/** Given to a client whose connection is gone before it was asked for its address. */
export const UNKNOWN_ADDRESS = 'unknown'

/**
 * The client's address: the socket's, unless that is a trusted proxy; then the last entry of
 * X-Forwarded-For that no trusted proxy has added. What stands to the left of it is the client's own word.
 *
 * @param trustedProxies addresses and ranges, as proxy-addr takes them
 */
export function clientAddressOf(trustedProxies: readonly string[]): ClientAddressOf {
  const trust = trustedProxies.length > 0 ? proxyaddr.compile([...trustedProxies]) : () => false
  return (request) => {
    if (request.socket.remoteAddress === undefined) return UNKNOWN_ADDRESS
    // A proxy that forwards something else than an address stands for its client itself.
    const addresses = proxyaddr.all(request, trust).map(canonical)
    return addresses.findLast((address) => address !== null) ?? UNKNOWN_ADDRESS
  }
}

/** `null` for what is no address. */
function canonical(entry: string): string | null {
  const version = isIP(entry)
  if (version === 4) return entry // there is no other way to write it
  return version === 6 && ipaddr.isValid(entry) ? ipaddr.process(entry).toString() : null
}

/** What a limit counts as one client: an IPv6 customer owns 2^64 addresses. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const groups = ipaddr.parse(address).toNormalizedString().split(':')
  return `${groups.slice(0, 4).join(':')}::/64`
}
