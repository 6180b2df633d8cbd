import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { redisOptions, SessionStoreUnavailableError } from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { happens, longTimeouts, startStore } from './helpers.js'

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.flush())
afterEach(() => void vi.restoreAllMocks())

const people = (count: number) => Promise.all(Array.from({ length: count }, (_, n) => t.signIn(`user-${n}`)))
const validateAll = (signed: readonly { readonly token: string }[]) =>
  Promise.all(signed.map(({ token }) => t.store.validate(token)))

test('lookups of one turn of the event loop reach Redis in one piece, each with its own answer', async () => {
  const signed = await people(10)
  await t.store.revokeAll('user-3')
  await validateAll(signed.slice(0, 2)) // from here on Redis knows the script
  const { result, reads } = await t.readsOf(() => validateAll(signed))
  expect(result).toEqual(signed.map(({ session }, n) => (n === 3 ? null : session)))
  expect(reads).toBe(1)
})

test('they are one command for 16 of them, and a lookup that is alone is a plain one', async () => {
  const signed = await people(40)
  await validateAll(signed.slice(0, 2))
  const answers: unknown[] = []
  expect(await t.commandsOf(async () => answers.push(...(await validateAll(signed))))).toEqual({ evalsha: 3, hget: 40 })
  expect(answers).toEqual(signed.map(({ session }) => session))
  expect(await t.commandsOf(() => validateAll(signed.slice(0, 1)))).toEqual({ hget: 1 })
})

test('lists of one turn of the event loop leave in one write, turn after turn', async () => {
  const socket = t.redis.stream
  const writes = [vi.spyOn(socket, '_write'), vi.spyOn(socket, '_writev')]
  for (let turn = 1; turn <= 3; turn += 1) {
    await Promise.all(Array.from({ length: 10 }, (_, n) => t.store.list(`user-${n}`)))
    expect(writes.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBe(turn)
  }
})

test('a touch that is not due costs no command, and a rotation reads data only to merge them', async () => {
  const { token, session } = await t.signIn()
  expect(await t.commandsOf(() => t.store.touch(session))).toEqual({})
  await t.store.rotate(token) // from here on Redis knows the script
  const next = await t.signIn()
  expect(await t.commandsOf(() => t.store.rotate(next.token))).toMatchObject({ evalsha: 1, hget: 1 })
})

test('a key that cannot be read is an outage for its own user alone', async () => {
  const signed = await people(3)
  await t.redis.set(`user:{${userTagOf('user-1')}}:sessions`, 'no hash')
  const [first, second, third] = await Promise.allSettled(signed.map(({ token }) => t.store.validate(token)))
  expect(first).toMatchObject({ value: signed[0]?.session })
  expect(second).toMatchObject({
    reason: {
      name: 'SessionStoreUnavailableError',
      cause: { message: expect.stringContaining('WRONGTYPE') as string },
    },
  })
  expect(third).toMatchObject({ value: signed[2]?.session })
})

test('Redis may have forgotten the script', async () => {
  const signed = await people(3)
  await validateAll(signed)
  await t.redis.script('FLUSH')
  expect(await validateAll(signed)).toEqual(signed.map(({ session }) => session))
})

test('they go on while writes are held back, as in a failover', async () => {
  const signed = await people(3)
  await validateAll(signed)
  const admin = t.redis.duplicate()
  await admin.connect()
  await admin.client('PAUSE', 60_000, 'WRITE')
  try {
    expect(await validateAll(signed)).toEqual(signed.map(({ session }) => session))
  } finally {
    await admin.client('UNPAUSE')
    admin.disconnect()
  }
})

describe('in an outage each of them fails, and none is left waiting', () => {
  async function allFail(signed: Awaited<ReturnType<typeof people>>): Promise<void> {
    const failures = await Promise.all(
      signed.map(({ token }) => t.store.validate(token).catch((error: unknown) => error)),
    )
    for (const failure of failures) expect(failure).toBeInstanceOf(SessionStoreUnavailableError)
  }

  async function areBack(signed: Awaited<ReturnType<typeof people>>): Promise<void> {
    await t.back()
    expect(await validateAll(signed)).toEqual(signed.map(({ session }) => session))
  }

  test('without a connection', async () => {
    const signed = await people(20)
    const closed = happens(t.redis, 'close')
    t.redis.disconnect(true)
    await allFail(signed)
    await closed
    await areBack(signed)
  })

  test('on a connection that breaks under them', async () => {
    const signed = await people(20)
    process.kill(t.server.pid, 'SIGSTOP')
    t.redis.options.commandTimeout = redisOptions.commandTimeout // ioredis keeps what was under way for its next connection
    const failing = allFail(signed)
    setImmediate(() => setImmediate(() => t.redis.disconnect(true))) // they have left by then
    await failing
    t.redis.options.commandTimeout = longTimeouts.commandTimeout
    process.kill(t.server.pid, 'SIGCONT')
    await areBack(signed)
  })
})
