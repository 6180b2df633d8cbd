import type { SessionStore } from '@rollcall/session-store'
import type { GenericEndpointContext } from '@better-auth/core'
import { APIError, isAPIError } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { type Audit, auditEvent } from './audit.js'
import { moveAccount } from './multi-session.js'
import { requestState } from './request-state.js'
import { proofData } from './sign-in-method.js'
import { rejectUnavailable } from './unavailable.js'
import { keepWrites, requireNotUndone } from './undo-on-outage.js'

/** A session may give this many wrong codes within their life. Then no code of it is a proof, and its person signs in again. */
const MAX_WRONG_CODES = 5
const WRONG_CODE_LIFE_MS = 60 * 60 * 1_000

const WRONG_CODES = new Set(['INVALID_CODE', 'INVALID_BACKUP_CODE'])

/**
 * A code of the second factor that is given in a session proves who its person is, like a password. The code is checked by
 * better-auth, which does not count wrong ones in a session. A code that turns the second factor on proves nothing.
 * The holder of the session has just received its secret.
 *
 * @returns the answer to a right code after too many wrong ones; `null` otherwise.
 */
export async function proveByCode(
  ctx: GenericEndpointContext,
  returned: unknown,
  store: SessionStore,
  audit: Audit,
): Promise<APIError | null> {
  const current = ctx.context.session
  if (!ctx.path?.startsWith('/two-factor/verify-') || !current || !hasSecondFactor(current.user)) return null
  if ((await requestState()).isEnrolling) return null
  const { id, userId, token } = current.session
  const { internalAdapter } = ctx.context
  if (isAPIError(returned)) {
    if (!WRONG_CODES.has(returned.body?.code ?? '')) return null
    const expiresAt = new Date(Date.now() + WRONG_CODE_LIFE_MS)
    await internalAdapter.createVerificationValue({ identifier: identifierOf(id), value: '', expiresAt })
    return null
  }
  if ((await countWrongCodes(ctx, id)) >= MAX_WRONG_CODES) return tooManyWrongCodes()
  await requireNotUndone()
  const proof = { reauthenticated: true, data: proofData() }
  const rotated = await rejectUnavailable(() => store.rotate(token, proof)).catch(() => null)
  if (rotated === null) return null // ended meanwhile, or an outage, which the request knows of
  await keepWrites()
  await moveAccount(ctx, token, rotated.token)
  await setSessionCookie(ctx, { user: current.user, session: { ...current.session, token: rotated.token } })
  await auditEvent(audit, { event: 'reauthentication', result: 'ok', userId, sessionId: id })
  return null
}

function tooManyWrongCodes(): APIError {
  const message = 'Too many wrong codes were given in this session. Please prove it in another way, or sign in again.'
  return new APIError('TOO_MANY_REQUESTS', { code: 'TOO_MANY_WRONG_CODES', message })
}

export function hasSecondFactor(user: object): boolean {
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
