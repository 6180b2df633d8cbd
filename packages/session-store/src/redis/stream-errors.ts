import type { Duplex } from 'node:stream'
import { AbstractConnector, type Redis } from 'ioredis'

// A connection of ioredis has a listener for its first error only. TLS may report two, as with an untrusted certificate, and an
// error without a listener ends the process. A Cluster client and Sentinel open connections of their own, which no event and
// no option reaches. So this module, once imported, gives every connection of ioredis a listener that stays.

const streams = new WeakMap<object, Duplex>()

function listenForErrors(connector: object): void {
  if (Object.hasOwn(connector, 'stream')) return
  Object.defineProperty(connector, 'stream', {
    get(this: object) {
      return streams.get(this)
    },
    set(this: object, stream: Duplex) {
      stream.on('error', () => stream.destroy())
      streams.set(this, stream)
    },
  })
}

listenForErrors(AbstractConnector.prototype)

/** Does the same for a client of another copy of ioredis, and for the later clients of that copy. */
export function listenForStreamErrors(client: Redis): void {
  const { connector } = client as unknown as { readonly connector?: { stream?: Duplex } } // a part that its types hide
  if (connector === undefined || connector instanceof AbstractConnector) return
  const base: unknown = Object.getPrototypeOf(Object.getPrototypeOf(connector)) // each kind of connector extends the same class
  if (typeof base !== 'object' || base === null || !Object.hasOwn(base, 'disconnect')) return
  listenForErrors(base)
  if (!Object.hasOwn(connector, 'stream')) return
  const { stream } = connector // of a client that has connected already
  delete connector.stream
  if (stream !== undefined) connector.stream = stream
}
