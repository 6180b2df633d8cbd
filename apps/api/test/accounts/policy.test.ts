import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, databases, password, sessionRows, signUpPerson, startAuthOn } from './helpers.js'

// Sign-out, passwords and resets of the policy table, through real HTTP, on every database that this machine has. The other rows:
// policy.test.ts and factors.test.ts of packages/auth.

describe.each(databases)('on %s', (kind) => {
  let t: Awaited<ReturnType<typeof startAuthOn>>
  beforeAll(async () => {
    t = await startAuthOn(kind)
  }, 60_000)
  afterAll(() => t[Symbol.asyncDispose]())

  /** Someone new, signed in on a laptop and on a phone. */
  async function ada() {
    const person = await signUpPerson(t)
    const phone = t.browser('phone')
    expect((await phone.signIn(person.email)).status).toBe(200)
    return { ...person, phone }
  }
  const areSignedIn = async (...browsers: Browser[]) =>
    Promise.all(browsers.map(async (one) => (await one.session()) !== null))
  const agents = async (userId: string) => (await t.store.list(userId)).map(({ userAgent }) => userAgent).toSorted()

  test('sign-up and sign-in make sessions in the store and none in SQL', async () => {
    const { laptop, phone, userId } = await ada()
    expect(await areSignedIn(laptop, phone)).toEqual([true, true])
    expect(await agents(userId)).toEqual(['laptop', 'phone'])
    expect(await sessionRows(t.database)).toBe(0)
  })

  test('sign-out: this one ends', async () => {
    const { laptop, phone } = await ada()
    const cookies = new Map(laptop.jar)
    expect(await laptop.post('/sign-out')).toMatchObject({ status: 200, body: { success: true } })
    expect([...laptop.jar.keys()]).toEqual(['rollcall.device'])
    for (const [name, value] of cookies) laptop.jar.set(name, value) // a thief kept the cookie
    expect(await areSignedIn(laptop, phone)).toEqual([false, true])
  })

  test('password change: the others end, this one stays under its id, and its old cookie is dead', async () => {
    const { email, laptop, phone, userId } = await ada()
    const before = { session: await laptop.session(), jar: new Map(laptop.jar) }
    const answer = await laptop.post('/change-password', {
      currentPassword: password,
      newPassword: 'a brand new password',
    })
    expect(answer).toMatchObject({ status: 200 })

    expect((await laptop.session())?.id).toBe(before.session?.id)
    expect(await agents(userId)).toEqual(['laptop'])
    expect(await areSignedIn(laptop, phone)).toEqual([true, false])
    const thief = t.browser()
    for (const [name, value] of before.jar) thief.jar.set(name, value)
    expect(await thief.session()).toBeNull()
    expect((await t.browser().signIn(email, password)).status).toBe(401)
    expect((await t.browser().signIn(email, 'a brand new password')).status).toBe(200)
  })

  test('password change with the flag of better-auth is the same', async () => {
    const { laptop, phone } = await ada()
    const id = (await laptop.session())?.id
    await laptop.post('/change-password', {
      currentPassword: password,
      newPassword: 'a brand new password',
      revokeOtherSessions: true,
    })
    expect((await laptop.session())?.id).toBe(id)
    expect(await phone.session()).toBeNull()
  })

  test('a refused password change ends nothing', async () => {
    const { laptop, phone } = await ada()
    const answer = await laptop.post('/change-password', {
      currentPassword: 'wrong',
      newPassword: 'a brand new password',
    })
    expect(answer.status).toBe(400)
    expect(await areSignedIn(laptop, phone)).toEqual([true, true])
  })

  test('a session that was not to be remembered stays so through a password change', async () => {
    const { email, userId } = await ada()
    const kiosk = t.browser('kiosk')
    const signIn = await kiosk.signIn(email, password, { rememberMe: false })
    const lasts = async () => (await kiosk.session())?.expiresAt.getTime() ?? 0
    const day = 24 * 60 * 60 * 1_000
    expect(await lasts()).toBeLessThanOrEqual(Date.now() + day)
    expect(signIn.setCookies.find((line) => line.includes('session_token'))).not.toMatch(/max-age/i)

    const changed = await kiosk.post('/change-password', {
      currentPassword: password,
      newPassword: 'a brand new password',
    })
    expect(await lasts()).toBeLessThanOrEqual(Date.now() + day)
    expect(changed.setCookies.find((line) => line.includes('session_token'))).not.toMatch(/max-age/i)
    expect(await agents(userId)).toEqual(['kiosk'])
  })

  test('password reset: all end, and the link works once', async () => {
    const { email, laptop, phone, userId } = await ada()
    await t.browser().post('/request-password-reset', { email })
    const mail = t.mails.find(({ to }) => to === email)
    const token = new URL(mail?.url ?? '').searchParams.get('token')
    expect(new URL(mail?.url ?? '').pathname).toBe('/reset-password')

    expect(await t.browser().post('/reset-password', { newPassword: 'a brand new password', token })).toMatchObject({
      status: 200,
    })
    expect(await areSignedIn(laptop, phone)).toEqual([false, false])
    expect(await agents(userId)).toEqual([])
    expect((await t.browser().post('/reset-password', { newPassword: 'yet another password', token })).status).toBe(400)
    expect((await laptop.signIn(email, 'a brand new password')).status).toBe(200)
    expect(await areSignedIn(laptop)).toEqual([true])
  })

  test('answers do not reveal whether an account exists', async () => {
    const { email } = await ada()
    const ask = (address: string) => t.browser().post('/request-password-reset', { email: address })
    expect((await ask(email)).text).toBe((await ask('nobody@example.org')).text)
    const [wrong, unknown] = [
      await t.browser().signIn(email, 'wrong password'),
      await t.browser().signIn('nobody@example.org'),
    ]
    expect([wrong.status, wrong.text]).toEqual([unknown.status, unknown.text])
  })

  test('limit: a sign-up with a known address is refused as known, because a new one is signed in at once', async () => {
    const { email } = await ada()
    expect((await t.browser().signUp(email)).status).toBe(422)
  })

  test('each of these reaches the audit, without a token', async () => {
    const { email, laptop, phone, userId } = await ada()
    await phone.signIn(email, 'wrong password')
    await laptop.post('/change-password', { currentPassword: password, newPassword: 'a brand new password' })
    const session = await laptop.session()
    await laptop.post('/sign-out')
    const mine = t.events.filter((event) => event.userId === userId)
    expect(mine.map(({ event, result }) => `${event} ${result}`)).toEqual([
      'sign-in ok',
      'sign-in ok',
      'sign-in refused',
      'password-change ok',
      'sign-out ok',
    ])
    expect(mine.at(-1)).toMatchObject({ sessionId: session?.id })
    expect(t.events).toContainEqual({ event: 'sign-in', result: 'refused', ipAddress: '192.0.2.1', userId })
    expect(mine.map(({ ipAddress }) => ipAddress)).toEqual(Array(5).fill('192.0.2.1'))
    expect(JSON.stringify(t.events)).not.toMatch(/[A-Za-z0-9_-]{81}/)
  })

  test('after all of this the session table is still empty', async () => {
    expect(await sessionRows(t.database)).toBe(0)
  })
})
