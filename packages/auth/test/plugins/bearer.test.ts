import { bearer, multiSession } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, anyToken, password, startApp } from '../helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [bearer()] })
})
afterAll(() => t[Symbol.asyncDispose]())

const signedToken = ({ headers }: Answer) => headers.get('set-auth-token') ?? ''

/** The answer of better-auth to a client without cookies. */
const ask = (authorization: string, path = '/get-session') => t.browser().get(path, { authorization })

test('the header of the plugin is the one place beside the cookie where a token goes, by choice of the application', async () => {
  const browser = t.browser()
  const answer = await browser.signUp('ada@example.org')
  const token = await browser.token()
  expect(decodeURIComponent(signedToken(answer))).toMatch(new RegExp(`^${token}\\.`))
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/set-auth-token/)
  expect(answer.text).not.toMatch(anyToken)
})

test('a token signs in, signed or plain, whatever the case of the scheme', async () => {
  const browser = t.browser()
  const signed = signedToken(await browser.signUp('grace@example.org'))
  const token = await browser.token()
  for (const authorization of [
    `Bearer ${token}`,
    `Bearer ${signed}`,
    `Bearer ${decodeURIComponent(signed)}`,
    `bearer ${token}`,
    `BEARER  ${token}`,
  ]) {
    const answer = await ask(authorization)
    expect(answer.body, authorization).toMatchObject({ user: { email: 'grace@example.org' } })
    expect(answer.text).not.toMatch(anyToken)
  }
})

test('nothing else does: no session id, no user tag, no other secret, no other signature', async () => {
  const browser = t.browser()
  await browser.signUp('alan@example.org')
  const session = await browser.session()
  const token = (await browser.token()) ?? ''
  const forged = [
    session?.id,
    session?.userId,
    token.slice(0, 22),
    token.slice(22),
    `${token.slice(0, 38)}${'A'.repeat(43)}`,
  ]
  for (const value of [...forged, `${token}.AAAA`, `${token}A`, token.toLowerCase(), 'invalid.token', '%E0%A4%A', '']) {
    expect((await ask(`Bearer ${value}`)).body, value).toBeNull()
  }
  expect((await ask(`Basic ${token}`)).body).toBeNull()
  expect((await browser.get('/get-session', { authorization: 'Bearer invalid.token' })).body).not.toBeNull() // the cookie still does
})

test('a sign-out by token ends the session, for the cookie too, and so does every other revocation', async () => {
  const { browser, phones, userId } = await t.person('edsger', 1)
  const [token, phone] = [await browser.token(), await phones[0]?.token()]
  expect((await t.browser().post('/sign-out', {}, { authorization: `Bearer ${token}` })).status).toBe(200)
  expect(await browser.session()).toBeNull()
  expect((await ask(`Bearer ${token}`)).body).toBeNull()
  expect((await ask(`Bearer ${phone}`)).body).not.toBeNull()
  await t.store.revokeAll(userId)
  expect((await ask(`Bearer ${phone}`)).body).toBeNull()
})

test('a password change gives the new token in the header, and the old one is dead', async () => {
  const { browser, email } = await t.person('barbara')
  const old = await browser.token()
  const change = { currentPassword: password, newPassword: 'a new password' }
  const answer = await t.browser().post('/change-password', change, { authorization: `Bearer ${old}` })
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(anyToken)
  expect((await ask(`Bearer ${signedToken(answer)}`)).body).toMatchObject({ user: { email } })
  expect((await ask(`Bearer ${old}`)).body).toBeNull()
})

test('differs: sessions are listed and revoked by id', async () => {
  const { browser, phones } = await t.person('donald', 1)
  const authorization = `Bearer ${await browser.token()}`
  const list = await ask(authorization, '/list-sessions')
  const id = (await phones[0]?.session())?.id
  expect(list.text).not.toMatch(anyToken)
  expect(list.body).toContainEqual(expect.objectContaining({ id, token: id }))
  expect((await t.browser().post('/revoke-session', { token: id }, { authorization })).status).toBe(200)
  expect(await phones[0]?.session()).toBeNull()
  expect(await browser.session()).not.toBeNull()
})

test('an outage hands out no token, even one that better-auth has put into the answer already', async () => {
  await using both = await startApp({ plugins: [bearer(), multiSession()] })
  const { email } = await both.person('kathleen')
  const { browser } = await both.person('donald')
  const { create } = both.store
  both.store.create = async (session) => {
    const created = await create(session)
    process.kill(both.server.pid, 'SIGSTOP') // before multiSession looks at the other account of this browser
    return created
  }
  try {
    const answer = await browser.signIn(email)
    expect(answer).toMatchObject({ status: 503, setCookies: [] })
    expect(signedToken(answer)).toBe('')
  } finally {
    process.kill(both.server.pid, 'SIGCONT')
  }
})
