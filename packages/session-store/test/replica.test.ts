import { startPair } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import {
  createSessionOperator,
  createSessionStore,
  NotReplicatedError,
  type SessionOperator,
  type SessionStore,
} from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { happens, longTimeouts } from './helpers.js'
import { answer } from './retry.js'

// From Redis 7.2 and Valkey 7.2 on, WAIT covers what its connection has written. Before that, it covers what the master had
// when the connection last sent a command. So a call that finds nothing to revoke must write all the same. That is checked on every
// server; what would follow from it shows on a later one alone.

const program = inject('backend') === 'Valkey' ? 'valkey-server' : undefined
let pair: Awaited<ReturnType<typeof startPair>>

beforeAll(async () => {
  pair = await startPair(program && { program })
})
afterAll(() => pair.stop())
beforeEach(async () => {
  await using admin = await connect()
  await admin.redis.flushall()
})

async function connect() {
  const redis = new Redis(pair.master().port, '127.0.0.1', { ...longTimeouts, lazyConnect: true })
  redis.on('error', () => undefined)
  await redis.connect()
  return {
    redis,
    [Symbol.asyncDispose]: async () => {
      const ended = happens(redis, 'end')
      redis.disconnect()
      await ended
    },
  }
}

/** As of a server of its own: none of its connections has written anything yet. */
async function startServer() {
  const { redis, [Symbol.asyncDispose]: dispose } = await connect()
  return {
    store: createSessionStore({ redis, durability: 'replicated' }),
    operator: createSessionOperator({ redis, durability: 'replicated' }),
    [Symbol.asyncDispose]: dispose,
  }
}

/** How many writes of hashes the replica has received. */
async function writesOfReplica(): Promise<number> {
  const replica = new Redis(pair.nodes[1].server.url)
  const stats = await replica.info('commandstats')
  replica.disconnect()
  return Number(/cmdstat_hset:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}

type Call = (server: { store: SessionStore; operator: SessionOperator }, signed: Signed) => Promise<unknown>
type Signed = NonNullable<Awaited<ReturnType<SessionStore['create']>>>

/** Each has nothing left to do. */
const repetitions: Record<string, Call> = {
  revoke: ({ store }, { session }) => store.revoke('ada', session.id),
  revokeMany: ({ store }, { session }) => store.revokeMany('ada', [session.id]),
  revokeOthers: ({ store }, { token }) => store.revokeOthers(token),
  revokeAll: ({ store }) => store.revokeAll('ada'),
  rotate: ({ store }, { token }) => store.rotate(token, { credentialChange: true }),
  'the confirmation of an operation': ({ operator }) => operator.confirm(),
}

describe.each(Object.entries(repetitions))('%s, where there is nothing left to revoke', (_, repeat) => {
  test('writes something, which the replica has when it resolves', async () => {
    await using first = await startServer()
    await using second = await startServer()
    const signed = await first.store.create({ userId: 'ada' })
    if (signed === null) throw new Error('The sign-in was refused')
    await answer(() => first.store.revoke('ada', signed.session.id))
    const before = await writesOfReplica()
    await answer(() => repeat(second, signed))
    expect(await writesOfReplica()).toBeGreaterThan(before)
    expect(await first.store.list('ada')).toEqual([])
    await using admin = await connect()
    expect(await admin.redis.exists(`user:{${userTagOf('ada')}}:sessions`)).toBe(0)
  })

  test('fails as long as no replica has what another server has revoked', async () => {
    await using first = await startServer()
    await using second = await startServer()
    const signed = await first.store.create({ userId: 'ada' })
    if (signed === null) throw new Error('The sign-in was refused')
    await answer(() => first.operator.confirm())
    const { pid } = pair.nodes[1].server
    process.kill(pid, 'SIGSTOP')
    try {
      await expect(first.store.revoke('ada', signed.session.id)).rejects.toBeInstanceOf(NotReplicatedError)
      await expect(repeat(second, signed)).rejects.toBeInstanceOf(NotReplicatedError)
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await answer(() => repeat(second, signed))
  })
})

test('a full Redis takes a revocation that finds nothing, too', async () => {
  await using server = await startServer()
  await using admin = await connect()
  await admin.redis.config('SET', 'maxmemory', '1')
  try {
    expect(await answer(() => server.store.revokeAll('ada'))).toBe(0)
    await answer(() => server.operator.confirm())
  } finally {
    await admin.redis.config('SET', 'maxmemory', '0')
  }
})
