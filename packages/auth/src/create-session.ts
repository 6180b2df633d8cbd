import { clientHintsOf } from '@rollcall/devices'
import type { SessionStore } from '@rollcall/session-store'
import { hasRequestState, tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { type Audit, auditEvent } from './audit.js'
import { currentSession, replaceCookies, superseded, unauthorized } from './current-session.js'
import { sessionDeviceFor } from './known-devices.js'
import { readableAddress } from './ip-address.js'
import { MAX_TEXT, requestState } from './request-state.js'
import { currentSignInMethod } from './sign-in-method.js'
import { applicationData, newSessionRow, type SessionRow, toRow } from './session-row.js'

/** Creates the session that better-auth asks for. Where it replaces the current one, that one gets a new secret instead. */
export async function createSession(
  store: SessionStore,
  users: Pick<DBAdapter, 'findOne'>,
  audit: Audit,
  data: unknown,
): Promise<SessionRow> {
  const { userId, ipAddress, userAgent, expiresAt, ...rest } = newSessionRow.parse(data)
  const current = currentSession(replacesCurrentSession)
  if (current?.userId === userId) return rotateCurrent(store, current.token)

  const { startedAt: starting, signedIn, browser } = await requestState()
  const startedAt = await starting
  // An admin who acts as somebody else brings no device of theirs.
  const device = browser !== null &&
    !rest['impersonatedBy'] && { device: await sessionDeviceFor(users, browser, userId) }
  const signInMethod = currentSignInMethod()
  const headers: unknown = tryGetCurrentAuthEndpointContext()?.headers
  const created = await store.create({
    userId,
    ipAddress: readableAddress(ipAddress?.slice(0, MAX_TEXT)),
    userAgent: userAgent?.slice(0, MAX_TEXT) || null,
    data: {
      ...applicationData(rest),
      ...(headers instanceof Headers && clientHintsOf(headers)),
      ...device,
      ...(signInMethod && { signInMethod }),
    },
    ...(startedAt && { startedAt }),
    endsBy: expiresAt,
  })
  if (created === null) throw superseded()
  if (await hasRequestState()) signedIn.set(created.session.id, created.session)
  else await auditEvent(audit, { event: 'sign-in', result: 'ok', userId, sessionId: created.session.id })
  return toRow(created.session, created.token)
}

/** When a second factor is turned on or off, better-auth makes a session in place of the current one. */
function replacesCurrentSession(at: string | undefined): boolean {
  return at?.startsWith('/two-factor/') ?? false
}

/** The session under a new secret, where better-auth would make another and let the device lose its place. */
async function rotateCurrent(store: SessionStore, token: string): Promise<SessionRow> {
  const rotated = await store.rotate(token)
  const session = rotated && (await store.validate(rotated.token, { strict: true }))
  if (rotated === null || session === null) throw unauthorized() // revoked meanwhile: nothing brings it back
  await replaceCookies(rotated.token)
  return toRow(session, rotated.token)
}
