import type { Cluster, Redis } from 'ioredis'
import { throwUnavailable, UnsupportedRedisError } from '../errors/errors.js'
import { checkRedis } from './redis.js'
import { defineScripts } from '../scripts/scripts.js'
import { superviseClient } from './supervise.js'

/**
 * Connects a client and checks its server with `checkRedis`. On a failure it disconnects the client.
 *
 * @param client Not connected yet.
 * @returns The client.
 * @throws {UnsupportedRedisError}
 * @throws {SessionStoreUnavailableError} whose `cause` says why there is no connection.
 *
 * @example const redis = await connectRedis(new Redis(url, { ...redisOptions, lazyConnect: true }))
 */
export async function connectRedis<Client extends Redis | Cluster>(client: Client): Promise<Client> {
  superviseClient(client)
  let reason: Error | undefined // `connect` rejects with "Connection is closed." alone
  const onError = (error: Error): void => void (reason = error)
  client.on('error', onError)
  try {
    await client.connect()
    await checkRedis(client)
    return client
  } catch (error) {
    client.disconnect()
    if (error instanceof UnsupportedRedisError) throw error
    return throwUnavailable(reason ?? error)
  } finally {
    client.off('error', onError)
  }
}

/** Prepares a client for the store: each part of this package calls it, and a second call changes nothing. */
export function prepareClient(redis: Redis | Cluster): void {
  superviseClient(redis)
  defineScripts(redis)
}
