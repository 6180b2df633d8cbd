import { clientHintsOf } from '@rollcall/devices'
import type { Session, SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import { hasRequestState } from '@better-auth/core/context'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { type Audit, auditEvent } from '../audit/audit.js'
import { secretsOf, tokenFromCookie } from '../cookies/cookie.js'
import { currentEndpoint, currentHeaders } from '../request/current-endpoint.js'
import { currentSession, replaceCookies, superseded, unauthorized } from '../cookies/current-session.js'
import type { FoundSession } from '../sessions/find-sessions.js'
import { holdSignIn, mayNeedCode } from './held-sign-in.js'
import { sessionDeviceFor } from './known-devices.js'
import { readableAddress } from '../sessions/ip-address.js'
import { moveAccount } from '../cookies/multi-session.js'
import { secondFactorChange } from '../policy/factor-policy.js'
import { endOf } from '../cookies/remember-me.js'
import { clientInfo, MAX_TEXT, requestState } from '../request/request-state.js'
import { leaveAuditToCaller } from '../sessions/revocations.js'
import { keepWrites, requireNotUndone, undoWrites } from '../request/undo-on-outage.js'
import { currentSignInMethod } from '../request/sign-in-method.js'
import { applicationData, newSessionRow, type SessionRow, toRow } from '../sessions/session-row.js'

/** Creates the session that better-auth asks for. If it replaces the current one, that one gets a new secret instead. */
export async function createSession(
  store: SessionStore,
  users: Users,
  audit: Audit,
  data: unknown,
): Promise<SessionRow> {
  const { userId, ipAddress, userAgent, expiresAt, ...rest } = newSessionRow.parse(data)
  const current = currentSession(replacesCurrentSession)
  if (current?.userId === userId) return rotateCurrent(store, audit, current)

  const state = await requestState()
  const startedAt = await state.startedAt
  const previous = rest['impersonatedBy'] ? null : await previousSession(store, userId)
  const newSession = {
    userId,
    ipAddress: readableAddress(ipAddress?.slice(0, MAX_TEXT)),
    userAgent: userAgent?.slice(0, MAX_TEXT) || null,
    data: await sessionData(users, userId, rest),
    ...(startedAt && { startedAt }),
    endsBy: await endOf(expiresAt, store),
  }
  const findUser = () => users.findOne<object>({ model: 'user', where: [{ field: 'id', value: userId }] })
  if (await mayNeedCode(findUser)) {
    state.leftBehind = previous?.session ?? null
    return holdSignIn(store, newSession, expiresAt)
  }
  await requireNotUndone()
  const created = await store.create({ ...newSession, ...(previous && { inPlaceOf: previous.token }) })
  if (created === null) throw superseded()
  await keepWrites()
  if (previous !== null && created.session.id === previous.session.id) {
    state.renewed = { from: previous.token, to: created.token }
    await moveAccount(previous.endpoint, previous.token, created.token)
  } else state.leftBehind = previous?.session ?? null
  if (await hasRequestState()) state.signedIn.set(created.session.id, created.session)
  else await auditEvent(audit, { event: 'sign-in', result: 'ok', userId, sessionId: created.session.id })
  return toRow(created.session, created.token)
}

async function sessionData(users: Users, userId: string, row: SessionRow): Promise<SessionRow> {
  const { browser } = await requestState()
  // An admin who acts as somebody else brings no device of theirs.
  const device = browser !== null &&
    !row['impersonatedBy'] && { device: await sessionDeviceFor(users, browser, userId) }
  const signInMethod = currentSignInMethod()
  const headers = currentHeaders()
  return {
    ...applicationData(row),
    ...(headers && clientHintsOf(headers)),
    ...device,
    ...(signInMethod && { signInMethod }),
  }
}

interface PreviousSession extends FoundSession {
  readonly endpoint: GenericEndpointContext
}

/**
 * The session that this browser already has of the same user. A sign-in takes its place, because nobody could see or end a
 * session whose cookie was replaced. An administrator's session for somebody else stays what it is.
 */
async function previousSession(store: SessionStore, userId: string): Promise<PreviousSession | null> {
  const [endpoint, headers] = [currentEndpoint(), currentHeaders()]
  if (!endpoint || !headers) return null
  const { name } = endpoint.context.authCookies.sessionToken
  const token = tokenFromCookie(headers, name, secretsOf(endpoint.context))
  if (token === null) return null
  const session = await store.validate(token, { strict: true })
  if (session === null || session.userId !== userId || session.data['impersonatedBy']) return null
  return { endpoint, token, session }
}

type Users = Pick<DBAdapter, 'findOne'>

/** When a second factor is turned on or off, better-auth makes a session in place of the current one. */
function replacesCurrentSession(at: string | undefined): boolean {
  return at?.startsWith('/two-factor/') ?? false
}

/** The session under a new secret, where better-auth would make another and let the device lose its place. */
async function rotateCurrent(
  store: SessionStore,
  audit: Audit,
  { id, userId, token }: { id: string; userId: string; token: string },
): Promise<SessionRow> {
  const { event: name, revokesOthers } = await secondFactorChange()
  const event = { name, ...(await clientInfo()) }
  const change = { reauthenticated: false, credentialChange: revokesOthers, event }
  await requireNotUndone()
  const rotated = await leaveAuditToCaller(() => store.rotate(token, change))
  const session = rotated && (await validateRotated(store, rotated.token))
  if (rotated === null || session === null) {
    await undoWrites()
    throw unauthorized() // revoked meanwhile: nothing brings it back, and it changes nothing
  }
  await replaceCookies(rotated.token)
  await auditEvent(audit, {
    event: name,
    result: 'ok',
    userId,
    sessionId: id,
    ...(revokesOthers && { ended: rotated.revoked }),
  })
  return toRow(session, rotated.token)
}

/** In an outage, the browser still gets its new secret, because nobody accepts the old one any more. */
async function validateRotated(store: SessionStore, token: string): Promise<Session | null> {
  try {
    return await store.validate(token, { strict: true })
  } catch (error) {
    await replaceCookies(token)
    throw error
  }
}
