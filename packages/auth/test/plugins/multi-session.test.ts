import { multiSession } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyToken, type Browser, password, startApp, strictLookups, copyCookies } from '../helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [multiSession({ maximumSessions: 3 })] })
})
afterAll(() => t[Symbol.asyncDispose]())

/** One browser in which two people are signed in; the second is the active one. */
async function signUpTwice(name: string) {
  const { browser, email, userId } = await t.person(`${name}-ada`)
  const ada = { email, userId, id: (await browser.session())?.id ?? '' }
  const graceEmail = `${name}-grace@example.org`
  expect((await browser.signUp(graceEmail)).status).toBe(200)
  const session = await browser.session()
  return { browser, ada, grace: { email: graceEmail, userId: session?.userId ?? '', id: session?.id ?? '' } }
}

interface Listed {
  session: { id: string }
  user: { email: string }
}

async function listSessions(browser: Browser) {
  const answer = await browser.get('/multi-session/list-device-sessions')
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(anyToken)
  return answer.body as Listed[]
}

const accountCookies = (browser: Browser) => [...browser.jar.keys()].filter((name) => name.includes('_multi-'))

test('the accounts of a browser are listed with the ids of their sessions, without a token', async () => {
  const { browser, ada, grace } = await signUpTwice('list')
  const accounts = (await listSessions(browser)).map(({ session, user }) => [session.id, user.email])
  expect(accounts.toSorted()).toEqual(
    [
      [ada.id, ada.email],
      [grace.id, grace.email],
    ].toSorted(),
  )
})

describe('switching', () => {
  test('makes the session with that id the active one', async () => {
    const { browser, ada, grace } = await signUpTwice('switch')
    const answer = await browser.post('/multi-session/set-active', { sessionToken: ada.id })
    expect(answer).toMatchObject({ status: 200, body: { user: { email: ada.email } } })
    expect(answer.text).not.toMatch(anyToken)
    expect((await browser.session())?.id).toBe(ada.id)
    expect(await t.store.count(grace.userId)).toBe(1)
  })

  test('works with nothing but the cookies of the accounts', async () => {
    const { browser, ada } = await signUpTwice('accounts-only')
    for (const name of browser.jar.keys()) if (name.endsWith('session_token')) browser.jar.delete(name)
    expect((await browser.post('/multi-session/set-active', { sessionToken: ada.id })).status).toBe(200)
    expect((await browser.session())?.id).toBe(ada.id)
  })

  test('differs: a session is named by its id, never by a token', async () => {
    const { browser, ada, grace } = await signUpTwice('by-token')
    await browser.post('/multi-session/set-active', { sessionToken: ada.id })
    const token = await browser.token()
    await browser.post('/multi-session/set-active', { sessionToken: grace.id })
    for (const path of ['/multi-session/set-active', '/multi-session/revoke']) {
      expect((await browser.post(path, { sessionToken: token })).status).toBe(401)
    }
    expect((await browser.session())?.id).toBe(grace.id)
    expect(await t.store.count(ada.userId)).toBe(1)
  })

  test('an ended, a foreign and an unknown session answer alike', async () => {
    const { browser, ada, grace } = await signUpTwice('alike')
    const { browser: elsewhere } = await t.person('elsewhere')
    await t.store.revoke(ada.userId, ada.id)
    for (const path of ['/multi-session/set-active', '/multi-session/revoke']) {
      const answers: string[] = []
      for (const sessionToken of [ada.id, (await elsewhere.session())?.id, 'unknown', '']) {
        const { status, text } = await browser.post(path, { sessionToken })
        answers.push(`${status} ${text}`)
      }
      expect(answers[0]).toMatch(/^401 /)
      expect(new Set(answers).size).toBe(1)
    }
    expect(await elsewhere.session()).not.toBeNull()
    expect((await listSessions(browser)).map(({ session }) => session.id)).toEqual([grace.id])
  })
})

test('a request that names no session is refused', async () => {
  const { browser } = await signUpTwice('unnamed')
  for (const path of ['/multi-session/set-active', '/multi-session/revoke'])
    expect((await browser.post(path)).status).toBe(400)
})

test('no near-cache answers where a session begins, is chosen or ends', async () => {
  const { browser, ada, grace } = await signUpTwice('strict')
  const strict = await strictLookups(t.store, async () => {
    await browser.signIn(grace.email) // in place of the session that is there
    await browser.post('/multi-session/set-active', { sessionToken: ada.id })
    await browser.post('/sign-out')
  })
  expect(strict.length).toBeGreaterThanOrEqual(5)
  expect(new Set(strict)).toEqual(new Set([true]))
})

describe('signing out of one account', () => {
  test('that is not the active one ends its session alone', async () => {
    const { browser, ada, grace } = await signUpTwice('end-other')
    const thief = copyCookies(browser, t.browser())
    expect((await browser.post('/multi-session/revoke', { sessionToken: ada.id })).status).toBe(200)
    expect(await t.store.count(ada.userId)).toBe(0)
    expect((await thief.post('/multi-session/set-active', { sessionToken: ada.id })).status).toBe(401)
    expect((await browser.session())?.id).toBe(grace.id)
    expect(t.events).toContainEqual(
      expect.objectContaining({ event: 'sign-out', result: 'ok', userId: ada.userId, sessionId: ada.id }),
    )
  })

  test('that is the active one lets the next take its place', async () => {
    const { browser, ada, grace } = await signUpTwice('end-active')
    expect((await browser.post('/multi-session/revoke', { sessionToken: grace.id })).status).toBe(200)
    expect(await t.store.count(grace.userId)).toBe(0)
    expect((await browser.session())?.id).toBe(ada.id)
    expect((await browser.post('/multi-session/revoke', { sessionToken: ada.id })).status).toBe(200)
    expect(await browser.session()).toBeNull()
    expect(browser.jar.size).toBe(0)
  })
})

describe('sign-out', () => {
  test('ends every account of the browser, and clears their cookies', async () => {
    const { browser, ada, grace } = await signUpTwice('sign-out')
    const thief = copyCookies(browser, t.browser())
    expect((await browser.post('/sign-out')).status).toBe(200)
    expect(browser.jar.size).toBe(0)
    expect([await t.store.count(ada.userId), await t.store.count(grace.userId)]).toEqual([0, 0])
    expect(await listSessions(thief)).toEqual([])
  })

  test('does not end a session whose cookie is forged', async () => {
    const { browser: victim } = await t.person('victim')
    const token = await victim.token()
    const { browser } = await signUpTwice('forger')
    browser.jar.set(`better-auth.session_token_multi-${token?.toLowerCase()}`, `${token}.${'A'.repeat(43)}=`)
    expect((await browser.post('/sign-out')).status).toBe(200)
    expect(await victim.session()).not.toBeNull()
  })
})

test('the cookie of one account under the name of another ends nobody else', async () => {
  const { browser: victim } = await t.person('bound-victim')
  const { browser, ada } = await signUpTwice('bound')
  const [own = ''] = accountCookies(browser)
  browser.jar.set(
    `better-auth.session_token_multi-${(await victim.token())?.toLowerCase()}`,
    browser.jar.get(own) ?? '',
  )
  const victimId = (await victim.session())?.id
  expect((await browser.post('/multi-session/revoke', { sessionToken: victimId })).status).toBe(401)
  expect(await victim.session()).not.toBeNull()
  expect(await t.store.count(ada.userId)).toBe(1)
})

test('the same person signing in again renews the session of this browser, and its earlier cookie is dead', async () => {
  const { browser, email, userId } = await t.person('again')
  const first = (await browser.session())?.id
  const thief = copyCookies(browser, t.browser())
  expect((await browser.signIn(email)).status).toBe(200)
  expect((await t.store.list(userId)).map(({ id }) => id)).toEqual([first])
  expect(await thief.session()).toBeNull()
  expect(await listSessions(browser)).toHaveLength(1)
  expect(accountCookies(browser)).toHaveLength(1)
})

test('a password change keeps the account in the browser under its new cookie, time and again', async () => {
  const { browser, ada, grace } = await signUpTwice('changed')
  await browser.signUp('changed-alan@example.org') // as many accounts as there may be
  await browser.post('/multi-session/set-active', { sessionToken: grace.id })
  let currentPassword = password
  for (const newPassword of ['a second password', 'a third password', 'a fourth password']) {
    expect((await browser.post('/change-password', { currentPassword, newPassword })).status).toBe(200)
    currentPassword = newPassword
    expect(accountCookies(browser)).toHaveLength(3)
  }
  await browser.post('/multi-session/set-active', { sessionToken: ada.id })
  expect((await browser.post('/multi-session/set-active', { sessionToken: grace.id })).status).toBe(200)
  expect((await browser.session())?.id).toBe(grace.id)
})

test('a hook of the application that keeps sessions from being deleted does not keep them alive', async () => {
  await using app = await startApp({
    plugins: [multiSession()],
    databaseHooks: { session: { delete: { before: async () => false } } },
  })
  const { browser, userId } = await app.person('ada')
  await browser.signUp('grace@example.org')
  const grace = await browser.session()
  const ada = (await app.store.list(userId))[0]?.id
  expect((await browser.post('/multi-session/revoke', { sessionToken: grace?.id })).status).toBe(200)
  expect(await app.store.count(grace?.userId ?? '')).toBe(0)
  await browser.post('/multi-session/set-active', { sessionToken: ada })
  await browser.signUp('alan@example.org')
  const alan = (await browser.session())?.userId ?? ''
  expect((await browser.post('/sign-out')).status).toBe(200)
  expect([await app.store.count(userId), await app.store.count(alan)]).toEqual([0, 0])
  expect(app.events.filter(({ event }) => event !== 'sign-in').map(({ event }) => event)).toEqual(
    Array.from({ length: 3 }, () => 'sign-out'),
  )
})

test('nor does it where a browser has one account', async () => {
  await using app = await startApp({ databaseHooks: { session: { delete: { before: async () => false } } } })
  const { browser, userId } = await app.person('ada')
  expect((await browser.post('/sign-out')).status).toBe(200)
  expect(await app.store.count(userId)).toBe(0)
})
