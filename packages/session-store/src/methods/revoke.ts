import type { StoreContext } from './context.js'
import { encodeDetails, noClientInfo } from '../record/record.js'
import type { RevokeAllOptions, RevokeOptions } from '../record/session.js'
import { hashBytes, isSessionId, parseToken, userTagOf } from '../record/token.js'
import { readTime } from './time.js'

/** {@link SessionStore.revoke} */
export async function revokeSession(
  context: StoreContext,
  userId: string,
  sessionId: string,
  { by = '' }: RevokeOptions,
): Promise<0 | 1> {
  return (await revokeByIds(context, userId, [sessionId], by)) === 1 ? 1 : 0
}

/** Ids that one step revokes at most: meanwhile Redis answers nobody. */
export const MAX_REVOKED_IDS = 500

/** {@link SessionStore.revokeMany} */
export async function revokeSessions(
  context: StoreContext,
  userId: string,
  sessionIds: readonly string[],
  { by = '' }: RevokeOptions,
): Promise<number> {
  if (sessionIds.length > MAX_REVOKED_IDS) throw new RangeError(`More than ${MAX_REVOKED_IDS} session ids`)
  return revokeByIds(context, userId, sessionIds, by)
}

async function revokeByIds(
  context: StoreContext,
  userId: string,
  sessionIds: readonly string[],
  by: string,
): Promise<number> {
  const ids = sessionIds.filter(isSessionId)
  if (ids.length === 0) return 0
  const userTag = userTagOf(userId)
  const reply = context.runRevocation('rollcallRevoke', context.keysOf(userTag), context.clock(), by, ...ids)
  return context.writeWithEvent(userTag, reply)
}

/** {@link SessionStore.revokeOthers} */
export async function revokeOtherSessions(context: StoreContext, token: string): Promise<number | null> {
  const parts = parseToken(token)
  if (parts === null) return null
  const { userTag, sessionId } = parts
  const secretHash = hashBytes(parts.secretHash)
  const reply = context.runRevocation(
    'rollcallRevokeOthers',
    context.keysOf(userTag),
    sessionId,
    secretHash,
    context.clock(),
  )
  const revoked = await context.writeWithEvent(userTag, reply)
  return revoked < 0 ? null : revoked
}

/** {@link SessionStore.revokeAll} */
export async function revokeAllSessions(
  context: StoreContext,
  userId: string,
  { credentialChange = false, by = '', event }: RevokeAllOptions,
): Promise<number> {
  const changedAt = credentialChange ? await readTime(context) : ''
  const userTag = userTagOf(userId)
  const details = event === undefined ? '' : encodeDetails({ userId, ...noClientInfo, ...event })
  const keys = context.keysOf(userTag)
  const reply = context.runRevocation(
    'rollcallRevokeAll',
    keys,
    context.clock(),
    changedAt,
    by,
    event?.name ?? '',
    details,
  )
  return context.writeWithEvent(userTag, reply)
}
