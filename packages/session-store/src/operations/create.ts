import type { StoreContext } from '../context.js'
import { rejectUnavailable } from '../errors.js'
import { clockKey } from '../keys.js'
import { encodeRecord } from '../record.js'
import type { NewSession, Session } from '../session.js'
import { newSessionId, newToken, userTagOf } from '../token.js'
import { readTime } from './time.js'
import { toSession } from './to-session.js'

/** {@link SessionStore.create} */
export async function createSession(
  context: StoreContext,
  newSession: NewSession,
): Promise<{ token: string; session: Session } | null> {
  const { redis, clock, timeouts, maxSessionsPerUser } = context
  const { userId, ipAddress = null, userAgent = null, data = {}, startedAt, endsBy } = newSession
  const userTag = userTagOf(userId)
  const id = newSessionId()
  const { token, secretHash } = newToken(userTag, id)
  const now = clock()
  const absoluteDeadline = Math.min(now + timeouts.absolute, endsBy?.getTime() ?? Number.POSITIVE_INFINITY)
  const idleDeadline = Math.min(now + timeouts.idle, absoluteDeadline)
  const times = { createdAt: now, lastSeenAt: now, authenticatedAt: now, idleDeadline, absoluteDeadline }
  const record = { secretHash, ...times, userId, ipAddress, userAgent, data }
  const watermark = await context.writeWithEvent(
    userTag,
    redis.rollcallCreate(
      ...context.keysOf(userTag),
      id,
      encodeRecord(record),
      now,
      startedAt?.getTime() ?? '',
      maxSessionsPerUser,
      Math.max(idleDeadline - now, 1),
    ),
  )
  if (watermark > 0) {
    await lowerFutureWatermark(context, userTag, watermark)
    return null
  }
  if (startedAt !== undefined && (await isRefusedForAll(context, startedAt))) {
    await endRefused(context, userTag, id)
    return null
  }
  return { token, session: toSession(id, record) }
}

/**
 * Reads the watermark of all users after the session exists. So either an operation on all users finds the session, or this
 * sign-in finds the watermark.
 */
async function isRefusedForAll({ redis, keyPrefix }: StoreContext, startedAt: Date): Promise<boolean> {
  return startedAt.getTime() <= (await rejectUnavailable(redis.rollcallGlobalWatermark(1, clockKey(keyPrefix))))
}

/** Nobody has received the token. */
async function endRefused(context: StoreContext, userTag: string, id: string): Promise<void> {
  const operation = JSON.stringify({ id: '', reason: '' })
  await context.writeWithEvent(
    userTag,
    context.redis.rollcallRevokeSelected(...context.keysOf(userTag), operation, '', id),
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
