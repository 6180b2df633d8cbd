import { isIPv6 } from 'node:net'

/** better-auth writes IPv6 addresses out in full; people know them as `2001:db8::1`. */
export function shortest(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address
}
