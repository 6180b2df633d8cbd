/* oxlint-disable max-lines -- One server serves all of it. */
import { createSessionAdmin } from '@rollcall/admin'
import type { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failStatements } from './fail-database.js'
import { type Browser, withRedis, signUpDevice, startServer, type TestServer } from './helpers.js'

// What the page of administrators follows. That each stream refuses a session that does not sign in: guard.test.ts; and anybody
// but an administrator: admin.test.ts.

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const setRole = (email: string, role: string) =>
  sql`update "user" set role = ${role} where email = ${email}`.execute(server.database().kysely)

async function administrator(of = server): Promise<Browser & { email: string }> {
  const device = await signUpDevice(of)
  await sql`update "user" set role = 'admin' where email = ${device.email}`.execute(of.database().kysely)
  return device
}

interface Shown {
  readonly id: string
  readonly state: string
  readonly startedBy: string
  readonly progress: { readonly scanned: number } | null
}

type Stream = Awaited<ReturnType<Browser['stream']>>

async function follow(device: Browser) {
  const stream = await device.stream('admin.operations.changes')
  /** Passes over messages until an operation is as wanted. Fails with whatever else comes. */
  async function until(isWanted: (operation: Shown) => boolean): Promise<Shown> {
    for (;;) {
      const message = await stream.message()
      if (!Array.isArray(message)) throw new Error(`No list: ${JSON.stringify(message)}`)
      const wanted = (message as Shown[]).find(isWanted)
      if (wanted) return wanted
    }
  }
  return { ...stream, until }
}

/** Another process, such as the command: it shares Redis with the server. */
async function elsewhere<T>(
  work: (admin: ReturnType<typeof createSessionAdmin>, redis: Redis) => Promise<T>,
  on = server,
): Promise<T> {
  return withRedis(on.redis, (redis) => work(createSessionAdmin({ redis }), redis))
}

/** The next message but data. */
async function lastOf(stream: Stream): Promise<unknown> {
  let message = await stream.message()
  while (message !== null && !('event' in (message as object))) message = await stream.message()
  return message
}

function raise(): never {
  throw new Error('No stream')
}

/** A bound against waiting for the time after which a stream reads without a message. */
const promptly = 4_000
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work
  expect(performance.now() - started).toBeLessThan(milliseconds)
  return result
}

describe('operations of another process', () => {
  test('are shown with their progress, and when they are done', async () => {
    const boss = await administrator()
    const stream = await follow(boss)
    await stream.message()
    const victims = await Promise.all(Array.from({ length: 4 }, () => signUpDevice(server)))
    const users = await Promise.all(victims.map(async ({ api }) => (await api.session.current.query()).user.id))
    let release = (): void => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    let id = ''
    const running = elsewhere((admin) =>
      admin.revoke(
        { users },
        {
          startedBy: 'the command',
          maxUsersPerSecond: 1,
          onStart: async (operation) => {
            id = operation.id
            await released
          },
        },
      ),
    )
    const begun = await within(
      promptly,
      stream.until(({ startedBy }) => startedBy === 'the command'),
    )
    expect(begun).toMatchObject({ id, state: 'running', progress: { scanned: 0, share: 0 } })
    release()
    const underWay = await within(
      promptly,
      stream.until((operation) => (operation.progress?.scanned ?? 0) > 0),
    )
    expect(underWay).toMatchObject({ id, state: 'running' })
    await elsewhere((admin) => admin.operations.stop(id))
    await within(
      promptly,
      stream.until((operation) => operation.id === id && operation.state === 'stopped'),
    )
    expect((await running).state).toBe('stopped')
    await stream.close()
  })

  test('are shown as interrupted though a process that was killed publishes nothing', async () => {
    await using quick = await startServer({ revalidateEvery: 200 })
    const { id } = await elsewhere((admin) => admin.revoke({ users: ['nobody'] }, { startedBy: 'the command' }), quick)
    const stream = await follow(await administrator(quick))
    await stream.until((operation) => operation.id === id && operation.state === 'done')
    await elsewhere((_, redis) => redis.hset(`user:operation:${id}`, { state: 'running', lease: '0' }), quick)
    await stream.until((operation) => operation.id === id && operation.state === 'interrupted')
    await stream.close()
  })
})

interface ShownPerson {
  readonly operations: readonly Shown[]
  readonly person: { readonly isBanned: boolean }
  readonly devices: readonly { readonly id: string }[]
}

async function followPerson(device: Browser, id: string) {
  const stream = await device.stream(pathOf(id))
  /** Passes over messages until the person has so many devices. Fails with whatever else comes. */
  async function until(isWanted: (shown: ShownPerson) => boolean): Promise<ShownPerson> {
    for (;;) {
      const shown = (await stream.message()) as ShownPerson
      if (!('person' in shown)) throw new Error(`No person: ${JSON.stringify(shown)}`)
      if (isWanted(shown)) return shown
    }
  }
  return { ...stream, until }
}

const pathOf = (id: string): string => `admin.people.changes?input=${encodeURIComponent(JSON.stringify({ id }))}`

describe('a person', () => {
  test('is shown with a session that begins or ends, at once, and with a block by another administrator', async () => {
    const [boss, other, laptop] = [await administrator(), await administrator(), await signUpDevice(server)]
    const { user } = await laptop.api.session.current.query()
    const stream = await followPerson(boss, user.id)
    const shown = await stream.until(({ devices }) => devices.length === 1)
    expect(shown).toEqual({
      ...(await boss.api.admin.people.show.query({ id: user.id })),
      operations: expect.any(Array),
    })
    const phone = server.browser()
    await phone.signIn(laptop.email)
    await within(
      promptly,
      stream.until(({ devices }) => devices.length === 2),
    )
    await laptop.post('/api/auth/sign-out', {})
    await within(
      promptly,
      stream.until(({ devices }) => devices.length === 1),
    )
    await elsewhere((admin) => admin.revoke({ users: [user.id] }, { startedBy: 'the command' }))
    await within(
      promptly,
      stream.until(({ devices }) => devices.length === 0),
    )
    const { id } = await elsewhere((admin) => admin.revoke({ users: ['nobody'] }, { startedBy: 'the command' }))
    await within(
      promptly,
      stream.until(({ operations }) =>
        operations.some((operation) => operation.id === id && operation.state === 'done'),
      ),
    )
    await phone.signIn(laptop.email)
    await stream.until(({ devices }) => devices.length === 1)
    await other.api.admin.people.ban.mutate({ id: user.id })
    await within(
      promptly,
      stream.until(({ devices, person }) => devices.length === 0 && person.isBanned),
    )
    await stream.close()
  })

  test('is shown by a stream that leaves an audit line, as each look at a person does', async () => {
    const boss = await administrator()
    const { user, id: sessionId } = await boss.api.session.current.query()
    const stream = await followPerson(boss, user.id)
    await stream.message()
    expect(server.audits().at(-1)).toMatchObject({
      event: 'administration',
      result: 'ok',
      procedure: 'admin.people.changes',
      userId: user.id,
      sessionId,
      subjectId: user.id,
    })
    await stream.close()
  })

  test('whom nobody knows, or whose account is deleted meanwhile, is a person who is not there', async () => {
    const boss = await administrator()
    const gone = { event: 'serialized-error', data: { data: { code: 'NOT_FOUND' } } }
    expect(await (await followPerson(boss, 'nobody')).message()).toMatchObject(gone)
    const laptop = await signUpDevice(server)
    const { user } = await laptop.api.session.current.query()
    const stream = await followPerson(boss, user.id)
    await stream.message()
    await laptop.api.account.delete.mutate()
    let last = await stream.message()
    while (last !== null && 'person' in (last as object)) last = await stream.message()
    expect(last).toMatchObject(gone)
  })
})

describe.each(['operations', 'people'] as const)('a stream of an administrator, of %s,', (topic) => {
  const open = async (device: Browser) => {
    const { user } = await device.api.session.current.query()
    return device.stream(topic === 'operations' ? 'admin.operations.changes' : pathOf(user.id))
  }

  test('ends with the session at once', async () => {
    const boss = await administrator()
    const stream = await open(boss)
    await stream.message()
    await boss.api.devices.revokeAll.mutate()
    expect(await within(promptly, lastOf(stream))).toMatchObject({
      event: 'serialized-error',
      data: { message: 'Please sign in', data: { code: 'UNAUTHORIZED' } },
    })
    expect(await stream.next()).toBeNull()
  })

  test('ends within the interval after a session was deleted by hand, or the role was taken away in SQL', async () => {
    await using quick = await startServer({ revalidateEvery: 200 })
    const [boss, former] = [await administrator(quick), await administrator(quick)]
    const streams = [await open(boss), await open(former)]
    for (const stream of streams) await stream.message()
    await sql`update "user" set role = 'user' where email = ${former.email}`.execute(quick.database().kysely)
    expect(await lastOf(streams[1] ?? raise())).toMatchObject({ data: { data: { code: 'NOT_FOUND' } } })
    await withRedis(quick.redis, (redis) => redis.flushall())
    expect(await lastOf(streams[0] ?? raise())).toMatchObject({ data: { data: { code: 'UNAUTHORIZED' } } })
  })
})

describe('a stream of an administrator', () => {
  test('ends with the role: as one that does not exist, and shows no later operation', async () => {
    const boss = await administrator()
    const stream = await follow(boss)
    await stream.message()
    await setRole(boss.email, 'user')
    await elsewhere((admin) => admin.revoke({ users: ['nobody'] }, { startedBy: 'somebody else' }))
    expect(await within(promptly, stream.message())).toMatchObject({
      event: 'serialized-error',
      data: { message: 'No procedure found on path "admin.operations.changes"', data: { code: 'NOT_FOUND' } },
    })
    expect(await stream.next()).toBeNull()
  })

  test('beyond ten of a session is refused, and one that is closed makes room and leaves no subscription', async () => {
    await using alone = await startServer()
    const boss = await administrator(alone)
    const streams = await Promise.all(Array.from({ length: 10 }, () => follow(boss)))
    for (const stream of streams) expect(await stream.message()).toEqual([])
    const refused = await follow(boss)
    expect(await refused.message()).toMatchObject({
      event: 'serialized-error',
      data: { data: { code: 'TOO_MANY_REQUESTS' } },
    })
    await Promise.all(streams.map((stream) => stream.close()))
    await withRedis(alone.redis, async (redis) => {
      while (((await redis.call('PUBSUB', 'CHANNELS')) as unknown[]).length > 0) await redis.ping()
    })
    expect(await (await follow(boss)).message()).toEqual([])
  })

  test('is no use of the session', async () => {
    await using quick = await startServer({ revalidateEvery: 50 })
    const boss = await administrator(quick)
    const lastSeen = async () => (await boss.api.devices.list.query()).map(({ lastSeenAt }) => lastSeenAt)
    const before = await lastSeen()
    quick.clock.ahead = 5 * 60_000
    const stream = await follow(boss)
    await stream.message()
    const { id } = await elsewhere((admin) => admin.revoke({ users: ['nobody'] }, { startedBy: 'x' }), quick)
    await stream.until((operation) => operation.id === id)
    quick.clock.ahead = 0
    expect(await lastSeen()).toEqual(before)
    await stream.close()
  })

  test('does not hold a shutdown up', async () => {
    const leaving = await startServer()
    const stream = await follow(await administrator(leaving))
    await stream.message()
    await within(promptly, leaving[Symbol.asyncDispose]())
    expect(await stream.next()).toEqual({ event: 'return', data: null })
  })

  test('ends with a 503 while SQL is away, which signs nobody out', async () => {
    await using quick = await startServer({ revalidateEvery: 200 })
    const boss = await administrator(quick)
    const stream = await follow(boss)
    await stream.message()
    {
      using _ = failStatements()
      const message = await stream.message()
      expect(message).toMatchObject({ event: 'serialized-error', data: { data: { code: 'SERVICE_UNAVAILABLE' } } })
    }
    expect(await (await follow(boss)).message()).toEqual([])
  })
})
