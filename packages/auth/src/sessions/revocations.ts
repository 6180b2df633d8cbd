import { AsyncLocalStorage } from 'node:async_hooks'
import type { AuthContext } from '@better-auth/core'
import type { Where } from '@better-auth/core/db/adapter'
import type { RevokedSessions, Session, SessionStore } from '@rollcall/session-store'
import { type Audit, type AuditEvent, auditEvent } from '../audit/audit.js'
import { requestState } from '../request/request-state.js'
import { rejectUnavailable } from '../request/unavailable.js'

// The audit and better-auth's `databaseHooks.session.delete` notice every revocation of the store: by the devices router, by
// the application itself, by a policy of this plugin. Callers that do part of this themselves say so.

interface Mark {
  readonly isAudited?: boolean
  readonly hasHooks?: boolean
}

const marks = new AsyncLocalStorage<Mark>()

/** Runs revocations of which the caller writes an event to the audit itself, with more than the store knows. */
export function leaveAuditToCaller<T>(work: () => T): T {
  return marks.run({ ...marks.getStore(), isAudited: true }, work)
}

/** The same within a request. */
export function revokeWithAudit<T>(work: () => Promise<T>): Promise<T> {
  return leaveAuditToCaller(() => rejectUnavailable(work))
}

/** Runs revocations that better-auth asks for: it runs the hooks itself. */
export function leaveHooksToCaller<T>(work: () => T): T {
  return marks.run({ ...marks.getStore(), hasHooks: true }, work)
}

/** Announces what is revoked within a transaction when that is over, because SQLite has one connection. */
const pending = new AsyncLocalStorage<((isRolledBack: boolean) => Promise<void>)[]>()

/** If the transaction fails, nobody else audits what was revoked in it. */
export async function announceAfter<T>(transaction: () => Promise<T>): Promise<T> {
  const announcements: ((isRolledBack: boolean) => Promise<void>)[] = []
  let isRolledBack = true
  try {
    const result = await pending.run(announcements, transaction)
    isRolledBack = false
    return result
  } finally {
    for (const announce of announcements) await announce(isRolledBack)
  }
}

/** Stops the instance of better-auth that follows a store. Objects that wrap the store share its `onRevoked`. */
const stops = new WeakMap<SessionStore['onRevoked'], () => void>()

/** Takes over from an earlier instance: a store may outlive it, as in a hot reload. */
export function followRevocations(context: AuthContext, store: SessionStore, audit: Audit): void {
  stops.get(store.onRevoked)?.()
  const stop = store.onRevoked(async (revoked) => {
    const { isAudited = false, hasHooks = false } = marks.getStore() ?? {}
    const announce = (isRolledBack: boolean): Promise<void> =>
      marks.run({}, async () => {
        if (!isAudited || isRolledBack) await auditRevocation(revoked, audit)
        if (!hasHooks) await runHooks(context, revoked.sessions)
      })
    const announcements = pending.getStore()
    if (announcements) announcements.push(announce)
    else await announce(false)
  })
  stops.set(store.onRevoked, stop)
}

async function auditRevocation(revoked: RevokedSessions, audit: Audit): Promise<void> {
  const { signedIn } = await requestState()
  // The audit learns of a sign-in when its request ends. A session that ended before, as while a second factor is due, was none.
  const sessions = revoked.sessions.filter(({ id }) => !signedIn.has(id))
  const [first] = sessions
  if (first === undefined) return
  const sessionId = revoked.cause === 'revoke' ? first.id : revoked.by
  await auditEvent(audit, {
    event: eventOf(revoked),
    result: 'ok',
    userId: first.userId,
    ...(sessionId !== null && { sessionId }),
    ended: sessions.length,
  })
}

function eventOf({ cause, by, sessions }: RevokedSessions): AuditEvent['event'] {
  const isOwn = sessions.some(({ id }) => id === by)
  if (cause === 'revoke') return isOwn ? 'sign-out' : 'revoke'
  if (cause !== 'credential-change') return cause
  return by === null || isOwn ? 'revoke-all' : 'revoke-others'
}

/** By the list of ids that better-auth is given, for as long as it runs the hooks. */
const announced = new Map<unknown, readonly Session[]>()

/** better-auth knows the hooks of every plugin. So it deletes these sessions once more, and finds them as they were. */
async function runHooks({ internalAdapter, logger }: AuthContext, sessions: readonly Session[]): Promise<void> {
  const ids = sessions.map(({ id }) => id)
  announced.set(ids, sessions)
  try {
    await internalAdapter.deleteSessions(ids)
  } catch (error) {
    logger.error('A hook of databaseHooks.session.delete failed after the session was revoked', error)
  } finally {
    announced.delete(ids)
  }
}

/** The revoked sessions whose hooks are running, if this query is part of that. */
export function announcedSessions(where: readonly Where[]): readonly Session[] | undefined {
  return announced.get(where[0]?.value)
}
