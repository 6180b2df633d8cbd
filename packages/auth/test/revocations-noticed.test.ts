import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { admin, twoFactor } from 'better-auth/plugins'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { rollcall } from '../src/index.js'
import { anyToken, password, startApp } from './helpers.js'

// The audit and better-auth's hooks notice every revocation once, by any caller.

interface Noticed {
  readonly id: string
  readonly userId: string
  readonly userAgent?: string | null | undefined
}

const noticed: Noticed[] = []
const noticedByPlugin: string[] = []
const resetTokens = new Map<string, string>()
let t: Awaited<ReturnType<typeof startApp>>
let boss: Person

const options: BetterAuthOptions = {
  emailAndPassword: {
    enabled: true,
    sendResetPassword: async ({ user, token }) => void resetTokens.set(user.email, token),
  },
  user: { deleteUser: { enabled: true }, changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
  databaseHooks: { session: { delete: { after: async (session) => void noticed.push(session) } } },
  plugins: [
    admin(),
    twoFactor(),
    {
      id: 'listens',
      init: () => ({
        options: {
          databaseHooks: { session: { delete: { before: async ({ id }: Noticed) => void noticedByPlugin.push(id) } } },
        },
      }),
    },
  ],
}

beforeAll(async () => {
  t = await startApp(options)
  boss = await t.person('boss')
  await t.promote(boss.userId)
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(forget)

function forget(): void {
  noticed.length = 0
  noticedByPlugin.length = 0
  t.events.length = 0
}

type Person = Awaited<ReturnType<typeof t.person>>
const newPassword = 'a new password'
const idOf = async ({ browser }: Person) => (await browser.session())?.id ?? ''

interface Revocation {
  /** The sessions that end: the one that asks, the two others, or all three. */
  readonly ends: 'own' | 'one' | 'others' | 'all'
  readonly event: string
  /** The session that the event of the audit names, where the store knows it alone. */
  readonly names?: 'own' | 'one' | 'none'
  prepare?(person: Person): Promise<unknown>
  act(person: Person, other: string): Promise<unknown>
}

const all = { ends: 'all', event: 'revoke-all' } as const

const revocations: Record<string, Revocation> = {
  'sign-out': { ends: 'own', event: 'sign-out', act: ({ browser }) => browser.post('/sign-out') },
  '/revoke-session': {
    ends: 'one',
    event: 'revoke',
    act: ({ browser }, other) => browser.post('/revoke-session', { token: other }),
  },
  '/revoke-other-sessions': {
    ends: 'others',
    event: 'revoke-others',
    act: ({ browser }) => browser.post('/revoke-other-sessions'),
  },
  '/revoke-sessions': { ends: 'all', event: 'revoke-all', act: ({ browser }) => browser.post('/revoke-sessions') },
  'a password change': {
    ends: 'others',
    event: 'password-change',
    act: ({ browser }) => browser.post('/change-password', { currentPassword: password, newPassword }),
  },
  'a reset': {
    ends: 'all',
    event: 'password-reset',
    prepare: ({ browser, email }) => browser.post('/request-password-reset', { email }),
    act: ({ email }) => t.browser().post('/reset-password', { newPassword, token: resetTokens.get(email) }),
  },
  'a changed address': {
    ends: 'others',
    event: 'email-change',
    act: ({ browser, email }) => browser.post('/change-email', { newEmail: `new-${email}` }),
  },
  'the user deleted': {
    ends: 'all',
    event: 'user-deleted',
    act: ({ browser }) => browser.post('/delete-user', { password }),
  },
  'a ban': {
    ends: 'all',
    event: 'user-banned',
    act: ({ userId }) => boss.browser.post('/admin/ban-user', { userId }),
  },
  'an administrator who ends all': {
    ends: 'all',
    event: 'revoke-all',
    act: ({ userId }) => boss.browser.post('/admin/revoke-user-sessions', { userId }),
  },
  'an administrator who sets a password': {
    ends: 'all',
    event: 'password-reset',
    act: ({ userId }) => boss.browser.post('/admin/set-user-password', { userId, newPassword }),
  },
  'the devices router, or the application: one': {
    ends: 'one',
    event: 'revoke',
    names: 'one',
    act: async (person, other) => t.store.revoke(person.userId, other, { by: await idOf(person) }),
  },
  'the application: several': {
    ends: 'one',
    event: 'revoke-many',
    act: ({ userId }, other) => t.store.revokeMany(userId, [other, 'unknown']),
  },
  'the application: others': {
    ends: 'others',
    event: 'revoke-others',
    names: 'own',
    act: async ({ browser }) => t.store.revokeOthers((await browser.token()) ?? ''),
  },
  'the application: all': { ...all, names: 'none', act: ({ userId }) => t.store.revokeAll(userId) },
  'the application: all, by one of them, for a credential of its own': {
    ...all,
    names: 'own',
    act: async (person) => t.store.revokeAll(person.userId, { by: await idOf(person), credentialChange: true }),
  },
  'the application: all, for a credential that somebody else changed': {
    ...all,
    names: 'none',
    act: ({ userId }) => t.store.revokeAll(userId, { credentialChange: true }),
  },
  'the application, by a credential of its own': {
    ends: 'others',
    event: 'revoke-others',
    names: 'own',
    act: async ({ browser }) => t.store.rotate((await browser.token()) ?? '', { credentialChange: true }),
  },
  'the application, through better-auth': {
    ends: 'all',
    event: 'revoke-all',
    act: async ({ userId }) => (await t.auth.$context).internalAdapter.deleteUserSessions(userId),
  },
}

test.each(Object.entries(revocations))(
  'the audit and the hooks notice once: %s',
  async (name, { ends, event, names, prepare, act }) => {
    const person = await t.person(`ends-${name.replaceAll(/\W/g, '')}`, 2)
    await prepare?.(person)
    const [own, all] = [await idOf(person), (await t.store.list(person.userId)).map(({ id }) => id)]
    const others = all.filter((id) => id !== own)
    const [other = ''] = others
    forget()
    await act(person, other)
    const ended = { own: [own], one: [other], others, all }[ends].toSorted()
    expect(noticed.map(({ id }) => id).toSorted()).toEqual(ended)
    expect(noticedByPlugin.toSorted()).toEqual(ended)
    expect(noticed.every(({ userId, userAgent }) => userId === person.userId && userAgent === 'Firefox')).toBe(true)
    const audited = t.events.filter(({ userId }) => userId === person.userId)
    expect(audited.at(-1)).toMatchObject({ event, result: 'ok' })
    if (names !== undefined) expect(audited.at(-1)?.sessionId).toBe({ own, one: other, none: undefined }[names])
    // To delete a user, better-auth first deletes the sessions, which is an event of its own.
    expect(audited).toHaveLength(event === 'user-deleted' ? 2 : 1)
    expect(audited.reduce((sum, one) => sum + (one.ended ?? 0), 0)).toBe(ended.length)
  },
)

test('the audit and the hooks notice once: an impersonation that is stopped', async () => {
  const ada = await t.person('impersonated')
  await boss.browser.post('/admin/impersonate-user', { userId: ada.userId })
  const id = await idOf(boss)
  forget()
  expect((await boss.browser.post('/admin/stop-impersonating')).status).toBe(200)
  expect(noticed.map((session) => session.id)).toEqual([id])
  expect(t.events).toMatchObject([{ event: 'revoke', userId: ada.userId, sessionId: id, ended: 1 }])
})

test('the audit and the hooks notice once: a session beyond the most that a user may have', async () => {
  const { email, userId } = await t.person('capped')
  const more = Array.from({ length: 99 }, () => t.store.create({ userId, userAgent: 'Firefox' }))
  await Promise.all(more)
  forget()
  await t.browser().signIn(email)
  expect(noticed).toHaveLength(1)
  expect(await t.store.count(userId)).toBe(100)
  expect(t.events.find(({ event }) => event === 'cap')).toMatchObject({ result: 'ok', userId, ended: 1 })
})

test('the audit and the hooks notice once: a sign-in that a second factor completes later: the browser has lost its earlier session', async () => {
  const ada = await t.person('two-factors')
  const where = [{ field: 'id', value: ada.userId }]
  await t.adapter.update({ model: 'user', where, update: { twoFactorEnabled: true } })
  const id = await idOf(ada)
  forget()
  expect((await ada.browser.signIn(ada.email)).body).toMatchObject({ twoFactorRedirect: true })
  expect(noticed.map((session) => session.id)).toContain(id)
  expect(t.events).toMatchObject([{ event: 'sign-out', sessionId: id, ended: 1 }])
})

test('the audit and the hooks notice once: sessions that ended although their change was rolled back', async () => {
  const { browser, userId, phones } = await t.person('rolled-back', 1)
  const id = (await phones[0]?.session())?.id
  const { kysely } = t.database
  await sql`create trigger refuse before update on account begin select raise(abort, 'disk'); end`.execute(kysely)
  forget()
  const answer = await browser.post('/change-password', { currentPassword: password, newPassword })
  await sql`drop trigger refuse`.execute(kysely)
  expect(answer.status).toBe(500)
  expect(noticed.map((session) => session.id)).toEqual([id])
  expect(t.events).toContainEqual(expect.objectContaining({ event: 'revoke-others', result: 'ok', userId, ended: 1 }))
})

test('the audit and the hooks notice once: of two instances on one store, as after a hot reload, the later does', async () => {
  const hookOf = (ids: string[]) => ({
    session: { delete: { before: async (session: Noticed) => void ids.push(session.id) } },
  })
  const [earlier, later]: [string[], string[]] = [[], []]
  await using app = await startApp({ databaseHooks: hookOf(earlier) })
  // A module that wraps the store is loaded again too.
  const plugins = [rollcall({ store: { ...app.store }, audit: app.audit })]
  await betterAuth({ ...app.auth.options, databaseHooks: hookOf(later), plugins }).$context
  const { userId } = await app.person('reloaded', 1)
  app.events.length = 0
  expect(await app.store.revokeAll(userId)).toBe(2)
  expect(app.events).toMatchObject([{ event: 'revoke-all', ended: 2 }])
  expect([earlier.length, later.length]).toEqual([0, 2])
})

test('a hook that fails keeps no session, and gets no token', async () => {
  const seen: object[] = []
  const logged: string[] = []
  await using app = await startApp({
    logger: { level: 'error', log: (_, message) => void logged.push(message) },
    databaseHooks: {
      session: {
        delete: {
          before: async (session) => {
            seen.push(session)
            throw new Error('a hook failed')
          },
        },
      },
    },
  })
  const { userId } = await app.person('stubborn', 1)
  expect(await app.store.revokeAll(userId)).toBe(2)
  expect(await app.store.count(userId)).toBe(0)
  expect(seen).toHaveLength(1)
  expect(JSON.stringify([seen, logged])).not.toMatch(anyToken)
  expect(logged).toContainEqual(expect.stringContaining('databaseHooks.session.delete failed'))
})
