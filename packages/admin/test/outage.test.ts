import { NotReplicatedError, redisOptions, SessionStoreUnavailableError, userTagOf } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createSessionAdmin, type Operation } from '../src/index.js'
import { collect, keyPrefix, startBackend } from './helpers.js'

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
  const running = t.admin.revokeEveryone({
    startedBy,
    patience: 300,
    maxUsersPerSecond: 40,
    onProgress(operation) {
      seen.push(operation)
      kill(operation)
    },
  })
  await expect(running).rejects.toThrow(SessionStoreUnavailableError)
  await server().restart()
  while ((await t.redis.ping().catch(() => null)) === null)
    await new Promise((resolve) => t.redis.once('ready', resolve))
  const id = seen[0]?.id ?? ''
  const { state, revoked } = await t.admin.operations.get(id)
  expect(['running', 'interrupted']).toContain(state)
  expect(revoked).toBeGreaterThan(0)
  await t.redis.del(`${keyPrefix}user:clock`) // as after a restart that has lost its last writes
  expect((await t.admin.operations.resume(id)).state).toBe('done')
  expect(Number(await t.redis.get(`${keyPrefix}user:clock`))).toBe(seen[0]?.startedAt.getTime())
  expect(await collect(t.admin.find({ signedInAfter: new Date(0) }))).toEqual([])
})

test('no replica acknowledges it: the operation has revoked what it found, and fails', async () => {
  await t.signInMany(1)
  const admin = createSessionAdmin({ redis: t.redis, keyPrefix, durability: 'replicated' })
  await expect(admin.revokeEveryone({ startedBy, patience: 1 })).rejects.toThrow(NotReplicatedError)
  expect(await t.store.list('user-0')).toEqual([])
})

test('one user whom Redis never answers for: the operation fails, although it answers for others', async () => {
  await t.signIn('ada')
  const keys = ['user:clock', 'user:operation*', `user:{${userTagOf('ada')}}:*`].map(
    (pattern) => `~${keyPrefix}${pattern}`,
  )
  await t.redis.acl('SETUSER', 'narrow', 'on', '>secret', ...keys, '&*', '+@all')
  const redis = new Redis(server().url, { ...redisOptions, username: 'narrow', password: 'secret', lazyConnect: true })
  await redis.connect()
  const admin = createSessionAdmin({ redis, keyPrefix })
  await expect(admin.revoke({ users: ['ada', 'bob'] }, { startedBy, patience: 1 })).rejects.toThrow(
    SessionStoreUnavailableError,
  )
  redis.disconnect()
  expect(await t.store.list('ada')).toEqual([])
})
