import { APIError } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { currentEndpoint } from '../request/current-endpoint.js'
import { moveAccount } from './multi-session.js'
import { requestState } from '../request/request-state.js'
import { keepWrites } from '../request/undo-on-outage.js'

/** The session that the request came with, if its endpoint is one of those named by `at`. */
export function currentSession(
  at: (path: string | undefined) => boolean,
): { id: string; userId: string; token: string } | null {
  const endpoint = currentEndpoint()
  return (endpoint && at(endpoint.path) && endpoint.context.session?.session) || null
}

/**
 * Gives the browser the token that takes the place of its own. From within the endpoint, so that the
 * after-hooks of every plugin see it as they would see the cookie of a sign-in.
 */
export async function replaceCookies(token: string): Promise<void> {
  await keepWrites()
  ;(await requestState()).tokens.add(token)
  const endpoint = currentEndpoint()
  if (!endpoint?.context.session) return
  const { session, user } = endpoint.context.session
  await moveAccount(endpoint, session.token, token)
  await setSessionCookie(endpoint, { user, session: { ...session, token } })
  ;(await requestState()).isCookieReplaced = true
}

export function unauthorized(): APIError {
  return new APIError('UNAUTHORIZED', { code: 'UNAUTHORIZED', message: 'Unauthorized' })
}

export const CREDENTIALS_CHANGED = 'CREDENTIALS_CHANGED'

/** The person gave the right password, and it was replaced before they were signed in. */
export function superseded(): APIError {
  return new APIError('CONFLICT', {
    code: CREDENTIALS_CHANGED,
    message: 'The password or another credential of this account changed during the sign-in. Please try again.',
  })
}
