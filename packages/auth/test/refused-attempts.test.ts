import { startAppWith } from '@rollcall/dev-auth'
import { failCommand } from '@rollcall/dev-redis/faults'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthEndpoint, sessionMiddleware } from 'better-auth/api'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { cookieSessions, emailHashOf, rollcallPlugin, type WrongPassword } from '../src/index.js'
import { hold, password, secret } from './helpers.js'

// What the audit says of an attempt that was refused, and when somebody's password was wrong.

const fails = (path: string, status: 'BAD_REQUEST' | 'INTERNAL_SERVER_ERROR', code?: string) =>
  createAuthEndpoint(
    path,
    { method: 'POST', use: path.startsWith('/sign-in/') ? [] : [sessionMiddleware] },
    async () => {
      throw new APIError(status, code === undefined ? undefined : { code, message: 'no' })
    },
  )
const own = {
  id: 'own',
  endpoints: {
    broken: fails('/sign-in/broken', 'INTERNAL_SERVER_ERROR'),
    confirm: fails('/confirm-email-change', 'BAD_REQUEST', 'INVALID_TOKEN'),
    bare: fails('/set-password', 'BAD_REQUEST'),
    redirect: createAuthEndpoint('/sign-in/elsewhere', { method: 'GET' }, async (ctx) => {
      throw ctx.redirect('/elsewhere')
    }),
  },
} satisfies BetterAuthPlugin

const wrong: WrongPassword[] = []
const library = { rollcall: rollcallPlugin, cookieSessions }
const onWrongPassword = (one: WrongPassword): void => void wrong.push(one)
const start = () => startAppWith(library, { plugins: [own] }, { onWrongPassword })
let t: Awaited<ReturnType<typeof start>>
beforeAll(async () => {
  t = await start()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(forget)

function forget(): void {
  wrong.length = 0
  t.events.length = 0
}

const ipAddress = expect.any(String) as string
const clientInfo = { ipAddress, userAgent: 'Firefox', data: {} }

test('a wrong password of an account that exists is audited, with the session in which it was given', async () => {
  const { browser, email, userId } = await t.person('exists')
  const sessionId = (await browser.session())?.id ?? ''
  forget()
  const given = 'wrong password'
  await t.browser().signIn(email.toUpperCase(), given)
  await browser.signIn(email, given)
  await browser.post('/reauthenticate', { password: given })
  await browser.post('/change-password', { currentPassword: given, newPassword: 'a new password' })
  const inSession = ['reauthentication', 'password-change'].map((event) => ({ event, userId, sessionId }))
  const signIn = { event: 'sign-in', userId, sessionId: null }
  expect(wrong).toEqual([signIn, signIn, ...inSession].map((one) => ({ ...one, clientInfo })))
  const audited = { result: 'refused', ipAddress }
  expect(t.events).toEqual([
    { event: 'sign-in', userId, ...audited },
    { event: 'sign-in', userId, ...audited },
    ...inSession.map((one) => ({ ...one, ...audited })),
  ])
})

test('of an address without an account, the audit has a hash that only the secret makes', async () => {
  await t.browser().signIn(' Nobody@Example.org'.trim())
  const emailHash = emailHashOf('nobody@example.org', secret)
  expect(t.events).toEqual([{ event: 'sign-in', result: 'refused', ipAddress, emailHash }])
  expect(emailHash).toMatch(/^[\w-]{22}$/)
  expect(emailHashOf(' NOBODY@example.org ', secret)).toBe(emailHash)
  for (const other of [emailHashOf('nobody@example.com', secret), emailHashOf('nobody@example.org', 'another')])
    expect(other).not.toBe(emailHash)
  expect(wrong).toEqual([])
})

test('what names nobody, fails by itself or only leads elsewhere accuses nobody', async () => {
  const { browser, email, userId } = await t.person('accused')
  const sessionId = (await browser.session())?.id
  forget()
  await browser.post('/sign-in/email', {})
  await browser.post('/sign-in/broken', { email })
  await browser.post('/confirm-email-change') // any browser may open the link
  await browser.post('/set-password')
  await browser.get('/sign-in/elsewhere')
  expect(t.events).toEqual([
    { event: 'sign-in', result: 'refused', ipAddress },
    { event: 'sign-in', result: 'unavailable', ipAddress, userId },
    { event: 'email-change', result: 'refused', ipAddress },
    { event: 'password-set', result: 'refused', ipAddress, userId, sessionId },
  ])
  expect(wrong).toEqual([])
})

test('a refusal or an outage of what is no attempt leaves no event', async () => {
  const { browser } = await t.person('no-attempt')
  forget()
  expect((await t.browser().post('/update-user', { name: 'Grace' })).status).toBe(401)
  {
    using _ = failCommand(t.redis, 2, 'never sent') // after the time
    expect((await browser.post('/update-user', { name: 'Grace' })).status).toBe(503)
  }
  expect(t.events).toEqual([])
})

test('nor is a password wrong that was replaced meanwhile', async () => {
  const { browser, email, userId } = await t.person('overtaken')
  const { waiting, open } = hold(t.store, 'create')
  const signIn = t.browser().signIn(email)
  await waiting
  await browser.post('/change-password', { currentPassword: password, newPassword: 'a new password' })
  forget()
  open()
  expect((await signIn).status).toBe(409)
  expect(t.events).toEqual([{ event: 'sign-in', result: 'superseded', ipAddress, userId }])
  expect(wrong).toEqual([])
})
