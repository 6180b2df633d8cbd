/* oxlint-disable max-lines -- One server serves all of it, on each database. */
import { deviceOf } from '@rollcall/devices'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Browser,
  databases,
  hold,
  newEmail,
  password,
  secret,
  signUpPerson,
  startAuth,
  startAuthOn,
} from './helpers.js'

const DAY = 24 * 60 * 60 * 1_000

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = {
  device: { deviceId: string; userId: string; name: string | null; lastSeenAt: string | Date }
  verification: { identifier: string; value: string; expiresAt: string | Date }
  user: { id: string }
}

describe.each(databases)('on %s', (kind) => {
  let t: Awaited<ReturnType<typeof startAuthOn>>
  beforeAll(async () => {
    t = await startAuthOn(kind)
  }, 60_000)
  afterAll(() => t[Symbol.asyncDispose]())

  const sql = (): Kysely<Tables> => t.database.kysely.withTables<Tables>()
  const date = (ms: number): string | Date => (kind === 'sqlite' ? new Date(ms).toISOString() : new Date(ms))
  const rows = (userId: string) => sql().selectFrom('device').selectAll().where('userId', '=', userId).execute()
  const mailsTo = (email: string) => t.newDevices.filter(({ to }) => to === email)

  const deviceIn = async (browser: Browser) => {
    const session = await browser.session()
    return session && deviceOf(session)
  }

  describe('the cookie of a browser', () => {
    test('is set at the sign-up, is out of reach of scripts, lasts 400 days and outlives signing out', async () => {
      const browser = t.browser()
      const { setCookies } = await browser.signUp(newEmail())
      const [cookie = '', ...more] = setCookies.filter((line) => line.startsWith('rollcall.device='))
      expect(more).toEqual([])
      expect(cookie.split('; ').slice(1).toSorted()).toEqual(['HttpOnly', 'Max-Age=34560000', 'Path=/', 'SameSite=Lax'])
      await browser.post('/sign-out')
      expect([...browser.jar.keys()]).toEqual(['rollcall.device'])
    })

    test('makes two sign-ins one device, and a browser without it another', async () => {
      const { email, laptop } = await signUpPerson(t)
      const first = await deviceIn(laptop)
      await laptop.post('/sign-out')
      await laptop.signIn(email)
      expect(first?.isNew).toBe(true)
      expect(await deviceIn(laptop)).toEqual({ ...first, isNew: false })
      const phone = t.browser()
      await phone.signIn(email)
      expect((await deviceIn(phone))?.id).not.toBe(first?.id)
    })

    test.each([
      ['of a wrong signature', (cookie: string) => cookie.replace(/^.{3}/, 'AAA')],
      ['without a signature', (cookie: string) => decodeURIComponent(cookie).split('.')[0] ?? ''],
      ['that is no cookie of ours', () => 'garbled'],
    ])('one %s is replaced, so that nobody chooses a device', async (_, forge) => {
      const { email, laptop } = await signUpPerson(t)
      const before = await deviceIn(laptop)
      laptop.jar.set('rollcall.device', forge(laptop.jar.get('rollcall.device') ?? ''))
      await laptop.signIn(email)
      expect((await deviceIn(laptop))?.id).toMatch(/^[\w-]{22}$/)
      expect((await deviceIn(laptop))?.id).not.toBe(before?.id)
      expect(mailsTo(email)).toHaveLength(1)
    })

    test('signs nobody in, and a session cookie is none', async () => {
      const { email, laptop } = await signUpPerson(t)
      const [device = '', session = ''] = ['rollcall.device', 'rollcall.session_token'].map((name) =>
        laptop.jar.get(name),
      )
      const thief = t.browser()
      thief.jar.set('rollcall.session_token', device)
      expect(await thief.session()).toBeNull()
      thief.jar.clear()
      thief.jar.set('rollcall.device', session)
      await thief.signIn(email)
      expect(decodeURIComponent(thief.jar.get('rollcall.device') ?? '')).toMatch(/^[\w-]{22}\./)
    })

    test('says nothing of who else uses the browser: neither its id nor anything alike is kept', async () => {
      const { laptop, userId } = await signUpPerson(t)
      const adasDevice = await deviceIn(laptop)
      await laptop.signUp(newEmail())
      const bob = await laptop.session()
      expect(bob && deviceOf(bob)?.id).not.toBe(adasDevice?.id)
      const browserId = decodeURIComponent(laptop.jar.get('rollcall.device') ?? '').split('.')[0] ?? ''
      expect(browserId).toMatch(/^[\w-]{22}$/)
      const kept = JSON.stringify([
        await rows(userId),
        await rows(bob?.userId ?? ''),
        await t.store.list(userId),
        await t.store.list(bob?.userId ?? ''),
      ])
      expect(kept).not.toContain(browserId)
    })
  })

  describe('a sign-in from a new device is reported', () => {
    test('once for each, but not the sign-up, and not a device that is known', async () => {
      const { email, laptop } = await signUpPerson(t)
      expect(mailsTo(email)).toEqual([])
      await laptop.post('/sign-out')
      await laptop.signIn(email)
      expect(mailsTo(email)).toEqual([])
      const phone = t.browser('phone')
      await phone.signIn(email)
      await phone.post('/sign-out')
      await phone.signIn(email)
      expect(mailsTo(email)).toEqual([
        {
          to: email,
          language: 'en',
          session: expect.objectContaining({ userAgent: 'phone', ipAddress: '192.0.2.1' }),
          url: expect.stringMatching(/\/secure-account\?token=[\w-]{43}$/),
        },
      ])
    })

    test('not when it is refused', async () => {
      const { email, userId } = await signUpPerson(t)
      const thief = t.browser()
      expect((await thief.signIn(email, 'wrong password')).status).toBe(401)
      expect(thief.jar.size).toBe(0)
      expect(mailsTo(email)).toEqual([])
      expect(await rows(userId)).toHaveLength(1)
    })
  })

  test('a device that was not used for as long as its cookie lives is forgotten, and all go with their user', async () => {
    const { email, userId } = await signUpPerson(t)
    await sql()
      .updateTable('device')
      .set({ lastSeenAt: date(Date.now() - 401 * DAY) })
      .where('userId', '=', userId)
      .execute()
    await t.browser().signIn(email)
    expect(await rows(userId)).toHaveLength(1)
    await sql().deleteFrom('user').where('id', '=', userId).execute()
    expect(await rows(userId)).toEqual([])
  })

  describe('a name', () => {
    test('is shown with all sessions of the device at once, and with those to come', async () => {
      const { email, laptop } = await signUpPerson(t)
      const twin = t.browser()
      for (const [name, value] of laptop.jar) twin.jar.set(name, value)
      twin.jar.delete('rollcall.session_token')
      await twin.signIn(email) // the same browser again: it has lost its cookie, and its first session lives on
      const phone = t.browser()
      await phone.signIn(email)
      const { id = '' } = (await deviceIn(laptop)) ?? {}
      const by = await laptop.session()
      const rename = (name: string | null) => by && t.auth.renameDevice(by, id, name)
      expect(await rename("Mum's iPad")).toBe(true)
      const named = { id, name: "Mum's iPad", isNew: false }
      expect(await deviceIn(laptop)).toEqual({ ...named, isNew: true })
      expect(await deviceIn(twin)).toEqual(named)
      expect(await deviceIn(phone)).toMatchObject({ name: null })
      await laptop.post('/sign-out')
      await laptop.signIn(email)
      expect(await deviceIn(laptop)).toEqual(named)
      expect(await rename(null)).toBe(true)
      expect(await deviceIn(laptop)).toEqual({ ...named, name: null })
    })

    test('is the one that SQL took last, for all sessions, if an earlier one reaches Redis after it', async () => {
      const { laptop } = await signUpPerson(t)
      const { id = '' } = (await deviceIn(laptop)) ?? {}
      const by = await laptop.session()
      const rename = (name: string | null) => by && t.auth.renameDevice(by, id, name)
      const { waiting, open } = hold(t.store, 'update')
      const first = rename('first')
      await waiting
      expect(await rename('second')).toBe(true)
      expect(await deviceIn(laptop)).toMatchObject({ name: 'second' })
      open()
      expect(await first).toBe(true)
      expect(await deviceIn(laptop)).toMatchObject({ name: 'second' })
    })

    test('is given to no device of another user, and to none that is unknown', async () => {
      const [mine, theirs] = [await signUpPerson(t), await signUpPerson(t)]
      const { id = '' } = (await deviceIn(theirs.laptop)) ?? {}
      const by = await mine.laptop.session()
      expect(by && (await t.auth.renameDevice(by, id, 'stolen'))).toBe(false)
      expect(by && (await t.auth.renameDevice(by, 'A'.repeat(22), 'stolen'))).toBe(false)
      expect(await deviceIn(theirs.laptop)).toMatchObject({ id, name: null })
    })
  })

  describe('"this wasn’t me"', () => {
    /** A person who was notified of a thief's sign-in. */
    async function signInThief() {
      const one = await signUpPerson(t)
      const thief = t.browser('thief')
      await thief.signIn(one.email)
      return { ...one, thief, token: new URL(mailsTo(one.email).at(-1)?.url ?? '').searchParams.get('token') ?? '' }
    }
    const areSignedIn = async (...browsers: Browser[]) =>
      Promise.all(browsers.map(async (one) => (await one.session()) !== null))
    const resetMails = (email: string) => t.mails.filter(({ to }) => to === email)
    const invalid = { status: 400, body: { code: 'INVALID_TOKEN', message: 'Invalid token' } }

    test('ends all sessions, takes the password away and starts a reset that gives a new one', async () => {
      const { email, laptop, thief, token, userId } = await signInThief()
      const before = t.events.length
      expect(await t.browser().post('/secure-account', { token })).toMatchObject({
        status: 200,
        body: { status: true },
      })
      expect(await areSignedIn(laptop, thief)).toEqual([false, false])
      expect(t.events.slice(before)).toEqual([
        { event: 'account-secured', result: 'ok', userId, ended: expect.any(Number), ipAddress: '192.0.2.1' },
      ])
      expect((await thief.signIn(email)).status).toBe(401)
      expect((await laptop.signIn(email)).status).toBe(401)

      const [mail, ...more] = resetMails(email)
      expect(more).toEqual([])
      const resetToken = new URL(mail?.url ?? '').searchParams.get('token')
      expect(
        await laptop.post('/reset-password', { newPassword: 'a brand new password', token: resetToken }),
      ).toMatchObject({
        status: 200,
      })
      expect((await laptop.signIn(email, 'a brand new password')).status).toBe(200)
      expect((await thief.signIn(email, password)).status).toBe(401)
      expect(mailsTo(email)).toHaveLength(1) // the laptop is known
      await thief.signIn(email, 'a brand new password')
      expect(mailsTo(email)).toHaveLength(2) // the thief's browser is no more
    })

    test('a token that is used, expired, garbled or unknown gets one answer, and changes nothing', async () => {
      const { email, laptop, token, userId } = await signInThief()
      await t.browser().post('/secure-account', { token })
      const resetToken = new URL(resetMails(email)[0]?.url ?? '').searchParams.get('token')
      await laptop.post('/reset-password', { newPassword: 'a brand new password', token: resetToken })
      await laptop.signIn(email, 'a brand new password')
      const second = await signInThief()
      await sql()
        .updateTable('verification')
        .set({ expiresAt: date(Date.now() - 1) })
        .where('value', 'like', `%${second.userId}%`)
        .execute()
      const before = t.events.length
      for (const tried of [token, second.token, 'garbled', '', `${token}x`]) {
        expect(await t.browser().post('/secure-account', { token: tried })).toMatchObject(invalid)
      }
      expect(await areSignedIn(laptop, second.laptop, second.thief)).toEqual([true, true, true])
      expect(
        t.events.slice(before).every(({ event, result }) => event === 'account-secured' && result === 'refused'),
      ).toBe(true)
      expect(resetMails(second.email)).toEqual([])
      expect((await t.store.list(userId)).length).toBe(1)
    })

    test('reading the address, as scanners of mail do, changes nothing', async () => {
      const { laptop, thief, token } = await signInThief()
      expect((await t.browser().get(`/secure-account?token=${token}`)).status).toBe(404)
      expect(await areSignedIn(laptop, thief)).toEqual([true, true])
      expect((await t.browser().post('/secure-account', { token })).status).toBe(200)
    })

    test('pressed twice at once, the link of its last mail works', async () => {
      const { email, token } = await signInThief()
      const answers = await Promise.all([1, 2].map(() => t.browser().post('/secure-account', { token })))
      expect(answers.map(({ status }) => status)).toContain(200)
      const resetToken = new URL(resetMails(email).at(-1)?.url ?? '').searchParams.get('token')
      expect(
        (await t.browser().post('/reset-password', { newPassword: 'a brand new password', token: resetToken })).status,
      ).toBe(200)
    })

    test('a sign-in on its way with the old password creates nothing', async () => {
      const { email, thief, token, userId } = await signInThief()
      const { waiting, open } = hold(t.store, 'create')
      const late = thief.signIn(email)
      await waiting // the password was found right
      expect((await t.browser().post('/secure-account', { token })).status).toBe(200)
      open()
      expect((await late).status).toBe(409)
      expect(await t.store.list(userId)).toEqual([])
    })

    test('with Redis out of reach it is a 503 that uses nothing up', async () => {
      const { email, laptop, token } = await signInThief()
      process.kill(t.server.pid, 'SIGSTOP')
      try {
        expect((await t.browser().post('/secure-account', { token })).status).toBe(503)
      } finally {
        process.kill(t.server.pid, 'SIGCONT')
      }
      expect(resetMails(email)).toEqual([])
      await expect.poll(() => t.redis.ping().catch(() => 'down')).toBe('PONG')
      expect((await laptop.signIn(email)).status).toBe(200)
      expect((await t.browser().post('/secure-account', { token })).status).toBe(200)
      expect(await areSignedIn(laptop)).toEqual([false])
    })

    test('of the token only a hash is kept', async () => {
      const { token } = await signInThief()
      expect(JSON.stringify(await sql().selectFrom('verification').selectAll().execute())).not.toContain(token)
    })
  })
})

test('a device outlives the secret that signed its cookie', async () => {
  const next = 'the secret after a rotation, of some length'
  await using before = await startAuth()
  const old = before.browser()
  await old.signUp('ada@example.org')
  await using after = await startAuth({ secrets: [next, secret] })
  const browser = after.browser()
  browser.jar.set('rollcall.device', old.jar.get('rollcall.device') ?? '')
  await browser.signUp('ada@example.org')
  const [then, now] = [old, browser].map(({ jar }) => decodeURIComponent(jar.get('rollcall.device') ?? '').split('.'))
  expect(now?.[0]).toBe(then?.[0])
  expect(now?.[1]).not.toBe(then?.[1]) // signed anew
})

test('over https the cookie is bound to this host', async () => {
  await using t = await startAuth({ baseUrl: 'https://rollcall.example' })
  const { setCookies } = await t.browser().signUp('ada@example.org')
  expect(setCookies.find((line) => line.startsWith('__Host-rollcall.device='))).toMatch(/; Secure/)
})
