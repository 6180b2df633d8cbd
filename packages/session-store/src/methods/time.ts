import type { StoreContext } from './context.js'
import { rejectUnavailable } from '../errors/errors.js'
import { clockKey } from '../record/keys.js'

/** {@link SessionStore.time}, in milliseconds since the epoch. */
export async function readTime({ redis, keyPrefix }: StoreContext): Promise<number> {
  return rejectUnavailable(redis.rollcallTime(1, clockKey(keyPrefix)))
}
