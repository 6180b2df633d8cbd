import { passkey } from '@better-auth/passkey'
import { admin, emailOTP, genericOAuth, magicLink, phoneNumber, twoFactor } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Browser, createPasskey, password, startApp, startProvider } from './helpers.js'
import { enableApp } from './plugins/second-factor.js'

// A sign-in has read its credential, and waits for the store. Whatever ends the credential must end the sign-in too.

const mailed = new Map<string, string>()
const newDevices = new Map<string, string>()
let provider: Awaited<ReturnType<typeof startProvider>>
let t: Awaited<ReturnType<typeof startApp>>
let boss: Browser
/** By user: the next sign-in stops right before its session is made. */
const holds = new Map<string, { reached(): void; readonly opened: Promise<void> }>()

beforeAll(async () => {
  provider = await startProvider()
  t = await startApp(
    {
      account: { accountLinking: { allowDifferentEmails: true } },
      user: { deleteUser: { enabled: true }, changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
      emailAndPassword: {
        enabled: true,
        sendResetPassword: async ({ user, token }) => void mailed.set(`reset ${user.email}`, token),
      },
      plugins: [
        passkey(),
        genericOAuth({ config: [provider.config] }),
        magicLink({ sendMagicLink: ({ email, token }) => void mailed.set(`link ${email}`, token) }),
        emailOTP({ sendVerificationOTP: async ({ email, otp }) => void mailed.set(`code ${email}`, otp) }),
        phoneNumber({ sendOTP: ({ phoneNumber: to, code }) => void mailed.set(`code ${to}`, code) }),
        twoFactor(),
        admin(),
      ],
    },
    { onNewDevice: async ({ user, token }) => void newDevices.set(user.id, token) },
  )
  const { create } = t.store
  t.store.create = async (session) => {
    const held = holds.get(session.userId)
    holds.delete(session.userId)
    held?.reached()
    await held?.opened
    return create(session)
  }
  const { browser, userId } = await t.person('boss')
  await t.promote(userId)
  boss = browser
})
afterAll(async () => {
  await t[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

interface Person {
  readonly name: string
  readonly email: string
  readonly userId: string
  readonly browser: Browser
}

/** Prepares a sign-in in a browser, and returns its last request. */
type WayIn = (person: Person, visitor: Browser) => Promise<() => Promise<Answer>>

const phoneOf = ({ userId }: Pick<Person, 'userId'>): string => `+49${userId}`
const identityOf = ({ name }: Person) => ({
  sub: name,
  email: `${name}@example.com`,
  email_verified: true,
  name: 'Ada',
})

const waysIn: Record<string, WayIn> = {
  'the password':
    async ({ email }, visitor) =>
    async () =>
      visitor.signIn(email),
  'a passkey': async ({ browser }, visitor) => {
    const key = createPasskey(t.origin)
    await key.register(browser)
    return async () => key.signIn(visitor)
  },
  'a provider': async (person, visitor) => {
    await provider.visit(person.browser, identityOf(person), '/link-social')
    return async () => provider.visit(visitor, identityOf(person))
  },
  'a magic link': async ({ email }, visitor) => {
    await visitor.post('/sign-in/magic-link', { email })
    return async () => visitor.get(`/magic-link/verify?token=${mailed.get(`link ${email}`)}`)
  },
  'a code by mail': async ({ email }, visitor) => {
    await visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' })
    return async () => visitor.post('/sign-in/email-otp', { email, otp: mailed.get(`code ${email}`) })
  },
  'a code to a phone': async (person, visitor) => {
    const phone = { phoneNumber: phoneOf(person) }
    await visitor.post('/phone-number/send-otp', phone)
    return async () => visitor.post('/phone-number/verify', { ...phone, code: mailed.get(`code ${phone.phoneNumber}`) })
  },
  'a second factor': async ({ email, browser }, visitor) => {
    const { code } = await enableApp(browser)
    await visitor.signIn(email)
    return async () => visitor.post('/two-factor/verify-totp', { code: await code() })
  },
  'a trusted device': async ({ email, browser }, visitor) => {
    const { code } = await enableApp(browser)
    await visitor.signIn(email)
    await visitor.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
    visitor.jar.delete('better-auth.session_token')
    return async () => visitor.signIn(email)
  },
}

const newPassword = 'a new password'

type Revocation = (person: Person) => Promise<{ readonly status: number }>

/** Each takes something away, and the person says nothing of the other sessions. */
const revocations: Record<string, Revocation> = {
  'a new password': ({ browser }) => browser.post('/change-password', { currentPassword: password, newPassword }),
  'a reset': async ({ email }) => {
    await t.browser().post('/request-password-reset', { email })
    return t.browser().post('/reset-password', { newPassword, token: mailed.get(`reset ${email}`) })
  },
  'a password set by an administrator': ({ userId }) => boss.post('/admin/set-user-password', { userId, newPassword }),
  'a password that is taken away': async ({ userId }) => {
    await t.adapter.updateMany({ model: 'account', where: passwordOf(userId), update: { password: null } })
    return { status: 200 }
  },
  '"This wasn’t me"': ({ userId }) => t.browser().post('/secure-account', { token: newDevices.get(userId) }),
  'a ban': ({ userId }) => boss.post('/admin/ban-user', { userId }),
  'a removal by an administrator': ({ userId }) => boss.post('/admin/remove-user', { userId }),
  'a deletion': ({ browser }) => browser.post('/delete-user', { password }),
  'another address': ({ userId }) =>
    boss.post('/admin/update-user', { userId, data: { email: `${userId.toLowerCase()}@example.net` } }),
  'another phone number': ({ userId }) =>
    boss.post('/admin/update-user', { userId, data: { phoneNumber: `+1${userId}` } }),
  'a removed passkey': async ({ browser }) =>
    browser.post('/passkey/delete-passkey', { id: await firstPasskeyOf(browser) }),
}

const passwordOf = (userId: string) => [
  { field: 'userId', value: userId },
  { field: 'providerId', value: 'credential' },
]

const firstPasskeyOf = async (browser: Browser): Promise<string> =>
  ((await browser.get('/passkey/list-user-passkeys')).body as { id: string }[])[0]?.id ?? ''

/** A person with all that a revocation may take away. */
async function somebody(name: string): Promise<Person> {
  const { browser, email, userId } = await t.person(name, 1)
  await createPasskey(t.origin).register(browser)
  const update = { emailVerified: true, phoneNumber: phoneOf({ userId }), phoneNumberVerified: true }
  await t.adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update })
  await browser.signIn(email)
  return { name, browser, email, userId }
}

/** How many sessions a sign-in adds that waits for the store until `end` has run. */
async function overtake(name: string, prepare: WayIn, end: Revocation): Promise<number> {
  const person = await somebody(name)
  const visitor = t.browser()
  const finish = await prepare(person, visitor)
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const reached = new Promise<void>((resolve) => holds.set(person.userId, { reached: resolve, opened }))
  const signIn = finish()
  await reached
  const before = new Set((await t.store.list(person.userId)).map(({ id }) => id))
  expect((await end(person)).status).toBe(200)
  open()
  await signIn
  const added = (await t.store.list(person.userId)).filter(({ id }) => !before.has(id)).length
  expect((await visitor.session()) === null).toBe(added === 0)
  return added
}

async function overtakeEach(slug: string, end: Revocation, ways: readonly string[]): Promise<Record<string, number>> {
  const added: Record<string, number> = {}
  for (const [index, [way, prepare]] of Object.entries(waysIn).entries())
    if (ways.includes(way)) added[way] = await overtake(`${slug}-${index}`, prepare, end)
  return added
}

const allWays = Object.keys(waysIn)
const each = (ways: readonly string[], added: number) => Object.fromEntries(ways.map((way) => [way, added]))

test('a sign-in that nothing overtakes adds its session, by each way in', async () => {
  expect(await overtakeEach('untouched', async () => ({ status: 200 }), allWays)).toEqual(each(allWays, 1))
})

/** One is as old as its request, and one as old as the link that it uses up. The others are like them, as the first revocation shows. */
const kinds = ['the password', 'a magic link']

test.each(Object.entries(revocations))('%s refuses every sign-in that began before', async (revocation, end) => {
  const ways = revocation === 'a new password' ? allWays : kinds
  expect(await overtakeEach(revocation.toLowerCase().replaceAll(/\W+/g, ''), end, ways)).toEqual(each(ways, 0))
})

test('limit: if the person keeps the other sessions, a sign-in that began before adds its session', async () => {
  const keepOthers: Revocation = async ({ browser }) =>
    browser.post('/passkey/delete-passkey', { id: await firstPasskeyOf(browser), revokeOtherSessions: false })
  expect(await overtakeEach('kept', keepOthers, kinds)).toEqual(each(kinds, 1))
})
