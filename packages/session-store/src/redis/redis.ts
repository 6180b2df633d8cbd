import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { isCluster, mastersOf } from './cluster.js'
import { UnsupportedRedisError } from '../errors/errors.js'

/**
 * Client options that turn an outage into an error at once, where a request would hang otherwise. A command to a hung Redis
 * fails after 200 ms, one on a closed connection immediately. No command is sent twice, except by a Cluster client after a
 * broken connection; the scripts allow for that.
 *
 * They are a circuit breaker as well. A connection that stays silent for half a second with commands under way is closed.
 * Until a new one has answered, every command fails at once and none is queued. So a Redis that hangs for long costs neither
 * memory nor 200 ms of every request.
 */
export const redisOptions = {
  commandTimeout: 200,
  socketTimeout: 500,
  connectTimeout: 2_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: (attempt: number) => Math.min(attempt * 50, 500),
} as const satisfies Omit<RedisOptions, 'replyMapping'>

const OLDEST_MAJOR = 7

/**
 * Refuses a server that cannot keep the promises of the store: a Redis older than 7.0, or an eviction policy other than
 * `noeviction`. Any other policy would silently sign people out under memory pressure. It also refuses a node of a Cluster,
 * or a Sentinel, behind the client of a single node.
 *
 * @throws {UnsupportedRedisError} that names the reason.
 */
export async function checkRedis(redis: Redis | Cluster): Promise<void> {
  for (const server of mastersOf(redis)) {
    const info = parseInfo(await server.info())
    if (!isCluster(redis)) refuseOtherModes(info.get('redis_mode') ?? info.get('server_mode'))
    const version = info.get('valkey_version') ?? info.get('redis_version') ?? 'of an unknown version'
    if (!(Number.parseInt(version, 10) >= OLDEST_MAJOR)) {
      throw new UnsupportedRedisError(`Redis ${version} is too old: ${OLDEST_MAJOR}.0 or newer is needed, or Valkey`)
    }
    const policy = info.get('maxmemory_policy') ?? 'unknown'
    if (policy !== 'noeviction') {
      throw new UnsupportedRedisError(
        `The eviction policy of Redis is ${policy}: set maxmemory-policy to noeviction, or sessions vanish unasked`,
      )
    }
  }
}

/** A client of a single node would find the keys of only some users on a node of a Cluster, and none on a Sentinel. */
function refuseOtherModes(mode: string | undefined): void {
  if (mode === 'cluster')
    throw new UnsupportedRedisError('This is a node of a Redis Cluster, which needs a client of a Cluster', mode)
  if (mode === 'sentinel')
    throw new UnsupportedRedisError('This is a Redis Sentinel, which knows where Redis is and holds no data', mode)
}

function parseInfo(info: string): Map<string, string> {
  return new Map(
    info.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : []
    }),
  )
}
