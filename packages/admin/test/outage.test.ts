import { NotReplicatedError, redisOptions, SessionStoreUnavailableError, userTagOf } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createSessionAdmin, type Operation } from '../src/index.js'
import { collect, failFor, keyPrefix, startBackend } from './helpers.js'

let t: Awaited<ReturnType<(typeof startBackend)['single node']>>
beforeAll(async () => {
  t = await startBackend['single node']()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.flush())

const startedBy = 'on call'

/** Kills Redis as soon as the operation has revoked something. */
function killDuring(kill: () => void) {
  let isKilled = false
  return ({ revoked }: Operation): void => {
    if (isKilled || revoked === 0) return
    isKilled = true
    kill()
  }
}

function server() {
  if ('nodes' in t.servers) throw new Error('This is a Cluster')
  return t.servers
}

test.each(['everyone', 'a filter'])(
  '%s: Redis is killed in the middle and comes back; each session ends once',
  async (what) => {
    await t.signInMany(60)
    let back: Promise<void> | undefined
    const options = {
      startedBy,
      maxUsersPerSecond: 60,
      onProgress: killDuring(() => {
        process.kill(server().pid, 'SIGKILL')
        back = server().restart()
      }),
    }
    const filter = { signedInBefore: new Date(Date.now() + 60_000) }
    const operation = await (what === 'everyone' ? t.admin.revokeEveryone(options) : t.admin.revoke(filter, options))
    await back
    expect(back).toBeDefined()
    expect(operation.state).toBe('done')
    expect(await collect(t.admin.find(filter))).toEqual([])
    const ended = await Promise.all(
      (await collect(t.events.pendingUsers())).map(async (userTag) => (await t.events.read(userTag)).events),
    )
    if (what === 'a filter') {
      expect(ended.flat().filter(({ kind }) => kind === 'ended')).toHaveLength(60)
      // A step whose reply was lost with Redis may be missing.
      expect(operation.revoked).toBeGreaterThanOrEqual(50)
    }
  },
)

test('Redis stays away: the operation fails with a typed error, and is resumed later', async () => {
  await t.signInMany(40)
  const seen: Operation[] = []
  const kill = killDuring(() => process.kill(server().pid, 'SIGKILL'))
  const outages: unknown[] = []
  const running = t.admin.revokeEveryone({
    startedBy,
    giveUpAfterMs: 300,
    maxUsersPerSecond: 40,
    onOutage: (error) => outages.push(error),
    onProgress(operation) {
      seen.push(operation)
      kill(operation)
    },
  })
  await expect(running).rejects.toThrow(SessionStoreUnavailableError)
  expect(outages).toEqual([expect.any(SessionStoreUnavailableError)])
  await server().restart()
  while ((await t.redis.ping().catch(() => null)) === null)
    await new Promise((resolve) => t.redis.once('ready', resolve))
  const id = seen[0]?.id ?? ''
  const { state, revoked } = await t.admin.operations.get(id)
  expect(['running', 'interrupted']).toContain(state)
  expect(revoked).toBeGreaterThan(0)
  await t.redis.hset(`${keyPrefix}user:operation:${id}`, 'lease', 0) // as ten seconds later
  await t.redis.del(`${keyPrefix}user:clock`) // as after a restart that has lost its last writes
  expect((await t.admin.operations.resume(id)).state).toBe('done')
  expect(Number(await t.redis.get(`${keyPrefix}user:clock`))).toBe(seen[0]?.startedAt.getTime())
  expect(await collect(t.admin.find({ signedInAfter: new Date(0) }))).toEqual([])
})

test('no replica acknowledges it: the operation has revoked what it found, and fails', async () => {
  await t.signInMany(1)
  const admin = createSessionAdmin({ redis: t.redis, keyPrefix, durability: 'replicated' })
  await expect(admin.revokeEveryone({ startedBy, giveUpAfterMs: 1 })).rejects.toThrow(NotReplicatedError)
  expect(await t.store.list('user-0')).toEqual([])
})

test('a client that may not append events revokes nothing, and the operation says so at once', async () => {
  const { token } = await t.signIn('ada')
  const startedAt = await t.store.time()
  const keys = ['sessions', 'operation*', 'clock'].map((name) => `~${keyPrefix}user:*${name}`) // and no events
  await t.redis.acl('SETUSER', 'silent', 'on', '>secret', ...keys, '&*', '+@all')
  const redis = new Redis(server().url, { ...redisOptions, username: 'silent', password: 'secret', lazyConnect: true })
  await redis.connect()
  const admin = createSessionAdmin({ redis, keyPrefix })
  const refused = { refused: 'evalsha', message: 'Redis refuses a key to the command evalsha' }
  const works = [
    () => admin.revoke({ users: ['ada'] }, { startedBy }),
    () => admin.revoke({ signedInAfter: new Date(0) }, { startedBy }),
    () =>
      admin.runWork(
        'test',
        { users: ['ada'] },
        async function* (_, revoke) {
          yield { revoked: await revoke('ada'), share: 1 }
        },
        { startedBy },
      ),
  ]
  for (const work of works) {
    await t.redis.del(`${keyPrefix}user:operations`)
    await expect(work()).rejects.toMatchObject(refused)
    const [operation] = await admin.operations.list()
    expect(operation).toMatchObject({ state: 'failed', revoked: 0, error: expect.stringContaining('evalsha') })
  }
  expect(await t.store.validate(token)).not.toBeNull()
  expect(await t.store.create({ userId: 'ada', startedAt }), 'nor refuses a sign-in').not.toBeNull()
  expect(await admin.revokeEveryone({ startedBy }), 'which appends no event').toMatchObject({ revoked: 2 })
  redis.disconnect()
})

test('one user whom Redis never answers for: the operation fails, although it answers for others', async () => {
  await t.signIn('ada')
  failFor(t.redis, 'hgetallBuffer', userTagOf('bob'))
  const admin = createSessionAdmin({ redis: t.redis, keyPrefix })
  const revoking = admin.revoke({ users: ['ada', 'bob'] }, { startedBy, giveUpAfterMs: 1 })
  await expect(revoking).rejects.toThrow('The session store is unavailable')
  expect(await t.store.list('ada')).toEqual([])
})
