import { rollcall } from '@rollcall/auth'
import { importSessions } from '@rollcall/auth/import'
import { createSessionStore } from '@rollcall/session-store'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import type { Redis } from 'ioredis'

export async function moveIn(redis: Redis, { plugins = [], ...yours }: BetterAuthOptions) {
  const options = { redis } // those of createSessionStore: clock, timeouts and keyPrefix too
  const store = importSessions(createSessionStore(options), options)
  const auth = betterAuth({ ...yours, plugins: [...plugins, rollcall({ store })] })

  await auth.$context // from here on, every old cookie signs in
  const counts = await store.importAll({ onProgress: ({ imported }) => console.log(imported) })
  return { auth, store, counts } // { imported, known, superseded, expired, unreadable, unreadableRows }
}
