import type { GenericEndpointContext } from '@better-auth/core'
import { tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import { APIError, isAPIError } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { moveAccount } from './multi-session.js'
import { requestState } from './request-state.js'
import { keepWrites } from './undo-on-outage.js'

/** The session that the request came with, if its endpoint is one of those named by `at`. */
export function currentSession(
  at: (path: string | undefined) => boolean,
): { id: string; userId: string; token: string } | null {
  const endpoint = tryGetCurrentAuthEndpointContext()
  return (endpoint && at(endpoint.path) && endpoint.context.session?.session) || null
}

/**
 * Gives the browser the token that takes the place of its own. From within the endpoint, so that the
 * after-hooks of every plugin see it as they would see the cookie of a sign-in.
 */
export async function replaceCookies(token: string): Promise<void> {
  await keepWrites()
  ;(await requestState()).tokens.add(token)
  // The context of an endpoint that runs is whole; its type is that of one that has not begun.
  const endpoint = tryGetCurrentAuthEndpointContext() as GenericEndpointContext | undefined
  const current = endpoint?.context.session
  if (!endpoint || !current) return
  await moveAccount(endpoint, current.session.token, token)
  await setSessionCookie(endpoint, { user: current.user, session: { ...current.session, token } })
}

/** The same, where the endpoint goes on with its session: it may write the cookie again, or change something else. */
export async function adoptToken(token: string): Promise<void> {
  await replaceCookies(token)
  const session = tryGetCurrentAuthEndpointContext()?.context.session?.session
  if (session) session.token = token
}

/** For the plugin multiSession: gives the account of this browser the new token in place of its own. */
export async function moveCurrentAccount(from: string, to: string): Promise<void> {
  // As above.
  const endpoint = tryGetCurrentAuthEndpointContext() as GenericEndpointContext | undefined
  if (endpoint?.context.hasPlugin('multi-session')) await moveAccount(endpoint, from, to)
}

export function unauthorized(): APIError {
  return new APIError('UNAUTHORIZED', { code: 'UNAUTHORIZED', message: 'Unauthorized' })
}

/** Whether it is `unauthorized()`. */
export function isSessionOver(error: unknown): boolean {
  return isAPIError(error) && error.body?.code === 'UNAUTHORIZED'
}

export const CREDENTIALS_CHANGED = 'CREDENTIALS_CHANGED'

/** The person gave the right password, and it was replaced before they were signed in. */
export function superseded(): APIError {
  return new APIError('CONFLICT', {
    code: CREDENTIALS_CHANGED,
    message: 'The password or another credential of this account changed during the sign-in. Please try again.',
  })
}
