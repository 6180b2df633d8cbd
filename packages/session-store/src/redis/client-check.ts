import type { Cluster, Redis } from 'ioredis'
import { UnsupportedRedisError } from '../errors/errors.js'

/** Methods of ioredis that the store calls or replaces. `setSocketTimeout` is new in 5.4, with which the declared range begins. */
const CLIENT_METHODS = [
  'on',
  'once',
  'off',
  'connect',
  'disconnect',
  'defineCommand',
  'hget',
  'hgetall',
  'hlen',
  'info',
]
const NODE_METHODS = ['duplicate', 'sendCommand', 'handleReconnection', 'setSocketTimeout']
const CLUSTER_METHODS = ['nodes']

/**
 * Refuses a client that lacks a method which the store needs. It may be of another library, a mock, or of an older ioredis.
 *
 * @throws {UnsupportedRedisError} that names everything it lacks.
 */
export function rejectUnsupportedClient(client: Redis | Cluster): void {
  const parts = Object(client) as Readonly<Record<string, unknown>> // whatever an application without types passes
  const needed = [...CLIENT_METHODS, ...(parts['isCluster'] === true ? CLUSTER_METHODS : NODE_METHODS)]
  const missing = needed.filter((method) => typeof parts[method] !== 'function')
  if (missing.length === 0) return
  throw new UnsupportedRedisError(
    `This Redis client lacks ${missing.join(', ')}: pass a client of ioredis 5 (5.4 or newer) or 6`,
  )
}
