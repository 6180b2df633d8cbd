import { Redis } from 'ioredis'
import { connectRedis, createSessionStore, redisOptions } from '@rollcall/session-store'

const client = new Redis('redis://localhost:6379', { ...redisOptions, lazyConnect: true })
client.on('error', ({ message }) => console.warn(message)) // it connects again by itself
const redis = await connectRedis(client) // 7.0 or newer, or Valkey; maxmemory-policy noeviction

const store = createSessionStore({ redis })
const signedIn = await store.create({ userId: 'ada', userAgent: 'Firefox' }) // { token, session }
const session = await store.validate(signedIn?.token ?? '') // the session, or null
if (session !== null) await store.revokeAll(session.userId) // 1
console.log(await store.validate(signedIn?.token ?? '')) // null: it is refused from now on

client.disconnect() // ends the script; a server stays connected
