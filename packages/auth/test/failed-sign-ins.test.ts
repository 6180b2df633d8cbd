import { passkey } from '@better-auth/passkey'
import { failCommand } from '@rollcall/dev-redis/faults'
import { runWithTransaction } from '@better-auth/core/context'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthEndpoint, createAuthMiddleware } from 'better-auth/api'
import { genericOAuth, twoFactor } from 'better-auth/plugins'
import { APIError as PlainError } from 'better-call'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Answer, type Browser, createPasskey, password, startApp, startProvider } from './helpers.js'
import { enableApp } from './plugins/second-factor.js'

// A sign-in that fails after its session was made leaves no session: nobody has its cookie.

type App = Awaited<ReturnType<typeof startApp>>
let provider: Awaited<ReturnType<typeof startProvider>>
let t: App
let answering: App
let fail: (app: App) => Promise<void> = async () => undefined

/** A plugin of the application, which comes after the sign-in. */
const late = {
  id: 'late',
  endpoints: {
    refuse: createAuthEndpoint('/refuse', { method: 'POST' }, async () => {
      throw new APIError('BAD_REQUEST', {}, { 'set-cookie': 'kept=yes' })
    }),
  },
  hooks: {
    after: [
      {
        matcher: () => true,
        handler: createAuthMiddleware(async ({ context }) => {
          if (context.newSession !== null) await fail(t)
        }),
      },
    ],
  },
} satisfies BetterAuthPlugin

beforeAll(async () => {
  provider = await startProvider()
  t = await startApp({
    plugins: [passkey(), genericOAuth({ config: [provider.config] }), twoFactor(), late],
    onAPIError: { throw: true },
  })
  answering = await startApp({ plugins: [late] })
})
beforeEach(() => void (fail = async () => undefined))
afterAll(async () => {
  await t[Symbol.asyncDispose]()
  await answering[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const failures: Record<string, (app: App) => Promise<void>> = {
  'a refusal': async () => {
    throw new APIError('FORBIDDEN')
  },
  'a refusal of better-call': async () => {
    throw new PlainError('BAD_REQUEST')
  },
  'an error of a library': async () => {
    throw new APIError('INTERNAL_SERVER_ERROR')
  },
  'an error of the database': async ({ adapter }) =>
    void (await adapter.count({ model: 'user', where: [{ field: 'gone', value: 1 }] })),
  'a bug': async () => {
    throw new TypeError('a bug')
  },
  'a bug after a call of its own': async ({ auth }) => {
    await auth.api.getSession({ headers: new Headers() })
    throw new TypeError('a bug')
  },
}

const identity = (email: string) => ({ sub: email, email, email_verified: true, name: 'Ada' })

/** Each prepares a sign-in of the owner in a browser that has no session. */
const ways: Record<string, (owner: Browser, browser: Browser, email: string) => Promise<() => Promise<Answer>>> = {
  password: async (_, browser, email) => () => browser.signIn(email),
  'a provider': async (owner, browser, email) => {
    await provider.visit(owner, identity(email), '/link-social')
    return () => provider.visit(browser, identity(email))
  },
  'a second factor': async (owner, browser, email) => {
    const { backupCodes } = await enableApp(owner)
    await browser.signIn(email)
    return () => browser.post('/two-factor/verify-backup-code', { code: backupCodes[0] })
  },
  'a passkey': async (owner, browser) => {
    const key = createPasskey(t.origin)
    await key.register(owner)
    return () => key.signIn(browser)
  },
}

const idsOf = async (userId: string, { store } = t): Promise<string[]> =>
  (await store.list(userId)).map(({ id }) => id).toSorted()

const cases = Object.keys(ways).flatMap((way) => Object.keys(failures).map((failure) => [way, failure] as const))
test.each(cases)('by %s: %s leaves no session, and gives no cookie', async (way, failure) => {
  const { browser: owner, email, userId } = await t.person(`${way} ${failure}`.replaceAll(' ', '-'))
  const browser = t.browser()
  const signIn = await ways[way]?.(owner, browser, email)
  const before = await idsOf(userId)
  t.events.length = 0
  fail = failures[failure] ?? fail
  const answered = await signIn?.()
  fail = async () => undefined
  // better-auth keeps the status of a redirect, whatever a hook throws.
  if (way !== 'a provider') expect(answered?.status).toBeGreaterThanOrEqual(400)
  expect(answered?.setCookies).toEqual([])
  expect(await idsOf(userId)).toEqual(before)
  expect(t.events.filter(({ event, result }) => event === 'sign-in' && result === 'ok')).toEqual([])
})

test.each(Object.keys(failures))('where better-auth answers every error itself: %s', async (failure) => {
  const { email, userId } = await answering.person(`answering ${failure}`.replaceAll(' ', '-'))
  const before = await idsOf(userId, answering)
  fail = failures[failure] ?? fail
  const answered = await answering.browser().signIn(email)
  fail = async () => undefined
  expect(answered.status).toBeGreaterThanOrEqual(400)
  expect(await idsOf(userId, answering)).toEqual(before)
})

test.each(Object.keys(failures))('a sign-up that fails leaves none: %s', async (failure) => {
  const browser = t.browser()
  const email = `sign-up-${failure.replaceAll(' ', '-')}@example.org`
  fail = failures[failure] ?? fail
  const answered = await browser.signUp(email)
  fail = async () => undefined
  expect(answered.status).toBeGreaterThanOrEqual(400)
  const user = await t.adapter.findOne<{ id: string }>({ model: 'user', where: [{ field: 'email', value: email }] })
  expect(user === null ? [] : await idsOf(user.id)).toEqual([])
})

test('nor does a sign-in in place of the session that the browser had', async () => {
  const { browser, email, userId } = await t.person('in-place')
  fail = failures['a refusal'] ?? fail
  expect((await browser.signIn(email)).status).toBe(403)
  fail = async () => undefined
  expect(await idsOf(userId)).toEqual([]) // its earlier secret was gone
})

test('an outage after the session was made leaves none, once Redis answers again', async () => {
  const { email, userId } = await t.person('outage')
  const before = await idsOf(userId)
  fail = async () => {
    using _ = failCommand(Redis.prototype, 1, 'never sent')
    await t.auth.api.getSession({ headers: new Headers({ cookie: '' }) })
    await (await t.auth.$context).internalAdapter.listSessions(userId)
  }
  expect((await t.browser().signIn(email)).status).toBe(503)
  // So does a direct call, which throws.
  fail = async () => {
    using _ = failCommand(Redis.prototype, 1, 'never sent')
    await (await t.auth.$context).internalAdapter.listSessions(userId).catch(() => undefined)
  }
  await expect(t.auth.api.signInEmail({ body: { email, password } })).rejects.toMatchObject({ statusCode: 503 })
  fail = async () => undefined
  expect(await idsOf(userId)).toEqual(before)
})

const ownCalls: Record<string, (app: App) => Promise<unknown>> = {
  'that succeeds': ({ auth }) => auth.api.getSession({ headers: new Headers() }),
  'that is refused, which it bears': ({ auth }) =>
    auth.api.signInEmail({ body: { email: 'nobody@example.org', password } }).catch(() => undefined),
}
test.each(Object.keys(ownCalls))(
  'a call of the application %s ends no sign-in, and records none twice',
  async (name) => {
    const { email, userId } = await t.person(`own-call-${name.length}`)
    t.events.length = 0
    fail = async (app) => void (await ownCalls[name]?.(app))
    const browser = t.browser()
    expect((await browser.signIn(email)).status).toBe(200)
    fail = async () => undefined
    const sessionId = (await browser.session())?.id
    expect(sessionId).toBeDefined()
    const event = { event: 'sign-in', result: 'ok', userId, sessionId, ipAddress: expect.any(String) as string }
    expect(t.events.filter(({ result }) => result === 'ok')).toEqual([event])
  },
)

test('what a call of the application made is revoked if that call fails, and nothing else', async () => {
  const [{ email, userId }, other] = [await t.person('own-sign-in'), await t.person('own-sign-in-other')]
  const before = await idsOf(other.userId)
  fail = async (app) => {
    fail = async () => {
      throw new APIError('FORBIDDEN')
    }
    await app.auth.api.signInEmail({ body: { email: other.email, password } }).catch(() => undefined)
    fail = async () => undefined
  }
  expect((await t.browser().signIn(email)).status).toBe(200)
  expect(await idsOf(other.userId)).toEqual(before)
  expect(await idsOf(userId)).toHaveLength(2)
})

test('a plugin that looks for the session of the earlier cookie finds the one that was renewed', async () => {
  const { browser, email, userId } = await t.person('looked-for')
  const earlier = (await browser.token()) ?? ''
  const foreign = (await (await t.person('looked-for-other')).browser.token()) ?? ''
  const found: unknown[] = []
  fail = async ({ auth }) => {
    const { internalAdapter } = await auth.$context
    for (const token of [earlier, foreign, 'unknown']) found.push((await internalAdapter.findSession(token))?.user.id)
  }
  expect((await browser.signIn(email)).status).toBe(200)
  fail = async () => undefined
  expect(found).toEqual([userId, expect.not.stringContaining(userId), undefined])
})

test('a session whose user the database cannot read is no sign-out', async () => {
  const { browser } = await t.person('unreadable')
  const { kysely } = t.database
  await sql`alter table user rename to gone`.execute(kysely)
  const answer = await browser.get('/get-session')
  await sql`alter table gone rename to user`.execute(kysely)
  expect(answer).toMatchObject({ status: 503, setCookies: [] })
  expect((await browser.get('/get-session')).body).not.toBeNull()
})

test('a refusal that made no session keeps the cookies of its endpoint', async () => {
  expect(await t.browser().post('/refuse')).toMatchObject({ status: 400, setCookies: ['kept=yes'] })
})

test('direct calls sign in, also within a transaction of the application, or with a request of its own', async () => {
  const { email, userId } = await t.person('direct-calls')
  const body = { email, password }
  await runWithTransaction(t.adapter, () => t.auth.api.signInEmail({ body }))
  await t.auth.api.signInEmail({ body, request: new Request(`${t.origin}/api/auth/sign-in/email`) })
  expect(await idsOf(userId)).toHaveLength(3)
})

test('a failure that the application bears ends nothing', async () => {
  const { email, userId } = await t.person('borne')
  fail = (app) => failures['an error of the database']?.(app).catch(() => undefined) ?? Promise.resolve()
  const browser = t.browser()
  expect((await browser.signIn(email)).status).toBe(200)
  fail = async () => undefined
  expect(await idsOf(userId)).toHaveLength(2)
})

test('a direct call that fails with any other error leaves its session', async () => {
  const { email, userId } = await t.person('direct')
  fail = failures['a bug'] ?? fail
  await expect(t.auth.api.signInEmail({ body: { email, password } })).rejects.toThrow('a bug')
  fail = async () => undefined
  expect(await idsOf(userId)).toHaveLength(2)
})
