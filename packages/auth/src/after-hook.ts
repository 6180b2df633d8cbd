import type { Session, SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import { type APIError, createAuthMiddleware, isAPIError } from 'better-auth/api'
import { attemptAt } from './audit/attempts.js'
import { type Audit, type AuditEventName, auditEvent } from './audit/audit.js'
import { superseded } from './cookies/current-session.js'
import { unhideError } from './request/database-errors.js'
import { ownSignIns, revokeSignIns } from './sign-in/failed-sign-ins.js'
import { findHeld, finishSignIn } from './sign-in/held-sign-in.js'
import { keepSessionCookie } from './cookies/keep-session-cookie.js'
import { hideTokens } from './sessions/hide-tokens.js'
import { rememberBrowser } from './sign-in/known-devices.js'
import { accountTokens, namedSession } from './cookies/multi-session.js'
import { recordDevice, type Notify } from './sign-in/new-device.js'
import { setImportedCookie } from './start/old-sessions.js'
import { hasSecondFactor, proveByCode } from './proof/prove-by-code.js'
import { auditRefusal, type OnWrongPassword } from './audit/refused-attempts.js'
import { setRememberedCookie } from './cookies/remember-me.js'
import { type RequestState, requestState } from './request/request-state.js'
import { rejectUnavailable, unavailableError } from './request/unavailable.js'
import { undoWrites } from './request/undo-on-outage.js'
import { recordEmailChange } from './links/verification-links.js'

interface Dependencies {
  readonly store: SessionStore
  readonly audit: Audit
  readonly notify: Notify | undefined
  readonly onWrongPassword: OnWrongPassword
  readonly onUsed: OnUsed
}

/** Called with the endpoint by which somebody has signed in or proved again who they are. It must not throw. */
export type OnUsed = (ctx: GenericEndpointContext, userId: string) => Promise<void>

/** An endpoint that has run. */
type EndedContext = GenericEndpointContext & {
  readonly context: { readonly returned?: unknown; readonly responseHeaders?: Headers | undefined }
}

/** Runs after every endpoint, and after the hooks of the plugins in front of this one. */
export function afterHook(dependencies: Dependencies) {
  const { store, audit } = dependencies
  return createAuthMiddleware(async (ctx) => {
    const state = await requestState()
    const attempt = attemptOf(ctx)
    const lateRefusal = await finishEndpoint(ctx, state, dependencies)
    await undoFailure(ctx, state, store)
    if (state.outage) return answerOutage(ctx, attempt, audit)
    const unhidden = unhideError(ctx, ctx.context.returned, state)
    await setCookies(ctx, state)
    await recordUse(ctx, state, dependencies)
    const shown = await hideTokens(ctx.context.returned, store)
    if (ctx.request) state.isAnswered = true
    return answer(ctx, { attempt, lateRefusal, unhidden, shown }, dependencies)
  })
}

/**
 * Revokes and proves what the endpoint has left to do.
 *
 * @returns A refusal that takes the place of the endpoint's answer.
 */
async function finishEndpoint(
  ctx: EndedContext,
  state: RequestState,
  { store, audit }: Dependencies,
): Promise<APIError | null> {
  const { returned } = ctx.context
  if (!isAPIError(returned)) {
    await revokeRequested(ctx, store)
    await recordEmailChange(ctx, store)
  }
  const overtaken = await keepHeldSignIn(ctx, returned, store)
  if (!isAPIError(returned) && overtaken === null) await revokeLeftBehind(state, store)
  return overtaken ?? (await proveByCode(ctx, returned, store, audit))
}

/** After a failure, nobody is signed in, and what was used up is there again. */
async function undoFailure(ctx: EndedContext, state: RequestState, store: SessionStore): Promise<void> {
  const { returned, responseHeaders } = ctx.context
  if (state.databaseError !== null && isAPIError(returned)) await undoWrites()
  const isFailed = state.outage || state.isUndone || isRefusal(returned)
  const isRevoked = isFailed && (await revokeSignIns(store)).length > 0
  if (isRevoked) ctx.context.setNewSession(null)
  // Clearing the cookie in an outage would be a sign-out that did not happen.
  if ((state.outage && !state.isCookieReplaced) || isRevoked || state.isOvertaken)
    for (const name of ['set-cookie', 'set-auth-token']) responseHeaders?.delete(name)
  if (state.outage) await undoWrites()
}

async function setCookies(ctx: EndedContext, state: RequestState): Promise<void> {
  const { responseHeaders } = ctx.context
  if (!mayTakeCookies(ctx, state)) keepSessionCookie(ctx, responseHeaders)
  await setImportedCookie(ctx, responseHeaders)
  await setRememberedCookie(ctx, responseHeaders)
}

/** Records the sign-ins of the request, their browser, and the way in that was used. */
async function recordUse(
  ctx: GenericEndpointContext,
  state: RequestState,
  { audit, notify, onUsed }: Dependencies,
): Promise<void> {
  const sessions = await ownSignIns()
  await recordSignIns(ctx, sessions, audit, notify)
  if (state.browser !== null && sessions.length > 0) await rememberBrowser(ctx, state.browser)
  const usedBy = sessions[0]?.userId ?? state.provedFor
  if (usedBy !== null) await onUsed(ctx, usedBy)
}

interface Answers {
  readonly attempt: AuditEventName | null
  readonly lateRefusal: APIError | null
  /** In the place of an error that hides another one. */
  readonly unhidden: Response | undefined
  /** The endpoint's answer without tokens. */
  readonly shown: unknown
}

/** Chooses the answer, and audits it if it is a refusal. */
async function answer(
  ctx: EndedContext,
  { attempt, lateRefusal, unhidden, shown }: Answers,
  { audit, onWrongPassword }: Dependencies,
): Promise<unknown> {
  const { returned } = ctx.context
  const refusal = lateRefusal ?? (isRefusal(returned) ? returned : null)
  if (attempt !== null && refusal !== null) await auditRefusal(ctx, attempt, refusal, audit, onWrongPassword)
  if (lateRefusal !== null) return answerError(ctx, lateRefusal)
  return isAPIError(returned) ? unhidden : shown
}

/**
 * Keeps a sign-in that no plugin has ended: the account has a second factor only since a moment ago.
 *
 * @returns The answer if the credentials have changed meanwhile.
 */
async function keepHeldSignIn(
  { context }: GenericEndpointContext,
  returned: unknown,
  store: SessionStore,
): Promise<APIError | null> {
  const token = context.newSession?.session.token
  // A hook of the application may have signed somebody else in: then the endpoint around this one decides.
  if (isAPIError(returned) || token === undefined || (await findHeld([token])) === null) return null
  try {
    if (await finishSignIn(store)) return null
  } catch (error) {
    if ((await requestState()).outage) return null // which has its answer
    throw error
  }
  context.setNewSession(null)
  return superseded()
}

/** A redirect is an `APIError` as well. */
function isRefusal(returned: unknown): returned is APIError {
  return isAPIError(returned) && returned.statusCode >= 400
}

/** Whether the request ends a session or gives the browser another one. */
function mayTakeCookies({ path, context }: GenericEndpointContext, { revokesSessions }: RequestState): boolean {
  return revokesSessions || path === '/sign-out' || context.newSession !== null
}

/** Makes sure that the sessions are revoked which the answer says are: a hook of another plugin may have kept one from being deleted. */
async function revokeRequested(ctx: GenericEndpointContext, store: SessionStore): Promise<void> {
  for (const token of await tokensToRevoke(ctx)) {
    const alive = await rejectUnavailable(() => store.validate(token, { strict: true })).catch(() => null)
    if (alive !== null) await revokeItself(store, alive)
  }
}

/**
 * Also if a second factor is still due: the browser has lost the cookie of its earlier session. An answer about an outage leaves it
 * that cookie.
 */
async function revokeLeftBehind({ leftBehind, outage }: RequestState, store: SessionStore): Promise<void> {
  if (leftBehind !== null && !outage) await revokeItself(store, leftBehind)
}

/** The request remembers an outage. */
async function revokeItself(store: SessionStore, { userId, id }: Session): Promise<void> {
  await rejectUnavailable(() => store.revoke(userId, id, { by: id })).catch(() => undefined)
}

async function tokensToRevoke(ctx: GenericEndpointContext): Promise<string[]> {
  if (ctx.path === '/multi-session/revoke') return [namedSession.parse(ctx.body).sessionToken]
  if (ctx.path !== '/sign-out') return []
  const token = await ctx.getSignedCookie(ctx.context.authCookies.sessionToken.name, ctx.context.secret)
  return [...(token ? [token] : []), ...(ctx.context.hasPlugin('multi-session') ? accountTokens(ctx) : [])]
}

/** Replaces the answer of a request during which the store gave none. */
async function answerOutage(
  ctx: GenericEndpointContext,
  attempt: AuditEventName | null,
  audit: Audit,
): Promise<Response> {
  const { committedFor } = await requestState()
  const change = committedFor !== null && { userId: committedFor, isCommitted: true as const }
  if (attempt !== null) await auditEvent(audit, { event: attempt, result: 'unavailable', ...change })
  return answerError(ctx, unavailableError())
}

function answerError(ctx: GenericEndpointContext, error: APIError): Response {
  // Over HTTP, an error thrown here would keep the status that the endpoint had chosen.
  if (ctx.request) return Response.json(error.body, { status: error.statusCode })
  throw error
}

async function recordSignIns(
  ctx: GenericEndpointContext,
  sessions: readonly Session[],
  audit: Audit,
  notify: Notify | undefined,
): Promise<void> {
  const { recorded } = await requestState()
  for (const session of sessions) {
    const { id: sessionId, userId } = session
    if (recorded.has(sessionId)) continue
    recorded.add(sessionId)
    await auditEvent(audit, { event: 'sign-in', result: 'ok', userId, sessionId })
    if (notify) await recordDevice(ctx, session, notify)
  }
}

function attemptOf({ path, context }: GenericEndpointContext): AuditEventName | null {
  const { session } = context
  return attemptAt(path, {
    hasSession: session !== null,
    hasSecondFactor: session !== null && hasSecondFactor(session.user),
  })
}
