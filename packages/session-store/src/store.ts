import { createContext } from './methods/context.js'
import { createSession } from './methods/create.js'
import { listSessions, validateToken } from './methods/read.js'
import { revokeAllSessions, revokeOtherSessions, revokeSession, revokeSessions } from './methods/revoke.js'
import { readTime } from './methods/time.js'
import { rotateSecret, touchSession, updateSession } from './methods/write.js'
import { withRevocationListeners } from './methods/revocation-listeners.js'
import type { SessionStore, SessionStoreOptions } from './record/session.js'

/**
 * @throws {RangeError} for timeouts, a cap or a lease that cannot be.
 * @throws {UnsupportedRedisError} for a client that lacks what the store needs.
 */
export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const context = createContext(options)
  return withRevocationListeners(context, {
    timeouts: context.timeouts,
    clock: context.clock,
    time: async () => new Date(await readTime(context)),
    create: (session) => createSession(context, session),
    validate: (token, { strict = false } = {}) => validateToken(context, token, strict),
    touch: (session) => touchSession(context, session),
    update: (session, data) => updateSession(context, session, data),
    rotate: (token, rotation = {}) => rotateSecret(context, token, rotation),
    list: (userId) => listSessions(context, userId),
    count: async (userId) => (await listSessions(context, userId)).length,
    revoke: (userId, sessionId, revocation = {}) => revokeSession(context, userId, sessionId, revocation),
    revokeMany: (userId, sessionIds, revocation = {}) => revokeSessions(context, userId, sessionIds, revocation),
    revokeOthers: (token) => revokeOtherSessions(context, token),
    revokeAll: (userId, revocation = {}) => revokeAllSessions(context, userId, revocation),
  })
}
