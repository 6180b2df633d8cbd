import { CHECK_TIMEOUT_MS } from '../durations.js'
import { learnServerTime } from '../server-time.js'
import { AuthFailure } from './auth.js'
import type { CurrentSession } from './trpc.js'

/**
 * Asks whose session it is. A sign-in page needs no other procedure, so that it does without the client of tRPC.
 *
 * @throws {AuthFailure}
 */
export async function askSession(): Promise<CurrentSession> {
  let answer: Response
  try {
    answer = learnServerTime(await fetch('/trpc/session.current', { signal: AbortSignal.timeout(CHECK_TIMEOUT_MS) }))
  } catch (cause) {
    throw new AuthFailure(undefined, undefined, null, undefined, { cause })
  }
  if (!answer.ok) throw new AuthFailure(answer.status, undefined, answer.headers.get('retry-after'))
  return ((await answer.json()) as { result: { data: CurrentSession } }).result.data // by the procedure's type
}
