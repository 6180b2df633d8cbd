import type { StoreContext } from './context.js'
import { NotReplicatedError, SessionStoreUnavailableError } from '../errors/errors.js'
import { encodeDetails, type SessionData, type StoredRecord } from '../record/record.js'
import type { RotateOptions, Session, SessionStore } from '../record/session.js'
import { hashBytes, isSessionId, newToken, parseToken, userTagOf } from '../record/token.js'
import { findRecord, type SessionReference } from './read.js'
import { readTime } from './time.js'
import { toSession } from '../record/to-session.js'

/** Whether the touch interval has passed since the last use that was recorded. Before that, `touch` sends nothing to Redis. */
export function isTouchDue(
  { clock, timeouts }: Pick<SessionStore, 'clock' | 'timeouts'>,
  { lastSeenAt }: Pick<Session, 'lastSeenAt'>,
): boolean {
  return clock() - lastSeenAt.getTime() >= timeouts.touchInterval
}

/** {@link SessionStore.touch} */
export async function touchSession(context: StoreContext, session: Session): Promise<boolean> {
  if (!isTouchDue(context, session)) return false
  const { redis, timeouts } = context
  const { userId, id } = session
  const now = context.clock()
  const userTag = userTagOf(userId)
  const reply = redis.rollcallTouch(...context.keysOf(userTag), id, now, timeouts.idle, timeouts.touchInterval)
  return (await context.write(userTag, reply)) === 1
}

const UPDATE_ATTEMPTS = 5

/** {@link SessionStore.update} */
export async function updateSession(
  context: StoreContext,
  session: string | Pick<Session, 'userId' | 'id'>,
  data: SessionData,
): Promise<Session | null> {
  const reference = typeof session === 'string' ? parseToken(session) : referenceTo(session)
  if (reference === null) return null
  const { userTag, sessionId } = reference
  for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt += 1) {
    const record = await findRecord(context, reference, (found) => found)
    if (record === null) return null
    const updated = { ...record, data: { ...record.data, ...data } }
    const secretHash = hashBytes(record.secretHash)
    const reply = context.redis.rollcallUpdate(
      ...context.keysOf(userTag),
      sessionId,
      secretHash,
      context.clock(),
      record.details,
      encodeDetails(updated),
    )
    if ((await context.write(userTag, reply)) === 1) return toSession(sessionId, updated)
  }
  throw tooManyChanges()
}

function referenceTo({ userId, id }: Pick<Session, 'userId' | 'id'>): SessionReference | null {
  return isSessionId(id) ? { userTag: userTagOf(userId), sessionId: id, secretHash: null } : null
}

/** {@link SessionStore.rotate} */
export async function rotateSecret(
  context: StoreContext,
  token: string,
  { credentialChange = false, reauthenticated = credentialChange, event, data }: RotateOptions,
): Promise<{ token: string; revoked: number } | null> {
  const parts = parseToken(token)
  if (parts === null) return null
  const { userTag, sessionId, secretHash } = parts
  const fresh = newToken(userTag, sessionId)
  const changedAt = credentialChange ? await readTime(context) : ''
  for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt += 1) {
    const details =
      data === undefined ? noDetails : await findRecord(context, parts, (record) => mergeData(record, data))
    if (details === null) return null
    const now = context.clock()
    const rotation = context.writeWithEvent(
      userTag,
      context.runRevocation(
        'rollcallRotate',
        context.keysOf(userTag),
        sessionId,
        hashBytes(secretHash),
        hashBytes(fresh.secretHash),
        now,
        changedAt,
        reauthenticated ? now : '',
        event?.name ?? '',
        details.read,
        details.merged,
      ),
    )
    // Without its new secret, the device would be signed out by an outage. It revoked nobody, so a failover restores nobody else.
    const revoked = await (credentialChange ? rotation : rotation.catch(replyOfMaster))
    if (revoked !== DETAILS_CHANGED) return revoked < 0 ? null : { token: fresh.token, revoked }
  }
  throw tooManyChanges()
}

function replyOfMaster(error: unknown): number {
  if (error instanceof NotReplicatedError && error.reply !== null) return error.reply
  throw error
}

/** Reply of rotate.lua: the details are no longer those that were read. */
const DETAILS_CHANGED = -2
const noDetails = { read: '', merged: '' } as const

function mergeData(record: StoredRecord, data: SessionData): { read: Buffer; merged: Buffer } {
  return { read: record.details, merged: encodeDetails({ ...record, data: { ...record.data, ...data } }) }
}

function tooManyChanges(): SessionStoreUnavailableError {
  return new SessionStoreUnavailableError(new Error('The session is being changed by too many requests at once'))
}
