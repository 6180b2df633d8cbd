/* oxlint-disable max-lines -- One application with a mailbox serves all of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyToken, type Browser, password, startApp, copyCookies, deleteAccounts } from './helpers.js'

// The promises about sessions in the test suites of better-auth 1.7, tested over HTTP in an application that uses the plugin. If
// we differ on purpose, the test says so.

const day = 24 * 60 * 60 * 1_000
const mails = new Map<string, string>()
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    emailAndPassword: {
      enabled: true,
      sendResetPassword: async ({ user, token }) => void mails.set(user.email, token),
    },
    session: {
      additionalFields: {
        theme: { type: 'string', defaultValue: 'light' },
        note: { type: 'string', input: false, required: false },
      },
    },
    user: { deleteUser: { enabled: true } },
  })
})
afterAll(() => t[Symbol.asyncDispose]())

/** Signs in as if it had been some time ago. */
async function signInAgo(browser: Browser, email: string, ago: number) {
  t.clock.offset = -ago
  await browser.signIn(email)
  t.clock.offset = 0
}

const cookieLine = (lines: readonly string[]) => lines.find((line) => line.includes('session_token=')) ?? ''

describe('session API', () => {
  test('sign-in sets the cookie; differs: it lives as long as a session can, which the store decides', async () => {
    const { browser, email } = await t.person('cookie')
    const line = cookieLine((await browser.signIn(email)).setCookies)
    expect(line).toMatch(/Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax/)
    const left = ((await browser.session())?.expiresAt.getTime() ?? 0) - Date.now()
    expect(left).toBeGreaterThan(6 * day)
    expect(left).toBeLessThanOrEqual(7 * day)
  })

  test('get-session is null without a session, leaves nothing in caches, and takes no POST', async () => {
    const { browser } = await t.person('reading')
    for (const [one, body] of [
      [t.browser(), null],
      [browser, { session: expect.anything(), user: expect.anything() }],
    ] as const) {
      const answer = await one.get('/get-session')
      expect(answer).toMatchObject({ status: 200, body })
      expect(answer.text).not.toMatch(anyToken)
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
    expect((await browser.post('/get-session')).status).toBe(405)
  })

  test('only where a sign-in may begin, Redis is asked for the time', async () => {
    const { browser, email } = await t.person('timed')
    const { time } = t.store
    let asked = 0
    t.store.time = () => {
      asked += 1
      return time()
    }
    try {
      await browser.get('/get-session')
      await browser.post('/sign-out')
      expect(asked).toBe(0)
      await browser.signIn(email)
      expect(asked).toBe(1)
    } finally {
      t.store.time = time
    }
  })

  test('use prolongs a session; differs: at most once a minute, and without a new cookie', async () => {
    const { browser, email } = await t.person('active')
    await signInAgo(browser, email, 3 * day)
    const before = await browser.session()
    const answer = await browser.get('/get-session')
    expect(answer.setCookies).toEqual([])
    const after = await browser.session()
    expect(after?.id).toBe(before?.id)
    expect((after?.expiresAt.getTime() ?? 0) - (before?.expiresAt.getTime() ?? 0)).toBeGreaterThan(2.9 * day)
  })

  test('differs: an expired session is null, and its cookie stays: the browser may have another one by then', async () => {
    const { browser, email } = await t.person('expired')
    await signInAgo(browser, email, 8 * day)
    const answer = await browser.get('/get-session')
    expect(answer.body).toBeNull()
    expect(answer.setCookies).toEqual([])
  })

  test('a sign-in that is remembered takes back that an earlier one was not', async () => {
    const { browser, email } = await t.person('remembered')
    for (const more of [{ rememberMe: true }, {}]) {
      await browser.signIn(email, password, { rememberMe: false })
      await browser.signIn(email, password, more)
      expect(cookieLine((await browser.post('/reauthenticate', { password })).setCookies)).toMatch(/Max-Age=2592000/)
    }
  })

  test('differs: a revoked session is refused, and its cookie stays: the answer may come after the next sign-in', async () => {
    const { browser } = await t.person('late')
    const { id = '', userId = '' } = (await browser.session()) ?? {}
    await t.store.revoke(userId, id)
    for (const path of ['/get-session', '/list-sessions', '/reauthenticate/methods'])
      expect((await browser.get(path)).setCookies).toEqual([])
    expect((await browser.post('/sign-out')).setCookies).not.toEqual([])
  })

  test('a session that is not to be remembered lasts a day, however active, and no longer than the browser', async () => {
    const { browser, email } = await t.person('kiosk')
    const line = cookieLine((await browser.signIn(email, password, { rememberMe: false })).setCookies)
    expect(line).not.toMatch(/max-age/i)
    t.clock.offset = day / 2
    await browser.get('/get-session')
    t.clock.offset = 0
    expect((await browser.session())?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + day)
  })

  test('sign-out ends the session, clears the cookie, and answers the same without a session', async () => {
    const { browser } = await t.person('leaving')
    const thief = copyCookies(browser, t.browser())
    for (const one of [browser, t.browser()])
      expect(await one.post('/sign-out')).toMatchObject({ status: 200, body: { success: true } })
    expect(browser.jar.size).toBe(0)
    expect((await thief.get('/get-session')).body).toBeNull()
  })

  test('differs: sessions are listed, named and revoked by id, and revoking others needs a recent proof', async () => {
    const { browser, phones } = await t.person('listing', 2)
    const list = await browser.get('/list-sessions')
    expect(list.text).not.toMatch(anyToken)
    const rows = list.body as { id: string; token: string }[]
    expect(rows.every(({ id, token }) => id === token)).toBe(true)
    const [first, second] = await Promise.all(phones.map(async (phone) => (await phone.session())?.id))
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining([first, second]))
    expect((await browser.post('/revoke-session', { token: first })).body).toEqual({ status: true })
    expect((await phones[0]?.get('/get-session'))?.body).toBeNull()
    expect((await browser.post('/revoke-other-sessions')).body).toEqual({ status: true })
    expect((await phones[1]?.get('/get-session'))?.body).toBeNull()
    expect((await browser.get('/get-session')).body).not.toBeNull()
    t.clock.offset = 16 * 60 * 1_000
    expect((await browser.post('/revoke-sessions')).status).toBe(403)
    t.clock.offset = 0
    expect((await browser.post('/revoke-sessions')).body).toEqual({ status: true })
    expect((await browser.get('/get-session')).body).toBeNull()
  })

  test('update-session changes fields of the application', async () => {
    const { browser } = await t.person('themed')
    const answer = await browser.post('/update-session', { theme: 'dark' })
    expect(answer).toMatchObject({ status: 200, body: { session: { theme: 'dark' } } })
    expect(answer.text).not.toMatch(anyToken)
    expect((await browser.get('/get-session')).body).toMatchObject({ session: { theme: 'dark' } })
  })

  test.each([
    { token: 'mine' },
    { userId: 'another' },
    { expiresAt: '2099-01-01' },
    { note: 'forged' },
    { unknown: 'x' },
    {},
  ])('update-session refuses %o', async (update) => {
    const { browser, userId } = await t.person(`refused-${Object.keys(update).join('')}`)
    const before = await browser.session()
    expect((await browser.post('/update-session', update)).status).toBe(400)
    expect(await browser.session()).toEqual(before)
    expect(before?.userId).toBe(userId)
  })

  test('update-session of a revoked session is refused, and brings nothing back', async () => {
    const { browser, userId } = await t.person('revoked')
    await t.store.revokeAll(userId)
    expect((await browser.post('/update-session', { theme: 'dark' })).status).toBe(401)
    expect(await t.store.count(userId)).toBe(0)
  })
})

describe('delete-user', () => {
  const exists = async (id: string) =>
    (await t.adapter.findOne({ model: 'user', where: [{ field: 'id', value: id }] })) !== null

  test('with a fresh session: every session of that user ends, and the user is gone', async () => {
    const { browser, phones, userId, email } = await t.person('gone', 2)
    expect((await browser.post('/delete-user')).status).toBe(200)
    expect(browser.jar.size).toBe(0)
    for (const phone of phones) expect((await phone.get('/get-session')).body).toBeNull()
    expect(await t.store.count(userId)).toBe(0)
    expect(await exists(userId)).toBe(false)
    expect((await browser.signIn(email)).status).toBe(401)
    expect(t.events).toContainEqual(expect.objectContaining({ event: 'user-deleted', userId }))
  })

  test('a session that is no longer fresh needs the password', async () => {
    const { browser, userId, email } = await t.person('stale')
    await signInAgo(browser, email, 2 * day)
    expect((await browser.post('/delete-user')).status).toBe(400)
    expect((await browser.post('/delete-user', { password: 'wrong password' })).status).toBe(400)
    expect(await browser.session()).not.toBeNull()
    expect((await browser.post('/delete-user', { password })).status).toBe(200)
    expect(await t.store.count(userId)).toBe(0)
  })

  test('a revoked session deletes nobody', async () => {
    const { browser, userId } = await t.person('revoked-before-deleting')
    await t.store.revokeAll(userId)
    expect((await browser.post('/delete-user', { password })).status).toBe(401)
    expect(await exists(userId)).toBe(true)
  })

  test('a sign-in in flight makes no session for a user who is gone', async () => {
    const { browser, userId, email } = await t.person('leaving-for-good')
    const [answer, ...signIns] = await Promise.all([
      browser.post('/delete-user', { password }),
      ...Array.from({ length: 4 }, () => t.browser().signIn(email)),
    ])
    expect(answer.status).toBe(200)
    for (const { status } of signIns) expect([200, 401]).toContain(status)
    expect(await t.store.count(userId)).toBe(0)
  })

  describe('by a link in a mail', () => {
    const links = new Map<string, string>()
    let app: Awaited<ReturnType<typeof startApp>>
    beforeAll(async () => {
      const sendDeleteAccountVerification = async ({ user, token }: { user: { email: string }; token: string }) =>
        void links.set(user.email, token)
      app = await startApp({ user: { deleteUser: { enabled: true, sendDeleteAccountVerification } } })
    })
    afterAll(() => app[Symbol.asyncDispose]())
    const follow = (browser: Browser, email: string) => browser.get(`/delete-user/callback?token=${links.get(email)}`)

    test('nothing ends until it is followed, and then everything does, once', async () => {
      const { browser, phones, userId, email } = await app.person('by-link', 1)
      expect((await browser.post('/delete-user', { password })).status).toBe(200)
      expect(await app.store.count(userId)).toBe(2)
      const again = copyCookies(browser, app.browser())
      const statuses = (await Promise.all([follow(browser, email), follow(again, email)])).map(({ status }) => status)
      expect(statuses.filter((status) => status === 200)).toHaveLength(1)
      expect(await app.store.count(userId)).toBe(0)
      expect((await phones[0]?.get('/get-session'))?.body).toBeNull()
    })

    test('a session that was revoked since does not follow it', async () => {
      const { browser, userId, email } = await app.person('revoked-link')
      await browser.post('/delete-user', { password })
      await app.store.revokeAll(userId)
      expect((await follow(browser, email)).status).toBe(404)
      expect((await app.browser().signIn(email)).status).toBe(200)
    })
  })

  test('is not there unless the application enables it', async () => {
    await using app = await startApp({})
    const { browser } = await app.person('kept')
    expect((await browser.post('/delete-user', { password })).status).toBe(404)
    expect(await browser.session()).not.toBeNull()
  })
})

describe('change-password', () => {
  const change = (browser: Browser, more: object = {}) =>
    browser.post('/change-password', { currentPassword: password, newPassword: 'a new password', ...more })

  test.each([{}, { revokeOtherSessions: false }, { revokeOtherSessions: true }])(
    'differs, with %o: all others end, this one stays under its id with a new token, in no body',
    async (flag) => {
      const { browser, phones, email, userId } = await t.person(
        `changing-${JSON.stringify(flag).replaceAll(/\W/g, '')}`,
        1,
      )
      const before = await browser.session()
      const thief = copyCookies(browser, t.browser())
      const answer = await change(browser, flag)
      expect(answer.status).toBe(200)
      expect(answer.text).not.toMatch(anyToken)
      expect([...browser.jar.keys()]).toEqual(['better-auth.session_token'])
      expect(await t.store.list(userId)).toMatchObject([{ id: before?.id, createdAt: before?.createdAt }])
      expect((await browser.get('/get-session')).body).toMatchObject({ session: { id: before?.id } })
      for (const one of [thief, ...phones]) expect((await one.get('/get-session')).body).toBeNull()
      expect((await t.browser().signIn(email)).status).toBe(401)
      expect((await t.browser().signIn(email, 'a new password')).status).toBe(200)
    },
  )

  test('a wrong, a short, and a missing password change nothing', async () => {
    const { browser, userId, email } = await t.person('mistaken', 1)
    for (const more of [{ currentPassword: 'wrong password' }, { newPassword: 'short' }, { newPassword: undefined }]) {
      expect((await change(browser, more)).status).toBe(400)
    }
    expect(await t.store.count(userId)).toBe(2)
    expect((await t.browser().signIn(email)).status).toBe(200)
  })

  test('without a session, or with one that was revoked, nothing changes', async () => {
    const { browser, userId, email } = await t.person('revoked-before-changing')
    await t.store.revokeAll(userId)
    for (const one of [browser, t.browser()]) expect((await change(one)).status).toBe(401)
    expect((await t.browser().signIn(email)).status).toBe(200)
  })

  test('a first password, set by the application for the person, is a password change', async () => {
    const { browser, phones, userId, email } = await t.person('passwordless', 1)
    await deleteAccounts(t.database, userId)
    const id = (await browser.session())?.id
    const thief = copyCookies(browser, t.browser())
    const cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const { headers } = await t.auth.api.setPassword({
      body: { newPassword: 'a new password' },
      headers: new Headers({ cookie }),
      returnHeaders: true,
    })
    for (const one of [thief, ...phones]) expect(await one.session()).toBeNull()
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookieLine(headers.getSetCookie())) ?? []
    browser.jar.set(name, value)
    expect((await browser.session())?.id).toBe(id)
    expect((await t.browser().signIn(email, 'a new password')).status).toBe(200)
  })
})

describe('reset', () => {
  async function requestReset(name: string) {
    const someone = await t.person(name, 1)
    await t.browser().post('/request-password-reset', { email: someone.email })
    const reset = (newPassword: string, token = mails.get(someone.email)) =>
      t.browser().post('/reset-password', { newPassword, token })
    return { ...someone, reset }
  }

  test('differs: all sessions end, without an option', async () => {
    const { browser, phones, userId, email, reset } = await requestReset('forgetful')
    expect(await reset('a new password')).toMatchObject({ status: 200, setCookies: [] })
    for (const one of [browser, ...phones]) expect((await one.get('/get-session')).body).toBeNull()
    expect(await t.store.count(userId)).toBe(0)
    expect((await t.browser().signIn(email)).status).toBe(401)
    expect((await t.browser().signIn(email, 'a new password')).status).toBe(200)
  })

  test('a wrong token, or a password that is too short, ends nothing', async () => {
    const { userId, reset } = await requestReset('careless')
    expect((await reset('a new password', 'wrong')).status).toBe(400)
    expect((await reset('short')).status).toBe(400)
    expect(await t.store.count(userId)).toBe(2)
    expect((await reset('a new password')).status).toBe(200)
  })

  test('a link works once, also when it is followed twice at the same moment', async () => {
    const { email, reset } = await requestReset('hasty')
    const answers = await Promise.all([reset('of the first'), reset('of the second')])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400])
    const winner = answers[0]?.status === 200 ? 'of the first' : 'of the second'
    expect((await t.browser().signIn(email, winner)).status).toBe(200)
    expect((await reset('of a third')).status).toBe(400)
  })

  test('whether an account exists is not revealed', async () => {
    const { email } = await t.person('existing')
    const ask = async (address: string) => {
      const { status, text } = await t.browser().post('/request-password-reset', { email: address })
      return { status, text }
    }
    expect(await ask(email)).toEqual(await ask('nobody@example.org'))
  })
})
