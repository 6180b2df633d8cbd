import type { DBAdapter } from '@better-auth/core/db/adapter'
import { createSessionStore } from '@rollcall/session-store'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { importSessions } from '../src/import/import-sessions.js'
import { strictLookups } from './helpers.js'
import { DAY_MS, startMove } from './import-helpers.js'

// The store of a move is a store like any other, and takes old tokens too.

let t: Awaited<ReturnType<typeof startMove>>
beforeAll(async () => {
  t = await startMove()
})
afterAll(() => t[Symbol.asyncDispose]())

/** Somebody with sessions of better-auth alone, and the tokens of these. */
async function somebody(name: string, count = 1) {
  const first = await t.signInToOld(name, { isNew: true })
  for (let n = 1; n < count; n += 1) await t.signInToOld(name)
  const userId = await t.userIdOf(name)
  const rows = await t.rowsOf(userId)
  return { browser: first, userId, tokens: rows.map(({ token }) => token) }
}

test('an old token is rotated, updated and replaced', async () => {
  const { userId, tokens } = await somebody('old-tokens', 3)
  const [rotated = '', updated = '', replaced = ''] = tokens
  const rotation = await t.importer.rotate(rotated, { reauthenticated: true })
  expect(await t.store.validate(rotation?.token ?? '')).toMatchObject({ userId })
  const session = await t.importer.update(updated, { note: 'one' })
  expect(session?.data).toMatchObject({ note: 'one' })
  if (session) expect((await t.importer.update(session, { note: 'two' }))?.data).toMatchObject({ note: 'two' })
  const id = (await t.importer.validate(replaced))?.id
  const created = await t.importer.create({ userId, inPlaceOf: replaced })
  expect(created?.session.id).toBe(id)
  expect(await t.importer.count(userId)).toBe(3)
  for (const unknown of ['unknown', 'u'.repeat(32)]) {
    expect(await t.importer.validate(unknown)).toBeNull()
    expect(await t.importer.rotate(unknown)).toBeNull()
    expect(await t.importer.revokeOthers(unknown)).toBeNull()
  }
  expect(await t.importer.create({ userId, inPlaceOf: 'unknown' })).not.toBeNull()
})

test('its sessions are touched and revoked, each by its id', async () => {
  const { userId, tokens } = await somebody('by-id', 4)
  expect(Math.abs((await t.importer.time()).getTime() - Date.now())).toBeLessThan(60_000)
  const [one, two, three, four] = await Promise.all(tokens.map((token) => t.importer.validate(token)))
  if (!one || !two || !three || !four) throw new Error('they sign in')
  t.clock.offset = 3_600_000
  expect(await t.importer.touch(one)).toBe(true)
  t.clock.offset = 0
  expect(await t.importer.revoke(userId, two.id)).toBe(1)
  expect(await t.importer.revokeMany(userId, [three.id, four.id, 'unknown'])).toBe(2)
  expect((await t.importer.list(userId)).map(({ id }) => id)).toEqual([one.id])
})

test('no near-cache decides what becomes of an old token', async () => {
  const { browser, tokens } = await somebody('strictly', 2)
  const [, other = ''] = tokens
  for (const work of [() => browser.get('/get-session'), () => t.importer.revokeOthers(other)]) {
    const strict = await strictLookups(t.store, work)
    expect(strict).not.toEqual([])
    expect(new Set(strict)).toEqual(new Set([true]))
  }
})

test('the table is asked nothing for a session that was never in it, nor for one whose new token has been shown', async () => {
  const { userId, tokens } = await somebody('shown')
  let queries = 0
  const store = t.importing()
  store.readFrom({
    ...t.oldAdapter,
    findMany: async <T>(input: Parameters<DBAdapter['findMany']>[0]) => {
      queries += 1
      return t.oldAdapter.findMany<T>(input)
    },
  })
  const current = (await store.tokenFor(tokens[0] ?? '')) ?? ''
  expect(await store.validate(current)).toMatchObject({ userId })
  expect(queries).toBeGreaterThan(0)
  const young = await t.store.create({ userId })
  queries = 0
  expect(await store.validate(current)).toMatchObject({ userId })
  expect(await store.validate(young?.token ?? '')).toMatchObject({ userId })
  expect(queries).toBe(0)
})

test('of a batch of which somebody removes a row meanwhile, each other row is moved', async () => {
  const { userId } = await somebody('batch', 6)
  const other = t.importing()
  let finds = 0
  other.readFrom({
    ...t.oldAdapter,
    transaction: (work) =>
      t.oldAdapter.transaction((trx) =>
        work({
          ...trx,
          deleteMany: async (input: Parameters<DBAdapter['deleteMany']>[0]) => {
            finds += 1
            return (await trx.deleteMany(input)) - 1 // somebody was faster
          },
        }),
      ),
  })
  expect((await other.importAll()).imported).toBe(6)
  expect(finds).toBe(1)
  expect(await t.rowsOf(userId)).toEqual([])
  expect(await t.importer.count(userId)).toBe(6)
})

/** Stores a session as better-auth's `redisStorage` does. */
async function storeInRedis(token: string, session: Record<string, unknown>): Promise<void> {
  await t.redis.set(`better-auth:${token}`, JSON.stringify({ session, user: {} }))
}

test('what better-auth stored in Redis is read with its times and bounds; what it did not store is left alone', async () => {
  const store = importSessions(createSessionStore(t.options), { ...t.options, secondaryStorage: { client: t.redis } })
  const { userId } = await somebody('in-redis')
  const [now, later] = [Date.now(), new Date(Date.now() + 5 * DAY_MS)]
  const createdAt = new Date(now - DAY_MS)
  const inParis = `${new Date(createdAt.getTime() + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`
  const row = { userId, createdAt: inParis, expiresAt: later.toISOString(), userAgent: 'x'.repeat(600) }
  await storeInRedis('a'.repeat(32), row)
  await storeInRedis('b'.repeat(32), { ...row, impersonatedBy: 'boss' })
  await storeInRedis('c'.repeat(33), row) // no token of better-auth
  for (let n = 0; n < 101; n += 1) await t.redis.set(`better-auth:${String(n).padStart(32, 'd')}`, '{}')
  const counts = await store.importAll()
  expect([counts.imported, counts.unreadable, counts.unreadableRows.length]).toEqual([2, 101, 100])
  expect(counts.unreadableRows[0]).toEqual({ id: '', reason: 'userId, createdAt, expiresAt' })
  expect(await t.redis.exists(`better-auth:${'c'.repeat(33)}`)).toBe(1)
  const sessions = (await t.store.list(userId)).filter(({ userAgent }) => userAgent === 'x'.repeat(512))
  expect(sessions.map((session) => [session.createdAt, session.lastSeenAt])).toEqual([
    [createdAt, createdAt],
    [createdAt, createdAt],
  ])
  t.clock.offset = 4 * DAY_MS
  for (const session of sessions) await t.store.touch(session)
  const isProlonged = (await t.store.list(userId))
    .filter(({ userAgent }) => userAgent?.startsWith('xx'))
    .map(({ data, expiresAt }) => [data['impersonatedBy'] ?? '', expiresAt > later])
  t.clock.offset = 0
  expect(isProlonged.toSorted()).toEqual([
    ['', true],
    ['boss', false],
  ])
})

describe('with a user or a token, nothing of anybody else moves:', () => {
  test('from the table', async () => {
    const [one, two, other] = [await somebody('one'), await somebody('two'), await somebody('other')]
    expect(await t.importer.count(one.userId)).toBe(1)
    expect(await t.importer.tokenFor(two.tokens[0] ?? '')).not.toBeNull()
    expect(await t.rowsOf(other.userId)).toHaveLength(1)
    expect(await t.store.count(other.userId)).toBe(0)
  })

  test('from Redis', async () => {
    const store = importSessions(createSessionStore(t.options), { ...t.options, secondaryStorage: { client: t.redis } })
    await t.signInToOld('redis-one', { isNew: true, inRedis: true })
    await t.signInToOld('redis-other', { isNew: true, inRedis: true })
    expect(await store.count(await t.userIdOf('redis-one'))).toBe(1)
    expect(await t.store.count(await t.userIdOf('redis-other'))).toBe(0)
  })
})

test('rows that cannot be read hold nothing up, however many there are', async () => {
  const { userId } = await somebody('unreadable')
  const now = new Date()
  await t.oldAdapter.transaction(async (trx) => {
    for (let n = 0; n < 250; n += 1) {
      const data = { userId, token: `short ${n}`, createdAt: now, updatedAt: now, expiresAt: now }
      await trx.create({ model: 'session', data })
    }
  })
  expect((await t.importer.importAll()).unreadable).toBe(250)
  expect(await t.importer.count(userId)).toBe(1)
  await t.oldAdapter.deleteMany({ model: 'session', where: [{ field: 'userId', value: userId }] })
})

describe('what better-auth stored in Redis', () => {
  const rowOf = (userId: string) => ({
    userId,
    createdAt: new Date(Date.now() - DAY_MS),
    expiresAt: new Date(Date.now() + DAY_MS),
  })
  const moveFrom = (client: typeof t.redis) =>
    importSessions(createSessionStore({ ...t.options, maxSessionsPerUser: 1_000 }), {
      ...t.options,
      secondaryStorage: { client, keyPrefix: 'pages:' },
    })

  test('is found by as many steps of a scan as it takes', async () => {
    const { userId } = await somebody('pages')
    const value = JSON.stringify({ session: rowOf(userId), user: {} })
    const keys = Array.from({ length: 600 }, (_, n) => `pages:${String(n).padStart(32, '0')}`)
    await t.redis.mset(keys.flatMap((key) => [key, value]))
    expect((await moveFrom(t.redis).importAll()).imported).toBe(600)
  })

  test('and another server has moved meanwhile is moved no second time', async () => {
    const { userId } = await somebody('overtaken')
    const key = `pages:${'o'.repeat(32)}`
    await t.redis.set(key, JSON.stringify({ session: rowOf(userId), user: {} }))
    const client = t.redis.duplicate({ enableOfflineQueue: true })
    onTestFinished(() => client.disconnect())
    const run = client.eval.bind(client)
    const deleteThenRun = async (...args: Parameters<typeof run>) => {
      await t.redis.del(key)
      return run(...args)
    }
    Object.assign(client, { eval: deleteThenRun })
    expect(await moveFrom(client).importAll()).toMatchObject({ imported: 0, unreadable: 0 })
    expect(await t.store.count(userId)).toBe(0)
  })
})

test.each([
  ['of the client', 'client:', undefined],
  ['with characters of a pattern', '', 'auth[1]\\?*:'],
])('what better-auth stored in Redis is found under a key prefix %s', async (name, clientPrefix, keyPrefix) => {
  const client = t.redis.duplicate({ keyPrefix: clientPrefix, enableOfflineQueue: true })
  onTestFinished(() => client.disconnect())
  const { userId } = await somebody(name.replaceAll(' ', '-'))
  const now = Date.now()
  const session = { userId, createdAt: new Date(now - DAY_MS), expiresAt: new Date(now + DAY_MS) }
  const token = 'p'.repeat(32)
  await client.set(`${keyPrefix ?? 'better-auth:'}${token}`, JSON.stringify({ session, user: {} }))
  const secondaryStorage = { client, ...(keyPrefix && { keyPrefix }) }
  const store = importSessions(createSessionStore(t.options), { ...t.options, secondaryStorage })
  expect(await store.importAll()).toMatchObject({ imported: 1, unreadable: 0 })
  expect(await t.store.count(userId)).toBe(1)
  expect(await client.exists(`${keyPrefix ?? 'better-auth:'}${token}`)).toBe(0)
})
