import type { Cluster, Redis } from 'ioredis'
import { nameInRedis } from '../redis/cluster.js'
import { rejectUnavailable } from '../errors/errors.js'
import { clockKey, EVENTS, eventsKey, sessionsKey } from '../record/keys.js'
import { defineScripts, type OperationArguments } from '../scripts/scripts.js'
import type { OperationSummary } from '../record/session-summary.js'
import type { Prefilter } from './prefilter.js'
import { createdBounds, toUserSessions, type UserSessions } from './user-sessions.js'

/** Users of one script. Redis answers others only in between, so each script takes about a millisecond. */
const MAX_READ = 100
/** For a script that revokes without an event or a message. */
const MAX_DELETED = 100
/** For a script that looks for those to revoke, and for the revocations with an event and a message. */
const MAX_MATCHED = 50
const MAX_CHANGED = 25
/** Sessions that one script revokes. Each appends an event, which takes Redis some ten microseconds. */
export const MAX_REVOKED = 100

/** An operation revokes no session that began later. */
export interface StartedOperation extends OperationSummary {
  readonly startedAt: Date
  /** Id of a session that stays, where Redis selects by itself. */
  readonly keep?: string | null
}

/** Sessions that an operation revokes. */
export interface Selected {
  readonly userTag: string
  readonly ids: readonly string[]
}

/**
 * Runs scripts for many users of one node at once, which costs less than a script for each. `null` stands for a user whom the
 * script has left alone. The node does not have the sessions, or the user has too many for one script.
 */
export class NodeScripts {
  readonly #redis: Redis | Cluster
  readonly #keyPrefix: string
  readonly #events: boolean

  constructor(redis: Redis | Cluster, keyPrefix: string, events: boolean) {
    this.#redis = redis
    this.#keyPrefix = keyPrefix
    this.#events = events
  }

  async read(
    node: Redis,
    userTags: readonly string[],
    now: () => number,
    prefilter: Prefilter | undefined,
  ): Promise<(UserSessions | null)[]> {
    const text = prefilter === undefined ? '' : JSON.stringify(prefilter)
    const replies = await this.#run(node, userTags, atMost(MAX_READ), (some) =>
      node.rollcallReadManyBuffer(0, now(), text, ...some.map(this.#keyOf)),
    )
    return userTags.map((userTag, at) => {
      const reply = replies[at]
      if (!Array.isArray(reply)) return null
      return toUserSessions(userTag, toFields(reply), now(), Number(reply.at(-1)))
    })
  }

  /** How many sessions of each user were live, and how many of them were revoked. */
  async revokeCreatedBefore(
    node: Redis,
    userTags: readonly string[],
    { createdBefore, keep, now }: { createdBefore: Date; keep: string; now: number },
  ): Promise<(readonly [live: number, revoked: number] | null)[]> {
    const bounds = createdBounds(createdBefore, now)
    const replies = await this.#run(node, userTags, atMost(MAX_DELETED), (some) =>
      node.rollcallRevokeCreatedBefore(0, now, ...bounds, keep, ...some.map(this.#keyOf)),
    )
    return replies.map((reply) => (Array.isArray(reply) ? reply : null))
  }

  /** The same, for the sessions that a prefilter is sure of. `null` also where it is not sure of one. */
  async revokeMatching(
    node: Redis,
    userTags: readonly string[],
    prefilter: Prefilter,
    now: number,
    operation: StartedOperation,
  ): Promise<(readonly [live: number, revoked: number] | null)[]> {
    const bounds = [MAX_CHANGED, MAX_REVOKED, this.#events ? EVENTS : ''] as const
    const wanted = [operation.keep ?? '', JSON.stringify(prefilter), ...bounds] as const
    const shared = [...this.#argumentsOf(operation, now), ...wanted] as const
    const replies = await this.#run(node, userTags, atMost(MAX_MATCHED), (some) =>
      node.rollcallRevokeMatching(0, now, ...shared, ...some.map(this.#keyOf)),
    )
    return replies.map((reply) => (typeof reply === 'number' ? [reply, 0] : Array.isArray(reply) ? reply : null))
  }

  /** How many sessions of each user were revoked. */
  async revokeSelected(
    node: Redis,
    selected: readonly Selected[],
    now: number,
    operation: StartedOperation,
  ): Promise<(number | null)[]> {
    const replies = await this.#run(node, selected, partOf, (some) => {
      const users = some.map(({ userTag, ids }) => ({
        key: this.#keyOf(userTag),
        ids,
        events: this.#eventsOf(userTag),
      }))
      return node.rollcallRevokeSelectedOfMany(0, now, ...this.#argumentsOf(operation, now), JSON.stringify(users))
    })
    return replies.map((reply) => (typeof reply === 'number' ? reply : null))
  }

  #argumentsOf({ id, reason, startedAt }: StartedOperation, now: number): OperationArguments {
    const channelOfAll = nameInRedis(this.#redis, clockKey(this.#keyPrefix))
    return [JSON.stringify({ id, reason }), channelOfAll, ...createdBounds(startedAt, now)]
  }

  #eventsOf(userTag: string): string | undefined {
    return this.#events ? nameInRedis(this.#redis, eventsKey(this.#keyPrefix, userTag)) : undefined
  }

  readonly #keyOf = (userTag: string): string => nameInRedis(this.#redis, sessionsKey(this.#keyPrefix, userTag))

  /**
   * The replies for all items, in their order. A script may reply for the first ones of its part alone; the next part begins
   * with the others.
   *
   * It runs one script after the other. Redis runs all that it finds in 16 KiB of a connection before it looks at the next one.
   * Validations would wait for that.
   *
   * @param part Gives those of the first items that fit one script.
   */
  async #run<Item, Reply>(
    node: Redis,
    items: readonly Item[],
    part: (items: readonly Item[]) => readonly Item[],
    send: (some: readonly Item[]) => Promise<Reply[]>,
  ): Promise<Reply[]> {
    defineScripts(node)
    const replies: Reply[] = []
    while (replies.length < items.length)
      replies.push(...(await rejectUnavailable(send(part(items.slice(replies.length))))))
    return replies
  }
}

const atMost =
  (count: number) =>
  <Item>(items: readonly Item[]): readonly Item[] =>
    items.slice(0, count)

/** Users for one script, with not too many sessions. A single user may have more. */
function partOf(users: readonly Selected[]): readonly Selected[] {
  let sessions = 0
  const end = users.findIndex(({ ids }, at) => {
    sessions += ids.length
    return at > 0 && (at === MAX_CHANGED || sessions > MAX_REVOKED)
  })
  return end === -1 ? users : users.slice(0, end)
}

function toFields(reply: readonly (Buffer | number)[]): (readonly [string, Buffer])[] {
  return reply.flatMap((value, at) => {
    const field = at % 2 === 1 ? reply[at - 1] : undefined
    return field instanceof Buffer && value instanceof Buffer ? [[field.toString(), value] as const] : []
  })
}
