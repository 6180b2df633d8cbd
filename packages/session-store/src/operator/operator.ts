import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from '../record/clock.js'
import { nameInRedis } from '../redis/cluster.js'
import { prepareClient } from '../redis/connect.js'
import { rejectUnavailable, SessionStoreUnavailableError, throwUnavailable } from '../errors/errors.js'
import { confirmReplicas } from './confirm.js'
import { clockKey, eventsKey, sessionsKey, sweepKey } from '../record/keys.js'
import type { Keys } from '../scripts/scripts.js'
import type { Session } from '../record/session.js'
import type { OperationSummary } from '../record/session-summary.js'
import { userTagOf } from '../record/token.js'
import { sum } from './sum.js'
import { MAX_REVOKED, NodeScripts, type Selected, type StartedOperation } from './node-scripts.js'
import { isSplit, passThroughUsers, type ScanStep, type Visit } from './passes.js'
import type { Prefilter } from './prefilter.js'
import type { RevokedStep, SessionOperator, SessionOperatorOptions } from './session-operator.js'
import { createdBounds, toUserSessions, type UserSessions, wasLiveAt } from './user-sessions.js'

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
  readonly #nodeScripts: NodeScripts

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
    this.#nodeScripts = new NodeScripts(redis, keyPrefix, events)
  }

  async time(): Promise<Date> {
    return new Date(await rejectUnavailable(this.#redis.rollcallTime(1, clockKey(this.#keyPrefix))))
  }

  async refuseEarlierSignIns(since?: Date): Promise<Date> {
    const raised = this.#redis.rollcallRaiseGlobalWatermark(1, clockKey(this.#keyPrefix), since?.getTime() ?? '')
    return new Date(await rejectUnavailable(raised))
  }

  read(userId: string): Promise<UserSessions> {
    return this.#readSessions(userTagOf(userId))
  }

  scan(prefilter?: Prefilter): AsyncGenerator<ScanStep<UserSessions[]>, void> {
    return this.#passes((node, userTags) => this.#readMany(node, userTags, prefilter))
  }

  async revoke(
    userTag: string,
    ids: readonly string[],
    { id, reason, startedAt }: StartedOperation,
    refusesSignIns = false,
  ): Promise<number> {
    const text = JSON.stringify({ id, reason })
    const mark = refusesSignIns ? startedAt.getTime() : ''
    let revoked = 0
    for (let at = 0; at === 0 || at < ids.length; at += MAX_REVOKED) {
      const some = ids.slice(at, at + MAX_REVOKED)
      const now = this.clock()
      const bounds = createdBounds(startedAt, now)
      revoked += await rejectUnavailable(
        this.#redis.rollcallRevokeSelected(...this.#keysOf(userTag), now, text, mark, ...bounds, ...some),
      )
    }
    return revoked
  }

  revokeMatching(
    select: (session: Session) => boolean,
    prefilter: Prefilter,
    operation: StartedOperation,
    giveUpAfterMs?: number,
  ): AsyncGenerator<ScanStep<RevokedStep>, void> {
    return this.#passes(async (node, userTags, postpone) => {
      const now = this.clock()
      const done = prefilter.isWhole
        ? await this.#nodeScripts.revokeMatching(node, userTags, prefilter, now, operation)
        : []
      const rest = userTags.filter((_, at) => !done[at])
      const users = await this.#readMany(node, rest, prefilter)
      const selected = users
        .map(({ userTag, sessions }) => ({ userTag, ids: sessions.filter(select).map(({ id }) => id) }))
        .filter(({ ids }) => ids.length > 0)
      const revoked = sum(done.map((counts) => counts?.[1] ?? 0))
      return {
        users: userTags.length,
        live:
          sum(done.map((counts) => counts?.[0] ?? 0)) +
          sum(users.map(({ sessions, omitted }) => sessions.length + omitted)),
        matched: revoked + sum(selected.map(({ ids }) => ids.length)),
        revoked: revoked + (await this.#revokeSelected(node, selected, operation, postpone)),
        failed: users.filter(({ isReadable }) => !isReadable).length,
      }
    }, giveUpAfterMs)
  }

  revokeAll(createdBefore: Date, keep = '', giveUpAfterMs?: number): AsyncGenerator<ScanStep<RevokedStep>, void> {
    return this.#passes(async (node, userTags) => {
      const now = this.clock()
      const done = await this.#nodeScripts.revokeCreatedBefore(node, userTags, { createdBefore, keep, now })
      let [live, revoked, failed] = [0, 0, 0]
      for (const [at, userTag] of userTags.entries()) {
        const counts = done[at] ?? (await this.#revokeCreatedBefore(userTag, createdBefore, keep))
        live += counts?.[0] ?? 0
        revoked += counts?.[1] ?? 0
        failed += counts === null ? 1 : 0
      }
      return { users: userTags.length, live, matched: revoked, revoked, failed }
    }, giveUpAfterMs)
  }

  async checkEvents(): Promise<void> {
    if (!this.#events) return
    const checked = this.#redis.rollcallCheckEvents(1, eventsKey(this.#keyPrefix, 'access'))
    await rejectUnavailable(checked).catch((error: unknown) => {
      // A full Redis takes events from a script. Without an answer, the next command fails too.
      if (error instanceof SessionStoreUnavailableError && error.refused !== null) throw error
    })
  }

  async requestSweep(): Promise<void> {
    if (this.#events) await rejectUnavailable(this.#redis.unlink(sweepKey(this.#keyPrefix)))
  }

  async publishToAll({ id, reason }: OperationSummary): Promise<void> {
    const text = JSON.stringify({ kind: 'ended', cause: 'operator', allBut: null, operation: { id, reason } })
    await rejectUnavailable(this.#redis.publish(nameInRedis(this.#redis, clockKey(this.#keyPrefix)), text))
  }

  async confirm(): Promise<void> {
    if (this.#durability === 'master') return
    await confirmReplicas(this.#redis, (n) => this.#sessionsKeyOf(String(n)))
  }

  #sessionsKeyOf(userTag: string): string {
    return sessionsKey(this.#keyPrefix, userTag)
  }

  #keysOf(userTag: string): Keys {
    const key = this.#sessionsKeyOf(userTag)
    return this.#events ? [2, key, eventsKey(this.#keyPrefix, userTag)] : [1, key]
  }

  /** Asks the client, which finds a key wherever it has moved. */
  async #readSessions(userTag: string): Promise<UserSessions> {
    const fields = await this.#redis.hgetallBuffer(this.#sessionsKeyOf(userTag)).catch(nullForOtherType)
    if (fields === null) return { userTag, sessions: [], omitted: 0, unreadable: 0, isReadable: false }
    return toUserSessions(userTag, Object.entries(fields), this.clock())
  }

  async #readMany(node: Redis, userTags: readonly string[], prefilter: Prefilter | undefined): Promise<UserSessions[]> {
    const found = await this.#nodeScripts.read(node, userTags, this.clock, prefilter)
    const users: UserSessions[] = []
    for (const [at, userTag] of userTags.entries()) users.push(found[at] ?? (await this.#readSessions(userTag)))
    return users
  }

  /** Returns how many sessions were revoked. */
  async #revokeSelected(
    node: Redis,
    selected: readonly Selected[],
    operation: StartedOperation,
    postpone: () => void,
  ): Promise<number> {
    const few = selected.filter(({ ids }) => ids.length <= MAX_REVOKED)
    const done = await this.#nodeScripts.revokeSelected(node, few, this.clock(), operation)
    const counts = new Map(few.map((user, at) => [user, done[at]]))
    let revoked = 0
    for (const user of selected)
      revoked +=
        counts.get(user) ??
        (await this.revoke(user.userTag, user.ids, operation).catch((error: unknown) => {
          if (!isSplit(error)) throw error
          postpone()
          return 0
        }))
    return revoked
  }

  #passes<T>(visit: Visit<T>, giveUpAfterMs?: number): AsyncGenerator<ScanStep<T>, void> {
    return passThroughUsers({
      redis: this.#redis,
      keyPrefix: this.#keyPrefix,
      batch: this.#batch,
      visit,
      giveUpAfterMs,
    })
  }

  /** Publishes nothing and appends no event. So it needs one key alone, which the client finds in a slot that moves. */
  async #delete(userTag: string, ids: readonly string[]): Promise<number> {
    let deleted = 0
    for (let at = 0; at < ids.length; at += MAX_REVOKED)
      deleted += await rejectUnavailable(
        this.#redis.hdel(this.#sessionsKeyOf(userTag), ...ids.slice(at, at + MAX_REVOKED)),
      )
    return deleted
  }

  /** How many sessions of the user were live, and how many of them were revoked; `null` if the key is none of ours. */
  async #revokeCreatedBefore(
    userTag: string,
    createdBefore: Date,
    keep: string,
  ): Promise<readonly [live: number, revoked: number] | null> {
    const { sessions, isReadable } = await this.#readSessions(userTag)
    if (!isReadable) return null
    const now = this.clock()
    const ids = sessions
      .filter((session) => session.id !== keep && wasLiveAt(session, createdBefore, now))
      .map(({ id }) => id)
    return [sessions.length, await this.#delete(userTag, ids)]
  }
}

/** For a key of another type. No store wrote it, so it holds no session. */
function nullForOtherType(error: unknown): null {
  if (error instanceof Error && error.message.includes('WRONGTYPE')) return null
  return throwUnavailable(error)
}
