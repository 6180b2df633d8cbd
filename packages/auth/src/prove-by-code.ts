import type { SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import { APIError } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { type Audit, auditEvent } from './audit.js'
import { moveAccount } from './multi-session.js'
import { requestState } from './request-state.js'
import { proofData } from './sign-in-method.js'
import { rejectUnavailable } from './unavailable.js'

/** A session may give this many wrong codes within their life. Then no code of it is a proof, and its person signs in again. */
const MAX_WRONG_CODES = 5
const WRONG_CODE_LIFE_MS = 60 * 60 * 1_000

const WRONG_CODES = new Set(['INVALID_CODE', 'INVALID_BACKUP_CODE'])

/**
 * A code of the second factor that is given in a session proves who its person is, like a password. The code is checked by
 * better-auth, which does not count wrong ones in a session. A code that turns the second factor on proves nothing: the holder of the
 * session has just received its secret.
 */
export async function proveByCode(
  ctx: GenericEndpointContext,
  returned: unknown,
  store: SessionStore,
  audit: Audit,
): Promise<void> {
  const current = ctx.context.session
  if (!ctx.path?.startsWith('/two-factor/verify-') || !current || !isOn(current.user)) return
  if ((await requestState()).isEnrolling) return
  const { id, userId, token } = current.session
  const { internalAdapter } = ctx.context
  if (returned instanceof APIError) {
    if (!WRONG_CODES.has(returned.body?.code ?? '')) return
    const expiresAt = new Date(Date.now() + WRONG_CODE_LIFE_MS)
    await internalAdapter.createVerificationValue({ identifier: identifierOf(id), value: '', expiresAt })
    return auditEvent(audit, { event: 'reauthentication', result: 'refused', userId, sessionId: id })
  }
  if ((await countWrongCodes(ctx, id)) >= MAX_WRONG_CODES) return
  const proof = { reauthenticated: true, data: proofData() }
  const rotated = await rejectUnavailable(() => store.rotate(token, proof)).catch(() => null)
  if (rotated === null) return // ended meanwhile, or an outage, which the request knows of
  await moveAccount(ctx, token, rotated.token)
  await setSessionCookie(ctx, { user: current.user, session: { ...current.session, token: rotated.token } })
  await auditEvent(audit, { event: 'reauthentication', result: 'ok', userId, sessionId: id })
}

function isOn(user: object): boolean {
  return 'twoFactorEnabled' in user && user.twoFactorEnabled === true
}

const identifierOf = (sessionId: string): string => `wrong-code:${sessionId}`

async function countWrongCodes({ context }: GenericEndpointContext, sessionId: string): Promise<number> {
  return context.adapter.count({
    model: 'verification',
    where: [
      { field: 'identifier', value: identifierOf(sessionId) },
      { field: 'expiresAt', operator: 'gt', value: new Date() },
    ],
  })
}
