import { setTimeout as pause } from 'node:timers/promises'
import {
  checkRedis,
  connectRedis as connectOnce,
  isCluster,
  redisOptions,
  SessionStoreUnavailableError,
  superviseClient,
  UnsupportedRedisError,
} from '@rollcall/session-store'
import { Cluster, Redis } from 'ioredis'
import type { Settings } from '../settings/env.js'
import type { Log } from '../log.js'
import { StartError } from '../start-error.js'
import { type Access, checkPermissions } from './permissions.js'
import type { RedisSettings } from '../settings/redis.js'

/**
 * Connects to Redis and checks it. The client reconnects by itself from then on, and logs it.
 *
 * The store's `connectRedis` tries once and reports the error of ioredis. A server may start together with its Redis. So this
 * function keeps one client trying until its deadline. It also checks permissions and database.
 *
 * @param timeoutMs Until it must answer.
 * @throws {StartError} It names the setting to mend.
 */
export async function connectRedis(
  { redis: where, redisTimeouts, keyPrefix }: Pick<Settings, 'redis' | 'redisTimeouts' | 'keyPrefix'>,
  timeoutMs: number,
  log: Log,
): Promise<{ redis: Redis | Cluster; close(): void }> {
  const redis = createRedisClient(where, redisTimeouts)

  let lastError: Error | undefined
  redis.on('error', (error: Error) => {
    // An answer of Redis, such as WRONGPASS, says more than the silence at a later attempt.
    if (!isAnswer(lastError) || isAnswer(error)) lastError = error
  })
  try {
    const deadline = Date.now() + timeoutMs
    await waitUntilReady(redis, timeoutMs)
    await checkUntil(redis, keyPrefix, deadline)
  } catch (error) {
    redis.disconnect()
    throw await startErrorOf(error, lastError, { where, timeouts: redisTimeouts })
  }

  let connected = true
  let closing = false
  redis.on('close', () => {
    if (connected && !closing) log.warn({ err: lastError }, 'The connection to Redis is lost')
    connected = false
  })
  redis.on('ready', () => {
    if (!connected) log.info('The connection to Redis is back')
    connected = true
    lastError = undefined
  })
  const close = (): void => {
    closing = true
    redis.disconnect()
  }
  return { redis, close }
}

/** An operator waits longer than a request does. In milliseconds. */
const OPERATOR_TIMEOUTS = { commandTimeout: 10_000, socketTimeout: 15_000 }

/**
 * Connects the client of an operator, once. Nobody waits for a Redis that starts.
 *
 * @param access What its user must be allowed to do; `null` checks nothing.
 * @throws {StartError} naming the setting to mend.
 */
export async function connectOperator(
  { redis: where, keyPrefix }: Pick<Settings, 'redis' | 'keyPrefix'>,
  access: Access | null,
): Promise<Redis | Cluster> {
  const redis = createRedisClient(where, OPERATOR_TIMEOUTS)
  let lastError: Error | undefined
  redis.on('error', (error: Error) => (lastError = error)) // later on, each command rejects by itself
  try {
    await connectOnce(redis)
    if (access !== null) await checkPermissions(redis, keyPrefix, access)
    return redis
  } catch (error) {
    redis.disconnect()
    throw await startErrorOf(error, lastError, { where, timeouts: OPERATOR_TIMEOUTS })
  }
}

interface Target {
  readonly where: RedisSettings
  readonly timeouts: Settings['redisTimeouts']
}

/** @param lastError What the client emitted: it says more. */
async function startErrorOf(error: unknown, lastError: Error | undefined, target: Target): Promise<StartError> {
  const setting = settingNames[target.where.kind]
  if (error instanceof UnsupportedRedisError)
    return new StartError(`${setting}: ${error.message}${error.mode ? hints[error.mode] : ''}`, { cause: error })
  const reason = (await connectionError(target)) ?? causeOf(lastError ?? error)
  const otherKind = otherKinds.find(({ answer }) => answer.test(reason?.message ?? ''))
  if (otherKind) return new StartError(`${setting}: ${otherKind.fault}`, { cause: reason })
  if (reason?.message.includes('No such master'))
    return new StartError('REDIS_SENTINEL_MASTER: The sentinels know no master by this name', { cause: reason })
  const cause = new SessionStoreUnavailableError(reason)
  const silent = usesTls(target.where) ? 'does not answer over TLS' : 'does not answer'
  const fault = cause.refused === null ? silent : 'refuses this client'
  return new StartError(`${setting}: Redis ${fault}${reason ? ` (${reason.message})` : ''}`, { cause })
}

const usesTls = (where: RedisSettings): boolean =>
  where.kind === 'single' ? where.url.startsWith('rediss:') : where.tls

const isAnswer = (error: Error | undefined): boolean => error?.name === 'ReplyError'

const settingNames = { single: 'REDIS_URL', cluster: 'REDIS_CLUSTER_NODES', sentinel: 'REDIS_SENTINELS' } as const

const hints = {
  cluster: '; set REDIS_CLUSTER_NODES to the nodes of the Cluster instead',
  sentinel: '; set REDIS_SENTINELS and REDIS_SENTINEL_MASTER instead',
}

/** The answers of a server of another kind. */
const otherKinds = [
  { answer: /cluster support disabled/, fault: 'This Redis is no Cluster; set REDIS_URL instead' },
  {
    answer: /unknown command '?sentinel/i,
    fault: 'This Redis is no sentinel; set REDIS_URL or REDIS_CLUSTER_NODES instead',
  },
]

/** A client that is not connected yet. Its timeouts do not count a pause of this process from its first command on. */
function createRedisClient(where: RedisSettings, timeouts: Settings['redisTimeouts']): Redis | Cluster {
  const client = clientOf(where, timeouts)
  superviseClient(client)
  return client
}

function clientOf(where: RedisSettings, timeouts: Settings['redisTimeouts']): Redis | Cluster {
  const options = nodeOptions(where, timeouts)
  if (where.kind === 'single') return new Redis(where.url, { ...options, lazyConnect: true })
  if (where.kind === 'cluster') {
    return new Cluster([...where.nodes], {
      redisOptions: options,
      enableOfflineQueue: false,
      lazyConnect: true,
      clusterRetryStrategy: redisOptions.retryStrategy,
      // A certificate names the host, so that its address must not take its place.
      ...(where.tls && { dnsLookup: (address, callback) => callback(null, address) }),
    })
  }
  return new Redis({
    ...options,
    sentinels: [...where.sentinels],
    name: where.master,
    ...(where.sentinelUsername !== undefined && { sentinelUsername: where.sentinelUsername }),
    ...(where.sentinelPassword !== undefined && { sentinelPassword: where.sentinelPassword }),
    ...(where.tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
    lazyConnect: true,
  })
}

function nodeOptions(where: RedisSettings, timeouts: Settings['redisTimeouts']) {
  return {
    ...redisOptions,
    ...timeouts,
    ...(where.username !== undefined && { username: where.username }),
    ...(where.password !== undefined && { password: where.password }),
    ...(where.kind !== 'single' && where.tls && { tls: {} }),
  }
}

/** The client of a Cluster only says that a connection was closed. One to the first node says why. */
async function connectionError({ where, timeouts }: Target): Promise<Error | undefined> {
  if (where.kind !== 'cluster') return undefined
  const node = new Redis({
    ...nodeOptions(where, timeouts),
    ...where.nodes[0],
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
  })
  let first: Error | undefined
  node.on('error', (error: Error) => (first ??= error))
  await node.connect().catch(() => undefined) // its error says more
  node.disconnect()
  return first
}

/** The store wraps the error of the client, and the client of a Cluster that of its last node. */
function causeOf(error: unknown): Error | undefined {
  if (error instanceof SessionStoreUnavailableError) return causeOf(error.cause)
  if (!(error instanceof Error)) return undefined
  return 'lastNodeError' in error && error.lastNodeError instanceof Error ? error.lastNodeError : error
}

async function waitUntilReady(redis: Redis | Cluster, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no connection')), timeoutMs)
  })
  const connected = new Promise<void>((resolve) => redis.once('ready', resolve))
  redis.connect().catch(() => undefined) // tries again by itself
  await Promise.race([connected, late]).finally(() => clearTimeout(timer))
}

/** If the database that it was given does not exist, ioredis goes on with database 0. */
async function selectDatabase(redis: Redis): Promise<void> {
  const { db = 0 } = redis.options
  await redis.select(db).catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('ERR '))
      throw new UnsupportedRedisError(`This Redis has no database ${db}`)
    throw error
  })
}

/** An answer that comes too late, as on a busy machine, is no reason not to start. */
async function checkUntil(redis: Redis | Cluster, keyPrefix: string, deadline: number): Promise<void> {
  try {
    await checkRedis(redis)
    if (!isCluster(redis)) await selectDatabase(redis)
    await checkPermissions(redis, keyPrefix, 'serve')
  } catch (error) {
    const refused = /^NOPERM .*'([\w|]+)' command/.exec(error instanceof Error ? error.message : '')?.[1]
    if (refused !== undefined)
      throw new UnsupportedRedisError(`The access list of this user of Redis lacks the command ${refused}`)
    if (error instanceof UnsupportedRedisError || Date.now() > deadline) throw error
    await pause(100)
    await checkUntil(redis, keyPrefix, deadline)
  }
}
