import { checkPermissions, connectOperator, readSettings, type Settings, StartError } from '@rollcall/api/operator'
import {
  createSessionEvents,
  createSessionOperator,
  isCluster,
  SessionStoreUnavailableError,
  UnsupportedRedisError,
} from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import { countSessions } from './count-sessions.js'
import { counted, type Output } from './output.js'

/** One thing that was looked at. */
interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'problem'
  readonly found: string
  /** The next step; empty if there is none. */
  readonly advice: string
}

const MAX_SKEW_MS = 1_000
/** A server moves events within a second. */
const MANY_PENDING = 1_000

/**
 * Looks for what would break a promise of the store.
 *
 * @returns Whether there is no problem.
 */
export async function doctor(output: Output): Promise<boolean> {
  let hasProblem = false
  for await (const finding of examine(readSettings())) {
    hasProblem ||= finding.level === 'problem'
    const sign = { ok: 'ok      ', warning: 'warning ', problem: 'PROBLEM ' }[finding.level]
    output.result(
      finding,
      `${sign}${finding.check}: ${finding.found}${finding.advice && `\n        ${finding.advice}`}`,
    )
  }
  return !hasProblem
}

async function* examine(settings: Settings): AsyncGenerator<Finding> {
  let redis: Redis | Cluster | undefined
  try {
    redis = await connectOperator(settings, null)
    const nodes = isCluster(redis) ? redis.nodes('master') : [redis]
    for (const part of [
      examinePermissions(redis, settings),
      ...nodes.map(examineNode),
      examineSettings(settings),
      examineSessions(redis, settings),
      examineEvents(redis, settings),
    ])
      yield* findingsOf(part)
  } catch (error) {
    yield unusable(error)
  } finally {
    redis?.disconnect()
  }
}

/** A part that fails is a problem, and keeps none from those after it. */
async function* findingsOf(part: Iterable<Finding> | AsyncIterable<Finding>): AsyncGenerator<Finding> {
  try {
    yield* part
  } catch (error) {
    yield unusable(error)
  }
}

function unusable(thrown: unknown): Finding {
  const isReply = thrown instanceof Error && thrown.name === 'ReplyError'
  const error = isReply ? new SessionStoreUnavailableError(thrown) : thrown
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  const isOfStore = error instanceof SessionStoreUnavailableError
  const reason = isOfStore && cause instanceof Error ? ` (${cause.message})` : ''
  const advice = adviceFor(error instanceof StartError ? cause : error)
  return { check: 'redis', level: 'problem', found: message + reason, advice }
}

function adviceFor(cause: unknown): string {
  if (cause instanceof UnsupportedRedisError) return 'The server refuses to start on this Redis.'
  return cause instanceof SessionStoreUnavailableError && cause.refused !== null
    ? 'Mend what Redis names: the password, the access list, or a key that something else wrote.'
    : 'Check that Redis runs, and the address in the settings.'
}

async function* examinePermissions(redis: Redis | Cluster, { keyPrefix }: Settings): AsyncGenerator<Finding> {
  await checkPermissions(redis, keyPrefix, 'serve')
  yield ok('permissions', 'all that the server needs')
}

async function* examineNode(node: Redis): AsyncGenerator<Finding> {
  const info = new Map(
    [...(await node.info()).matchAll(/^([^#:\r\n]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  const read = (name: string): string => info.get(name) ?? 'unknown'
  yield ok(
    'version',
    info.has('valkey_version') ? `Valkey ${read('valkey_version')}` : `Redis ${read('redis_version')}`,
  )
  yield ok('eviction', read('maxmemory_policy'))

  const limit = Number(read('maxmemory'))
  const used = Number(read('used_memory'))
  yield limit > 0 && used > 0.9 * limit
    ? warning('memory', `${used} of ${limit} bytes`, 'Raise maxmemory: a full Redis refuses sign-ins.')
    : ok('memory', `${read('used_memory_human')} used, limit ${limit === 0 ? 'none' : read('maxmemory_human')}`)

  const isDurable = read('aof_enabled') === '1'
  yield isDurable
    ? ok('persistence', 'append-only file')
    : warning(
        'persistence',
        'no append-only file',
        'Set appendonly yes. After a restart, Redis would have lost its sessions, or have those back that were revoked.',
      )
  if (read('role') === 'slave')
    yield problem(
      'role',
      'a replica, which takes no writes',
      'Set the address of the master, or one that follows it, or that of the sentinels.',
    )
  else yield examineReplicas(Number(read('connected_slaves')))

  yield* examineAccess(node)
  const before = Date.now()
  const [seconds = 0, microseconds = 0] = (await node.time()).map(Number)
  const ahead = Math.round((before + Date.now()) / 2 - (seconds * 1_000 + microseconds / 1_000))
  yield Math.abs(ahead) > MAX_SKEW_MS
    ? warning('clock', `this machine is ${ahead} ms ahead of Redis`, 'Run NTP on both. Servers use the clock of Redis.')
    : ok('clock', `${Math.abs(ahead)} ms apart`)
}

function examineReplicas(replicas: number): Finding {
  return replicas === 0
    ? warning('replication', 'no replica', 'Add a replica, so that a failed server does not sign everybody out.')
    : ok('replication', counted(replicas, 'replica'))
}

async function* examineAccess(node: Redis): AsyncGenerator<Finding> {
  const user = await node.call('ACL', 'WHOAMI').then(String, () => 'unknown')
  yield user === 'default'
    ? warning(
        'access',
        'the user default, who may do everything',
        'Give Rollcall a user of its own: docs/architecture.md has the access list.',
      )
    : ok('access', `the user ${user}`)
}

function* examineSettings(settings: Settings): Generator<Finding> {
  const { production, durability, nearCacheLeaseMs, allowedInsecure } = settings
  if (!production)
    yield warning('settings', 'NODE_ENV is not production', 'Set NODE_ENV=production where people sign in.')
  for (const name of allowedInsecure)
    yield warning('settings', `ALLOW_INSECURE has ${name}`, 'This is for a trial. Remove it where people sign in.')
  if (durability === 'replicated' && nearCacheLeaseMs !== undefined)
    yield warning(
      'settings',
      'DURABILITY is replicated, and NEAR_CACHE_LEASE_MS is set',
      'A cached record may pass for a lease after its revocation. Leave NEAR_CACHE_LEASE_MS out if that is too long.',
    )
}

async function* examineSessions(redis: Redis | Cluster, { keyPrefix }: Settings): AsyncGenerator<Finding> {
  const { users, sessions, unreadable, foreign, sample } = await countSessions(
    createSessionOperator({ redis, keyPrefix }).scan(),
  )
  const sampled = sample.reduce((sum, user) => sum + user.sessions, 0)
  let bytes = 0
  for (const { userTag } of sample)
    bytes += Number(await redis.memory('USAGE', `${keyPrefix}user:{${userTag}}:sessions`))
  const each = sampled === 0 ? '' : `, about ${Math.round(bytes / sampled)} bytes each`
  yield ok('sessions', `${sessions} of ${counted(users, 'user')}${each}`)
  yield unreadable + foreign > 0
    ? warning(
        'records',
        `${counted(unreadable, 'record')} and ${counted(foreign, 'key')} cannot be read`,
        'They sign nobody in. Something else wrote them: look for another program on this Redis.',
      )
    : ok('records', 'all can be read')
}

async function* examineEvents(redis: Redis | Cluster, { keyPrefix }: Settings): AsyncGenerator<Finding> {
  let pending = 0
  for await (const _ of createSessionEvents({ redis, keyPrefix }).pendingUsers()) pending += 1
  // The stream of a user stays for a minute after its last event.
  yield pending > MANY_PENDING
    ? warning('events', `of ${pending} users wait`, 'Check that a server runs and that its database takes writes.')
    : ok('events', `of ${counted(pending, 'user')}: they wait, or were moved within the last minute`)
}

const ok = (check: string, found: string): Finding => ({ check, level: 'ok', found, advice: '' })
const problem = (check: string, found: string, advice: string): Finding => ({ check, level: 'problem', found, advice })
const warning = (check: string, found: string, advice: string): Finding => ({ check, level: 'warning', found, advice })
