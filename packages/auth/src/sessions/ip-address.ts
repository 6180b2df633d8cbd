import { isIPv6 } from 'node:net'

/**
 * Stands in the header of the client's address when that is not known. It is the unspecified address, which no client has.
 * Without the header, better-auth takes a client for 127.0.0.1 in development.
 */
export const UNKNOWN_CLIENT_ADDRESS = '0.0.0.0'

/**
 * The address as people know it, `2001:db8::1`: better-auth writes IPv6 addresses out in full. `null` where it is not known.
 */
export function readableAddress(address: string | null | undefined): string | null {
  if (!address || address === UNKNOWN_CLIENT_ADDRESS) return null
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}
