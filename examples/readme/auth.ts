import { rollcall } from '@rollcall/auth'
import { createSessionStore, redisOptions } from '@rollcall/session-store'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { multiSession, twoFactor } from 'better-auth/plugins'
import { Redis } from 'ioredis'

const redis = new Redis('redis://localhost:6379', redisOptions)
export const store = createSessionStore({ redis })

/** @param options Your secret, database and ways to sign in. */
export const createAuth = (options: BetterAuthOptions) =>
  betterAuth({
    ...options,
    plugins: [twoFactor(), multiSession(), rollcall({ store, audit: (event) => console.log(event) })], // last
  })
