import { APIError } from 'better-auth/api'
import pLimit from 'p-limit'

/** Hashes at once. libuv has four threads for hashes, files and DNS together; two hashes leave two. */
const CONCURRENT = 2
/** Hashes that wait. At half a second each, the last one waits for 16 s. */
const MAX_WAITING = 64
/** Seconds after which a quarter of a full queue is done. */
const RETRY_AFTER_SECONDS = 4

/** Runs a piece of work in its turn. Throws a 503 with `Retry-After`, before it runs anything, when the queue is full. */
export type Queue = <T>(work: () => Promise<T>) => Promise<T>

/** Runs at most two pieces of work at once, in order of arrival, and lets 64 wait. */
export function createBoundedQueue(): Queue {
  const limit = pLimit(CONCURRENT)
  return async (work) => {
    if (limit.pendingCount >= MAX_WAITING) throw queueFullError()
    return limit(work)
  }
}

function queueFullError(): APIError {
  return new APIError(
    'SERVICE_UNAVAILABLE',
    { code: 'SERVICE_UNAVAILABLE', message: 'Too many people sign in at the moment. Please try again.' },
    { 'Retry-After': String(RETRY_AFTER_SECONDS) },
  )
}
