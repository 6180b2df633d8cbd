import { admin } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, anyToken, type Browser, startApp, copyCookies } from '../helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [admin()] })
})
afterAll(() => t[Symbol.asyncDispose]())

async function boss(name: string): Promise<Browser> {
  const { browser, userId } = await t.person(name)
  await t.promote(userId)
  return browser
}

/** The actions of an administrator that revoke all sessions of a user. */
const revocations: Record<string, (administrator: Browser, userId: string) => Promise<Answer>> = {
  'ban-user': (administrator, userId) => administrator.post('/admin/ban-user', { userId }),
  'update-user with a ban': (administrator, userId) =>
    administrator.post('/admin/update-user', { userId, data: { banned: true } }),
  'remove-user': (administrator, userId) => administrator.post('/admin/remove-user', { userId }),
  'set-user-password': (administrator, userId) =>
    administrator.post('/admin/set-user-password', { userId, newPassword: 'a new password' }),
  'revoke-user-sessions': (administrator, userId) => administrator.post('/admin/revoke-user-sessions', { userId }),
}
const audited: Record<string, string> = {
  'ban-user': 'user-banned',
  'update-user with a ban': 'user-banned',
  'remove-user': 'user-deleted',
  'set-user-password': 'password-reset',
  'revoke-user-sessions': 'revoke-all',
}

describe.each(Object.keys(revocations))('%s', (name) => {
  const id = name.replaceAll(' ', '-')

  test("ends that user's sessions and nobody else's", async () => {
    const administrator = await boss(`boss-of-${id}`)
    const { browser, phones, userId } = await t.person(`user-of-${id}`, 1)
    const answer = await revocations[name]?.(administrator, userId)
    expect(answer?.status).toBe(200)
    expect(answer?.text).not.toMatch(anyToken)
    for (const one of [browser, ...phones]) {
      expect(await one.session()).toBeNull()
      expect((await one.get('/get-session')).body).toBeNull()
    }
    expect(await t.store.count(userId)).toBe(0)
    expect(await administrator.session()).not.toBeNull()
    expect(t.events).toContainEqual(expect.objectContaining({ event: audited[name], result: 'ok', userId }))
  })

  test('is refused to people who are no administrators, and ends nothing', async () => {
    const { browser: nobody } = await t.person(`nobody-of-${id}`)
    const { browser, userId } = await t.person(`spared-by-${id}`)
    expect((await revocations[name]?.(nobody, userId))?.status).toBe(403)
    expect(await browser.session()).not.toBeNull()
  })
})

test('a banned user cannot sign in; after the ban, or once it has run out, they can', async () => {
  const administrator = await boss('banning')
  const { browser, userId, email } = await t.person('banned')
  await administrator.post('/admin/ban-user', { userId })
  expect((await browser.signIn(email)).status).toBe(403)
  expect(await browser.session()).toBeNull()
  await administrator.post('/admin/unban-user', { userId })
  expect((await browser.signIn(email)).status).toBe(200)
  expect(await browser.session()).not.toBeNull()
  const lifted = () => t.events.filter((event) => event.event === 'user-unbanned' && event.userId === userId)
  expect(lifted()).toMatchObject([{ result: 'ok' }])
  await administrator.post('/admin/unban-user', { userId })
  expect(lifted(), 'nothing was lifted').toHaveLength(1)

  await administrator.post('/admin/ban-user', { userId, banExpiresIn: 60 })
  await t.adapter.update({
    model: 'user',
    where: [{ field: 'id', value: userId }],
    update: { banExpires: new Date(Date.now() - 1) },
  })
  expect((await browser.signIn(email)).status).toBe(200)
  expect(lifted()).toHaveLength(2)
})

describe('differs from better-auth', () => {
  test("a user's sessions are listed and ended one by one through the store: these endpoints need tokens", async () => {
    const administrator = await boss('listing')
    const { browser, userId } = await t.person('listed')
    expect((await administrator.post('/admin/list-user-sessions', { userId })).status).toBe(404)
    expect(
      (await administrator.post('/admin/revoke-user-session', { sessionToken: await browser.token() })).status,
    ).toBe(404)
    expect(await browser.session()).not.toBeNull()
    const [session] = await t.store.list(userId)
    expect(await t.store.revoke(userId, session?.id ?? '')).toBe(1)
    expect(await browser.session()).toBeNull()
  })
})

describe('impersonation', () => {
  test('is a session of the impersonated user for an hour at most, and ends when the administrator stops it', async () => {
    const administrator = await boss('impersonating')
    const own = (await administrator.session())?.userId
    const { userId } = await t.person('impersonated')
    const answer = await administrator.post('/admin/impersonate-user', { userId })
    expect(answer.status).toBe(200)
    expect(answer.text).not.toMatch(anyToken)
    expect(await administrator.session()).toMatchObject({ userId, data: { impersonatedBy: own } })
    expect((await administrator.session())?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 60 * 60 * 1_000)

    const during = copyCookies(administrator, t.browser())
    expect((await administrator.post('/admin/stop-impersonating')).text).not.toMatch(anyToken)
    expect((await administrator.session())?.userId).toBe(own)
    expect(await during.session()).toBeNull()
    expect(await t.store.count(userId)).toBe(1)
  })

  test("ends with the impersonated user's other sessions", async () => {
    const administrator = await boss('thrown-out')
    const { browser, userId } = await t.person('throwing-out')
    await administrator.post('/admin/impersonate-user', { userId })
    await t.store.revokeOthers((await browser.token()) ?? '')
    expect(await administrator.session()).toBeNull()
  })

  test("limit: it outlives the administrator's own sessions, until its hour is over", async () => {
    const administrator = await boss('signed-out-everywhere')
    const own = (await administrator.session())?.userId ?? ''
    const { userId } = await t.person('still-impersonated')
    await administrator.post('/admin/impersonate-user', { userId })
    await t.store.revokeAll(own)
    expect((await administrator.session())?.userId).toBe(userId)
    expect((await administrator.post('/admin/stop-impersonating')).status).not.toBe(200)
    expect(await t.store.count(own)).toBe(0)
  })
})
