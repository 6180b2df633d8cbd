import type { Session, SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import {
  getCurrentDBAdapterAsyncLocalStorage,
  getCurrentRequestState,
  runWithRequestState,
} from '@better-auth/core/context'
import { currentEndpoint } from '../request/current-endpoint.js'
import { requestState } from '../request/request-state.js'
import { undoWrites } from '../request/undo-on-outage.js'

type Revoker = Pick<SessionStore, 'revoke'>

/** Call it when an endpoint begins. */
export async function beginEndpoint(): Promise<void> {
  const { signedIn, madeBefore } = await requestState()
  const endpoint = currentEndpoint()
  if (endpoint) madeBefore.set(endpoint, new Set(signedIn.keys()))
}

/** The sessions that the endpoint made which runs, and the endpoints that its hooks called; outside of one, the whole request. */
export async function ownSignIns(): Promise<Session[]> {
  const { signedIn, madeBefore } = await requestState()
  const endpoint = currentEndpoint()
  const before = endpoint && madeBefore.get(endpoint)
  return [...signedIn.values()].filter(({ id }) => !before?.has(id))
}

/** Revokes these sessions: what made them has failed since, so nobody has their cookies. Best effort. */
export async function revokeSignIns(store: Revoker): Promise<readonly Session[]> {
  const { signedIn } = await requestState()
  const sessions = await ownSignIns()
  await Promise.allSettled(sessions.map(({ userId, id }) => store.revoke(userId, id)))
  for (const { id } of sessions) signedIn.delete(id) // only now: the audit of a revocation leaves out what was no sign-in
  return sessions
}

/**
 * When an HTTP request ends, revokes the sessions that it made and takes back what it used up. It keeps them if the last hook of the
 * plugin lets the answer pass. After an error that is no `APIError`, such as one of the database, better-auth runs no hook. But it
 * always runs what waits for the end of a request.
 */
export async function undoUnlessAnswered({ request }: GenericEndpointContext, store: Revoker): Promise<void> {
  if (request === undefined) return
  const running = (await getCurrentDBAdapterAsyncLocalStorage()).getStore()
  const state = await getCurrentRequestState()
  const undo = async (): Promise<void> => {
    if ((await requestState()).isAnswered) return
    await revokeSignIns(store)
    await undoWrites()
  }
  running?.pendingHooks.push(async () => await runWithRequestState(state, undo))
}
