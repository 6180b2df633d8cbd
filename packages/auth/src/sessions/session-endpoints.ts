import { isSessionId, type Session, sessionIdIn, type SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import type { Session as ListedSession } from 'better-auth'
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { deleteSessionCookie } from 'better-auth/cookies'
import { parseSessionOutput } from 'better-auth/db'
import { z } from 'zod'
import { type Audit, auditEvent } from '../audit/audit.js'
import { unauthorized } from '../cookies/current-session.js'
import { requestState } from '../request/request-state.js'
import { revokeWithAudit } from './revocations.js'
import { applicationData } from './session-row.js'
import { rejectUnavailable } from '../request/unavailable.js'

interface Dependencies {
  readonly store: SessionStore
  readonly audit: Audit
  readonly isRecent: (authenticatedAt: Date) => boolean
}

const signedIn = { use: [sensitiveSessionMiddleware], requireHeaders: true }

/**
 * better-auth's own endpoints that list and revoke sessions, under their names, with the session's id in the place of its
 * token. They revoke in one step of the store. Revoking others needs a recent proof, as with the devices router.
 */
export function sessionEndpoints({ store, audit, isRecent }: Dependencies) {
  /**
   * In a row for better-auth, `createdAt` is the time of the latest proof.
   *
   * @throws {APIError} FORBIDDEN with the code REAUTHENTICATE.
   */
  function requireRecentProof({ createdAt }: { readonly createdAt: Date }): void {
    if (isRecent(createdAt)) return
    throw new APIError('FORBIDDEN', { code: 'REAUTHENTICATE', message: 'Please prove again who you are' })
  }

  /**
   * better-auth's list always needs a fresh session, because it has tokens. This one needs it only if the application has set
   * `freshAge`. UI kits ask for the password then.
   *
   * @throws {APIError} FORBIDDEN with the code SESSION_NOT_FRESH.
   */
  function requireFreshSession(freshAge: number | undefined, { createdAt }: { readonly createdAt: Date }): void {
    if (!freshAge || store.clock() - createdAt.getTime() < freshAge * 1_000) return
    throw new APIError('FORBIDDEN', { code: 'SESSION_NOT_FRESH', message: 'Session is not fresh' })
  }

  return {
    /** `createdAt` is when the session signed in. */
    listSessions: createAuthEndpoint('/list-sessions', { ...signedIn, method: 'GET' }, async (ctx) => {
      const current = ctx.context.session.session
      const { userId } = current
      requireFreshSession(ctx.context.options.session?.freshAge, current)
      const sessions = await rejectUnavailable(() => store.list(userId))
      return ctx.json(sessions.map((session) => parseSessionOutput(ctx.context.options, publicRow(session))))
    }),

    /** The current session signs out. An unknown id and a foreign one are answered alike. */
    revokeSession: createAuthEndpoint(
      '/revoke-session',
      { ...signedIn, method: 'POST', body: z.object({ token: z.string() }) },
      async (ctx) => {
        const current = ctx.context.session.session
        const { userId } = current
        const sessionId = sessionIdIn(ctx.body.token) ?? ctx.body.token
        const isOwn = sessionId === current.id
        if (!isOwn) requireRecentProof(current)
        const ended = await revokeWithAudit(() => store.revoke(userId, sessionId, { by: current.id }))
        if (isOwn) await forgetCookie(ctx)
        await auditEvent(audit, {
          event: isOwn ? 'sign-out' : 'revoke',
          result: 'ok',
          userId,
          ...(isSessionId(sessionId) && { sessionId }), // anything else may be a secret, such as the token of an earlier store
          ended,
        })
        return ctx.json({ status: true })
      },
    ),

    revokeSessions: createAuthEndpoint('/revoke-sessions', { ...signedIn, method: 'POST' }, async (ctx) => {
      const current = ctx.context.session.session
      const { id: sessionId, userId } = current
      requireRecentProof(current)
      const ended = await revokeWithAudit(() => store.revokeAll(userId, { by: sessionId }))
      await forgetCookie(ctx)
      await auditEvent(audit, { event: 'revoke-all', result: 'ok', userId, sessionId, ended })
      return ctx.json({ status: true })
    }),

    revokeOtherSessions: createAuthEndpoint('/revoke-other-sessions', { ...signedIn, method: 'POST' }, async (ctx) => {
      const current = ctx.context.session.session
      const { id: sessionId, userId } = current
      requireRecentProof(current)
      const ended = await revokeWithAudit(() => store.revokeOthers(current.token))
      if (ended === null) throw unauthorized() // it was revoked since it was validated
      await auditEvent(audit, { event: 'revoke-others', result: 'ok', userId, sessionId, ended })
      return ctx.json({ status: true })
    }),
  }
}

async function forgetCookie(ctx: GenericEndpointContext): Promise<void> {
  ;(await requestState()).revokesSessions = true
  deleteSessionCookie(ctx)
}

/** A session as better-auth lists it. */
function publicRow(session: Session): ListedSession {
  const { id, userId, createdAt, lastSeenAt, expiresAt, ipAddress, userAgent, data } = session
  const times = { createdAt, updatedAt: lastSeenAt, expiresAt }
  return { ...applicationData(data), id, token: id, userId, ...times, ipAddress, userAgent }
}
