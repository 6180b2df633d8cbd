import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Redis } from 'ioredis'
import {
  createSessionExport,
  createSessionStore,
  defaultTimeouts,
  NotReplicatedError,
  redisOptions,
  SessionStoreUnavailableError,
} from '../src/index.js'
import { happens, longTimeouts, startStore } from './helpers.js'
import { until } from './retry.js'

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore({}, redisOptions)
})
afterAll(() => t[Symbol.asyncDispose]())

type Signed = Awaited<ReturnType<typeof t.signIn>>

const operations: Record<string, (signed: Signed) => Promise<unknown>> = {
  create: () => t.store.create({ userId: 'ada' }),
  validate: ({ token }) => t.store.validate(token),
  touch: ({ session }) =>
    t.store.touch({ ...session, lastSeenAt: new Date(t.clock.now - defaultTimeouts.touchInterval) }),
  update: ({ token }) => t.store.update(token, {}),
  rotate: ({ token }) => t.store.rotate(token),
  list: () => t.store.list('ada'),
  count: () => t.store.count('ada'),
  revoke: ({ session }) => t.store.revoke('ada', session.id),
  'revoke many': ({ session }) => t.store.revokeMany('ada', [session.id]),
  'revoke others': ({ token }) => t.store.revokeOthers(token),
  'revoke all': () => t.store.revokeAll('ada'),
}

async function everyOperationIsUnavailable(signed: Signed): Promise<void> {
  for (const [name, run] of Object.entries(operations)) {
    const error = await run(signed).then(
      () => null,
      (reason: unknown) => reason,
    )
    expect(error, name).toBeInstanceOf(SessionStoreUnavailableError)
    // The arguments of the command, such as the hash of the secret, must not reach a log.
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error)), name).not.toContain('args')
  }
}

async function connectTo(url: string) {
  const redis = new Redis(url, { lazyConnect: true })
  await redis.connect()
  return { redis, [Symbol.asyncDispose]: async () => redis.disconnect() }
}

describe('an outage is an error of its own, within the timeout', () => {
  test('a hung Redis; the session is still there when it answers again', async () => {
    const signed = await t.signIn()
    process.kill(t.server.pid, 'SIGSTOP')
    const began = performance.now()
    await everyOperationIsUnavailable(signed)
    const took = performance.now() - began
    process.kill(t.server.pid, 'SIGCONT')
    await t.back()
    expect((await t.store.list('ada')).length).toBeGreaterThan(0)
    // A bound against hanging, not a measurement: each operation gives up after one command timeout.
    expect(took).toBeLessThan(Object.keys(operations).length * redisOptions.commandTimeout * 3)
  })

  test('a Redis that hangs for long: the circuit opens, nothing waits or queues, and closes by itself', async () => {
    // A command that was sent would wait for so long, and so would the test.
    await using hanging = await startStore({}, { ...redisOptions, commandTimeout: 60_000 })
    const { token } = await hanging.signIn()
    process.kill(hanging.server.pid, 'SIGSTOP')
    const opened = happens(hanging.redis, 'close')
    await expect(hanging.store.validate(token)).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    await opened
    const refusals = Array.from({ length: 5_000 }, () => hanging.store.validate(token).catch((error: unknown) => error))
    for (const refusal of await Promise.all(refusals)) expect(refusal).toBeInstanceOf(SessionStoreUnavailableError)

    process.kill(hanging.server.pid, 'SIGCONT')
    await hanging.back()
    expect(await hanging.store.validate(token)).not.toBeNull()
  })

  test('a killed Redis, and back without a restart of ours', async () => {
    const signed = await t.signIn()
    const closed = happens(t.redis, 'close')
    process.kill(t.server.pid, 'SIGKILL')
    await closed
    await everyOperationIsUnavailable(signed)
    const ready = happens(t.redis, 'ready')
    await t.server.restart()
    await ready
    expect(await t.store.validate(signed.token)).toBeNull() // this Redis keeps nothing
    expect(await t.store.validate((await t.signIn()).token)).not.toBeNull()
  })

  test('a connection that breaks fails what is in flight on it at once', async () => {
    const redis = new Redis(t.server.url, { ...longTimeouts, lazyConnect: true })
    redis.on('error', () => undefined)
    await redis.connect()
    process.kill(t.server.pid, 'SIGSTOP')
    const began = performance.now()
    const answer = createSessionStore({ redis }).list('ada')
    redis.stream.destroy()
    await expect(answer).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    expect(performance.now() - began).toBeLessThan(longTimeouts.commandTimeout / 2)
    process.kill(t.server.pid, 'SIGCONT')
    redis.disconnect()
    await t.back()
  })

  test('a client that is closed and connected again by hand: replicas confirm revocations as before', async () => {
    await using replicated = await startStore({ durability: 'replicated' })
    const { redis, store } = replicated
    createSessionStore({ redis, durability: 'replicated' }) // as after a hot reload
    await using admin = await connectTo(replicated.server.url)
    const countConnections = async () => ((await admin.redis.client('LIST')) as string).split('\n').length - 2
    await until('the stores share a connection for revocations', async () => (await countConnections()) === 2)
    const { session, token } = await replicated.signIn()
    const ended = happens(redis, 'end')
    redis.disconnect()
    await ended
    await until('both are closed', async () => (await countConnections()) === 0)
    await redis.connect()
    const revoke = () => store.revoke('ada', session.id)
    // There is no replica, and Redis says so: an answer, not a closed connection.
    await expect(revoke()).rejects.toBeInstanceOf(NotReplicatedError)
    expect(await store.validate(token)).toBeNull()
    await until('the other connection is back', async () => (await countConnections()) === 2)
    await expect(revoke()).rejects.toBeInstanceOf(NotReplicatedError)
    redis.disconnect()
    await until('both are closed again', async () => (await countConnections()) === 0)
  })

  test('without a replica, a proof still gives the device its new secret: it would be signed out otherwise', async () => {
    await using replicated = await startStore({ durability: 'replicated' })
    const { store } = replicated
    const { token } = await replicated.signIn()
    const proved = await store.rotate(token, { reauthenticated: true, data: { method: 'password' } })
    expect(await store.validate(token)).toBeNull()
    expect(await store.validate(proved?.token ?? '')).toMatchObject({ data: { method: 'password' } })
    expect(await store.rotate(token)).toBeNull()
    // That a password change revoked the others is what must not be lost.
    await expect(store.rotate(proved?.token ?? '', { credentialChange: true })).rejects.toBeInstanceOf(
      NotReplicatedError,
    )
  })

  test('a Redis that is full refuses new sessions and keeps the others', async () => {
    const signed = await t.signIn()
    await t.redis.config('SET', 'maxmemory', '1')
    await expect(t.store.create({ userId: 'ada' })).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    expect(await t.store.validate(signed.token)).not.toBeNull()
    expect(await t.store.revoke('ada', signed.session.id)).toBe(1)
    await t.redis.config('SET', 'maxmemory', '0')
  })

  test('a Redis that is full lets sessions move away', async () => {
    const { token, session } = await t.signIn()
    const exported = createSessionExport({ redis: t.redis, clock: () => t.clock.now })
    const read = []
    for await (const batch of exported.batches()) read.push(...batch)
    await t.redis.config('SET', 'maxmemory', '1')
    const left = await exported.remove(read.filter(({ id }) => id === session.id))
    await t.redis.config('SET', 'maxmemory', '0')
    expect(left).toEqual(new Map())
    expect(await t.store.validate(token)).toBeNull()
  })

  test('a Redis that lost its scripts is taught them again', async () => {
    const { token } = await t.signIn('bob')
    await t.redis.script('FLUSH')
    expect(await t.store.revokeOthers(token)).toBe(0)
    expect(await t.store.validate(token)).not.toBeNull()
  })
})
