import type { StoreContext } from './context.js'
import { rejectUnavailable } from '../errors/errors.js'
import { clockKey } from '../record/keys.js'
import { encodeRecord } from '../record/record.js'
import type { NewSession, Session } from '../record/session.js'
import { UNNAMED_OPERATION } from '../record/session-summary.js'
import { hashBytes, newSessionToken, newToken, parseToken, type TokenParts, userTagOf } from '../record/token.js'
import { readTime } from './time.js'
import { toSession } from '../record/to-session.js'

/** {@link SessionStore.create} */
export async function createSession(
  context: StoreContext,
  newSession: NewSession,
): Promise<{ token: string; session: Session } | null> {
  let { reply, token, session } = await writeSession(context, newSession, placeOf(newSession))
  if (reply === ENDED) ({ reply, token, session } = await writeSession(context, newSession, null))
  if (reply > 0) {
    await lowerFutureWatermark(context, userTagOf(newSession.userId), reply)
    return null
  }
  const { startedAt, userId } = newSession
  if (startedAt !== undefined && (await isRefusedForAll(context, startedAt))) {
    await revokeRefused(context, userTagOf(userId), session.id)
    return null
  }
  return { token, session }
}

/** Reply of create.lua: the session whose place the new one takes has ended. */
const ENDED = -1

/** The session of the same user whose place the new one takes. */
function placeOf({ userId, inPlaceOf }: NewSession): TokenParts | null {
  return inPlaceOf === undefined ? null : tokenOf(userId, inPlaceOf)
}

/** `null` for a token of another user, and for a text that is none. */
function tokenOf(userId: string, token: string): TokenParts | null {
  const parts = parseToken(token)
  return parts?.userTag === userTagOf(userId) ? parts : null
}

function newTokenFor({ userId, token }: NewSession, place: TokenParts | null) {
  if (place !== null) return { id: place.sessionId, ...newToken(place.userTag, place.sessionId) }
  const made = token ?? newSessionToken(userId)
  const parts = tokenOf(userId, made)
  if (parts === null)
    throw new RangeError('The token of a new session must come from newSessionToken for the same user')
  return { id: parts.sessionId, token: made, secretHash: parts.secretHash }
}

async function writeSession(
  context: StoreContext,
  newSession: NewSession,
  place: TokenParts | null,
): Promise<{ reply: number; token: string; session: Session }> {
  const { redis, clock, timeouts, maxSessionsPerUser } = context
  const { userId, ipAddress = null, userAgent = null, data = {}, startedAt, endsBy } = newSession
  const userTag = userTagOf(userId)
  const { id, token, secretHash } = newTokenFor(newSession, place)
  const now = clock()
  const absoluteDeadline = Math.min(now + timeouts.absolute, endsBy?.getTime() ?? Number.POSITIVE_INFINITY)
  const idleDeadline = Math.min(now + timeouts.idle, absoluteDeadline)
  const times = { createdAt: now, lastSeenAt: now, authenticatedAt: now, idleDeadline, absoluteDeadline }
  const record = { secretHash, ...times, userId, ipAddress, userAgent, data }
  const reply = await context.writeWithEvent(
    userTag,
    redis.rollcallCreate(
      ...context.keysOf(userTag),
      id,
      encodeRecord(record),
      now,
      startedAt?.getTime() ?? '',
      maxSessionsPerUser,
      Math.max(idleDeadline - now, 1),
      place === null ? '' : hashBytes(place.secretHash),
    ),
  )
  return { reply, token, session: toSession(id, record) }
}

/**
 * Reads the watermark of all users after the session exists. So either an operation on all users finds the session, or this
 * sign-in finds the watermark.
 */
async function isRefusedForAll({ redis, keyPrefix }: StoreContext, startedAt: Date): Promise<boolean> {
  return startedAt.getTime() <= (await rejectUnavailable(redis.rollcallGlobalWatermark(1, clockKey(keyPrefix))))
}

/** Nobody has received the token. */
async function revokeRefused(context: StoreContext, userTag: string, id: string): Promise<void> {
  const operation = JSON.stringify(UNNAMED_OPERATION)
  await context.writeWithEvent(
    userTag,
    context.redis.rollcallRevokeSelected(...context.keysOf(userTag), context.clock(), operation, '', '', '', id),
  )
}

/**
 * A watermark in the future was set by another clock: by an earlier version, or by Redis before its clock was put back. It
 * would refuse sign-ins until then. Lowered to now, it refuses those that began before now.
 */
async function lowerFutureWatermark(context: StoreContext, userTag: string, found: number): Promise<void> {
  const now = await readTime(context)
  if (found > now) await rejectUnavailable(context.redis.rollcallLowerWatermark(...context.keysOf(userTag), found, now))
}
