import { randomBytes } from 'node:crypto'
import { operationsChannel, operationsKey } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import { z } from 'zod'
import { OperationStateError, OperationTakenOverError, UnknownOperationError } from './errors.js'
import { filterFromJson } from './filter.js'
import type { Operation } from './operation.js'
import { operationKey, reply, RETENTION_MS } from './redis.js'

/** A page reads all of these. */
const MAX_LISTED = 100
/** Operations that are not done are listed besides: they can be resumed, and an alert looks for them. */
const MAX_OPEN = 1_000

/** A run saves its operation four times a second. After so long a silence it counts as gone, and another one may begin. */
const LEASE_MS = 10_000

// Scripts of one step each. They delete before they write: a full Redis takes other writes only from a script that has deleted.
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`
// No run has a lease for longer. A later time was written before the clock of Redis went back, as it may in a failover.
// A run of an earlier version has no lease, but dates what it saves.
const LEASE = `${NOW}
local lease, run, stop, state, updatedAt = unpack(
  redis.call('HMGET', KEYS[1], 'lease', 'run', 'stop', 'state', 'updatedAt'))
if not lease and state == 'running' then
  lease = tostring((tonumber(updatedAt) or 0) + ${LEASE_MS})
end
local isHeld = lease and tonumber(lease) > now and tonumber(lease) <= now + ${LEASE_MS}`
const BEGIN = `${LEASE}
if state == 'done' then
  return state
end
if isHeld and run ~= ARGV[1] then
  return { lease, stop or '' }
end
redis.call('HDEL', KEYS[1], 'stop')
redis.call('HSET', KEYS[1], 'run', ARGV[1], 'lease', now + ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`
const SAVE = `${NOW}
local run, stop = unpack(redis.call('HMGET', KEYS[1], 'run', 'stop'))
if run and run ~= ARGV[1] then
  return 'taken over'
end
redis.call('HDEL', KEYS[1], 'lease')
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'lease', now + ARGV[3])
end
redis.call('HSET', KEYS[1], 'run', ARGV[1], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[4], KEYS[1])
return stop`
const STOP = `
redis.call('HDEL', KEYS[1], '')
redis.call('HSET', KEYS[1], 'stop', '1')
redis.call('PUBLISH', ARGV[1], KEYS[1])`
const ADD_TO_INDEX = `${NOW}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])`
const READ = `${LEASE}
return { isHeld and 1 or 0, redis.call('HGETALL', KEYS[1]) }`

/** The operations in Redis: a hash for each, and their ids by the time at which they began. */
export interface OperationLog {
  /**
   * Takes the lease of the operation, unless another run has it. Withdraws what asked an earlier run to stop. It may be repeated.
   *
   * @returns The lease of the other run, or `null`.
   * @throws {OperationStateError} if the operation is done.
   */
  begin(id: string, run: string): Promise<Lease | null>
  /**
   * Stores an operation. Renews the lease of its run, or gives it back if the operation does not run any more.
   *
   * @returns Whether somebody asked it to stop.
   * @throws {OperationTakenOverError} if another run has begun.
   */
  save(operation: Operation, run: string): Promise<boolean>
  /** @throws {UnknownOperationError} */
  read(id: string): Promise<Operation>
  /** The newest 100 and all that are not done, newest first. */
  list(): Promise<Operation[]>
  /** Asks it to stop. */
  stop(id: string): Promise<void>
}

interface Lease {
  /** Changes whenever its run renews it. */
  readonly until: string
  /** Somebody has asked its run to stop. */
  readonly isToStop: boolean
}

const found = z.tuple([z.number(), z.array(z.string())])
const heldLease = z.tuple([z.string(), z.string()]).nullable()
const count = z.coerce.number().nonnegative()

const stored = z.object({
  id: z.string(),
  action: z.string().default('revoke'), // an earlier version stored none
  filter: z.string(),
  keep: z.string(),
  reason: z.string(),
  note: z.string(),
  startedBy: z.string(),
  startedAt: z.coerce.number(),
  updatedAt: z.coerce.number(),
  state: z.enum(['running', 'stopped', 'done', 'failed']),
  scanned: count,
  matched: count,
  revoked: count,
  alreadyGone: count,
  failed: count,
  share: count,
  rate: count,
  millisecondsLeft: z.string(),
  error: z.string(),
  stop: z.string().optional(),
})

/** Sorts by time, and is easy to type. */
export function newOperationId(startedAt: Date): string {
  const digits = startedAt.toISOString().replaceAll(/\D/g, '')
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${randomBytes(3).toString('hex')}`
}

export function createOperationLog(redis: Redis | Cluster, keyPrefix: string): OperationLog {
  const index = operationsKey(keyPrefix)
  const open = `${index}:open`
  const channel = operationsChannel(redis, keyPrefix)
  const keyOf = (id: string): string => operationKey(keyPrefix, id)

  async function find(id: string): Promise<Operation | null> {
    const [isHeld, fields] = found.parse(await reply(redis.eval(READ, 1, keyOf(id))))
    const { data } = stored.safeParse(Object.fromEntries(pairsOf(fields)))
    return data === undefined ? null : toOperation(data, isHeld === 1)
  }

  return {
    async begin(id, run) {
      const answer = await reply(redis.eval(BEGIN, 1, keyOf(id), run, RETENTION_MS, LEASE_MS))
      if (answer === 'done') throw new OperationStateError(`The operation ${id} is done`)
      const held = heldLease.parse(answer)
      return held && { until: held[0], isToStop: held[1] === '1' }
    },

    async save(operation, run) {
      const { id, startedAt, state } = operation
      // The id first: a list leaves out an id without its hash, but nothing finds a hash without its id.
      for (const key of state === 'done' ? [index] : [index, open])
        await reply(redis.eval(ADD_TO_INDEX, 1, key, startedAt.getTime(), id, RETENTION_MS))
      const fields = Object.entries(toFields(operation)).flat()
      const lease = state === 'running' ? LEASE_MS : ''
      const saved = await reply(redis.eval(SAVE, 1, keyOf(id), run, RETENTION_MS, lease, channel, ...fields))
      if (saved === 'taken over') throw new OperationTakenOverError(id)
      if (state === 'done') await reply(redis.zrem(open, id))
      return saved === '1'
    },

    async read(id) {
      const operation = await find(id)
      if (operation === null) throw new UnknownOperationError(id)
      return operation
    },

    async list() {
      const newest = await reply(redis.zrevrange(index, 0, MAX_LISTED - 1))
      const unfinished = await reply(redis.zrevrange(open, 0, MAX_OPEN - 1))
      const found = await Promise.all([...new Set([...newest, ...unfinished])].map(find))
      const operations = found.flatMap((operation) => operation ?? [])
      return operations.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    },

    stop: async (id) => void (await reply(redis.eval(STOP, 1, keyOf(id), channel))),
  }
}

function toFields(operation: Operation): Record<string, string | number> {
  const { filter, keep, startedAt, updatedAt, millisecondsLeft, error, state, ...rest } = operation
  return {
    ...rest,
    filter: filter === null ? '' : JSON.stringify(filter),
    keep: keep ?? '',
    startedAt: startedAt.getTime(),
    updatedAt: updatedAt.getTime(),
    millisecondsLeft: millisecondsLeft ?? '',
    error: error ?? '',
    state: state === 'interrupted' ? 'running' : state,
  }
}

function pairsOf(fields: readonly string[]): [string, string][] {
  return fields.flatMap((name, n) => (n % 2 === 0 ? [[name, fields[n + 1] ?? '']] : []))
}

function toOperation({ filter, stop, ...fields }: z.infer<typeof stored>, isHeld: boolean): Operation {
  const isRunning = fields.state === 'running'
  return {
    ...fields,
    filter: filter === '' ? null : filterFromJson(filter),
    keep: fields.keep || null,
    startedAt: new Date(fields.startedAt),
    updatedAt: new Date(fields.updatedAt),
    state: isRunning && stop === '1' ? 'stopped' : isRunning && !isHeld ? 'interrupted' : fields.state,
    millisecondsLeft: fields.millisecondsLeft === '' ? null : Number(fields.millisecondsLeft),
    error: fields.error || null,
  }
}
