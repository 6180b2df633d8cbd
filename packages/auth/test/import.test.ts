import { randomBytes } from 'node:crypto'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyToken, type Browser, password, copyCookies } from './helpers.js'
import { cookieOf, DAY_MS, isSignedIn, startMove } from './import-helpers.js'

let t: Awaited<ReturnType<typeof startMove>>
beforeAll(async () => {
  t = await startMove()
})
afterAll(() => t[Symbol.asyncDispose]())

const copyOf = (mine: Browser): Browser => copyCookies(mine, t.browser())

describe('a cookie of better-auth', () => {
  test('signs in, and its session keeps its times, address and browser; its row goes', async () => {
    const mine = await t.signInToOld('times', { isNew: true })
    const [row] = await t.rowsOf(await t.userIdOf('times'))
    const session = await mine.session()
    expect(session).toMatchObject({
      userId: await t.userIdOf('times'),
      createdAt: row?.createdAt,
      lastSeenAt: row?.updatedAt,
      expiresAt: row?.expiresAt,
      userAgent: 'Browser of times',
    })
    expect(await t.rowsOf(await t.userIdOf('times'))).toEqual([])
  })

  test('is replaced by one of ours; it signs in until the browser has shown the new one, and not after it', async () => {
    const mine = await t.signInToOld('exchange', { isNew: true })
    const [lost, before] = [copyOf(mine), copyOf(mine)]
    expect((await lost.get('/get-session')).body).toMatchObject({ user: { email: 'exchange@example.org' } })

    const answered = await mine.get('/get-session') // as if the first answer had been lost
    expect(answered.body).toMatchObject({ user: { email: 'exchange@example.org' } })
    expect(answered.setCookies.join()).toMatch(/Max-Age=2592000/)
    expect(answered.text).not.toMatch(anyToken)
    expect(cookieOf(mine)).not.toBe(cookieOf(before))
    expect(cookieOf(lost)).toBe(cookieOf(mine))

    expect(await isSignedIn(before)).toBe(true)
    expect(await isSignedIn(mine)).toBe(true)
    expect(await isSignedIn(before)).toBe(false)
    expect(await isSignedIn(mine)).toBe(true)
    expect((await t.store.list(await t.userIdOf('exchange'))).length).toBe(1)
  })

  test('signs in for every request of a page that sends several at once', async () => {
    const mine = await t.signInToOld('burst', { isNew: true })
    const copies = Array.from({ length: 6 }, () => copyOf(mine))
    for (const { body } of await Promise.all(copies.map((copy) => copy.get('/get-session'))))
      expect(body).toMatchObject({ user: { email: 'burst@example.org' } })
    expect(new Set(copies.map(cookieOf)).size).toBe(1)
    expect((await t.store.list(await t.userIdOf('burst'))).length).toBe(1)
  })

  test('of somebody who is not to be remembered lasts as long as before, and goes with the browser', async () => {
    const mine = await t.signInToOld('guest', { isNew: true, rememberMe: false })
    const answered = await mine.get('/get-session')
    expect(answered.setCookies.join()).toContain('session_token')
    expect(answered.setCookies.join()).not.toMatch(/max-age/i)
    t.clock.offset = DAY_MS / 2
    expect(await isSignedIn(mine)).toBe(true)
    await mine.get('/get-session')
    t.clock.offset = DAY_MS + 60_000
    expect(await isSignedIn(mine)).toBe(false)
    t.clock.offset = 0
  })

  test('that better-auth remembers is prolonged by use', async () => {
    const mine = await t.signInToOld('active', { isNew: true })
    t.clock.offset = 6 * DAY_MS
    await mine.get('/get-session')
    t.clock.offset = 12 * DAY_MS
    expect(await isSignedIn(mine)).toBe(true)
    t.clock.offset = 0
  })

  test('signs out, and stays signed out', async () => {
    const mine = await t.signInToOld('leaves', { isNew: true })
    const copy = copyOf(mine)
    expect((await mine.post('/sign-out')).body).toEqual({ success: true })
    expect(await isSignedIn(copy)).toBe(false)
    expect(cookieOf(mine)).toBe('')
  })

  test('with a wrong signature or an unknown token signs nobody in', async () => {
    const mine = t.browser()
    mine.jar.set('better-auth.session_token', `${'a'.repeat(32)}.${randomBytes(32).toString('base64')}`)
    expect(await isSignedIn(mine)).toBe(false)
    expect((await mine.get('/get-session')).body).toBeNull()
  })
})

describe('what ends sessions also ends those that have not come yet', () => {
  test('all are listed before they come, and one that is revoked stays dead', async () => {
    const mine = await t.signInToOld('lists', { isNew: true })
    const phone = await t.signInToOld('lists')
    const userId = await t.userIdOf('lists')
    const current = await mine.session()
    const listed = await t.importer.list(userId)
    expect(listed).toHaveLength(2)
    const other = listed.find(({ id }) => id !== current?.id)
    expect(await t.importer.revoke(userId, other?.id ?? '')).toBe(1)
    expect(await isSignedIn(phone)).toBe(false)
    await t.importer.importAll()
    expect(await isSignedIn(phone)).toBe(false)
    expect(await isSignedIn(mine)).toBe(true)
  })

  test.each(['others', 'all'])('signing out %s', async (which) => {
    const mine = await t.signInToOld(`ends-${which}`, { isNew: true })
    const phone = await t.signInToOld(`ends-${which}`)
    const userId = await t.userIdOf(`ends-${which}`)
    const token = (await t.rowsOf(userId)).find(({ token: one }) => cookieOf(mine).startsWith(one))?.token ?? ''
    if (which === 'others') expect(await t.importer.revokeOthers(token)).toBe(1)
    else expect(await t.importer.revokeAll(userId)).toBe(2)
    await t.importer.importAll()
    expect(await isSignedIn(phone)).toBe(false)
    expect(await isSignedIn(mine)).toBe(which === 'others')
  })

  test('a changed password; this device stays', async () => {
    const mine = await t.signInToOld('changes', { isNew: true })
    const phone = await t.signInToOld('changes')
    const body = { currentPassword: password, newPassword: `${password}!` }
    expect((await mine.post('/change-password', body)).status).toBe(200)
    expect(await isSignedIn(phone)).toBe(false)
    expect(await isSignedIn(mine)).toBe(true)
  })

  test('a reset', async () => {
    const mine = await t.signInToOld('resets', { isNew: true })
    const stranger = t.browser()
    await stranger.post('/request-password-reset', { email: 'resets@example.org' })
    const body = { token: t.resets.at(-1), newPassword: `${password}!` }
    expect((await stranger.post('/reset-password', body)).status).toBe(200)
    expect(await isSignedIn(mine)).toBe(false)
    expect(await t.rowsOf(await t.userIdOf('resets'))).toEqual([])
  })

  test('signing in again in the same browser renews that session', async () => {
    const mine = await t.signInToOld('renews', { isNew: true })
    const before = copyOf(mine)
    expect((await mine.signIn('renews@example.org')).status).toBe(200)
    expect(await t.importer.list(await t.userIdOf('renews'))).toHaveLength(1)
    expect(await isSignedIn(before)).toBe(false)
    expect(await isSignedIn(mine)).toBe(true)
  })
})

test('the audit notices revoked sessions that had not been imported yet', async () => {
  await t.signInToOld('unmoved', { isNew: true })
  await t.signInToOld('unmoved')
  const userId = await t.userIdOf('unmoved')
  t.events.length = 0
  expect(await t.importer.revokeAll(userId)).toBe(2)
  expect(t.events).toMatchObject([{ event: 'revoke-all', result: 'ok', userId, ended: 2 }])
  expect(await t.rowsOf(userId)).toEqual([])
})

test('of two instances, as after a hot reload, the later one’s database counts', async () => {
  const mine = await t.signInToOld('reloaded', { isNew: true })
  const userId = await t.userIdOf('reloaded')
  const closed = async () => Promise.reject(new Error('The database is closed'))
  const store = t.importing()
  store.readFrom({ ...t.oldAdapter, findMany: closed, transaction: closed })
  await expect(store.count(userId)).rejects.toThrow('unavailable')
  store.readFrom(t.oldAdapter)
  expect(await store.count(userId)).toBe(1)
  expect(await isSignedIn(mine)).toBe(true)
})

test.each([
  ['createdAt', new Date(-1)],
  ['createdAt', new Date(2 ** 48)],
  ['expiresAt', new Date(2 ** 48)],
  ['updatedAt', new Date(8.64e15)],
])('a row whose %s is %o, as in no session, is named, and shuts its user out of nothing', async (field, time) => {
  const name = `${field}-${time.getTime()}`.toLowerCase()
  const mine = await t.signInToOld(name, { isNew: true })
  const userId = await t.userIdOf(name)
  const where = [{ field: 'userId', value: userId }]
  await t.oldAdapter.update({ model: 'session', where, update: { [field]: time } })
  expect(await t.importer.list(userId)).toEqual([])
  expect((await t.importer.importAll()).unreadableRows).toEqual([{ id: expect.any(String), reason: field }])
  expect((await mine.signIn(`${name}@example.org`)).status).toBe(200)
  await t.oldAdapter.deleteMany({ model: 'session', where })
})

test('a row that never expires is a session', async () => {
  const mine = await t.signInToOld('forever', { isNew: true })
  const where = [{ field: 'userId', value: await t.userIdOf('forever') }]
  const expiresAt = new Date('9999-12-31T23:59:59.999Z')
  await t.oldAdapter.update({ model: 'session', where, update: { expiresAt } })
  expect(await isSignedIn(mine)).toBe(true)
})

test('an error that is none of a database is no outage', async () => {
  await t.signInToOld('progress', { isNew: true })
  const userId = await t.userIdOf('progress')
  const other = t.importing()
  other.readFrom({
    ...t.oldAdapter,
    transaction: (work) =>
      t.oldAdapter.transaction((trx) =>
        work({
          ...trx,
          // As some drivers read a number; JSON has none like it.
          consumeOne: async <T>(input: Parameters<DBAdapter['consumeOne']>[0]) =>
            ({ ...(await trx.consumeOne<T>(input)), visits: 1n }) as T,
        }),
      ),
  })
  await expect(other.count(userId)).rejects.toBeInstanceOf(TypeError)
  expect(await t.rowsOf(userId)).toHaveLength(1)
  const onProgress = () => {
    throw new TypeError('nobody reads this')
  }
  await expect(t.importer.importAll({ onProgress })).rejects.toBeInstanceOf(TypeError)
})
