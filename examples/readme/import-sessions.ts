import { rollcall } from '@rollcall/auth'
import { importSessions } from '@rollcall/auth/import'
import { createSessionStore } from '@rollcall/session-store'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import type { Redis } from 'ioredis'

export function moveIn(redis: Redis, { plugins = [], ...yours }: BetterAuthOptions) {
  const options = { redis } // those of createSessionStore: clock, timeouts and keyPrefix too
  const store = importSessions(createSessionStore(options), options)
  const auth = betterAuth({ ...yours, plugins: [...plugins, rollcall({ store })] })
  return { auth, store } // once auth.$context resolves, every old cookie signs in
}

/** Run this once, in a script of its own, beside the servers. */
export async function importAll({ auth, store }: ReturnType<typeof moveIn>) {
  await auth.$context
  return store.importAll({ onProgress: ({ imported }) => console.log(imported) })
} // { imported, known, superseded, expired, unreadable, unreadableRows }
