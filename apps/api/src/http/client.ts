import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The address of a client whose address cannot be read. */
export const UNKNOWN_ADDRESS = 'unknown'

/**
 * The origin of a request. Limits take a client instead of a text, because an IPv6 customer has 2^64 addresses. So no caller
 * can forget to count them as one.
 */
export class Client {
  // A private field makes the type nominal: an object that merely looks like a client is none.
  readonly #address: string

  /** @param address in its shortest form, or `UNKNOWN_ADDRESS` */
  constructor(address: string) {
    this.#address = address
  }

  /** A limit counts this as one client: the address, or its /64 for IPv6. */
  get network(): string {
    return networkOf(this.#address)
  }

  /** For logs, the audit and the devices page. */
  get address(): string {
    return this.#address
  }

  get isKnown(): boolean {
    return this.#address !== UNKNOWN_ADDRESS
  }
}

export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const groups = ipaddr.parse(address).toNormalizedString().split(':')
  return `${groups.slice(0, 4).join(':')}::/64`
}
