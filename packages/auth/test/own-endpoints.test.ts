import { siwe, twoFactor } from 'better-auth/plugins'
import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import { createAuthEndpoint, sensitiveSessionMiddleware } from 'better-auth/api'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Browser, deleteAccounts, hold, startApp, strictLookups, copyCookies } from './helpers.js'

// Endpoints of an application with which people change how they sign in.

const DAY = 24 * 60 * 60 * 1_000

const ways = {
  id: 'ways',
  endpoints: {
    setFirstPassword: createAuthEndpoint(
      '/set-password',
      { method: 'POST', use: [sensitiveSessionMiddleware] },
      async ({ context: { adapter, internalAdapter, session } }) => {
        const { userId } = session.session
        const where = [{ field: 'id', value: userId }]
        await runWithTransaction(adapter, async () => {
          const rows = await getCurrentAdapter(adapter)
          await rows.update({ model: 'user', where, update: { updatedAt: new Date() } }) // it locks the row
          const account = await internalAdapter.findCredentialAccount(userId)
          const password = 'a hash'
          if (account === null)
            await internalAdapter.createAccount({ userId, providerId: 'credential', accountId: userId, password })
          else
            for (const update of [{ scope: 'mine' }, { password }])
              await internalAdapter.updateAccount(account.id, update)
        })
      },
    ),
    addWayIn: createAuthEndpoint(
      '/add-way-in',
      { method: 'POST', body: z.object({ model: z.string() }), use: [sensitiveSessionMiddleware] },
      async ({ body: { model }, context: { adapter, session } }) => {
        const { userId } = session.session
        await t.auth.api.getSession({ headers: new Headers() }) // a call of its own leaves what the person chose
        await adapter.create({ model, data: { ...rows[model], userId } })
      },
    ),
  },
}

const now = new Date()
const rows: Record<string, Record<string, unknown>> = {
  account: { accountId: 'mine', providerId: 'somewhere', createdAt: now, updatedAt: now },
  walletAddress: { address: 'mine', chainId: 1, createdAt: now },
}

const resetTokens = new Map<string, string>()
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    emailAndPassword: {
      enabled: true,
      sendResetPassword: async ({ user, token }) => void resetTokens.set(user.email, token),
      onPasswordReset: async ({ user }) =>
        void (await t.adapter.deleteMany({ model: 'twoFactor', where: [{ field: 'userId', value: user.id }] })),
    },
    plugins: [
      twoFactor(),
      siwe({ domain: 'example.org', getNonce: async () => 'a1b2c3d4e5f6', verifyMessage: async () => true }),
      ways,
    ],
  })
})
afterAll(() => t[Symbol.asyncDispose]())

const additions: Record<string, readonly [path: string, body: object, event: string]> = {
  'the first password': ['/set-password', {}, 'password-set'],
  'a password in the place of one that was taken away': ['/set-password', {}, 'password-set'],
  'an account of a provider': ['/add-way-in', { model: 'account' }, 'account-linked'],
  'a wallet': ['/add-way-in', { model: 'walletAddress' }, 'wallet-added'],
}

/** Somebody who signed in yesterday on two devices, and has no password any more where they choose their first. */
async function somebody(addition: string, slug: string) {
  t.clock.offset -= DAY
  const person = await t.person(`${slug}-${addition.replaceAll(/\W+/g, '-')}`, 1)
  t.clock.offset += DAY
  const { userId, browser } = person
  if (addition === 'the first password') await deleteAccounts(t.database, userId)
  if (addition.startsWith('a password in the place'))
    await sql`update account set password = null where "userId" = ${userId}`.execute(t.database.kysely)
  const [path, body, event] = additions[addition] ?? ['', {}, '']
  t.events.length = 0
  return {
    ...person,
    other: person.phones[0] as Browser,
    add: (more = {}) => browser.post(path, { ...body, ...more }),
    event,
  }
}

/** The rows that sign in, without their times. */
async function waysOf(userId: string): Promise<unknown[]> {
  const where = [{ field: 'userId', value: userId }]
  const accounts = await t.adapter.findMany<{ id: string; password: string | null }>({ model: 'account', where })
  const wallets = await t.adapter.findMany<{ id: string }>({ model: 'walletAddress', where })
  return [...accounts.map(({ id, password }) => [id, password]), ...wallets.map(({ id }) => [id])]
}

test.each(Object.keys(additions))('%s ends no session, is an event, and proves nothing', async (addition) => {
  const { browser, other, userId, add, event } = await somebody(addition, 'adds')
  const before = await browser.session()
  const copy = copyCookies(browser, t.browser())
  const { rotate } = t.store
  const asked: unknown[] = []
  t.store.rotate = (token, options) => {
    asked.push(options)
    return rotate(token, options)
  }
  const strict = await strictLookups(t.store, async () => expect((await add()).status).toBe(200))
  t.store.rotate = rotate
  expect(asked).toEqual([{ credentialChange: false, reauthenticated: false, event: { name: event } }])
  expect(new Set(strict)).toEqual(new Set([true]))
  expect(await copy.session()).toBeNull()
  expect(await browser.session()).toMatchObject({ id: before?.id, authenticatedAt: before?.authenticatedAt })
  expect(await other.session()).not.toBeNull()
  expect(t.events).toEqual([
    { event, result: 'ok', userId, sessionId: before?.id, ipAddress: expect.any(String) as string },
  ])
})

test.each(Object.keys(additions))('%s ends the other sessions if the person says so', async (addition) => {
  const { browser, other, add, event } = await somebody(addition, 'ends')
  expect((await add({ revokeOtherSessions: true })).status).toBe(200)
  expect(await browser.session()).not.toBeNull()
  expect(await other.session()).toBeNull()
  expect(t.events).toMatchObject([{ event, ended: 1 }])
})

test.each(Object.keys(additions))('%s is refused like any request of a session that has ended', async (addition) => {
  const { browser, userId, add } = await somebody(addition, 'refused')
  const before = await waysOf(userId)
  const { waiting, open } = hold(t.store, 'rotate')
  const answer = add()
  await waiting
  await t.store.revokeAll(userId)
  open()
  const { status, body } = await answer
  expect(await waysOf(userId)).toEqual(before)
  const { status: usual, body: usualBody } = await add()
  expect([status, body]).toEqual([usual, usualBody])
  expect(await browser.session()).toBeNull()
})

test('a password that the server sets for its session is a changed one, and no account that is linked', async () => {
  const { browser, userId } = await t.person('by-server')
  await deleteAccounts(t.database, userId)
  t.events.length = 0
  const cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  await t.auth.api.setPassword({ body: { newPassword: 'a new password' }, headers: new Headers({ cookie }) })
  expect(t.events.map(({ event }) => event)).toEqual(['password-change'])
})

test('a first password ends the links that were sent', async () => {
  const { email, add } = await somebody('the first password', 'links')
  await t.browser().post('/request-password-reset', { email })
  expect((await add()).status).toBe(200)
  const token = resetTokens.get(email)
  expect((await t.browser().post('/reset-password', { newPassword: 'a new password', token })).status).toBe(400)
})

test('a second factor that the application turns off at a reset is an event of its own', async () => {
  const { email, userId } = await t.person('reset')
  await t.adapter.create({ model: 'twoFactor', data: { userId, secret: 'x', backupCodes: 'x' } })
  await t.browser().post('/request-password-reset', { email })
  t.events.length = 0
  const body = { newPassword: 'a new password', token: resetTokens.get(email) }
  expect((await t.browser().post('/reset-password', body)).status).toBe(200)
  expect(t.events.map(({ event }) => event)).toContain('second-factor-off')
})
