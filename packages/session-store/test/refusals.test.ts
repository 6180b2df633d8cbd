import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { createSessionOperator, createSessionStore, redisOptions, SessionStoreUnavailableError } from '../src/index.js'

// A Redis that refuses a command is distinguished from one that is away.

let server: PrivateRedis
let admin: Redis
beforeAll(async () => {
  server = await startRedis()
  admin = new Redis(server.url)
})
afterAll(async () => {
  admin.disconnect()
  await server.stop()
})
beforeEach(() => admin.flushall())

/** A store of a user with this access list. */
async function storeWith(...rules: string[]) {
  await admin.acl('SETUSER', 'narrow', 'reset', 'on', '>secret', '~*', '&*', '+@all', ...rules)
  const options = { ...redisOptions, commandTimeout: 10_000, socketTimeout: 10_000 }
  const redis = new Redis(server.url, { ...options, username: 'narrow', password: 'secret' })
  onTestFinished(() => redis.disconnect())
  await new Promise((resolve) => redis.once('ready', resolve))
  return { redis, store: createSessionStore({ redis, onEvent: () => undefined }) }
}

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => error,
  )

test.each(['time', 'hset', 'hget'])('an access list without %s is a refusal of it', async (command) => {
  const created = await (await storeWith()).store.create({ userId: 'ada' })
  const { store } = await storeWith(`-${command}`)
  const work = command === 'hget' ? store.validate(created?.token ?? '') : store.create({ userId: 'ada' })
  const failure = await failureOf(work)
  expect(failure).toBeInstanceOf(SessionStoreUnavailableError)
  expect(failure).toMatchObject({ refused: command, message: `Redis refuses the command ${command}` })
})

test('a key of another type is a refusal of the command that meets it', async () => {
  const { store } = await storeWith()
  const created = await store.create({ userId: 'ada' })
  const [key = ''] = await admin.keys('user:{*}:waiting')
  await admin.set(key, 'no hash')
  expect(await failureOf(store.revoke('ada', created?.session.id ?? ''))).toMatchObject({ refused: 'hlen' })
  await store.create({ userId: 'bob' })
  const [sessions = ''] = await admin.keys('user:{*}:sessions')
  await admin.set(sessions, 'no hash')
  expect(await failureOf(store.list('bob'))).toMatchObject({ refused: 'hgetall' })
})

test('a full Redis, one that can only be read, and one that is away refuse nothing', async () => {
  const { redis, store } = await storeWith()
  await admin.config('SET', 'maxmemory', 1)
  onTestFinished(async () => void (await admin.config('SET', 'maxmemory', 0)))
  const outage = { refused: null, message: 'The session store is unavailable' }
  expect(await failureOf(store.create({ userId: 'ada' }))).toMatchObject(outage)
  await admin.config('SET', 'maxmemory', 0)
  await admin.replicaof('127.0.0.1', '1')
  expect(await failureOf(store.create({ userId: 'ada' }))).toMatchObject(outage)
  await admin.replicaof('NO', 'ONE')
  redis.disconnect()
  expect(await failureOf(store.create({ userId: 'ada' }))).toMatchObject(outage)
})

test('a script that somebody kills is an outage', async () => {
  const { redis } = await storeWith()
  await admin.config('SET', 'busy-reply-threshold', 1) // milliseconds before a script can be killed
  const killed = failureOf(redis.eval('while true do end', 0))
  await expect.poll(() => admin.script('KILL').catch(() => 'not yet')).toBe('OK')
  const failure = await killed
  expect(failure).toMatchObject({ message: expect.stringContaining('Script killed by user') })
  expect(new SessionStoreUnavailableError(failure)).toMatchObject({ refused: null })
})

test.each([
  ["redis.call('XADD', KEYS[1], '*', 'a', 'b')", 'the command xadd'],
  ["redis.call('GET', 'other')", 'a key to the command get'],
  ["redis.call('PUBLISH', 'other', '')", 'a channel to the command publish'],
  ["redis.call('NONE')", 'the command none'],
  ["redis.call('GET')", 'the command get'],
  ['error(1)', 'the command eval'],
  ['no script', 'the command eval'],
])('a script of the application, %s: Redis refuses %s', async (line, refused) => {
  const { redis } = await storeWith('-xadd', 'resetkeys', '~user:*', 'resetchannels')
  const failure = await failureOf(redis.eval(`local first\n${line}`, 1, 'user:1'))
  expect(new SessionStoreUnavailableError(failure).message).toBe(`Redis refuses ${refused}`)
})

test('a key that the access list denies is distinguished from a command', async () => {
  const created = await (await storeWith()).store.create({ userId: 'ada' })
  const { store } = await storeWith('resetkeys', '~other')
  const denied = { refused: 'hget', message: 'Redis refuses a key to the command hget' }
  expect(await failureOf(store.validate(created?.token ?? ''))).toMatchObject(denied)
})

test('an operator finds out whether events can be appended, and changes nothing', async () => {
  const narrow = await storeWith('-pexpire')
  expect(await failureOf(createSessionOperator({ redis: narrow.redis }).checkEvents())).toMatchObject({
    refused: 'pexpire',
  })
  await createSessionOperator({ redis: narrow.redis, events: false }).checkEvents()
  const { redis } = await storeWith()
  await admin.config('SET', 'maxmemory', 1)
  onTestFinished(async () => void (await admin.config('SET', 'maxmemory', 0)))
  await createSessionOperator({ redis }).checkEvents() // a full one takes them from a script that has deleted
  expect(await admin.dbsize()).toBe(0)
})
