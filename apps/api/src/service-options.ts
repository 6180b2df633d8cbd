import type { Clock } from '@rollcall/session-store'
import type { openDatabase } from './accounts/database/database.js'
import type { Passwords } from './accounts/passwords/passwords.js'
import type { Settings } from './settings/env.js'
import type { Log } from './log.js'

export interface ServiceOptions {
  readonly settings: Settings
  readonly log: Log
  /** Default: the clock of this machine while it agrees with that of Redis, else that of Redis. */
  readonly clock?: Clock
  /** Milliseconds for a Redis that starts together with us. Default 10 s. */
  readonly redisTimeoutMs?: number
  readonly openDatabase?: typeof openDatabase
  /** Default: hashes at the cost that OWASP asks for. */
  readonly passwords?: Passwords
  /** Milliseconds between two looks at the session of an open stream. Default 15 s. */
  readonly revalidateEvery?: number
}

/** Takes what must be closed with the server. It is closed in reverse. */
export type OnClose = (close: () => Promise<unknown>) => void
