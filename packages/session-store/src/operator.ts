import type { Cluster, Redis } from 'ioredis'
import type { Clock } from './clock.js'
import { mastersOf, nameInRedis, refreshSlots } from './cluster.js'
import { prepareClient } from './connect.js'
import { NotReplicatedError, rejectUnavailable, throwUnavailable } from './errors.js'
import { clockKey, eventsKey, sessionsKey, userTagIn } from './keys.js'
import { toSession } from './operations/to-session.js'
import { deadlineOf, decodeRecord } from './record.js'
import { type ScannedKeys, scanOnce, topologyOf } from './scan.js'
import type { Keys } from './scripts.js'
import type { Session } from './session.js'
import type { OperationSummary } from './session-summary.js'
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
   * @param since default: now, by Redis' clock.
   * @returns that time.
   */
  refuseEarlierSignIns(since?: Date): Promise<Date>
  /** Reads one user's sessions, with one command. */
  read(userId: string): Promise<UserSessions>
  /** Visits the live sessions of all users, in bounded batches. Repeats itself if keys moved meanwhile. */
  scan(): AsyncGenerator<ScanStep<UserSessions[]>, void>
  /**
   * Revokes these sessions of a user, publishes that, and appends an event for each.
   *
   * @param notBefore also refuses sign-ins of this user that began at or before this time.
   * @returns how many were revoked.
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
export interface RevokedStep {
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

export function createSessionOperator({
  redis,
  keyPrefix = '',
  clock = Date.now,
  events = true,
  durability = 'master',
  batch = 500,
}: SessionOperatorOptions): SessionOperator {
  prepareClient(redis)
  const clientPrefix = nameInRedis(redis, '')
  const sessionsKeyOf = (userTag: string): string => sessionsKey(keyPrefix, userTag)
  const keysOf = (userTag: string): Keys =>
    events ? [2, sessionsKeyOf(userTag), eventsKey(keyPrefix, userTag)] : [1, sessionsKeyOf(userTag)]

  async function readSessions(userTag: string): Promise<UserSessions> {
    const fields = await redis.hgetallBuffer(sessionsKeyOf(userTag)).catch(nullForOtherType)
    const now = clock()
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

  async function revoke(
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
      revoked += await rejectUnavailable(redis.rollcallRevokeSelected(...keysOf(userTag), text, mark, ...some))
    }
    return revoked
  }

  /** Passes through all keys until none can have been missed. */
  async function* passes<T>(visit: (userTags: string[]) => Promise<T>): AsyncGenerator<ScanStep<T>, void> {
    const [before = '', behind = ''] = nameInRedis(redis, sessionsKey(keyPrefix, '\n')).split('\n')
    for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
      await rejectUnavailable(refreshSlots(redis))
      const topology = await topologyOf(redis)
      const shareOf = await progressOf(redis)
      for await (const { keys, ...progress } of scanOnce(redis, before, behind, batch)) {
        const userTags = keys.flatMap((key) => userTagIn(keyPrefix, key.slice(clientPrefix.length)) ?? [])
        if (userTags.length > 0) yield { found: await visit([...new Set(userTags)]), pass, share: shareOf(progress) }
      }
      if (topology !== null && (await topologyOf(redis)) === topology) return
    }
    throw new MovingSlotsError()
  }

  /** For more sessions of a user than one script may read. */
  async function revokeMany(userTag: string, isMeant: (session: Session) => boolean): Promise<[number, number]> {
    const { sessions } = await readSessions(userTag)
    const ids = sessions.filter(isMeant).map(({ id }) => id)
    return [sessions.length, await revoke(userTag, ids, { id: '', reason: '' })]
  }

  return {
    clock,
    time: async () => new Date(await rejectUnavailable(redis.rollcallTime(1, clockKey(keyPrefix)))),

    async refuseEarlierSignIns(since) {
      const mark = since?.getTime() ?? ''
      return new Date(await rejectUnavailable(redis.rollcallRaiseGlobalWatermark(1, clockKey(keyPrefix), mark)))
    },

    read: (userId) => readSessions(userTagOf(userId)),

    scan: () => passes((userTags) => Promise.all(userTags.map(readSessions))),

    revoke,

    revokeAll: (createdBefore, keep = '') =>
      passes(async (userTags) => {
        const now = clock()
        const before = createdBefore.getTime() + CLOCK_TOLERANCE_MS
        const latest = now + CLOCK_TOLERANCE_MS
        const results = await Promise.all(
          userTags.map(async (userTag) => {
            const reply = redis.rollcallRevokeCreatedBefore(1, sessionsKeyOf(userTag), now, before, latest, keep)
            const counts = await reply.catch(nullForOtherType)
            if (counts === null || counts[0] >= 0) return counts
            return revokeMany(userTag, (session) => session.id !== keep && wasLiveAt(session, createdBefore, now))
          }),
        )
        return {
          users: userTags.length,
          live: sum(results.map((counts) => counts?.[0] ?? 0)),
          revoked: sum(results.map((counts) => counts?.[1] ?? 0)),
          failed: results.filter((counts) => counts === null).length,
        }
      }),

    async publishToAll({ id, reason }) {
      const message = { kind: 'ended', cause: 'operator', allBut: null, operation: { id, reason } }
      const channel = nameInRedis(redis, clockKey(keyPrefix))
      await rejectUnavailable(redis.publish(channel, JSON.stringify(message)))
    },

    async confirm() {
      if (durability === 'master') return
      for (const master of mastersOf(redis)) {
        if ((await rejectUnavailable(master.wait(1, REPLICA_TIMEOUT_MS))) === 0) throw new NotReplicatedError()
      }
    },
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
