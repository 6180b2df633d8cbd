import type { StoreContext } from './context.js'
import { rejectUnavailable, throwUnavailable } from '../errors/errors.js'
import { deadlineOf, type SessionRecord, type StoredRecord } from '../record/record.js'
import type { Session } from '../record/session.js'
import { isSameHash, isSessionId, parseToken, type TokenParts, userTagOf } from '../record/token.js'
import { toSession } from '../record/to-session.js'

/** A session by its token or, without a secret, by its id. */
export type SessionReference = Omit<TokenParts, 'secretHash'> & { readonly secretHash: TokenParts['secretHash'] | null }

/** {@link SessionStore.validate} */
export function validateToken(context: StoreContext, token: string, strict: boolean): Promise<Session | null> {
  const parts = parseToken(token)
  if (parts === null) return Promise.resolve(null)
  const cached = strict ? null : peekRecord(context, parts)
  if (cached !== null) return Promise.resolve(toSession(parts.sessionId, cached))
  return findRecord(context, parts, (record) => toSession(parts.sessionId, record))
}

/** Use a cached record only to accept, never to reject: the secret or a deadline may have changed since. */
function peekRecord(context: StoreContext, parts: TokenParts): SessionRecord | null {
  const { nearCache } = context
  if (nearCache === undefined) return null
  const record = nearCache.peek(parts.userTag, parts.sessionId)
  const isHit = record !== null && signsIn(context, record, parts)
  nearCache.observe(isHit ? 'hit' : 'miss')
  return isHit ? record : null
}

/**
 * Fetches the record of a live session and maps it; `null` if there is none. It is not an async function, because the
 * promises of one took a tenth of a lookup.
 */
export function findRecord<T>(
  context: StoreContext,
  reference: SessionReference,
  map: (record: StoredRecord) => T,
): Promise<T | null> {
  const { userTag, sessionId } = reference
  return context.fetchRecord(userTag, sessionId).then((bytes) => {
    const record = bytes && context.decode(userTag, sessionId, bytes)
    return record && signsIn(context, record, reference) ? map(record) : null
  }, throwUnavailable)
}

/** Whether the record is live and has the secret of the reference, if that has one. */
function signsIn({ clock }: StoreContext, record: SessionRecord, { secretHash }: SessionReference): boolean {
  return deadlineOf(record) > clock() && (secretHash === null || isSameHash(record.secretHash, secretHash))
}

/** {@link SessionStore.list} */
export function listSessions(context: StoreContext, userId: string): Promise<Session[]> {
  return listByTag(context, userTagOf(userId))
}

/** The session with this id of the user with this tag, or nothing. Not batched: it must leave before the command that follows. */
export async function readByTag(context: StoreContext, userTag: string, sessionId: string): Promise<Session[]> {
  if (!isSessionId(sessionId)) return []
  context.coalesceWrites()
  const bytes = await rejectUnavailable(context.redis.hgetBuffer(context.sessionsKeyOf(userTag), sessionId))
  return bytes === null ? [] : liveSessions(context, userTag, [[sessionId, bytes]])
}

/** The sessions of the user with this tag. */
export async function listByTag(context: StoreContext, userTag: string): Promise<Session[]> {
  context.coalesceWrites()
  const fields = await rejectUnavailable(context.redis.hgetallBuffer(context.sessionsKeyOf(userTag)))
  const ofSessions = Object.entries(fields).filter(([field]) => isSessionId(field))
  return liveSessions(context, userTag, ofSessions).toSorted((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())
}

function liveSessions(context: StoreContext, userTag: string, records: readonly [string, Buffer][]): Session[] {
  return records.flatMap(([id, bytes]) => {
    const record = context.decode(userTag, id, bytes)
    return record === null || deadlineOf(record) <= context.clock() ? [] : [toSession(id, record)]
  })
}
