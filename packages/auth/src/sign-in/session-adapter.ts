import type { Session, SessionStore } from '@rollcall/session-store'
import type { DBAdapter, Where } from '@better-auth/core/db/adapter'
import { type Audit, auditEvent } from '../audit/audit.js'
import { createSession } from './create-session.js'
import { currentPath } from '../request/current-endpoint.js'
import { findSessions, selectorOf, UnsupportedQueryError } from '../sessions/find-sessions.js'
import { dropHeld, findHeld } from './held-sign-in.js'
import type { Model } from '../request/model.js'
import { requestState } from '../request/request-state.js'
import { announcedSessions, leaveAuditToCaller, leaveHooksToCaller } from '../sessions/revocations.js'
import { applicationData, type SessionRow, toRow } from '../sessions/session-row.js'
import { rejectAsUnavailable, rejectUnavailable } from '../request/unavailable.js'

interface FindManyInput {
  where?: Where[] | undefined
  limit?: number | undefined
  join?: object | undefined
}

/**
 * The model `session` of better-auth on the session store. Sessions are found by token or by user, never by their id alone. A
 * session that is found by its user has no token to give away.
 */
export function sessionModel(store: SessionStore, users: Pick<DBAdapter, 'findOne'>, audit: Audit): Model {
  // The casts below are better-auth's contract: the caller names the type of the row that it gets.
  return {
    create: <T, R = T>({ data }: { data: Omit<T, 'id'> }) =>
      rejectUnavailable(async () => (await createSession(store, users, audit, data)) as R),

    findOne: <T>({ where, join }: { where: Where[]; join?: object | undefined }) =>
      rejectUnavailable(async () => ((await findRows(store, users, where, join))[0] ?? null) as T | null),

    findMany: <T>({ where = [], limit, join }: FindManyInput) =>
      rejectUnavailable(async () => {
        const announced = announcedSessions(where)?.map((session) => toRow(session, session.id))
        const rows = announced && (await Promise.all(announced))
        return (rows ?? (await findRows(store, users, where, join, limit))) as T[]
      }),

    count: ({ where = [] }) => rejectUnavailable(async () => (await findSessions(store, where)).length),

    update: <T>({ where, update }: { where: Where[]; update: SessionRow }) =>
      rejectUnavailable(async () => {
        const [found] = await findSessions(store, where)
        if (found === undefined) return null
        const session = await store.update(found.session, applicationData(update))
        return (session && (await toRow(session, found.token))) as T | null
      }),

    updateMany: ({ where, update }) =>
      rejectUnavailable(async () => {
        const found = await findSessions(store, where)
        const updated = await Promise.all(found.map(({ session }) => store.update(session, applicationData(update))))
        return updated.filter((session) => session !== null).length
      }),

    delete: ({ where }) => rejectUnavailable(async () => void (await revokeWhere(store, audit, where))),
    deleteMany: ({ where }) =>
      rejectUnavailable(async () => announcedSessions(where)?.length ?? (await revokeWhere(store, audit, where))),

    consumeOne: <T>({ where }: { where: Where[] }) =>
      rejectUnavailable(async () => {
        const [row] = await findRows(store, users, where, undefined)
        return (row !== undefined && (await revokeWhere(store, audit, where)) > 0 ? row : null) as T | null
      }),

    incrementOne: () => {
      throw new UnsupportedQueryError('a counter')
    },
  }
}

async function findRows(
  store: SessionStore,
  users: Pick<DBAdapter, 'findOne'>,
  where: readonly Where[],
  join: object | undefined,
  limit = Number.POSITIVE_INFINITY,
): Promise<SessionRow[]> {
  const held = await findHeld(selectorOf(where).tokens)
  const found = held ? [held] : (await findSessions(store, await afterRenewal(where))).slice(0, limit)
  if (!(join !== undefined && 'user' in join))
    return Promise.all(found.map(({ session, token }) => toRow(session, token)))
  return Promise.all(
    found.map(async ({ session, token }) => ({
      ...(await toRow(session, token)),
      user: await findUserOf(users, session),
    })),
  )
}

/** After a sign-in in place, hooks of plugins still look for the session by the earlier cookie. */
async function afterRenewal(where: readonly Where[]): Promise<readonly Where[]> {
  const { renewed } = await requestState()
  return where.map((condition) => {
    const isEarlier = renewed !== null && condition.field === 'token' && condition.value === renewed.from
    return isEarlier ? { ...condition, value: renewed.to } : condition
  })
}

/** If better-auth cannot read the user of a session, it finds no session. That would answer an outage of the database with 401. */
async function findUserOf(users: Pick<DBAdapter, 'findOne'>, { userId }: Session): Promise<unknown> {
  try {
    return await users.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })
  } catch (error) {
    return rejectAsUnavailable(error)
  }
}

/** Revokes the sessions that the conditions select, and returns how many were valid until then. */
function revokeWhere(store: SessionStore, audit: Audit, where: readonly Where[]): Promise<number> {
  return leaveHooksToCaller(() => revokeSelected(store, audit, where))
}

async function revokeSelected(store: SessionStore, audit: Audit, where: readonly Where[]): Promise<number> {
  const { tokens, userId, live } = selectorOf(where)
  if (!live) return 0
  ;(await requestState()).revokesSessions = true
  if (tokens === null) {
    const isAsked = currentPath() === '/admin/revoke-user-sessions'
    const ended = await (isAsked ? leaveAuditToCaller(() => store.revokeAll(userId)) : store.revokeAll(userId))
    ;(await requestState()).revokedUsers.add(userId)
    if (isAsked) await auditEvent(audit, { event: 'revoke-all', result: 'ok', userId, ended })
    return ended
  }
  if ((await findHeld(tokens)) !== null) {
    await dropHeld()
    return 1
  }
  const found = await findSessions(store, where)
  const ended = await Promise.all(found.map(({ session }) => revokeOne(store, audit, session)))
  return ended.reduce<number>((sum, one) => sum + one, 0)
}

async function revokeOne(store: SessionStore, audit: Audit, { id, userId }: Session): Promise<number> {
  const signOut = isSignOut()
  const revoke = () => store.revoke(userId, id, signOut ? { by: id } : {})
  const ended = await (signOut ? leaveAuditToCaller(revoke) : revoke())
  ;(await requestState()).signedIn.delete(id)
  if (signOut) await auditEvent(audit, { event: 'sign-out', result: 'ok', userId, sessionId: id, ended })
  return ended
}

function isSignOut(): boolean {
  return ['/sign-out', '/multi-session/revoke'].includes(currentPath() ?? '')
}
