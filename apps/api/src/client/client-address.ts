import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyaddr from 'proxy-addr'
import { UNKNOWN_ADDRESS } from './client.js'
import { addressIn, forwardedHops } from './forwarded.js'

export type ClientAddressOf = (request: IncomingMessage) => string

/** In all: clients who send such headers themselves must not fill the log. */
const MAX_WARNINGS = 20
/** Characters of a header that a warning shows. */
const MAX_SHOWN = 100

/**
 * The client's IP address: the socket's, unless that is a trusted proxy; then the last address forwarded that is no trusted
 * proxy. Everything to its left is the client's own word. An address that cannot be read is `UNKNOWN_ADDRESS`,
 * never the proxy's.
 *
 * @param trustedProxies Addresses and ranges, as proxy-addr takes them.
 * @param warn Called once for each proxy that is not trusted, or forwards what cannot be read.
 */
export function clientAddressOf(
  trustedProxies: readonly string[],
  warn: (message: string, details: object) => void = () => undefined,
): ClientAddressOf {
  const isTrusted = trustedProxies.length > 0 ? proxyaddr.compile([...trustedProxies]) : () => false
  const warned = new Set<string>()
  const warnOnce = (message: string, proxy: string, details: object = {}): void => {
    if (warned.has(message + proxy) || warned.size >= MAX_WARNINGS) return
    warned.add(message + proxy)
    warn(message, { proxy, ...details })
  }

  return (request) => {
    const socket = addressIn(request.socket.remoteAddress ?? '')
    if (socket === null) return UNKNOWN_ADDRESS // gone before it was asked for its address
    const hops = forwardedHops(request)
    if (hops === null) return socket
    if (!isTrusted(socket, 0)) {
      warnOnce(
        'A proxy forwards addresses, but TRUSTED_PROXIES does not name it: all of its clients count as one',
        socket,
      )
      return socket
    }
    let client = socket
    for (const hop of hops) {
      if (hop === null && client === socket) {
        warnOnce('A proxy forwards an address that cannot be read: its client is unknown', socket, {
          forwarded: shown(request),
        })
      }
      if (hop === null) return UNKNOWN_ADDRESS
      client = hop
      if (!isTrusted(hop, 0)) break
    }
    return client
  }
}

function shown({ headers }: IncomingMessage): string {
  return String(headers['x-forwarded-for'] ?? headers.forwarded).slice(-MAX_SHOWN)
}

/** Names of ranges that proxy-addr knows. */
const NAMED = ['loopback', 'linklocal', 'uniquelocal']

/** Whether `TRUSTED_PROXIES` can be these. */
export function areRanges(ranges: string[]): boolean {
  try {
    if (ranges.length > 0) proxyaddr.compile(ranges)
    // It reads the number of proxies, as other servers take it, as an address: 1 is 0.0.0.1.
    return ranges.every((range) => NAMED.includes(range) || isIP(range.replace(/\/.*$/, '')) !== 0)
  } catch {
    return false
  }
}
