import { admin } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, sessionRows, startApp } from './helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [admin()], user: { deleteUser: { enabled: true } } })
})
afterAll(() => t[Symbol.asyncDispose]())

async function person(email: string) {
  const browser = t.browser()
  expect((await browser.signUp(email)).status).toBe(200)
  const session = await browser.session()
  if (session === null) throw new Error('The sign-up did not sign in')
  return { browser, userId: session.userId, email }
}

describe('in an application of someone else', () => {
  test('a deleted user: all sessions end', async () => {
    const { browser, userId, email } = await person('gone@example.org')
    const phone = t.browser()
    await phone.signIn(email)
    expect((await browser.post('/delete-user', { password })).status).toBe(200)
    expect(await phone.session()).toBeNull()
    expect(await t.store.count(userId)).toBe(0)
    expect(t.events).toContainEqual(expect.objectContaining({ event: 'user-deleted', userId }))
  })

  test('a banned user: all sessions end', async () => {
    const { browser: boss, userId: bossId } = await person('boss@example.org')
    const { browser, userId } = await person('banned@example.org')
    await t.adapter.update({ model: 'user', where: [{ field: 'id', value: bossId }], update: { role: 'admin' } })
    expect((await boss.post('/admin/ban-user', { userId })).status).toBe(200)
    expect(await browser.session()).toBeNull()
    expect(await boss.session()).not.toBeNull()
    expect(t.events).toContainEqual(expect.objectContaining({ event: 'user-banned', userId }))
  })

  test("a password set by an administrator: that user's sessions end, the administrator's stay", async () => {
    const { browser: boss, userId: bossId } = await person('boss-2@example.org')
    const { browser, userId, email } = await person('locked-out@example.org')
    await t.adapter.update({ model: 'user', where: [{ field: 'id', value: bossId }], update: { role: 'admin' } })
    expect((await boss.post('/admin/set-user-password', { userId, newPassword: 'a new password' })).status).toBe(200)
    expect(await browser.session()).toBeNull()
    expect(await boss.session()).not.toBeNull()
    expect((await browser.signIn(email, 'a new password')).status).toBe(200)
  })

  test('sessions that an administrator ends by user end, and their list gives away no token', async () => {
    const { browser: boss, userId: bossId } = await person('boss-3@example.org')
    const { browser, userId } = await person('ended@example.org')
    await t.adapter.update({ model: 'user', where: [{ field: 'id', value: bossId }], update: { role: 'admin' } })
    expect((await boss.post('/admin/list-user-sessions', { userId })).status).toBe(404)
    expect((await boss.post('/admin/revoke-user-sessions', { userId })).status).toBe(200)
    expect(await browser.session()).toBeNull()
  })

  test('an impersonation ends when its administrator stops it', async () => {
    const { browser: boss, userId: bossId } = await person('boss-4@example.org')
    const { userId } = await person('impersonated@example.org')
    await t.adapter.update({ model: 'user', where: [{ field: 'id', value: bossId }], update: { role: 'admin' } })
    const answer = await boss.post('/admin/impersonate-user', { userId })
    expect(answer.status).toBe(200)
    expect(answer.text).not.toMatch(/[A-Za-z0-9_-]{81}/)
    expect((await boss.session())?.userId).toBe(userId)
    expect((await boss.session())?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 60 * 60 * 1_000)
    expect((await boss.post('/admin/stop-impersonating')).status).toBe(200)
    expect((await boss.session())?.userId).toBe(bossId)
    expect(await t.store.count(userId)).toBe(1)
  })

  test('a transaction that fails leaves no live session', async () => {
    const { browser, userId } = await person('rolled-back@example.org')
    const born: string[] = []
    const failing = t.adapter.transaction(async (trx) => {
      const data: Record<string, unknown> = { userId, expiresAt: new Date(Date.now() + 60_000) }
      const row = await trx.create<Record<string, unknown>, { token: string }>({ model: 'session', data })
      born.push(row.token)
      expect(await t.store.validate(row.token)).not.toBeNull()
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await t.store.validate(born[0] ?? '')).toBeNull()
    expect(await browser.session()).not.toBeNull()
  })

  test('a query that one hash per user cannot answer is refused by name', async () => {
    const byId = t.adapter.findOne({ model: 'session', where: [{ field: 'id', value: 'x' }] })
    await expect(byId).rejects.toThrow(/cannot look up sessions by id/)
    const unbounded = t.adapter.deleteMany({ model: 'session', where: [] })
    await expect(unbounded).rejects.toThrow(/cannot look up sessions by nothing/)
  })

  test('data that a plugin keeps with a session is found again', async () => {
    const { browser, userId } = await person('data@example.org')
    const token = (await browser.token()) ?? ''
    const where = [{ field: 'token', value: token }]
    await t.adapter.update({ model: 'session', where, update: { activeOrganizationId: 'acme' } })
    expect(await t.adapter.findOne({ model: 'session', where })).toMatchObject({ userId, activeOrganizationId: 'acme', token })
    expect(await sessionRows(t.database)).toBe(0)
  })
})

describe('what would let a session outlive its end is refused at start', () => {
  test('secondaryStorage', async () => {
    const secondaryStorage = { get: () => null, set: () => undefined, delete: () => undefined, getAndDelete: () => null, increment: () => 1 }
    await expect(startApp({ secondaryStorage })).rejects.toThrow(/remove it from the options/)
  })

  test('the cookie cache', async () => {
    await expect(startApp({ session: { cookieCache: { enabled: true } } })).rejects.toThrow(/cookieCache/)
  })
})
