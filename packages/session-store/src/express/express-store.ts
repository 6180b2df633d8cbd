import { type SessionData as ExpressSession, Store } from 'express-session'
import { createSessionImport, type SessionImport } from '../move/import.js'
import { hashOf } from '../move/imported-token.js'
import { createSessionOperator } from '../operator/operator.js'
import type { SessionOperator } from '../operator/session-operator.js'
import type { SessionData } from '../record/record.js'
import type { Session, SessionStore, SessionStoreOptions } from '../record/session.js'
import { parseToken, sessionIdIn, userTagOf } from '../record/token.js'

/** The user of a session, and its entry in a list of devices. */
export interface ExpressUser {
  /** `null`: nobody is signed in. */
  readonly userId: string | null
  /** Default: unknown. */
  readonly ipAddress?: string | null
  /** Default: unknown. */
  readonly userAgent?: string | null
  /** The result of `store.time()` before the password was checked. Default: when the session is saved with its user. */
  readonly startedAt?: Date
}

export interface ExpressStoreOptions extends Pick<SessionStoreOptions, 'redis' | 'clock' | 'timeouts' | 'keyPrefix'> {
  /** The session store with the same client, clock, timeouts and key prefix. */
  readonly store: SessionStore
  /** Reads the user from the data of a session, as it is saved. */
  readonly userOf: (session: Partial<ExpressSession>) => ExpressUser
}

/** The credentials changed between the sign-in and the first save of its session. Nothing was stored. */
export class SessionSupersededError extends Error {
  override readonly name = 'SessionSupersededError'
  constructor() {
    super('The password or another credential of this account changed during the sign-in')
  }
}

type Callback<T> = (error: unknown, result?: T) => void

/** The data of a session of ours that hold the one of Express. Its cookie is apart, since a touch must not write the rest. */
const EXPRESS = 'express'
const COOKIE = 'expressCookie'

/**
 * A store for express-session. The sessions of a user are in the session store: list and revoke them there, by user.
 *
 * A session that has ended is never saved again, as by a request that was under way. The same holds for one whose place another
 * user, or nobody, has taken. Redis holds a hash of the session id of Express. Every callback gets a `SessionStoreUnavailableError` when
 * Redis gives no answer: answer 503.
 */
export class ExpressStore extends Store {
  readonly #store: SessionStore
  readonly #userOf: ExpressStoreOptions['userOf']
  readonly #sessions: SessionImport
  readonly #operator: SessionOperator
  /** The id of our session that an object of express-session was read from, or saved to. */
  readonly #origins = new WeakMap<object, string>()

  constructor({ store, userOf, ...options }: ExpressStoreOptions) {
    super()
    this.#store = store
    this.#userOf = userOf
    this.#sessions = createSessionImport(options)
    const { redis, clock, keyPrefix } = options
    this.#operator = createSessionOperator({ redis, ...(clock && { clock }), ...(keyPrefix && { keyPrefix }) })
  }

  override get(sid: string, callback: Callback<ExpressSession | null>): void {
    answer(
      (async () => {
        const found = await this.#findLive(sid)
        const data = found && expressSessionIn(found.session.data)
        if (found && data) this.#origins.set(data, found.session.id)
        return data
      })(),
      callback,
    )
  }

  /** express-session copies what `get` gives. */
  override createSession(...[request, data]: Parameters<Store['createSession']>): ReturnType<Store['createSession']> {
    const session = super.createSession(request, data)
    const origin = this.#origins.get(data)
    if (origin !== undefined) this.#origins.set(session, origin)
    return session
  }

  override set(sid: string, session: ExpressSession, callback?: Callback<void>): void {
    answer(this.#save(sid, session), callback)
  }

  /**
   * Moves the deadline of the cookie, and that of the store's idle timeout. express-session touches at each request. As every open list
   * of devices notices a write, the cookie is written once a touch interval. If it lives for a short time, it is written each tenth of that.
   */
  override touch(sid: string, session: ExpressSession, callback?: Callback<void>): void {
    answer(
      (async () => {
        const found = await this.#findLive(sid)
        if (found === null || expressSessionIn(found.session.data) === null) return
        await this.#store.touch(found.session)
        const data = dataOf(session)
        if (this.#isWorthWriting(found.session.data, data))
          await this.#store.update(found.token, { [COOKIE]: data[COOKIE] })
      })(),
      callback,
    )
  }

  override destroy(sid: string, callback?: Callback<void>): void {
    answer(
      (async () => {
        const found = await this.#findLive(sid)
        if (found) await this.#store.revoke(found.session.userId, found.session.id, { by: found.session.id })
      })(),
      callback,
    )
  }

  /** Visits every key of the store. */
  override all(callback: Callback<ExpressSession[]>): void {
    answer(
      this.#all().then((all) => all.map(({ session }) => session)),
      callback,
    )
  }

  /** Visits every key of the store. */
  override length(callback: Callback<number>): void {
    answer(
      this.#all().then((all) => all.length),
      callback,
    )
  }

  /** Revokes every session that was saved by express-session, and no other. */
  override clear(callback?: Callback<void>): void {
    answer(
      this.#all().then(async (all) => {
        for (const { userId, id } of all) await this.#store.revoke(userId, id)
      }),
      callback,
    )
  }

  #isWorthWriting(stored: SessionData, touched: SessionData): boolean {
    const [before, after] = [deadlineIn(stored), deadlineIn(touched)]
    if (before === null || after === null) return before !== after
    const life = Math.max(0, after - this.#store.clock())
    return Math.abs(after - before) >= Math.min(this.#store.timeouts.touchInterval, life / 10)
  }

  async #findLive(sid: string): Promise<{ token: string; session: Session } | null> {
    const token = await this.#sessions.tokenOf(sid)
    const session = token && (await this.#store.validate(token, { strict: true }))
    if (!token || !session) return null
    if (!isExpired(session.data, this.#store.clock())) return { token, session }
    await this.#store.revoke(session.userId, session.id) // a cookie that has run out would be listed until its idle timeout
    return null
  }

  async #save(sid: string, session: ExpressSession): Promise<void> {
    const user = this.#userOf(session)
    const userId = user.userId ?? anonymousUserOf(sid)
    const token = await this.#sessions.tokenOf(sid)
    const origin = this.#origins.get(session)
    // It has ended, or somebody signed in or out in its place.
    if (origin !== undefined && (token === null || sessionIdIn(token) !== origin)) return
    if (token === null) return this.#add(sid, userId, user, session)
    if (parseToken(token)?.userTag === userTagOf(userId)) return void (await this.#store.update(token, dataOf(session)))
    // Somebody signs in or out without a new session id. The earlier user's session holds nothing of the new one.
    const stored = await this.#store.validate(token, { strict: true })
    if (stored === null || (await this.#store.revoke(stored.userId, stored.id)) === 0) return
    this.#origins.delete(session) // if the rest fails, the same request may try again
    await this.#sessions.forget(hashOf(sid))
    await this.#add(sid, userId, user, session)
  }

  async #add(sid: string, userId: string, user: ExpressUser, session: ExpressSession): Promise<void> {
    const { clock, timeouts } = this.#store
    const now = new Date(clock())
    if (isExpired(dataOf(session), now.getTime())) return
    const [outcome] = await this.#sessions.add([
      {
        token: sid,
        userId,
        createdAt: user.startedAt ?? (await this.#store.time()), // Redis' time, which that of a password change is compared with
        lastSeenAt: now,
        expiresAt: new Date(now.getTime() + timeouts.idle),
        isProlonged: true,
        ipAddress: user.ipAddress ?? null,
        userAgent: user.userAgent ?? null,
        data: dataOf(session),
      },
    ])
    if (outcome === 'superseded') {
      await this.#sessions.forget(hashOf(sid)) // a later sign-in may use the same id
      throw new SessionSupersededError()
    }
    const token = await this.#sessions.tokenOf(sid)
    const id = token && sessionIdIn(token)
    if (id) this.#origins.set(session, id)
  }

  async #all(): Promise<{ userId: string; id: string; session: ExpressSession }[]> {
    const found = new Map<string, { userId: string; id: string; session: ExpressSession }>()
    for await (const { found: users } of this.#operator.scan()) {
      for (const { userId, id, data } of users.flatMap(({ sessions }) => sessions)) {
        const session = expressSessionIn(data)
        if (session && !isExpired(data, this.#store.clock())) found.set(id, { userId, id, session })
      }
    }
    return [...found.values()]
  }
}

/** Nobody has this id but the session itself. */
function anonymousUserOf(sid: string): string {
  return `anonymous:${hashOf(sid)}`
}

/** The callback of express-session runs outside of any promise: an error that it throws is not one of the store. */
function answer<T>(work: Promise<T>, callback: Callback<T> | undefined): void {
  work.then(
    (result) => callback && setImmediate(callback, null, result),
    (error: unknown) => callback && setImmediate(callback, error),
  )
}

/** Only what JSON keeps: a cookie of express-session has methods. */
function dataOf(session: ExpressSession): SessionData {
  const { cookie, ...rest } = JSON.parse(JSON.stringify(session)) as ExpressSession // what it was, without its methods
  return { [EXPRESS]: rest, [COOKIE]: cookie }
}

/** The session that `dataOf` stored; `null` for one of another origin. */
function expressSessionIn(data: SessionData): ExpressSession | null {
  const session = data[EXPRESS] as object | undefined // only this file writes it, and the cookie
  return session === undefined ? null : ({ ...session, cookie: data[COOKIE] } as ExpressSession)
}

function isExpired(data: SessionData, now: number): boolean {
  const deadline = deadlineIn(data)
  return deadline !== null && deadline <= now
}

/** Milliseconds since the epoch; `null` for a cookie that ends with the browser. */
function deadlineIn(data: SessionData): number | null {
  const expires: unknown = expressSessionIn(data)?.cookie?.expires
  return typeof expires === 'string' || typeof expires === 'number' ? new Date(expires).getTime() : null
}
