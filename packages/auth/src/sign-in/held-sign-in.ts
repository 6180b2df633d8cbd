import { type NewSession, newSessionToken, sessionIdIn, type SessionStore } from '@rollcall/session-store'
import { currentEndpoint } from '../request/current-endpoint.js'
import { type HeldSignIn, requestState } from '../request/request-state.js'
import { hasSecondFactor } from '../proof/prove-by-code.js'
import { type SessionRow, toRow } from '../sessions/session-row.js'
import { rejectUnavailable } from '../request/unavailable.js'

// better-auth makes a session as soon as the password is right. Its plugin twoFactor then deletes the session, unless the device is
// trusted. Such a session must not sign in meanwhile, take the place of another one, or be an event of the account. So the store
// gets it only once the plugin has kept it.

/** After these endpoints, the plugin twoFactor asks for a code. */
const passwordSignIns = new Set(['/sign-in/email', '/sign-in/username', '/sign-in/phone-number'])

/** Whether the endpoint that runs has checked a password, and the account has a second factor. */
export async function mayNeedCode(findUser: () => Promise<object | null>): Promise<boolean> {
  const { path = '', context } = currentEndpoint() ?? {}
  if (!passwordSignIns.has(path) || !context?.hasPlugin('two-factor')) return false
  return hasSecondFactor((await findUser()) ?? {})
}

/** @returns The row for better-auth. */
export async function holdSignIn(
  { clock }: Pick<SessionStore, 'clock'>,
  newSession: NewSession,
  expiresAt: Date,
): Promise<SessionRow> {
  const { userId, ipAddress = null, userAgent = null, data = {} } = newSession
  const [token, now] = [newSessionToken(userId), new Date(clock())]
  const times = { createdAt: now, lastSeenAt: now, authenticatedAt: now, expiresAt }
  const session = { id: sessionIdIn(token) ?? '', userId, ...times, ipAddress, userAgent, data }
  ;(await requestState()).heldSignIn = { token, session, newSession }
  return toRow(session, token)
}

/** Creates the session that was held, if there is one: no code is due. `false` if the credentials have changed since it began. */
export async function finishSignIn(store: Pick<SessionStore, 'create'>): Promise<boolean> {
  const state = await requestState()
  if (state.heldSignIn === null) return true
  const { newSession, token } = state.heldSignIn
  state.heldSignIn = null
  const created = await rejectUnavailable(() => store.create({ ...newSession, token }))
  if (created === null) state.isOvertaken = true
  else state.signedIn.set(created.session.id, created.session)
  return created !== null
}

/** The held session, if it is one of these tokens. */
export async function findHeld(tokens: readonly string[] | null): Promise<HeldSignIn | null> {
  const { heldSignIn } = await requestState()
  return heldSignIn !== null && tokens?.includes(heldSignIn.token) ? heldSignIn : null
}

export async function dropHeld(): Promise<void> {
  ;(await requestState()).heldSignIn = null
}
