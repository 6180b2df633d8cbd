import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from './clock.js'
import { mastersOf, nameInRedis, refreshSlots } from './cluster.js'
import { prepareClient } from './connect.js'
import { NotReplicatedError, rejectUnavailable, throwUnavailable } from './errors.js'
import { InFlightLimit } from './in-flight-limit.js'
import { clockKey, eventsKey, sessionsKey, userTagIn } from './keys.js'
import { toSession } from './operations/to-session.js'
import { deadlineOf, decodeRecord } from './record.js'
import { type ScannedKeys, scanOnce, topologyOf } from './scan.js'
import type { Keys } from './scripts.js'
import type { Session } from './session.js'
import { type OperationSummary, UNNAMED_OPERATION } from './session-summary.js'
import { isSessionId, userTagOf } from './token.js'

/**
 * Reads and revokes sessions across users, for the tools of an operator.
 *
 * Every operation rejects with `SessionStoreUnavailableError` when Redis gives no answer. All of them may be repeated.
 */
export interface SessionOperator {
  readonly clock: Clock
  /** The time by the clock of Redis that dates sign-ins. */
  time(): Promise<Date>
  /**
   * Refuses sign-ins of all users that began at or before a time and have not been answered yet. It must come before the
   * scan for sessions: then either the scan finds a session, or its sign-in is refused.
   *
   * @param since Default: now, by Redis' clock.
   * @returns That time.
   */
  refuseEarlierSignIns(since?: Date): Promise<Date>
  /** Reads one user's sessions, with one command. */
  read(userId: string): Promise<UserSessions>
  /** Visits the live sessions of all users, in bounded batches. Repeats itself if keys moved meanwhile. */
  scan(): AsyncGenerator<ScanStep<UserSessions[]>, void>
  /**
   * Revokes these sessions of a user, publishes that, and appends an event for each.
   *
   * @param notBefore Also refuses sign-ins of this user that began at or before this time.
   * @returns How many were revoked.
   */
  revoke(userTag: string, sessionIds: readonly string[], operation: OperationSummary, notBefore?: Date): Promise<number>
  /** Revokes the sessions of all users that were live at a time, except one. Publishes nothing and appends no event. */
  revokeAll(createdBefore: Date, keep?: string): AsyncGenerator<ScanStep<RevokedStep>, void>
  /** Publishes to every open page that an operation on all users is done. */
  publishToAll(operation: OperationSummary): Promise<void>
  /** With `durability: 'replicated'`, resolves once a replica of each master holds all revocations of this operator. */
  confirm(): Promise<void>
}

export interface UserSessions {
  readonly userTag: string
  /** The live ones. */
  readonly sessions: readonly Session[]
  /** Records that cannot be read. They sign nobody in. */
  readonly unreadable: number
  /** `false`: something else has the name of the user's key. */
  readonly isReadable: boolean
}

/** Each but `users` counts sessions, and `failed` counts keys that are not the sessions of a user. */
interface RevokedStep {
  readonly users: number
  readonly live: number
  readonly revoked: number
  readonly failed: number
}

export interface ScanStep<T> {
  readonly found: T
  /** Which pass through all keys this is: the second and later ones repeat the first. */
  readonly pass: number
  /** The share of this pass that is done, from 0 to 1; about. */
  readonly share: number
}

export interface SessionOperatorOptions {
  /** A client for this purpose. Its `commandTimeout` should be seconds: nobody waits for these commands but the operator. */
  readonly redis: Redis | Cluster
  /** That of the store. Default: none. */
  readonly keyPrefix?: string
  /** The clock of the store. Default: `Date.now`. */
  readonly clock?: Clock
  /** Whether the store records events. Default: true. */
  readonly events?: boolean
  /** That of the store. Default: `master`. */
  readonly durability?: 'master' | 'replicated'
  /** Keys that a step of a scan visits. Default: 500. */
  readonly batch?: number
}

/** Slots kept moving for that many passes: an administrator has to end that first. */
const MAX_PASSES = 20
const REPLICA_TIMEOUT_MS = 1_000
/** Sessions in one script, so that Redis answers others in between. */
const MAX_REVOKED = 200
/**
 * Scripts that are on their way to Redis at once. Redis runs all that it finds in 16 KiB of a connection before it looks at the
 * next one. These are up to 80 of these scripts, and validations would wait for them.
 */
const MAX_SCRIPTS_IN_FLIGHT = 32
/** Servers date sessions by the clock of Redis, to within a second each. */
const CLOCK_TOLERANCE_MS = 2_000

/** Slots of the Cluster kept moving, so that a scan may have missed keys. Everything it found is done; repeat it later. */
export class MovingSlotsError extends Error {
  override readonly name = 'MovingSlotsError'

  constructor() {
    super(
      'Slots of the Cluster kept moving: finish or cancel the migration (CLUSTER SETSLOT), then resume the operation',
    )
  }
}

export function createSessionOperator(options: SessionOperatorOptions): SessionOperator {
  return new RedisSessionOperator(options)
}

class RedisSessionOperator implements SessionOperator {
  readonly clock: Clock
  readonly #redis: Redis | Cluster
  readonly #keyPrefix: string
  readonly #events: boolean
  readonly #durability: 'master' | 'replicated'
  readonly #batch: number
  readonly #scripts = new InFlightLimit(MAX_SCRIPTS_IN_FLIGHT)

  constructor({
    redis,
    keyPrefix = '',
    clock = systemClock,
    events = true,
    durability = 'master',
    batch = 500,
  }: SessionOperatorOptions) {
    prepareClient(redis)
    this.clock = clock
    this.#redis = redis
    this.#keyPrefix = keyPrefix
    this.#events = events
    this.#durability = durability
    this.#batch = batch
  }

  async time(): Promise<Date> {
    return new Date(await rejectUnavailable(this.#redis.rollcallTime(1, clockKey(this.#keyPrefix))))
  }

  async refuseEarlierSignIns(since?: Date): Promise<Date> {
    const mark = since?.getTime() ?? ''
    const raised = this.#redis.rollcallRaiseGlobalWatermark(1, clockKey(this.#keyPrefix), mark)
    return new Date(await rejectUnavailable(raised))
  }

  read(userId: string): Promise<UserSessions> {
    return this.#readSessions(userTagOf(userId))
  }

  scan(): AsyncGenerator<ScanStep<UserSessions[]>, void> {
    return this.#passes((userTags) => Promise.all(userTags.map((userTag) => this.#readSessions(userTag))))
  }

  async revoke(
    userTag: string,
    ids: readonly string[],
    operation: OperationSummary,
    notBefore?: Date,
  ): Promise<number> {
    const text = JSON.stringify({ id: operation.id, reason: operation.reason })
    let revoked = 0
    for (let at = 0; at === 0 || at < ids.length; at += MAX_REVOKED) {
      const some = ids.slice(at, at + MAX_REVOKED)
      const mark = notBefore?.getTime() ?? ''
      const keys = this.#keysOf(userTag)
      const reply = this.#scripts.run(() => this.#redis.rollcallRevokeSelected(...keys, text, mark, ...some))
      revoked += await rejectUnavailable(reply)
    }
    return revoked
  }

  revokeAll(createdBefore: Date, keep = ''): AsyncGenerator<ScanStep<RevokedStep>, void> {
    return this.#passes(async (userTags) => {
      const now = this.clock()
      const results = await Promise.all(
        userTags.map((userTag) => this.#revokeCreatedBefore(userTag, createdBefore, keep, now)),
      )
      return {
        users: userTags.length,
        live: sum(results.map((counts) => counts?.[0] ?? 0)),
        revoked: sum(results.map((counts) => counts?.[1] ?? 0)),
        failed: results.filter((counts) => counts === null).length,
      }
    })
  }

  async publishToAll({ id, reason }: OperationSummary): Promise<void> {
    const message = { kind: 'ended', cause: 'operator', allBut: null, operation: { id, reason } }
    const channel = nameInRedis(this.#redis, clockKey(this.#keyPrefix))
    await rejectUnavailable(this.#redis.publish(channel, JSON.stringify(message)))
  }

  async confirm(): Promise<void> {
    if (this.#durability === 'master') return
    for (const master of mastersOf(this.#redis)) {
      if ((await rejectUnavailable(master.wait(1, REPLICA_TIMEOUT_MS))) === 0) throw new NotReplicatedError()
    }
  }

  #sessionsKeyOf(userTag: string): string {
    return sessionsKey(this.#keyPrefix, userTag)
  }

  #keysOf(userTag: string): Keys {
    const key = this.#sessionsKeyOf(userTag)
    return this.#events ? [2, key, eventsKey(this.#keyPrefix, userTag)] : [1, key]
  }

  async #readSessions(userTag: string): Promise<UserSessions> {
    const fields = await this.#redis.hgetallBuffer(this.#sessionsKeyOf(userTag)).catch(nullForOtherType)
    const now = this.clock()
    if (fields === null) return { userTag, sessions: [], unreadable: 0, isReadable: false }
    const records = Object.entries(fields)
      .filter(([field]) => isSessionId(field))
      .map(([id, bytes]) => [id, decodeRecord(bytes)] as const)
    const sessions = records.flatMap(([id, record]) =>
      record === null || deadlineOf(record) <= now ? [] : [toSession(id, record)],
    )
    const unreadable = records.filter(([, record]) => record === null).length
    return { userTag, sessions, unreadable, isReadable: true }
  }

  /** Passes through all keys until none can have been missed. */
  async *#passes<T>(visit: (userTags: string[]) => Promise<T>): AsyncGenerator<ScanStep<T>, void> {
    const redis = this.#redis
    const clientPrefix = nameInRedis(redis, '')
    const [before = '', behind = ''] = nameInRedis(redis, this.#sessionsKeyOf('\n')).split('\n')
    for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
      await rejectUnavailable(refreshSlots(redis))
      const topology = await topologyOf(redis)
      const shareOf = await progressOf(redis)
      for await (const { keys, ...progress } of scanOnce(redis, before, behind, this.#batch)) {
        const userTags = keys.flatMap((key) => userTagIn(this.#keyPrefix, key.slice(clientPrefix.length)) ?? [])
        // Also without a user: the caller may want to stop.
        yield { found: await visit([...new Set(userTags)]), pass, share: shareOf(progress) }
      }
      if (topology !== null && (await topologyOf(redis)) === topology) return
    }
    throw new MovingSlotsError()
  }

  /** Returns how many sessions of the user are live and how many were revoked, or `null` if the key is none of ours. */
  async #revokeCreatedBefore(
    userTag: string,
    createdBefore: Date,
    keep: string,
    now: number,
  ): Promise<readonly [number, number] | null> {
    const before = createdBefore.getTime() + CLOCK_TOLERANCE_MS
    const latest = now + CLOCK_TOLERANCE_MS
    const key = this.#sessionsKeyOf(userTag)
    const counts = await this.#scripts
      .run(() => this.#redis.rollcallRevokeCreatedBefore(1, key, now, before, latest, keep))
      .catch(nullForOtherType)
    if (counts === null || counts[0] >= 0) return counts
    // More sessions than one script may read.
    const { sessions } = await this.#readSessions(userTag)
    const meant = sessions.filter((session) => session.id !== keep && wasLiveAt(session, createdBefore, now))
    const ids = meant.map(({ id }) => id)
    return [sessions.length, await this.revoke(userTag, ids, UNNAMED_OPERATION)]
  }
}

/** Which share of all keys a scan has visited, by the number of keys of each master when it began. */
async function progressOf(redis: Redis | Cluster) {
  const sizes = await Promise.all(mastersOf(redis).map(async (node) => rejectUnavailable(node.dbsize())))
  const total = Math.max(1, sum(sizes))
  return ({ master, visited }: Pick<ScannedKeys, 'master' | 'visited'>): number =>
    (sum(sizes.slice(0, master)) + Math.min(visited, sizes[master] ?? 0)) / total
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** For a key of another type. No store wrote it, so it holds no session. */
function nullForOtherType(error: unknown): null {
  if (error instanceof Error && error.message.includes('WRONGTYPE')) return null
  return throwUnavailable(error)
}

/**
 * Whether the session may have been live at a time by Redis' clock. Servers date sessions to within a second of it. A session
 * from the future was dated by a clock that is wrong, so it counts as live.
 */
export function wasLiveAt({ createdAt }: Session, time: Date, now: number): boolean {
  const created = createdAt.getTime()
  return created <= time.getTime() + CLOCK_TOLERANCE_MS || created > now + CLOCK_TOLERANCE_MS
}
