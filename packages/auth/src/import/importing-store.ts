import { IMPORTED_FROM, type Session, type SessionStore } from '@rollcall/session-store'
import { requestState } from '../request/request-state.js'
import type { Mover } from './mover.js'
import { isOldToken } from './old-session.js'

/** The store, whose users bring their old sessions with them before anything of theirs is done. */
export function importingStore(store: SessionStore, mover: Mover): SessionStore {
  const currentToken = async (token: string): Promise<string> =>
    isOldToken(token) ? ((await mover.tokenFor(token)) ?? token) : token

  async function forUser<T>(userId: string, work: () => Promise<T>): Promise<T> {
    await mover.moveUser(userId)
    return work()
  }

  /** For a change that also revokes other sessions of the user. */
  async function forUserOf<T>(token: string, work: (token: string) => Promise<T>): Promise<T> {
    const current = await currentToken(token)
    const session = await store.validate(current, { strict: true })
    if (session !== null) await mover.moveUser(session.userId)
    return work(current)
  }

  /** The browser has shown the new token: the old one is not needed any more. Before that, an answer may have been lost. */
  async function retireOldToken(token: string, { userId, data }: Session): Promise<void> {
    const importedFrom = data[IMPORTED_FROM]
    if (typeof importedFrom !== 'string' || (await requestState()).imported === token) return
    await mover.moveUser(userId) // its row must not be imported again
    await mover.forget(importedFrom)
    await store.update(token, { [IMPORTED_FROM]: undefined })
  }

  return {
    timeouts: store.timeouts,
    clock: store.clock,
    time: () => store.time(),
    async validate(token, options) {
      if (isOldToken(token)) return store.validate(await currentToken(token), options)
      const session = await store.validate(token, options)
      // The validation decides. A later request repeats this if it fails.
      if (session !== null) await retireOldToken(token, session).catch(() => undefined)
      return session
    },
    async create(session) {
      const { userId, inPlaceOf } = session
      const place = inPlaceOf === undefined ? {} : { inPlaceOf: await currentToken(inPlaceOf) }
      return forUser(userId, () => store.create({ ...session, ...place }))
    },
    touch: (session) => store.touch(session),
    update: async (session, data) =>
      store.update(typeof session === 'string' ? await currentToken(session) : session, data),
    rotate: (token, options) => forUserOf(token, (current) => store.rotate(current, options)),
    list: (userId) => forUser(userId, () => store.list(userId)),
    count: (userId) => forUser(userId, () => store.count(userId)),
    revoke: (userId, id, options) => forUser(userId, () => store.revoke(userId, id, options)),
    revokeMany: (userId, ids, options) => forUser(userId, () => store.revokeMany(userId, ids, options)),
    revokeOthers: (token) => forUserOf(token, (current) => store.revokeOthers(current)),
    revokeAll: (userId, options) => forUser(userId, () => store.revokeAll(userId, options)),
    onRevoked: store.onRevoked,
  }
}
