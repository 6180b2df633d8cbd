import { createSessionExport, secretHashIn } from '@rollcall/session-store'
import { betterAuth } from 'better-auth'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exportedSessions, exportSessions } from '../src/export/export-sessions.js'
import { exportedToken } from '../src/export/exported-token.js'
import { rollcall } from '../src/index.js'
import { plugins, startExport, whoIs } from './export-helpers.js'
import { password, secret, copyCookies } from './helpers.js'

let t: Awaited<ReturnType<typeof startExport>>
beforeAll(async () => {
  t = await startExport()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.reset())

test('an export is killed between SQL and Redis, and repeated: one row each, and everybody is signed in', async () => {
  const [mine, phone] = [await t.signUp('ada'), await t.signInAgain('ada')]
  const { rollcallRemoveUnchangedBuffer } = t.redis
  t.redis.rollcallRemoveUnchangedBuffer = () => Promise.reject(new Error('Killed'))
  await expect(exportSessions(t.away, t.options)).rejects.toThrow('unavailable')
  t.redis.rollcallRemoveUnchangedBuffer = rollcallRemoveUnchangedBuffer
  expect(await t.rows()).toHaveLength(2)
  expect(await t.moveAway()).toMatchObject({ exported: 2, revoked: 0 })
  expect(await t.rows()).toHaveLength(2)
  for (const one of [mine, phone]) expect(await whoIs(one)).toBe('ada@example.org')
})

describe('beside a server that still runs, once rows are written and before their sessions leave Redis', () => {
  beforeEach(() => t.serve(betterAuth({ ...t.common, plugins: [...plugins, rollcall({ store: t.store })] })))

  /** Exports, and does the work of the server after the first transaction. */
  async function moveAwayBeside(work: () => Promise<unknown>) {
    const { adapter } = await t.away.$context
    const { transaction } = adapter
    adapter.transaction = async (write) => {
      const result = await transaction(write)
      adapter.transaction = transaction
      await work()
      return result
    }
    return t.moveAway()
  }

  test('a revoked session leaves no row, and does not come back', async () => {
    const [mine, phone] = [await t.signUp('ada'), await t.signInAgain('ada')]
    const { id: token } = (await phone.session()) ?? expect.fail('Nobody is signed in')
    const counts = await moveAwayBeside(() => mine.post('/revoke-session', { token }))
    expect(counts).toMatchObject({ exported: 1, revoked: 1 })
    expect(await t.rows()).toHaveLength(1)
    expect(await whoIs(phone)).toBeUndefined()
    expect(await whoIs(mine)).toBe('ada@example.org')
  })

  test('a rotated secret signs in, and the earlier one leaves no row', async () => {
    const [mine, phone] = [await t.signUp('ada'), await t.signInAgain('ada')]
    const before = copyCookies(mine, t.browser())
    const change = { currentPassword: password, newPassword: `${password}!` }
    const counts = await moveAwayBeside(() => mine.post('/change-password', change))
    expect(counts).toMatchObject({ exported: 1, revoked: 1 })
    expect(await t.rows()).toHaveLength(1)
    for (const one of [before, phone]) expect(await whoIs(one)).toBeUndefined()
    expect(await whoIs(mine)).toBe('ada@example.org')
  })

  test('a used session moves as it is after its use', async () => {
    const mine = await t.signUp('ada')
    t.clock.offset = 120_000
    const counts = await moveAwayBeside(() => mine.get('/get-session'))
    expect(counts).toMatchObject({ exported: 1, revoked: 0 })
    const [row] = await t.rows()
    expect((row?.updatedAt.getTime() ?? 0) - (row?.createdAt.getTime() ?? 0)).toBeGreaterThanOrEqual(60_000)
    expect(await whoIs(mine)).toBe('ada@example.org')
  })
})

test('an export that goes on says until when the sessions of an earlier one need the plugin', async () => {
  const mine = await t.signUp('ada')
  const expiresAt = (await mine.session())?.expiresAt
  await exportSessions(t.away, t.options)
  await t.signUp('guest', { rememberMe: false })
  expect(await exportSessions(t.away, t.options)).toMatchObject({ exported: 1, neededUntil: expiresAt })
  await t.reset()
  expect(await exportSessions(t.away, t.options)).toMatchObject({ exported: 0, neededUntil: null })
})

test('an export fails with the database, and Redis has the sessions still', async () => {
  const mine = await t.signUp('ada')
  const { adapter } = await t.away.$context
  const { transaction } = adapter
  adapter.transaction = () => Promise.reject(new Error('The database is away'))
  await expect(exportSessions(t.away, t.options)).rejects.toThrow('The database is away')
  adapter.transaction = transaction
  expect(await mine.session()).not.toBeNull()
  await t.moveAway()
  expect(await whoIs(mine)).toBe('ada@example.org')
})

test('an export counts sessions of users who are gone, and skips them', async () => {
  const mine = await t.signUp('ada')
  await t.store.create({ userId: 'nobody' })
  expect(await t.moveAway()).toMatchObject({ exported: 1, withoutUser: 1 })
  expect(await whoIs(mine)).toBe('ada@example.org')
})

test('an export writes nothing that a copy of Redis contains', async () => {
  const mine = await t.signUp('ada')
  const token = (await mine.token()) ?? ''
  const found = []
  for await (const batch of createSessionExport(t.options).batches()) found.push(...batch)
  const [{ secretHash } = expect.fail('There is no session')] = found
  expect(secretHash).toBe(secretHashIn(token))
  await t.moveAway()
  const [row] = await t.rows()
  expect(row?.token).toBe(exportedToken(secretHash, secret))
  expect(row?.token).toMatch(/^[0-9a-f]{32}$/)
  expect(exportedToken(secretHash, 'another secret')).not.toBe(row?.token)
})

test('and back: better-auth’s rows are imported again, under the cookies that it renewed', async () => {
  const mine = await t.signUp('ada')
  await t.moveAway()
  await t.makeProlongable()
  await whoIs(mine)
  t.serve(t.auth)
  expect(await whoIs(mine)).toBe('ada@example.org')
  expect(await t.rows()).toEqual([])
})

test('an export refuses an application with the plugin, and one that would not know the cookies', async () => {
  const both = [...plugins, exportedSessions(), rollcall({ store: t.store })]
  const stays = betterAuth({ ...t.common, plugins: both })
  await expect(exportSessions(stays, t.options)).rejects.toThrow('without the plugin rollcall')
  await expect(exportSessions(t.old, t.options)).rejects.toThrow('with exportedSessions()')
})
