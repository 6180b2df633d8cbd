import { asSeenBy, createStreams } from '@rollcall/devices'
import { connectRedis, createSessionChanges, createSessionStore, redisOptions } from '@rollcall/session-store'
import { Redis } from 'ioredis'

const client = new Redis('redis://localhost:6379', { ...redisOptions, lazyConnect: true })
client.on('error', ({ message }) => console.warn(message)) // it connects again by itself
const redis = await connectRedis(client) // 7.0 or newer, with maxmemory-policy noeviction
const store = createSessionStore({ redis })
const streams = createStreams({ store, changes: createSessionChanges({ redis }) })

export async function showDevices(token: string, signal: AbortSignal) {
  const session = await store.validate(token)
  if (session === null) return
  console.table(asSeenBy(session.id, await streams.list(session.userId))) // this one first
  for await (const message of streams.open({ session, token }, signal)) console.log(message)
}
