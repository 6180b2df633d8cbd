import { once } from 'node:events'
import { createServer } from 'node:http'
import { genericOAuth } from 'better-auth/plugins'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { portOf, sessionRows, startApp } from './helpers.js'

// SQL rolls back, Redis does not. The database refuses the commit for addresses that say so. Its constraint is
// checked at the commit, after all work of the transaction, including the session.

let provider: Awaited<ReturnType<typeof startProvider>>
let t: Awaited<ReturnType<typeof startApp>>
/** The token of every session that the store made. */
const tokens: string[] = []

beforeAll(async () => {
  provider = await startProvider()
  const config = {
    providerId: 'local',
    clientId: 'rollcall',
    clientSecret: 'a secret of the provider',
    authorizationUrl: `${provider.url}/authorize`,
    tokenUrl: `${provider.url}/token`,
    userInfoUrl: `${provider.url}/userinfo`,
    scopes: ['email'],
  }
  t = await startApp({ plugins: [genericOAuth({ config: [config] })], logger: { disabled: true } })
  for (const statement of [
    sql`create table parent (id integer primary key)`,
    sql`create table refusal (id integer references parent (id) deferrable initially deferred)`,
    sql`create trigger fail before insert on account when (select email from user where id = new."userId") like 'failed%'
      begin select raise(abort, 'disk'); end`,
    sql`create trigger refuse after insert on user when new.email like 'refused%' begin insert into refusal values (1); end`,
  ]) {
    await statement.execute(t.database.kysely)
  }
  const { create } = t.store
  Object.assign(t.store, {
    create: async (...args: Parameters<typeof create>) => {
      const created = await create(...args)
      if (created !== null) tokens.push(created.token)
      return created
    },
  })
})
afterAll(async () => {
  await t[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

/** An OAuth provider at which everyone is signed in already, under the address that was set last. */
async function startProvider() {
  const person = { email: '' }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://provider')
    const json = (body: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    if (pathname === '/token') json({ access_token: 'of the provider', token_type: 'Bearer', scope: 'email' })
    else if (pathname === '/userinfo')
      json({ id: person.email, name: 'Ada', email: person.email, email_verified: true })
    else {
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', 'granted')
      back.searchParams.set('state', searchParams.get('state') ?? '')
      response.writeHead(302, { location: back.href }).end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    person,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** From the button to the answer of the callback, by way of the provider. */
async function signInWithProvider(email: string) {
  provider.person.email = email
  const browser = t.browser()
  const { body } = await browser.post('/sign-in/social', { provider: 'local', callbackURL: '/' })
  const authorized = await fetch((body as { url: string }).url, { redirect: 'manual' }) // what the provider sends the browser back with
  const callback = new URL(authorized.headers.get('location') ?? '')
  return { browser, answer: await browser.get(callback.pathname.replace('/api/auth', '') + callback.search) }
}

const usersNamed = async (email: string) =>
  (await sql`select id from user where email = ${email}`.execute(t.database.kysely)).rows.length

test('a sign-in with an OAuth provider makes a session like any other', async () => {
  const { browser, answer } = await signInWithProvider('ada@example.org')
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/'])
  const session = await browser.session()
  expect(session).not.toBeNull()
  expect((await t.store.list(session?.userId ?? '')).map(({ id }) => id)).toEqual([session?.id])
  expect(await sessionRows(t.database)).toBe(0)
  expect((await browser.post('/sign-out')).status).toBe(200)
  expect(await t.store.count(session?.userId ?? '')).toBe(0)
})

test('a sign-in with an OAuth provider that is rolled back leaves no session', async () => {
  tokens.length = 0
  const { browser, answer } = await signInWithProvider('refused-by-oauth@example.org')
  expect([answer.status, answer.headers.get('location')]).toEqual([
    302,
    expect.stringContaining('error=unable_to_create_user'),
  ])
  expect(await browser.session()).toBeNull()
  expect(await usersNamed('refused-by-oauth@example.org')).toBe(0)
  for (const token of tokens) expect(await t.store.validate(token)).toBeNull()
})

test('a sign-up that is rolled back leaves no session', async () => {
  tokens.length = 0
  const browser = t.browser()
  const answer = await browser.signUp('refused@example.org')
  expect(answer.status).toBe(500)
  expect(await usersNamed('refused@example.org')).toBe(0)
  expect(tokens).toHaveLength(1)
  expect(await t.store.validate(tokens[0] ?? '')).toBeNull()
  expect(await browser.session()).toBeNull()
})

test('a sign-up that fails in the middle leaves no user', async () => {
  const browser = t.browser()
  expect((await browser.signUp('failed@example.org')).status).toBeGreaterThanOrEqual(400)
  expect(await usersNamed('failed@example.org')).toBe(0)
  expect(await browser.session()).toBeNull()
})
