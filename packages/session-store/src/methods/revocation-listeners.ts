import type { StoreContext } from './context.js'
import { listByTag, readByTag } from './read.js'
import type { OnRevoked, RevokedSessions, Session, SessionStore } from '../record/session.js'
import { parseToken, userTagOf } from '../record/token.js'

type Methods = Omit<SessionStore, 'onRevoked'>

interface Step<T> {
  /** `undefined`: no step of Redis follows. */
  readonly userTag: string | undefined
  readonly cause: RevokedSessions['cause']
  readonly by?: string | undefined
  /** Reads the sessions that it may revoke. Default: lists all of the user. */
  readonly read?: (userTag: string) => Promise<readonly Session[]>
  readonly run: () => Promise<T>
  /** Selects, from the sessions before the step, those that it has revoked. */
  readonly revoked: (before: readonly Session[], result: T) => readonly Session[] | Promise<readonly Session[]>
}

type NotifyAfter = <T>(step: Step<T>) => Promise<T>

/** The methods of a store, which call listeners after what they revoke. Without a listener, they cost what they did. */
export function withRevocationListeners(context: StoreContext, methods: Methods): SessionStore {
  const listeners = new Set<OnRevoked>()

  const notifyAfter: NotifyAfter = async ({ userTag, cause, by = '', read, run, revoked }) => {
    if (listeners.size === 0 || userTag === undefined) return run()
    // It leaves before the step, on the same connection, so Redis answers it first.
    const listing = (read?.(userTag) ?? listByTag(context, userTag)).catch(() => [])
    if (context.isReplicated) await listing // the step has another connection
    const result = await run()
    const [first, ...others] = await revoked(await listing, result)
    if (first === undefined) return result
    const found: RevokedSessions = { cause, sessions: [first, ...others], by: by === '' ? null : by }
    await Promise.allSettled([...listeners].map(async (listener) => listener(found)))
    return result
  }

  return {
    ...methods,
    ...revocationsByUser(context, methods, notifyAfter),
    ...revocationsByToken(methods, notifyAfter),

    async create(session) {
      const userTag = userTagOf(session.userId)
      // Most sign-ins make nobody leave, and need no list.
      if (listeners.size === 0 || !(await isAtCap(context, userTag))) return methods.create(session)
      return notifyAfter({
        userTag,
        cause: 'cap',
        run: () => methods.create(session),
        async revoked(before, created) {
          if (created === null) return []
          const staying = new Set((await methods.list(session.userId).catch(() => before)).map(({ id }) => id))
          return before.filter(({ id }) => !staying.has(id))
        },
      })
    },

    onRevoked(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** Expired sessions count too. Without an answer, `create` will get none either. */
async function isAtCap({ redis, sessionsKeyOf, maxSessionsPerUser }: StoreContext, userTag: string): Promise<boolean> {
  const length = await redis.hlen(sessionsKeyOf(userTag)).catch(() => 0)
  return length >= maxSessionsPerUser
}

function revocationsByUser(
  context: StoreContext,
  methods: Methods,
  notifyAfter: NotifyAfter,
): Pick<Methods, 'revoke' | 'revokeMany' | 'revokeAll'> {
  return {
    revoke: (userId, sessionId, options) =>
      notifyAfter({
        userTag: userTagOf(userId),
        cause: 'revoke',
        by: options?.by,
        read: (userTag) => readByTag(context, userTag, sessionId),
        run: () => methods.revoke(userId, sessionId, options),
        revoked: (before, count) => ifAny(count, before),
      }),

    revokeMany: (userId, sessionIds, options) =>
      notifyAfter({
        userTag: userTagOf(userId),
        cause: 'revoke-many',
        by: options?.by,
        run: () => methods.revokeMany(userId, sessionIds, options),
        revoked: (before, count) => ifAny(count, before).filter(({ id }) => sessionIds.includes(id)),
      }),

    revokeAll: (userId, options) =>
      notifyAfter({
        userTag: userTagOf(userId),
        cause: options?.credentialChange ? 'credential-change' : 'revoke-all',
        by: options?.by,
        run: () => methods.revokeAll(userId, options),
        revoked: (before, count) => ifAny(count, before),
      }),
  }
}

/** They revoke every session but that of the token. */
function revocationsByToken(methods: Methods, notifyAfter: NotifyAfter): Pick<Methods, 'rotate' | 'revokeOthers'> {
  function step<T>(
    token: string,
    cause: RevokedSessions['cause'],
    run: () => Promise<T>,
    countOf: (result: T) => number,
  ) {
    const parts = parseToken(token)
    const sessionId = parts?.sessionId
    const revoked = (before: readonly Session[], result: T) =>
      ifAny(countOf(result), before).filter(({ id }) => id !== sessionId)
    return notifyAfter({ userTag: parts?.userTag, cause, by: sessionId, run, revoked })
  }

  return {
    rotate(token, rotation) {
      const run = () => methods.rotate(token, rotation)
      return rotation?.credentialChange
        ? step(token, 'credential-change', run, (rotated) => rotated?.revoked ?? 0)
        : run()
    },

    revokeOthers: (token) =>
      step(
        token,
        'revoke-others',
        () => methods.revokeOthers(token),
        (count) => count ?? 0,
      ),
  }
}

function ifAny(count: number, sessions: readonly Session[]): readonly Session[] {
  return count > 0 ? sessions : []
}
