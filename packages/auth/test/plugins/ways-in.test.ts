import { passkey } from '@better-auth/passkey'
import { proofMethodOf, type SignInMethod, signInMethodOf } from '@rollcall/devices'
import { base32 } from '@better-auth/utils/base32'
import { createOTP } from '@better-auth/utils/otp'
import {
  admin,
  anonymous,
  emailOTP,
  genericOAuth,
  magicLink,
  phoneNumber,
  siwe,
  twoFactor,
  username,
} from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  anyToken,
  type Browser,
  createPasskey,
  deleteAccounts,
  password,
  startApp,
  startProvider,
  copyCookies,
} from '../helpers.js'

const [links, codes] = [new Map<string, string>(), new Map<string, string>()]
let provider: Awaited<ReturnType<typeof startProvider>>
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  provider = await startProvider()
  t = await startApp({
    plugins: [
      username(),
      passkey(),
      magicLink({ sendMagicLink: ({ email, token }) => void links.set(email, token) }),
      emailOTP({ sendVerificationOTP: async ({ email, otp }) => void codes.set(email, otp) }),
      phoneNumber({ sendOTP: ({ phoneNumber: number, code }) => void codes.set(number, code) }),
      siwe({ domain: 'example.org', getNonce: async () => 'a1b2c3d4e5f6', verifyMessage: async () => true }),
      anonymous(),
      genericOAuth({ config: [provider.config] }),
      twoFactor(),
      admin(),
    ],
  })
})
afterAll(async () => {
  await t[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

/** A message of EIP-4361; the application of this test takes every signature. */
const walletMessage = (nonce: string): string =>
  [
    'example.org wants you to sign in with your Ethereum account:',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '\nURI: https://example.org\nVersion: 1\nChain ID: 1',
    `Nonce: ${nonce}\nIssued At: 2026-11-28T00:00:00.000Z`,
  ].join('\n')

async function signInWithWallet(browser: Browser) {
  const { body } = await browser.post('/siwe/nonce')
  return browser.post('/siwe/verify', { message: walletMessage((body as { nonce: string }).nonce), signature: '0x1' })
}

let people = 0

/** The account has each of the ways in that an account can have at once. */
async function somebody(name: string) {
  const { browser, email, userId } = await t.person(name)
  const number = `+1555${String((people += 1)).padStart(7, '0')}`
  const where = [{ field: 'id', value: userId }]
  await t.adapter.update({
    model: 'user',
    where,
    update: { phoneNumber: number, phoneNumberVerified: true, username: name, emailVerified: true },
  })
  const key = createPasskey(t.origin)
  expect((await key.register(browser)).status).toBe(200)
  const identity = { sub: email, email, email_verified: true, name: 'Ada' }
  return { owner: browser, email, userId, number, key, identity }
}
type Person = Awaited<ReturnType<typeof somebody>>

const waysIn: Record<
  string,
  { method: SignInMethod; signIn: (browser: Browser, person: Person) => Promise<{ status: number; text: string }> }
> = {
  password: { method: { kind: 'password' }, signIn: (browser, { email }) => browser.signIn(email) },
  username: {
    method: { kind: 'password' },
    signIn: (browser, { email }) => browser.post('/sign-in/username', { username: email.split('@')[0], password }),
  },
  passkey: { method: { kind: 'passkey' }, signIn: (browser, { key }) => key.signIn(browser) },
  magicLink: {
    method: { kind: 'email-link' },
    async signIn(browser, { email }) {
      await browser.post('/sign-in/magic-link', { email })
      return browser.get(`/magic-link/verify?token=${links.get(email)}`)
    },
  },
  emailOTP: {
    method: { kind: 'email-code' },
    async signIn(browser, { email }) {
      await browser.post('/email-otp/send-verification-otp', { email, type: 'sign-in' })
      return browser.post('/sign-in/email-otp', { email, otp: codes.get(email) })
    },
  },
  phoneNumber: {
    method: { kind: 'phone-code' },
    async signIn(browser, { number }) {
      await browser.post('/phone-number/send-otp', { phoneNumber: number })
      return browser.post('/phone-number/verify', { phoneNumber: number, code: codes.get(number) })
    },
  },
  genericOAuth: {
    method: { kind: 'provider', provider: 'acme' },
    signIn: (browser, { identity }) => provider.visit(browser, identity),
  },
}

describe.each(Object.entries(waysIn))('%s', (name, { method, signIn }) => {
  test('its sign-in is a session like any other, and names its method', async () => {
    const person = await somebody(`by_${name.toLowerCase()}`)
    const browser = t.browser()
    const answer = await signIn(browser, person)
    expect([200, 302]).toContain(answer.status)
    expect(answer.text).not.toMatch(anyToken)
    const session = await browser.session()
    expect(session?.userId).toBe(person.userId)
    expect(session && signInMethodOf(session)).toEqual(method)
    expect(session && proofMethodOf(session)).toEqual(method)
    expect((await t.store.list(person.userId)).map(({ id }) => id)).toContain(session?.id)
    const audited = { event: 'sign-in', result: 'ok', userId: person.userId, sessionId: session?.id }
    expect(t.events).toContainEqual(expect.objectContaining(audited))

    const thief = copyCookies(browser, t.browser())
    await t.store.revokeAll(person.userId)
    expect(await thief.session()).toBeNull()
    expect((await thief.get('/get-session')).body).toBeNull()
  })
})

describe.each(Object.entries(waysIn))('signing in again in the same browser by %s', (name, { method, signIn }) => {
  test('proves and renews the session under its id: none is left beside it, and its old cookie is dead', async () => {
    const person = await somebody(`again_${name.toLowerCase()}`)
    const browser = person.owner
    const before = await browser.session()
    const thief = copyCookies(browser, t.browser())
    t.clock.offset += 60_000
    const answer = await signIn(browser, person)
    expect([200, 302]).toContain(answer.status)
    const after = await browser.session()
    expect(after?.id).toBe(before?.id)
    expect(after?.authenticatedAt.getTime()).toBeGreaterThan(before?.authenticatedAt.getTime() ?? 0)
    expect(after && proofMethodOf(after)).toEqual(method)
    expect(await thief.session()).toBeNull()
    expect(await t.store.count(person.userId)).toBe(1)
  })
})

test('signing in as somebody else in the same browser leaves the other person their session', async () => {
  const [ada, bob] = [await somebody('left_ada'), await somebody('left_bob')]
  const id = (await ada.owner.session())?.id
  await ada.owner.signIn(bob.email)
  expect((await ada.owner.session())?.userId).toBe(bob.userId)
  expect((await t.store.list(ada.userId)).map((session) => session.id)).toEqual([id])
  expect(await t.store.count(bob.userId)).toBe(2)
})

test('a sign-in that is not to be remembered shortens the session whose place it takes', async () => {
  const { owner, email, userId } = await somebody('kiosk')
  await owner.signIn(email, password, { rememberMe: false })
  expect((await owner.session())?.expiresAt.getTime()).toBeLessThanOrEqual(
    Date.now() + t.clock.offset + 24 * 60 * 60_000,
  )
  expect(await t.store.count(userId)).toBe(1)
})

test('siwe and anonymous: their sign-ins are sessions like any other, and name their method', async () => {
  const signIns: [SignInMethod, (browser: Browser) => Promise<{ status: number; text: string }>][] = [
    [{ kind: 'wallet' }, signInWithWallet],
    [{ kind: 'anonymous' }, (browser) => browser.post('/sign-in/anonymous')],
  ]
  for (const [method, signIn] of signIns) {
    const browser = t.browser()
    const answer = await signIn(browser)
    const proofs = (await browser.get('/reauthenticate/methods')).text
    expect([answer.status, proofs.includes('wallet')]).toEqual([200, method.kind === 'wallet'])
    expect(answer.text).not.toMatch(anyToken)
    const session = await browser.session()
    expect(session && signInMethodOf(session)).toEqual(method)
    await t.store.revokeAll(session?.userId ?? '')
    expect(await browser.session()).toBeNull()
  }
})

test('an administrator who acts as somebody else, and a second factor, are named', async () => {
  const { owner, email, userId } = await somebody('watched')
  const enabled = await owner.post('/two-factor/enable', { password })
  const secret = new URL((enabled.body as { totpURI: string }).totpURI).searchParams.get('secret') ?? ''
  const code = () => createOTP(new TextDecoder().decode(base32.decode(secret))).totp()
  await owner.post('/two-factor/verify-totp', { code: await code() })
  const phone = t.browser()
  await phone.signIn(email)
  await phone.post('/two-factor/verify-totp', { code: await code() })
  const session = await phone.session()
  expect(session && signInMethodOf(session)).toEqual({ kind: 'two-factor' })
  // The password alone gives no session of this account, so the earlier one goes with its cookie.
  await phone.signIn(email)
  expect(await phone.session()).toBeNull()
  await phone.post('/two-factor/verify-totp', { code: await code() })
  expect(await t.store.count(userId)).toBe(2)
  await phone.post('/sign-out')
  await phone.signIn(email)
  await phone.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
  await phone.signIn(email)
  expect(await phone.session()).not.toBeNull()
  expect(await t.store.count(userId)).toBe(2)

  const administrator = await t.person('administrator')
  await t.promote(administrator.userId)
  await administrator.browser.signIn(administrator.email)
  await administrator.browser.post('/admin/impersonate-user', { userId })
  const acting = await administrator.browser.session()
  expect(acting?.userId).toBe(userId)
  expect(acting && signInMethodOf(acting)).toEqual({ kind: 'impersonation' })
})

test('after a proof the session is fresh again for better-auth: a passkey can be added', async () => {
  const { offset } = t.clock
  t.clock.offset = -2 * 24 * 60 * 60_000 // better-auth asks for a session of the last 24 hours
  const { browser } = await t.person('stale')
  t.clock.offset = offset
  const key = createPasskey(t.origin)
  expect(await key.register(browser)).toMatchObject({ status: 403, body: { code: 'SESSION_NOT_FRESH' } })
  await browser.post('/reauthenticate', { password })
  expect((await key.register(browser)).status).toBe(200)
})

test('an account names the ways in which its person can prove who they are', async () => {
  const { owner, userId, identity } = await somebody('has_all')
  const methods = async (browser: Browser) =>
    (await browser.get('/reauthenticate/methods')).body as { methods: SignInMethod[] }
  const byMail: SignInMethod[] = [{ kind: 'email-link' }, { kind: 'email-code' }]
  const always: SignInMethod[] = [{ kind: 'passkey' }, { kind: 'phone-code' }, ...byMail]
  expect(await methods(owner)).toEqual({ methods: [{ kind: 'password' }, ...always] })
  await deleteAccounts(t.database, userId)
  expect(await methods(owner)).toEqual({ methods: always })
  await provider.visit(owner, identity)
  const linked: SignInMethod = { kind: 'provider', provider: 'acme' }
  expect(await methods(owner)).toEqual({ methods: [{ kind: 'passkey' }, linked, { kind: 'phone-code' }, ...byMail] })
  await deleteAccounts(t.database, userId)
  expect(await methods(owner)).toEqual({ methods: always })
  const guest = t.browser()
  await guest.post('/sign-in/anonymous')
  expect(await methods(guest)).toEqual({ methods: [] })
  expect((await t.browser().get('/reauthenticate/methods')).status).toBe(401)
})

test('a confirmed password is the latest proof, and does not change how the session came in', async () => {
  const person = await somebody('proves-again')
  const browser = t.browser()
  await person.key.signIn(browser)
  expect((await browser.post('/reauthenticate', { password })).status).toBe(200)
  const session = await browser.session()
  expect(session && signInMethodOf(session)).toEqual({ kind: 'passkey' })
  expect(session && proofMethodOf(session)).toEqual({ kind: 'password' })
})
