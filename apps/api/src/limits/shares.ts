import { RateLimitedError } from '../errors.js'
import type { Client } from '../client/client.js'

/** Requests with a password that one network may have under way on this server. A quarter of those that may wait for a hash. */
const MAX_REQUESTS = 16
/** Seconds in which two hashes at once work off a share. */
const RETRY_AFTER_SECONDS = 8

/** Runs work for a client, while its network has fewer than 16 others under way. */
export type Shares = <T>(client: Client, work: () => Promise<T>) => Promise<T>

/**
 * So that one network cannot fill the queue of passwords, and keep everybody else from signing in.
 *
 * The work is refused with `RateLimitedError` before it begins.
 */
export function passwordShares(): Shares {
  const underWay = new Map<string, number>()
  return async (client, work) => {
    const { network } = client
    const count = underWay.get(network) ?? 0
    if (count >= MAX_REQUESTS) throw new RateLimitedError(RETRY_AFTER_SECONDS, 'passwords:network')
    underWay.set(network, count + 1)
    try {
      return await work()
    } finally {
      const left = (underWay.get(network) ?? 0) - 1
      if (left > 0) underWay.set(network, left)
      else underWay.delete(network)
    }
  }
}
