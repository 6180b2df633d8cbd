import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** The IP address of a client whose address cannot be read. */
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

  /** The networks around it that may belong to one customer. IPv6 gives homes a /56, and organisations a /48. */
  get surroundings(): { readonly home: Network | null; readonly site: Network | null } {
    const version = isIP(this.#address)
    if (version === 4) return { home: null, site: new Network(`${this.#address.replace(/\.\d+$/, '')}.0/24`) }
    if (version !== 6) return { home: null, site: null }
    const bytes = ipaddr.parse(this.#address).toByteArray()
    return { home: new Network(prefixOf(bytes, 56)), site: new Network(prefixOf(bytes, 48)) }
  }

  /** For logs, the audit and the devices page. */
  get address(): string {
    return this.#address
  }

  get isKnown(): boolean {
    return this.#address !== UNKNOWN_ADDRESS
  }
}

/** Many clients that a limit counts as one. */
export class Network {
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  get name(): string {
    return this.#name
  }
}

function prefixOf(bytes: readonly number[], bits: number): string {
  return `${Buffer.from(bytes.slice(0, bits / 8)).toString('hex')}/${bits}`
}

export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const groups = ipaddr.parse(address).toNormalizedString().split(':')
  return `${groups.slice(0, 4).join(':')}::/64`
}
