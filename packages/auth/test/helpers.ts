import type { SessionStore } from '@rollcall/session-store'
import { type Answer, openSqlite, startAppWith, startServerOn } from '@rollcall/dev-auth'
import type { BetterAuthOptions } from 'better-auth'
import { cookieSessions, rollcall, type RollcallOptions } from '../src/index.js'

export {
  type Answer,
  answer,
  anyToken,
  type Browser,
  browser,
  createPasskey,
  deleteAccounts,
  hold,
  password,
  portOf,
  secret,
  sessionRows,
  startProvider,
  copyCookies,
} from '@rollcall/dev-auth'

/** A store on a Redis of its own, a database of its own, and an HTTP server that answers nothing yet. */
export const startServer = () => startServerOn(openSqlite)

/** Somebody else's better-auth application that uses the plugin. */
export const startApp = (options: BetterAuthOptions, plugin: Pick<RollcallOptions, 'onNewDevice' | 'isRecent'> = {}) =>
  startAppWith({ rollcall, cookieSessions }, options, plugin)

/**
 * Begins a sign-in after each revocation of all sessions that `work` causes, and lets them create their sessions after it.
 *
 * @param prepare Readies a sign-in and returns what begins it.
 */
export async function signInsBetweenRevocations<Result>(
  store: SessionStore,
  prepare: () => Promise<() => Promise<Answer>>,
  work: () => Promise<Result>,
): Promise<{ result: Result; signIns: Answer[] }> {
  const { revokeAll, create } = store
  const signIns: Promise<Answer>[] = []
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let atStore = (): void => undefined
  store.create = async (...args) => {
    atStore()
    await opened
    return create(...args)
  }
  store.revokeAll = async (...args) => {
    const ended = await revokeAll(...args)
    const begin = await prepare()
    const reached = new Promise<void>((resolve) => (atStore = resolve))
    const signIn = begin()
    signIns.push(signIn)
    await Promise.race([reached, signIn]) // it waits at the store, or was refused before
    return ended
  }
  const result = await work().finally(() => {
    Object.assign(store, { revokeAll, create })
    open()
  })
  return { result, signIns: await Promise.all(signIns) }
}

/** Whether each look-up of a session meanwhile asks Redis, even if the store has a near-cache. */
export async function strictLookups(store: SessionStore, work: () => Promise<unknown>): Promise<unknown[]> {
  const { validate } = store
  const seen: unknown[] = []
  store.validate = (token, options) => {
    seen.push(options?.strict)
    return validate(token, options)
  }
  try {
    await work()
  } finally {
    store.validate = validate
  }
  return seen
}
