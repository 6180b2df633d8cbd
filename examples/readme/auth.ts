import { rollcall } from '@rollcall/auth'
import { connectRedis, createSessionStore, redisOptions } from '@rollcall/session-store'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { multiSession, twoFactor } from 'better-auth/plugins'
import { Redis } from 'ioredis'

const client = new Redis('redis://localhost:6379', { ...redisOptions, lazyConnect: true })
client.on('error', ({ message }) => console.warn(message)) // it connects again by itself
export const redis = await connectRedis(client) // 7.0 or newer, with maxmemory-policy noeviction
export const store = createSessionStore({ redis })

/** @param options Your secret, database and ways to sign in. */
export const createAuth = (options: BetterAuthOptions) =>
  betterAuth({
    ...options,
    plugins: [twoFactor(), multiSession(), rollcall({ store, audit: (event) => console.log(event) })], // last
  })
