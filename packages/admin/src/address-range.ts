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
  range.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
  const blockOf = (ipv4: string): number => Math.floor(toNumber(ipv4) / 2 ** (32 - length))
  const block = version === 4 ? blockOf(address) : null
  return (candidate) => {
    const own = isIP(candidate ?? '')
    // An IPv4 address is in no range of IPv6. One that is written as IPv6 (::ffff:192.0.2.1) is in ranges of both.
    if (own === 0) return false
    // BlockList creates two objects for each address, and there may be a million.
    if (own === 4) return blockOf(candidate ?? '') === block
    return range.check(candidate ?? '', 'ipv6')
  }
}

const IPV4_IN_IPV6 = 96

/** A range of IPv4 addresses that are written as IPv6 (`::ffff:192.0.2.1`), as a range of IPv4. Any other is returned as it is. */
export function asIpv4(range: string): string {
  const [address = '', bits] = range.split('/')
  const shortest = isIP(address) === 6 ? new URL(`http://[${address}]`).hostname : ''
  const groups = /^\[::ffff:(\w+):(\w+)\]$/
    .exec(shortest)
    ?.slice(1)
    .map((group) => Number.parseInt(group, 16))
  const length = bits === undefined ? undefined : Number(bits) - IPV4_IN_IPV6
  if (groups === undefined || Number(length) < 0) return range
  const octets = groups.flatMap((group) => [Math.floor(group / 256), group % 256]).join('.')
  return length === undefined ? octets : `${octets}/${length}`
}

/** The first octet of a range that is not the same in all its addresses of IPv4, with its bounds, and the text before it. */
export function octetOf(range: string): { before: string; from: number; to: number } {
  const [address = '', bits = '32'] = range.split('/')
  if (address.includes(':')) return { before: '', from: 1, to: 0 } // none is in a range of IPv6
  const fixed = Math.min(Math.floor(Number(bits) / 8), 3)
  const octets = address.split('.')
  const size = 2 ** (8 * (fixed + 1) - Number(bits))
  const from = Math.floor(Number(octets[fixed]) / size) * size
  const before = octets.slice(0, fixed).map((octet) => `${octet}.`)
  return { before: before.join(''), from, to: from + size - 1 }
}

function toNumber(ipv4: string): number {
  return ipv4.split('.').reduce((number, part) => number * 256 + Number(part), 0)
}
