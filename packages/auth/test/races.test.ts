import { admin } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, type Browser, password, startApp } from './helpers.js'

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

      const { revokeAll, create } = app.store
      const signIns: Promise<Answer>[] = []
      let open = (): void => undefined
      const opened = new Promise<void>((resolve) => (open = resolve))
      let atStore = (): void => undefined
      Object.assign(app.store, {
        create: async (...args: Parameters<typeof create>) => {
          atStore()
          await opened
          return create(...args)
        },
        revokeAll: async (...args: Parameters<typeof revokeAll>) => {
          const ended = await revokeAll(...args)
          const reached = new Promise<void>((resolve) => (atStore = resolve))
          const signIn = app.browser().signIn(email)
          signIns.push(signIn)
          await Promise.race([reached, signIn]) // it waits at the store, or was refused before
          return ended
        },
      })
      const { status } = await change(boss, victim)
      Object.assign(app.store, { revokeAll, create })
      open()

      expect(status).toBe(200)
      expect(signIns.length).toBeGreaterThanOrEqual(2)
      for (const signIn of signIns) expect((await signIn).status).not.toBe(200)
      expect(await app.store.count(victim.userId)).toBe(0)
    },
  )
})
