import type { SessionStore } from '@rollcall/session-store'
import { APIError, createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { type Audit, auditEvent } from '../audit/audit.js'
import { replaceCookies, unauthorized } from '../cookies/current-session.js'
import { requestState } from '../request/request-state.js'
import { proofData } from '../request/sign-in-method.js'
import { rejectUnavailable } from '../request/unavailable.js'

/**
 * `POST /reauthenticate { password }`: the person of the session proves again who they are. It comes before an action that a
 * borrowed or stolen session must not take. The session keeps its id and gets a new secret. So a copy of its old cookie is dead.
 */
export function reauthenticate(store: SessionStore, audit: Audit) {
  return createAuthEndpoint(
    '/reauthenticate',
    { method: 'POST', body: z.object({ password: z.string() }), use: [sensitiveSessionMiddleware] },
    async (ctx) => {
      const { password: passwords, internalAdapter, session } = ctx.context
      const { id, userId, token } = session.session
      const given = ctx.body.password
      const hash = (await internalAdapter.findCredentialAccount(userId))?.password
      const isRight =
        typeof hash === 'string' &&
        given.length <= passwords.config.maxPasswordLength &&
        (await passwords.verify({ hash, password: given }))
      if (!isRight) throw new APIError('BAD_REQUEST', { code: 'INVALID_PASSWORD', message: 'Invalid password' })

      await proveAgain(store, audit, { id, userId, token })
      return ctx.json({ status: true })
    },
  )
}

/**
 * Records that the person of the session of this request has proved again who they are, by the endpoint that runs. The session
 * keeps its id and gets a new secret.
 *
 * @throws {APIError} 401 if the session was revoked meanwhile, and 503 if the store gives no answer.
 */
export async function proveAgain(
  store: SessionStore,
  audit: Audit,
  { id, userId, token }: { readonly id: string; readonly userId: string; readonly token: string },
): Promise<void> {
  const rotated = await rejectUnavailable(() => store.rotate(token, { reauthenticated: true, data: proofData() }))
  if (rotated === null) throw unauthorized()
  await replaceCookies(rotated.token)
  ;(await requestState()).provedFor = userId
  await auditEvent(audit, { event: 'reauthentication', result: 'ok', userId, sessionId: id })
}
