import type { Cluster, Redis } from 'ioredis'
import type { ListedUsers, OperationFilter } from './filter.js'
import type { OperationUsers } from './operation.js'
import { operationKey, reply, RETENTION_MS } from './redis.js'

/** Users whom one command writes or reads. */
const BATCH = 500
/** Users whose ids an operation holds itself. */
const MAX_HELD = 10
const MAX_SHOWN = 3

// A full Redis takes it only from a script that has deleted.
const ADD = `
redis.call('ZREM', KEYS[1], '')
for at = 2, #ARGV do
  redis.call('ZADD', KEYS[1], 0, ARGV[at])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('ZCARD', KEYS[1])`

/**
 * The ids of the users of operations. An operation is saved and listed often, so many ids do not stand in it. A sorted set beside it
 * has them, each once and by its name.
 */
export interface UserLists {
  /**
   * Stores users in the list of an operation, if they are many. It may be repeated.
   *
   * @returns The users as the filter of the operation holds them.
   */
  write(id: string, users: Iterable<string> | AsyncIterable<string>): Promise<readonly string[] | ListedUsers>
  /**
   * The users of an operation, in batches as they are asked for; `null` if its filter has none. It can be read again.
   *
   * @throws {Error} at the end, if some are lost.
   */
  read(id: string, filter: OperationFilter | null): OperationUsers | null
  /** For an operation that is resumed: the list stays for 90 days more, as the operation does. */
  renew(id: string, filter: OperationFilter | null): Promise<void>
  /** For an operation that nobody can resume. If it fails, Redis forgets them 90 days later. */
  delete(id: string, filter: OperationFilter | null): Promise<void>
}

export function createUserLists(redis: Redis | Cluster, keyPrefix: string): UserLists {
  const keyOf = (id: string): string => `${operationKey(keyPrefix, id)}:users`

  const drop = async (id: string): Promise<unknown> => reply(redis.unlink(keyOf(id)))

  async function* readAll(id: string, count: number): AsyncGenerator<string, void> {
    let read = 0
    for (let from = '-'; ;) {
      const batch = await reply(redis.zrange(keyOf(id), from, '+', 'BYLEX', 'LIMIT', 0, BATCH))
      yield* batch
      read += batch.length
      if (batch.length < BATCH) break
      from = `(${batch.at(-1) ?? ''}`
    }
    if (read < count) throw new Error(`Redis has lost ${count - read} of its ${count} users`)
  }

  return {
    async write(id, users) {
      const listed = { count: 0, first: [] as string[] }
      await drop(id) // an earlier attempt may have left a part
      try {
        for await (const batch of batchesOf(users)) {
          if (listed.count === 0) {
            if (batch.size <= MAX_HELD) return [...batch] // there is no other one
            listed.first = [...batch].slice(0, MAX_SHOWN)
          }
          listed.count = Number(await reply(redis.eval(ADD, 1, keyOf(id), RETENTION_MS, ...batch)))
        }
      } catch (error) {
        await drop(id).catch(() => undefined)
        throw error
      }
      return listed
    },

    read(id, filter) {
      const users = filter?.users
      if (users === undefined) return null
      if (isArray(users)) return { count: users.length, [Symbol.asyncIterator]: () => each(users) }
      return { count: users.count, [Symbol.asyncIterator]: () => readAll(id, users.count) }
    },

    async renew(id, filter) {
      if (hasList(filter)) await reply(redis.pexpire(keyOf(id), RETENTION_MS))
    },

    async delete(id, filter) {
      if (hasList(filter)) await drop(id)
    },
  }
}

const hasList = (filter: OperationFilter | null): boolean => filter?.users !== undefined && !isArray(filter.users)

const isArray = (users: OperationFilter['users']): users is readonly string[] => Array.isArray(users)

async function* each(users: readonly string[]): AsyncGenerator<string, void> {
  yield* users
}

/** Each but the last one is full. */
async function* batchesOf(users: Iterable<string> | AsyncIterable<string>): AsyncGenerator<Set<string>, void> {
  let batch = new Set<string>()
  for await (const userId of users) {
    if (batch.add(userId).size < BATCH) continue
    yield batch
    batch = new Set()
  }
  if (batch.size > 0) yield batch
}
