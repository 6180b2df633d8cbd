import { UnsupportedRedisError } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'

/** A command, and arguments with which it changes nothing: Redis checks the access list before it looks at them. */
type Probe = readonly [command: string, ...args: string[]]

const SYNTAX_ERROR = 'syntax-error'

/** Commands that only read, such as `rollcall find`, those that also revoke, and all that a server does. Each includes the one before. */
export type Access = 'read' | 'revoke' | 'serve'

/**
 * The commands that the server and `rollcall` ask of Redis, on the keys that they use. `test/redis/permissions.test.ts` compares
 * the commands with those that Redis counts while the whole server is used. `rollcall doctor` alone also asks for ACL WHOAMI and
 * MEMORY USAGE. Without one of them, it says so and goes on.
 */
function probesFor(keyPrefix: string): Record<Access, Probe[]> {
  const sessions = `${keyPrefix}user:{access}:sessions`
  const events = `${keyPrefix}user:{access}:waiting`
  const operations = `${keyPrefix}user:operations:access`
  const limit = `${keyPrefix}limit:access`
  const read: Probe[] = [
    ['PING'],
    ['TIME'],
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
    ['EXISTS', sessions],
    ['PTTL', sessions],
    ['PEXPIRETIME', sessions],
    ['HKEYS', events],
    ['GET', `${keyPrefix}user:clock`],
    ['ZCARD', operations],
    ['ZRANGE', operations, '0', '-1'],
    ['ZREVRANGE', operations, '0', '-1'],
  ]
  const revoke: Probe[] = [
    ...read,
    ['WAIT', '0', '1'],
    ['HSET', sessions, '-', '-', SYNTAX_ERROR],
    ['HDEL', sessions, '-'],
    ['PEXPIRE', sessions, SYNTAX_ERROR],
    ['PEXPIREAT', sessions, SYNTAX_ERROR],
    ['UNLINK', sessions],
    ['PUBLISH', sessions, ''],
    ['HSET', events, '-', '-', SYNTAX_ERROR],
    ['SET', `${keyPrefix}user:sweep`, '', SYNTAX_ERROR],
    ['ZADD', operations, SYNTAX_ERROR, '-'],
    ['ZREM', operations, '-'],
    ['ZREMRANGEBYSCORE', operations, SYNTAX_ERROR, SYNTAX_ERROR],
  ]
  const serve: Probe[] = [
    ...revoke,
    ['DEL', sessions],
    ['SET', `${keyPrefix}readyz`, '', SYNTAX_ERROR],
    ['SET', limit, '', SYNTAX_ERROR],
    ['EXPIRE', limit, SYNTAX_ERROR],
    ['INCRBY', limit, SYNTAX_ERROR],
    ['ZSCORE', limit, '-'],
    ['ZREMRANGEBYRANK', limit, SYNTAX_ERROR, SYNTAX_ERROR],
  ]
  return { read, revoke, serve }
}

/** In small letters, the commands that {@link checkPermissions} looks for. */
export const requiredCommands: readonly string[] = [
  ...new Set(probesFor('').serve.map(([command]) => command.toLowerCase())),
]

/**
 * Looks whether the user of Redis may do all that it has to do. Changes nothing.
 *
 * @throws {UnsupportedRedisError} naming the commands, keys and channels that its access list lacks.
 */
export async function checkPermissions(redis: Redis | Cluster, keyPrefix: string, access: Access): Promise<void> {
  const missing = await Promise.all(
    probesFor(keyPrefix)[access].map(async ([command, ...args]) => {
      const failure = await redis.call(command, ...args).then(
        () => '',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      )
      return failure.startsWith('NOPERM') ? describeMissing(failure, command, args, keyPrefix) : []
    }),
  )
  const names = [...new Set(missing.flat())]
  if (names.length > 0)
    throw new UnsupportedRedisError(`The access list of this user of Redis lacks ${names.join(', ')}`)
}

/** Redis 7.0 and later versions say it in other words, and neither names the key. */
function describeMissing(failure: string, command: string, args: readonly string[], keyPrefix: string): string {
  if (/\bchannel/.test(failure)) return `the channels &${keyPrefix}user:*`
  if (!/\bkeys?\b/.test(failure)) return `the command ${command.toLowerCase()}`
  const key = args.find((argument) => argument.startsWith(keyPrefix) && /(?:user|limit|readyz)/.test(argument)) ?? ''
  const kind = /^(?:user|limit):|^readyz/.exec(key.slice(keyPrefix.length))?.[0] ?? ''
  return `the keys ~${keyPrefix}${kind}${kind.endsWith(':') ? '*' : ''}`
}
