import { asSeenBy, createStreams } from '@rollcall/devices'
import { createSessionChanges, createSessionStore, redisOptions } from '@rollcall/session-store'
import { Redis } from 'ioredis'

const redis = new Redis('redis://localhost:6379', redisOptions)
const store = createSessionStore({ redis })
const streams = createStreams({ store, changes: createSessionChanges({ redis }) })

export async function showDevices(token: string, signal: AbortSignal) {
  const session = await store.validate(token)
  if (session === null) return
  console.table(asSeenBy(session.id, await streams.list(session.userId))) // this one first
  for await (const message of streams.open({ session, token }, signal)) console.log(message)
}
