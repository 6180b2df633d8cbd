import type { Duplex } from 'node:stream'
import { AbstractConnector } from 'ioredis'

// ioredis listens for the first error of a connection only. TLS may report two, as with an untrusted certificate, and an
// error without a listener ends the process. A Cluster client and Sentinel open connections of their own, which no event and
// no option reaches. So this module, once imported, gives every connection of ioredis a listener that stays.

const streams = new WeakMap<object, Duplex>()

if (!Object.hasOwn(AbstractConnector.prototype, 'stream')) {
  Object.defineProperty(AbstractConnector.prototype, 'stream', {
    get(this: object) {
      return streams.get(this)
    },
    set(this: object, stream: Duplex) {
      stream.on('error', () => stream.destroy())
      streams.set(this, stream)
    },
  })
}
