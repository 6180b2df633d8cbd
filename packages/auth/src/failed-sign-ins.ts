import type { Session, SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import {
  getCurrentDBAdapterAsyncLocalStorage,
  getCurrentRequestState,
  runWithRequestState,
} from '@better-auth/core/context'
import { requestState } from './request-state.js'

type Revoker = Pick<SessionStore, 'revoke'>

/** Revokes the sessions that this request made: it has failed since, so nobody has their cookies. Best effort. */
export async function revokeSignIns(store: Revoker): Promise<readonly Session[]> {
  const { signedIn } = await requestState()
  const sessions = [...signedIn.values()]
  await Promise.allSettled(sessions.map(({ userId, id }) => store.revoke(userId, id)))
  signedIn.clear() // only now: the audit of a revocation leaves out what was no sign-in
  return sessions
}

/**
 * Revokes the sessions that an HTTP request made, unless the last hook of the plugin lets its answer pass. After an error that is
 * no `APIError`, such as one of the database, better-auth runs no hook. But it always runs what waits for the end of a request.
 */
export async function revokeUnlessAnswered({ request }: GenericEndpointContext, store: Revoker): Promise<void> {
  const running = (await getCurrentDBAdapterAsyncLocalStorage()).getStore()
  if (request === undefined || running === undefined) return
  const state = await getCurrentRequestState()
  const revoke = async (): Promise<void> => {
    if (!(await requestState()).isAnswered) await revokeSignIns(store)
  }
  running.pendingHooks.push(async () => await runWithRequestState(state, revoke))
}
