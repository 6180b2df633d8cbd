import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSessionChanges, createSessionEvents, redisOptions, SessionStoreUnavailableError } from '../src/index.js'
import { happens, startStore } from './helpers.js'
import { eventually } from './retry.js'

// The server's own pause, as of a busy machine or a long collection of garbage, is no outage of Redis.

/** Milliseconds: longer than any limit. */
const STALL_MS = 600
const STALLS = 5

let t: Awaited<ReturnType<typeof startStore>>
let token: string
beforeAll(async () => {
  t = await startStore({}, redisOptions)
  token = (await t.signIn()).token
})
afterAll(() => t[Symbol.asyncDispose]())

function stall(): void {
  const end = performance.now() + STALL_MS
  while (performance.now() < end);
}

/** The stall begins this far after the command was asked for: before it leaves, or while Redis answers. */
const moments: Record<string, (begin: () => void) => unknown> = {
  'at once': (begin) => begin(),
  'after the microtasks': (begin) => process.nextTick(begin),
  'in a timer': (begin) => setTimeout(begin),
  'after the sockets were read': (begin) => setImmediate(begin),
  'a turn later': (begin) => setImmediate(() => setImmediate(begin)),
  'just before the limit': (begin) => setTimeout(begin, redisOptions.commandTimeout / 2),
}

const operations: Record<string, () => Promise<unknown>> = {
  create: () => t.store.create({ userId: 'ada' }),
  list: () => t.store.list('ada'),
  'revoke all': () => t.store.revokeAll('bob'),
  'one lookup': () => t.store.validate(token),
  'many lookups': () => Promise.all(Array.from({ length: 40 }, () => t.store.validate(token))),
  events: () => createSessionEvents({ redis: t.redis }).acquireSweepLease(1),
}

test.each(Object.entries(moments))('a stall that begins %s is no outage for any operation', async (_, begin) => {
  const answers = Object.values(operations).map((run) => run())
  begin(stall)
  await Promise.all(answers)
})

test('several stalls, one after the other, are no outage, and close no healthy connection', async () => {
  let closed = 0
  t.redis.on('close', () => (closed += 1))
  const answers: Promise<unknown>[] = []
  for (let n = 0; n < STALLS; n += 1) {
    answers.push(t.store.validate(token), t.store.list('ada'))
    stall()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(answers)
  expect(closed).toBe(0)
})

test('with replicas to confirm: the stall of a server is none of Redis either', async () => {
  await using replicated = await startStore({ durability: 'replicated' }, redisOptions)
  const { session } = await replicated.signIn()
  const first = replicated.store.revoke('ada', session.id)
  setTimeout(() => setImmediate(stall), 10)
  // There is no replica, and Redis says so: an answer, not a timeout.
  await expect(first).rejects.toMatchObject({ name: 'NotReplicatedError' })
})

test('the connection that listens for changes stays, and nothing is missed', async () => {
  const changes = createSessionChanges({ redis: t.redis })
  const received: string[] = []
  const listen = (userId: string) => changes.watch(userId, ({ kind }) => received.push(`${userId}: ${kind}`))
  const receives = (count: number) => eventually(`${count} changes are received`, () => received.length >= count)
  listen('eve')
  await receives(1)
  listen('bob')
  setImmediate(() => setImmediate(stall)) // Redis is about to confirm the second subscription
  await receives(2)
  await t.store.create({ userId: 'eve' })
  await receives(3)
  expect(received).toEqual(['eve: live', 'bob: live', 'eve: created'])
  changes.close()
})

test('the near-cache keeps its connection, and answers again after the stall', async () => {
  await using near = await startStore({ nearCache: { lease: 1_000 } }, redisOptions)
  const signedIn = await near.signIn()
  const waitForCache = async (): Promise<void> => {
    await eventually(
      'the session is remembered',
      async () => (await near.commandsOf(() => near.store.validate(signedIn.token)))['hget'] === undefined,
    )
  }
  await waitForCache()
  const connections = async () => String(await near.redis.client('LIST')).match(/^id=\d+/gm)
  const before = await connections()
  const { ping } = Redis.prototype
  const sent = new Promise<void>((resolve) => {
    const signOfLife = function signOfLife(this: Redis) {
      Redis.prototype.ping = ping
      setImmediate(() => setImmediate(resolve))
      return this.ping()
    }
    Object.assign(Redis.prototype, { ping: signOfLife })
  })
  await sent
  stall() // the answer to the sign of life arrives during it
  await new Promise((resolve) => setImmediate(resolve))
  await waitForCache()
  expect(await connections()).toEqual(before)
})

test('an idle connection stays, also if the reader of replies comes last, as in ioredis 5.4.1 with a password', async () => {
  const { stream } = t.redis
  stream.once = stream.prependOnceListener
  await t.redis.ping()
  let isOpen = true
  stream.once('close', () => (isOpen = false))
  await new Promise((resolve) => setTimeout(resolve, 2 * redisOptions.socketTimeout))
  expect(isOpen).toBe(true)
})

test('a Redis that hangs is an outage after the limit, stall or not', async () => {
  process.kill(t.server.pid, 'SIGSTOP')
  const closed = happens(t.redis, 'close')
  try {
    const answer = t.store.validate(token)
    answer.catch(() => undefined)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    stall()
    await expect(answer).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    await closed
  } finally {
    process.kill(t.server.pid, 'SIGCONT')
  }
  await t.back()
  expect(await t.store.validate(token)).not.toBeNull()
})
