import { UnsupportedRedisError } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'

/** A command, and arguments with which it changes nothing: Redis checks the access list before it looks at them. */
type Probe = readonly [command: string, ...args: string[]]

const SYNTAX_ERROR = 'syntax-error'

/**
 * All that the server and the command `rollcall` ask of Redis, on the keys that they use. `test/redis/permissions.test.ts`
 * compares the commands with those that Redis counts while the whole server is used.
 */
function probesFor(keyPrefix: string): Probe[] {
  const sessions = `${keyPrefix}user:{access}:sessions`
  const events = `${keyPrefix}user:{access}:events`
  const limit = `${keyPrefix}limit:access`
  return [
    ['PING'],
    ['TIME'],
    ['WAIT', '0', '1'],
    ['SCAN', '0', 'COUNT', '1'],
    ['DBSIZE'],
    ['EVAL', 'return 1', '1', sessions],
    ['EVALSHA', SYNTAX_ERROR, '1', sessions],
    ['HGET', sessions, '-'],
    ['HGETALL', sessions],
    ['HMGET', sessions, '-'],
    ['HKEYS', sessions],
    ['HLEN', sessions],
    ['HEXISTS', sessions, '-'],
    ['HRANDFIELD', sessions],
    ['HSCAN', sessions, '0'],
    ['HSET', sessions, '-', '-', SYNTAX_ERROR],
    ['HDEL', sessions, '-'],
    ['EXISTS', sessions],
    ['PTTL', sessions],
    ['PEXPIRETIME', sessions],
    ['PEXPIRE', sessions, SYNTAX_ERROR],
    ['PEXPIREAT', sessions, SYNTAX_ERROR],
    ['UNLINK', sessions],
    ['DEL', sessions],
    ['PUBLISH', sessions, ''],
    ['XADD', events, 'NOMKSTREAM', '*', 'event', ''],
    ['XDEL', events, '0-0'],
    ['XLEN', events],
    ['XRANGE', events, '-', '+', 'COUNT', '1'],
    ['GET', `${keyPrefix}user:clock`],
    ['SET', `${keyPrefix}user:sweep`, '', SYNTAX_ERROR],
    ['SET', `${keyPrefix}readyz`, '', SYNTAX_ERROR],
    ['SET', limit, '', SYNTAX_ERROR],
    ['EXPIRE', limit, SYNTAX_ERROR],
    ['INCRBY', limit, SYNTAX_ERROR],
    ['ZADD', limit, SYNTAX_ERROR, '-'],
    ['ZCARD', limit],
    ['ZRANGE', limit, '0', '-1'],
    ['ZREVRANGE', limit, '0', '-1'],
    ['ZSCORE', limit, '-'],
    ['ZREM', limit, '-'],
    ['ZREMRANGEBYRANK', limit, SYNTAX_ERROR, SYNTAX_ERROR],
    ['ZREMRANGEBYSCORE', limit, SYNTAX_ERROR, SYNTAX_ERROR],
  ]
}

/** In small letters, the commands that {@link checkPermissions} looks for. */
export const requiredCommands: readonly string[] = [...new Set(probesFor('').map(([command]) => command.toLowerCase()))]

/**
 * Looks whether the user of Redis may do all that the server does. Changes nothing.
 *
 * @throws {UnsupportedRedisError} naming the commands, keys and channels that its access list lacks.
 */
export async function checkPermissions(redis: Redis | Cluster, keyPrefix: string): Promise<void> {
  const missing = await Promise.all(
    probesFor(keyPrefix).map(async ([command, ...args]) => {
      const failure = await redis.call(command, ...args).then(
        () => '',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      )
      return failure.startsWith('NOPERM') ? lackOf(failure, command, args, keyPrefix) : []
    }),
  )
  const names = [...new Set(missing.flat())]
  if (names.length > 0)
    throw new UnsupportedRedisError(`The access list of this user of Redis lacks ${names.join(', ')}`)
}

/** Redis 7.0 and later versions say it in other words, and neither names the key. */
function lackOf(failure: string, command: string, args: readonly string[], keyPrefix: string): string {
  if (/\bchannel/.test(failure)) return `the channels &${keyPrefix}user:*`
  if (!/\bkeys?\b/.test(failure)) return `the command ${command.toLowerCase()}`
  const key = args.find((argument) => argument.startsWith(keyPrefix) && /(?:user|limit|readyz)/.test(argument)) ?? ''
  const kind = /^(?:user|limit):|^readyz/.exec(key.slice(keyPrefix.length))?.[0] ?? ''
  return `the keys ~${keyPrefix}${kind}${kind.endsWith(':') ? '*' : ''}`
}
