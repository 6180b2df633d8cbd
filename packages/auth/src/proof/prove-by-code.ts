import type { SessionStore } from '@rollcall/session-store'
import type { AuthContext, GenericEndpointContext } from '@better-auth/core'
import { APIError, isAPIError } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { type Audit, auditEvent } from '../audit/audit.js'
import { currentEndpoint } from '../request/current-endpoint.js'
import { moveAccount } from '../cookies/multi-session.js'
import { requestState } from '../request/request-state.js'
import { proofData, takesCode } from '../request/sign-in-method.js'
import { rejectUnavailable } from '../request/unavailable.js'
import { keepWrites, requireNotUndone } from '../request/undo-on-outage.js'

/** A session may give this many wrong codes within their life. Then no code of it is a proof, and its person signs in again. */
const MAX_WRONG_CODES = 5
const WRONG_CODE_LIFE_MS = 60 * 60 * 1_000

const WRONG_CODES = new Set(['INVALID_CODE', 'INVALID_BACKUP_CODE'])

/**
 * Counts a code of an app or a backup code that is given in a session, when better-auth reads the factor to check it. So guesses at
 * the same moment see each other, and after too many no answer reveals which code is right.
 *
 * @param model The one that better-auth reads.
 * @throws {APIError} 429 after too many wrong ones.
 */
export async function countCode(model: string): Promise<void> {
  if (model !== 'twoFactor') return
  const endpoint = currentEndpoint()
  const current = endpoint?.context.session
  if (!endpoint || !takesCode(endpoint) || !current || !hasSecondFactor(current.user)) return
  const state = await requestState()
  if (state.countedCode !== null) return
  const { context } = endpoint
  state.countedCode = await addWrongCode(context, current.session.id)
  state.undos.push(() => uncountCode(context))
  if ((await countWrongCodes(context, current.session.id)) <= MAX_WRONG_CODES) return
  await uncountCode(context)
  throw tooManyWrongCodes()
}

/** The code was not wrong, or nobody knows. */
async function uncountCode({ adapter }: Pick<AuthContext, 'adapter'>): Promise<void> {
  const state = await requestState()
  if (state.countedCode === null) return
  await adapter.delete({ model: 'verification', where: [{ field: 'id', value: state.countedCode }] })
  state.countedCode = null
}

/**
 * A code of the second factor that is given in a session proves who its person is, like a password. The code is checked by
 * better-auth, which does not count wrong ones in a session. A code that turns the second factor on proves nothing.
 * The holder of the session has just received its secret.
 *
 * @returns The answer to a right code by mail after too many wrong ones; `null` otherwise.
 */
export async function proveByCode(
  ctx: GenericEndpointContext,
  returned: unknown,
  store: SessionStore,
  audit: Audit,
): Promise<APIError | null> {
  const current = ctx.context.session
  if (!takesCode(ctx) || !current || !hasSecondFactor(current.user)) return null
  const { isEnrolling, countedCode } = await requestState()
  const { id, userId, token } = current.session
  if (isAPIError(returned) && WRONG_CODES.has(returned.body?.code ?? '')) {
    // better-auth checks codes by mail one after the other.
    if (countedCode === null) await addWrongCode(ctx.context, id)
    return null
  }
  await uncountCode(ctx.context)
  if (isEnrolling || isAPIError(returned)) return null
  const isLate = countedCode === null && (await countWrongCodes(ctx.context, id)) >= MAX_WRONG_CODES
  if (isLate) return tooManyWrongCodes()
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

/** @returns The id of its row. */
async function addWrongCode({ internalAdapter }: Pick<AuthContext, 'internalAdapter'>, sessionId: string) {
  const expiresAt = new Date(Date.now() + WRONG_CODE_LIFE_MS)
  const row = { identifier: identifierOf(sessionId), value: '', expiresAt }
  return (await internalAdapter.createVerificationValue(row)).id
}

async function countWrongCodes({ adapter }: Pick<AuthContext, 'adapter'>, sessionId: string): Promise<number> {
  return adapter.count({
    model: 'verification',
    where: [
      { field: 'identifier', value: identifierOf(sessionId) },
      { field: 'expiresAt', operator: 'gt', value: new Date() },
    ],
  })
}
