import type { Session, SessionStore } from '@rollcall/session-store'
import { runWithRequestState } from '@better-auth/core/context'
import { requestState } from './request-state.js'

/** Revokes the sessions that this request made: it has failed since, so nobody has their cookies. Best effort. */
export async function revokeSignIns(store: Pick<SessionStore, 'revoke'>): Promise<readonly Session[]> {
  const { signedIn } = await requestState()
  const sessions = [...signedIn.values()]
  await Promise.allSettled(sessions.map(({ userId, id }) => store.revoke(userId, id)))
  signedIn.clear() // only now: the audit of a revocation leaves out what was no sign-in
  return sessions
}

/**
 * Lets better-auth answer a request, and revokes the sessions that it made if it fails. The plugin does so itself after an
 * `APIError`. After any other error, such as one of the database, better-auth runs no hook.
 *
 * @example
 * ```ts
 * const handler = (request: Request) => revokeOnFailure(store, () => auth.handler(request))
 * ```
 */
export async function revokeOnFailure(
  store: Pick<SessionStore, 'revoke'>,
  answer: () => Promise<Response>,
): Promise<Response> {
  return await runWithRequestState(new WeakMap(), async () => {
    let isAnswered = false
    try {
      const response = await answer()
      isAnswered = response.status < 400
      return response
    } finally {
      if (!isAnswered) await revokeSignIns(store)
    }
  })
}
