import { BlockList, isIP } from 'node:net'

/** Whether an address is in a range. `null` and a text that is no address are in none. */
export type IsInRange = (address: string | null) => boolean

/**
 * Reads an address, or a range such as `203.0.113.0/24` or `2001:db8::/32`.
 *
 * @returns `null` for any other text.
 */
export function parseRange(text: string): IsInRange | null {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (version === 0 || rest.length > 0 || address.includes('%') || !(length <= most)) return null
  const range = new BlockList()
  range.addSubnet(address, length, familyOf(version))
  return (candidate) => {
    const own = isIP(candidate ?? '')
    // An IPv4 address is in no range of IPv6. One that is written as IPv6 (::ffff:192.0.2.1) is in ranges of both.
    if (own === 0 || (own === 4 && version === 6)) return false
    return range.check(candidate ?? '', familyOf(own))
  }
}

function familyOf(version: number): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6'
}
