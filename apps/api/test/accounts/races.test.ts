import { afterAll, beforeAll, expect, test } from 'vitest'
import { hold, password, startAuth } from './helpers.js'

// Each test holds one request back at a chosen call to the store and lets another overtake it.

let t: Awaited<ReturnType<typeof startAuth>>
beforeAll(async () => {
  t = await startAuth()
})
afterAll(() => t[Symbol.asyncDispose]())

async function resetTokenFor(email: string): Promise<string | null> {
  await t.browser().post('/request-password-reset', { email })
  const mail = t.mails.findLast(({ to }) => to === email)
  return new URL(mail?.url ?? '').searchParams.get('token')
}

/** The password was right when it was checked: no 401, which would say that it is wrong. */
const superseded = { status: 409, body: { code: 'CREDENTIALS_CHANGED' }, setCookies: [] }

test('a sign-in that checked the old password before a reset creates nothing after it (better-auth#11073)', async () => {
  const email = 'reset-race@example.org'
  await t.browser().signUp(email)
  const token = await resetTokenFor(email)

  const { waiting, open } = hold(t.store, 'create')
  const thief = t.browser()
  const signIn = thief.signIn(email)
  await waiting
  expect((await t.browser().post('/reset-password', { newPassword: 'a brand new password', token })).status).toBe(200)
  open()
  expect(await signIn).toMatchObject(superseded)
  expect(await thief.session()).toBeNull()
})

test('a sign-in that checked the old password before a change creates nothing after it', async () => {
  const email = 'change-race@example.org'
  const owner = t.browser()
  await owner.signUp(email)
  const { waiting, open } = hold(t.store, 'create')
  const thief = t.browser()
  const signIn = thief.signIn(email)
  await waiting
  await owner.post('/change-password', { currentPassword: password, newPassword: 'a brand new password' })
  open()
  expect(await signIn).toMatchObject(superseded)
  expect(await owner.session()).not.toBeNull()
})

test('a sign-in that was found right before a ban creates nothing after it, and none is found right after it', async () => {
  const email = 'ban-race@example.org'
  const owner = t.browser()
  await owner.signUp(email)
  const userId = (await owner.session())?.userId ?? ''
  const { waiting, open } = hold(t.store, 'create')
  const late = t.browser()
  const signIn = late.signIn(email)
  await waiting
  await t.auth.ban(userId, 'Spam')
  open()
  expect(await signIn).toMatchObject(superseded)
  expect(await t.store.list(userId)).toEqual([])
  expect(await t.browser().signIn(email)).toMatchObject({ status: 403, body: { code: 'BANNED_USER' }, setCookies: [] })
})

test('a password change by a session that is revoked meanwhile changes nothing', async () => {
  const email = 'revoked-changer@example.org'
  const [owner, thief] = [t.browser(), t.browser()]
  await owner.signUp(email)
  await thief.signIn(email)
  const { waiting, open } = hold(t.store, 'revokeOthers')
  const change = thief.post('/change-password', { currentPassword: password, newPassword: "the thief's password" })
  await waiting
  const stolen = await thief.session()
  await t.store.revoke(stolen?.userId ?? '', stolen?.id ?? '')
  open()
  expect((await change).status).toBe(401)
  expect(await owner.session()).not.toBeNull()
  expect((await t.browser().signIn(email, password)).status).toBe(200)
})

test('a session that is revoked while its password is proved again stays ended', async () => {
  const email = 'revoked-prover@example.org'
  const [owner, thief] = [t.browser(), t.browser()]
  await owner.signUp(email)
  await thief.signIn(email)
  const { waiting, open } = hold(t.store, 'rotate')
  const proof = thief.post('/reauthenticate', { password })
  await waiting
  const stolen = await thief.session()
  await t.store.revoke(stolen?.userId ?? '', stolen?.id ?? '')
  open()
  expect(await proof).toMatchObject({ status: 401, setCookies: [] })
  expect(await thief.session()).toBeNull()
  expect(await owner.session()).not.toBeNull()
})

test('of two password changes at once from two devices, one happens', async () => {
  const email = 'two-changers@example.org'
  const [laptop, phone] = [t.browser(), t.browser()]
  await laptop.signUp(email)
  await phone.signIn(email)
  const [one, two] = await Promise.all([
    laptop.post('/change-password', { currentPassword: password, newPassword: 'one of the laptop' }),
    phone.post('/change-password', { currentPassword: password, newPassword: 'one of the phone' }),
  ])
  const winner = one.status === 200 ? 'one of the laptop' : 'one of the phone'
  const [winning, losing] = [one.status, two.status].toSorted()
  expect(winning).toBe(200)
  // Its session ended first; or its password was checked after the other change, and is wrong by then.
  expect([400, 401]).toContain(losing)
  const alive = await Promise.all([laptop.session(), phone.session()])
  expect(alive.filter((session) => session !== null)).toHaveLength(1)
  expect((await t.browser().signIn(email, winner)).status).toBe(200)
})

test('a sign-out in flight does not stop a revocation, nor the other way round', async () => {
  const email = 'sign-out-race@example.org'
  const [laptop, phone] = [t.browser(), t.browser()]
  await laptop.signUp(email)
  await phone.signIn(email)
  const token = (await laptop.token()) ?? ''
  const [signOut, ended] = await Promise.all([phone.post('/sign-out'), t.store.revokeOthers(token)])
  expect(signOut.status).toBe(200)
  expect(ended).toBeLessThanOrEqual(1)
  expect(await phone.session()).toBeNull()
})
