import { createSessionAdmin } from '@rollcall/admin'
import { connectRedis, redisOptions } from '@rollcall/session-store'
import { Redis } from 'ioredis'

const options = { ...redisOptions, commandTimeout: 5_000, lazyConnect: true }
const client = new Redis('redis://localhost:6379', options)
client.on('error', ({ message }) => console.warn(message)) // it connects again by itself
const redis = await connectRedis(client)
const admin = createSessionAdmin({ redis })

for await (const session of admin.find({ system: 'Windows', browser: 'Firefox' }))
  console.log(session.userId, session.id)

const operation = await admin.revoke(
  { address: '203.0.113.0/24', signedInAfter: new Date('2026-11-28T02:00:00Z') },
  { startedBy: 'on call', reason: 'Unusual traffic', onProgress: ({ revoked }) => console.log(revoked) },
)
console.log(operation.state, operation.revoked)
await admin.revokeEveryone({ startedBy: 'on call', reason: 'Security update' })
