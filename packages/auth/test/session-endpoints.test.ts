import { createAuthClient } from 'better-auth/client'
import { multiSession } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyToken, type Browser, password, startApp } from './helpers.js'

// better-auth's endpoints that list and revoke sessions, with ids in the place of tokens, through real HTTP.

const MINUTE = 60_000

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    plugins: [multiSession()],
    session: { additionalFields: { note: { type: 'string', returned: false, defaultValue: 'internal' } } },
  })
})
afterAll(() => t[Symbol.asyncDispose]())

const endpoints = [
  ['GET', '/list-sessions'],
  ['POST', '/revoke-session'],
  ['POST', '/revoke-sessions'],
  ['POST', '/revoke-other-sessions'],
] as const

const cookiesOf = ({ jar }: Browser) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
const idOf = async (browser: Browser | undefined) => (await browser?.session())?.id ?? ''
const isSignedIn = async (browser: Browser | undefined) => (await browser?.get('/get-session'))?.body !== null
const auditsOf = (userId: string) => t.events.filter((event) => event.userId === userId && event.event !== 'sign-in')

/** better-auth's own client, with the cookies of a browser. */
const clientOf = (browser: Browser) =>
  createAuthClient({
    baseURL: t.origin,
    fetchOptions: { headers: { cookie: cookiesOf(browser), origin: t.origin } },
  })

/** Runs as if the sign-ins before it had been 16 minutes ago. */
async function later<T>(work: () => Promise<T>): Promise<T> {
  t.clock.offset = 16 * MINUTE
  try {
    return await work()
  } finally {
    t.clock.offset = 0
  }
}

test('a UI kit works unchanged: it lists, finds the current session, and revokes another by what it has as its token', async () => {
  const { browser, phones, userId } = await t.person('kit', 2)
  const client = clientOf(browser)
  const { data: current } = await client.getSession()
  const { data: sessions } = await client.listSessions()
  expect(sessions).toHaveLength(3)
  expect(JSON.stringify([current, sessions])).not.toMatch(anyToken)
  const here = sessions?.filter(({ token }) => token === current?.session.token)
  expect(here).toMatchObject([{ id: await idOf(browser), userId, userAgent: 'Firefox' }])
  const other = sessions?.find(({ id }) => id !== current?.session.id)
  const row = other ?? expect.fail('There is no other session')
  expect(await client.revokeSession(row)).toMatchObject({ data: { status: true } }) // whole, as better-auth-ui does
  expect((await client.listSessions()).data?.map(({ id }) => id)).not.toContain(other?.id)
  const alive = await Promise.all(phones.map(isSignedIn))
  expect(alive.toSorted()).toEqual([false, true])
  expect(auditsOf(userId)).toMatchObject([{ event: 'revoke', result: 'ok', sessionId: other?.id, ended: 1 }])
})

test('the list has what better-auth shows of a session, and nothing that is for the server alone', async () => {
  const { browser } = await t.person('columns')
  const { body } = await browser.get('/list-sessions')
  const fields = ['createdAt', 'expiresAt', 'id', 'ipAddress', 'token', 'updatedAt', 'userAgent', 'userId']
  expect((body as object[]).map((row) => Object.keys(row).toSorted())).toEqual([fields])
})

test('an account switcher works unchanged: the other account is named by what stands for its token', async () => {
  const { browser } = await t.person('switching')
  await browser.signUp('switched@example.org')
  const { body } = await browser.get('/multi-session/list-device-sessions')
  const sessions = (body as { session: { id: string; token: string } }[]).map(({ session }) => session)
  const active = await idOf(browser)
  const other = sessions.find(({ id }) => id !== active)
  expect((await browser.post('/multi-session/set-active', { sessionToken: other?.token })).status).toBe(200)
  expect(await idOf(browser)).toBe(other?.id)
})

test.each(endpoints)('%s %s refuses a missing, a forged, an expired and a revoked session', async (method, path) => {
  const { browser, phones, userId } = await t.person(`refused-${path.slice(1)}`, 1)
  const ask = (one: Browser) => (method === 'GET' ? one.get(path) : one.post(path, { token: 'any' }))
  const forged = t.browser()
  for (const [name, value] of browser.jar)
    forged.jar.set(
      name,
      value.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    )
  for (const one of [t.browser(), forged]) expect((await ask(one)).status).toBe(401)
  t.clock.offset = 8 * 24 * 60 * MINUTE
  expect((await ask(browser)).status).toBe(401)
  t.clock.offset = 0
  const [phone] = phones
  await t.store.revoke(userId, await idOf(phone))
  if (phone) expect((await ask(phone)).status).toBe(401)
  expect(await t.store.count(userId)).toBe(1)
})

test('an id that is unknown, of somebody else, or none at all gets one answer, and changes nothing', async () => {
  const [ada, eve] = [await t.person('ada'), await t.person('eve')]
  const foreign = await idOf(ada.browser)
  for (const token of [foreign, await ada.browser.token(), 'A'.repeat(16), '!notBefore', '']) {
    const answer = await eve.browser.post('/revoke-session', { token })
    expect(answer).toMatchObject({ status: 200, body: { status: true } })
  }
  expect((await eve.browser.post('/revoke-session', {})).status).toBe(400)
  expect(await isSignedIn(ada.browser)).toBe(true)
  expect(await isSignedIn(eve.browser)).toBe(true)
})

test('the audit names a session by its id, and nothing else that a body holds, such as a token of another store', async () => {
  const { browser, userId } = await t.person('pasting')
  const signed = `${await browser.token()}.signature`
  for (const token of [signed, 'a token of another store', 'x'.repeat(10_000), 'A'.repeat(16)])
    await browser.post('/revoke-session', { token })
  expect(auditsOf(userId).map(({ event, sessionId }) => [event, sessionId])).toEqual([
    ['revoke', undefined],
    ['revoke', undefined],
    ['revoke', undefined],
    ['revoke', 'A'.repeat(16)],
  ])
})

test('a token that a script has by itself names its session too: success is never said of a session that lives', async () => {
  const { browser, phones } = await t.person('scripted', 1)
  const token = await phones[0]?.token()
  expect((await browser.post('/revoke-session', { token })).status).toBe(200)
  expect(await isSignedIn(phones[0])).toBe(false)
})

test('the own session signs out: the cookie is cleared, and the others stay', async () => {
  const { browser, phones, userId } = await t.person('leaving', 1)
  const sessionId = await idOf(browser)
  await later(async () => {
    expect((await browser.post('/revoke-session', { token: sessionId })).status).toBe(200)
  })
  expect(browser.jar.has('better-auth.session_token')).toBe(false)
  expect(await isSignedIn(phones[0])).toBe(true)
  expect(auditsOf(userId)).toMatchObject([{ event: 'sign-out', result: 'ok', sessionId, ended: 1 }])
})

test('all sessions end, this one too, and the cookie is cleared', async () => {
  const { browser, phones, userId } = await t.person('everywhere', 1)
  const sessionId = await idOf(browser)
  expect((await browser.post('/revoke-sessions')).status).toBe(200)
  expect(browser.jar.has('better-auth.session_token')).toBe(false)
  expect(await isSignedIn(phones[0])).toBe(false)
  expect(await t.store.count(userId)).toBe(0)
  expect(auditsOf(userId)).toMatchObject([{ event: 'revoke-all', result: 'ok', sessionId, ended: 2 }])
})

test('of two devices that sign out each other at once, one stays', async () => {
  const { browser, phones, userId } = await t.person('duel', 1)
  const answers = await Promise.all([browser, ...phones].map((one) => one.post('/revoke-other-sessions')))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401])
  expect(await t.store.count(userId)).toBe(1)
  expect(auditsOf(userId)).toContainEqual(expect.objectContaining({ event: 'revoke-others', result: 'ok', ended: 1 }))
})

test('whatever ends others needs a recent proof, which the password renews', async () => {
  const { browser, phones, userId } = await t.person('proving', 1)
  const token = await idOf(phones[0])
  await later(async () => {
    expect((await browser.get('/list-sessions')).status).toBe(200)
    for (const path of ['/revoke-session', '/revoke-sessions', '/revoke-other-sessions']) {
      const answer = await browser.post(path, { token })
      expect(answer).toMatchObject({ status: 403, body: { code: 'REAUTHENTICATE' }, setCookies: [] })
    }
    expect(await t.store.count(userId)).toBe(2)
    expect((await browser.post('/reauthenticate', { password })).status).toBe(200)
    expect((await browser.post('/revoke-other-sessions')).status).toBe(200)
  })
  expect(await isSignedIn(phones[0])).toBe(false)
  expect(auditsOf(userId).map(({ event, result }) => `${event} ${result}`)).toEqual([
    'revoke refused',
    'revoke-all refused',
    'revoke-others refused',
    'reauthentication ok',
    'revoke-others ok',
  ])
})

test('the store learns which session asked', async () => {
  const { browser, phones } = await t.person('asking', 1)
  const [own, other] = [await idOf(browser), await idOf(phones[0])]
  const by: (string | null)[] = []
  const stop = t.store.onRevoked(async (revoked) => void by.push(revoked.by))
  await browser.post('/revoke-session', { token: other })
  await browser.post('/revoke-sessions')
  stop()
  expect(by).toEqual([own, own])
})

test('the application decides how recent a proof must be', async () => {
  await using strict = await startApp({}, { isRecent: () => false })
  const { browser } = await strict.person('strict', 1)
  expect((await browser.post('/revoke-other-sessions')).status).toBe(403)
})

test('with `freshAge`, the list asks for a recent proof as in better-auth: a UI kit asks for the password then', async () => {
  await using app = await startApp({ session: { freshAge: (15 * MINUTE) / 1_000 } })
  const { browser, phones, email } = await app.person('fresh', 1)
  expect((await browser.get('/list-sessions')).status).toBe(200)
  app.clock.offset = 16 * MINUTE
  expect(await browser.get('/list-sessions')).toMatchObject({ status: 403, body: { code: 'SESSION_NOT_FRESH' } })
  await browser.signIn(email) // in the same browser, as better-auth-ui does with the password
  expect((await browser.get('/list-sessions')).body).toHaveLength(2)
  expect((await browser.post('/revoke-other-sessions')).status).toBe(200)
  expect((await phones[0]?.get('/get-session'))?.body).toBeNull()
})

test('an outage is 503: nothing is said to be revoked, no cookie is cleared', async () => {
  await using app = await startApp({})
  const { browser, phones } = await app.person('outage', 1)
  const token = (await phones[0]?.session())?.id
  process.kill(app.server.pid, 'SIGSTOP')
  try {
    const answers = await Promise.all(
      endpoints.map(([method, path]) => (method === 'GET' ? browser.get(path) : browser.post(path, { token }))),
    )
    for (const answer of answers) expect(answer).toMatchObject({ status: 503, setCookies: [] })
    const byServer = app.auth.api.listSessions({ headers: new Headers({ cookie: cookiesOf(browser) }) })
    await expect(byServer).rejects.toMatchObject({ statusCode: 503 })
  } finally {
    process.kill(app.server.pid, 'SIGCONT')
  }
  expect(
    app.events
      .filter(({ result }) => result === 'unavailable')
      .map(({ event }) => event)
      .toSorted(),
  ).toEqual(['revoke', 'revoke-all', 'revoke-others'])
})
