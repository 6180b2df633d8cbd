import type { SessionStore } from '@rollcall/session-store'
import { openSqlite, startAppWith, startServerOn } from '@rollcall/dev-auth'
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
  thiefOf,
} from '@rollcall/dev-auth'

/** A store on a Redis of its own, a database of its own, and an HTTP server that answers nothing yet. */
export const startServer = () => startServerOn(openSqlite)

/** Somebody else's better-auth application that uses the plugin. */
export const startApp = (options: BetterAuthOptions, plugin: Pick<RollcallOptions, 'onNewDevice' | 'isRecent'> = {}) =>
  startAppWith({ rollcall, cookieSessions }, options, plugin)

/** Whether each look-up of a session meanwhile asks Redis, even if the store has a near-cache. */
export async function strictLookUps(store: SessionStore, work: () => Promise<unknown>): Promise<unknown[]> {
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
