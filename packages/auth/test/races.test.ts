import { admin } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type Browser, password, signInsBetweenRevocations, startApp } from './helpers.js'

// Each test holds one request back at a chosen call to the store and lets another overtake it.

describe('where better-auth opens no transaction', () => {
  let app: Awaited<ReturnType<typeof startApp>>
  beforeAll(async () => {
    app = await startApp({ plugins: [admin()], user: { deleteUser: { enabled: true } }, logger: { disabled: true } })
  })
  afterAll(() => app[Symbol.asyncDispose]())

  async function person(email: string) {
    const browser = app.browser()
    await browser.signUp(email)
    return { browser, userId: (await browser.session())?.userId ?? '' }
  }

  const changes = {
    'a ban': (boss, { userId }) => boss.post('/admin/ban-user', { userId }),
    'a password set by an administrator': (boss, { userId }) =>
      boss.post('/admin/set-user-password', { userId, newPassword: 'a new password' }),
    'a new address set by an administrator': (boss, { userId }) =>
      boss.post('/admin/update-user', { userId, data: { email: `${userId}@example.net`.toLowerCase() } }),
    'a removal by an administrator': (boss, { userId }) => boss.post('/admin/remove-user', { userId }),
    'a deletion by the user': (_, { browser }) => browser.post('/delete-user', { password }),
  } satisfies Record<string, (boss: Browser, victim: Awaited<ReturnType<typeof person>>) => Promise<Answer>>

  test.each(Object.entries(changes))(
    '%s: a sign-in that begins after any of its revocations, and finishes last, creates nothing',
    async (name, change) => {
      const slug = name.replaceAll(' ', '-')
      const { browser: boss, userId: bossId } = await person(`boss-of-${slug}@example.org`)
      await app.adapter.update({ model: 'user', where: [{ field: 'id', value: bossId }], update: { role: 'admin' } })
      const email = `${slug}@example.org`
      const victim = await person(email)

      const { result, signIns } = await signInsBetweenRevocations(
        app.store,
        async () => () => app.browser().signIn(email),
        () => change(boss, victim),
      )
      expect(result.status).toBe(200)
      expect(signIns.length).toBeGreaterThanOrEqual(2)
      for (const { status } of signIns) expect(status).not.toBe(200)
      expect(await app.store.count(victim.userId)).toBe(0)
    },
  )
})
