import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Redis } from 'ioredis'

/**
 * The usual layout, for comparison: a set of session ids per user, and one marker per session. The session is valid while
 * the marker exists; its value holds the details. Only what the benches need.
 */
export function setPlusMarker(redis: Redis) {
  const setOf = (userId: string): string => `set:{${userId}}:sessions`
  const markerOf = (userId: string, id: string): string => `set:{${userId}}:session:${id}`
  const lifetime = 7 * 24 * 60 * 60 * 1_000
  redis.defineCommand('markerCreate', {
    numberOfKeys: 2,
    lua: `redis.call('SADD', KEYS[1], ARGV[1]) redis.call('PEXPIRE', KEYS[1], ARGV[3]) redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])`,
  })
  redis.defineCommand('markerValidate', {
    numberOfKeys: 2,
    lua: `if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return redis.call('GET', KEYS[2]) end return false`,
  })
  const script = redis as Redis &
    Record<'markerCreate' | 'markerValidate', (...args: string[]) => Promise<string | null>>

  return {
    async create(session: { userId: string; ipAddress: string; userAgent: string }): Promise<string> {
      const id = randomBytes(12).toString('base64url')
      const secret = randomBytes(32).toString('base64url')
      const now = Date.now()
      const record = {
        secretHash: sha256(secret).toString('base64url'),
        createdAt: now,
        lastSeenAt: now,
        idleDeadline: now + lifetime,
        absoluteDeadline: now + 4 * lifetime,
        ...session,
        data: {},
      }
      const { userId } = session
      await script.markerCreate(setOf(userId), markerOf(userId, id), id, JSON.stringify(record), String(lifetime))
      return `${userId}.${id}.${secret}`
    },

    async validate(token: string): Promise<object | null> {
      const [userId = '', id = '', secret = ''] = token.split('.')
      const marker = await script.markerValidate(setOf(userId), markerOf(userId, id), id)
      if (marker === null) return null
      const record = JSON.parse(marker) as { secretHash: string; idleDeadline: number; absoluteDeadline: number } // written above
      const live = Math.min(record.idleDeadline, record.absoluteDeadline) > Date.now()
      return live && timingSafeEqual(Buffer.from(record.secretHash, 'base64url'), sha256(secret)) ? record : null
    },
  }
}

function sha256(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
