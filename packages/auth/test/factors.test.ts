import { passkey } from '@better-auth/passkey'
import { base32 } from '@better-auth/utils/base32'
import { createOTP } from '@better-auth/utils/otp'
import { genericOAuth, twoFactor } from 'better-auth/plugins'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, createPasskey, hold, password, startApp, startProvider, copyCookies } from './helpers.js'

// How a change of a way in affects sessions, through real HTTP.

let provider: Awaited<ReturnType<typeof startProvider>>
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  provider = await startProvider()
  t = await startApp({
    account: { accountLinking: { allowDifferentEmails: true } },
    user: { changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
    plugins: [passkey(), genericOAuth({ config: [provider.config] }), twoFactor()],
  })
})
afterAll(async () => {
  await t[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

async function turnOnSecondFactor(browser: Browser, more: object = {}): Promise<number> {
  const { body } = await browser.post('/two-factor/enable', { password })
  const secret = new URL((body as { totpURI: string }).totpURI).searchParams.get('secret') ?? ''
  const code = await createOTP(new TextDecoder().decode(base32.decode(secret))).totp()
  return (await browser.post('/two-factor/verify-totp', { code, ...more })).status
}

const link = async (browser: Browser, sub: string): Promise<number> =>
  (
    await provider.visit(
      browser,
      { sub, email: `${sub}@example.com`, email_verified: true, name: 'Ada' },
      '/link-social',
    )
  ).status

const passkeyIdOf = async (browser: Browser): Promise<string> =>
  ((await browser.get('/passkey/list-user-passkeys')).body as { id: string }[])[0]?.id ?? ''

interface Row {
  readonly id: string
}

interface Change {
  readonly event: string
  readonly status: number
  prepare?(browser: Browser, name: string): Promise<unknown>
  change(browser: Browser, name: string, more: object): Promise<number>
}

const removals: Record<string, Change> = {
  'a passkey removed': {
    event: 'passkey-removed',
    status: 200,
    prepare: (browser) => createPasskey(t.origin).register(browser),
    change: async (browser, name, more) => {
      const user = await t.adapter.findOne<Row>({
        model: 'user',
        where: [{ field: 'email', value: `${name}@example.org` }],
      })
      const where = [{ field: 'userId', value: user?.id ?? '' }]
      const key = await t.adapter.findOne<Row>({ model: 'passkey', where })
      return (await browser.post('/passkey/delete-passkey', { id: key?.id, ...more })).status
    },
  },
  'a provider unlinked': {
    event: 'account-unlinked',
    status: 200,
    prepare: link,
    change: async (browser, name, more) => {
      const where = [{ field: 'accountId', value: name }]
      const account = await t.adapter.findOne<Row>({ model: 'account', where })
      return (await browser.post('/unlink-account', { accountId: account?.id, ...more })).status
    },
  },
  'the password removed': {
    event: 'password-removed',
    status: 200,
    prepare: link,
    change: async (browser, name, more) => {
      const users = [{ field: 'email', value: `${name}@example.org` }]
      const user = await t.adapter.findOne<Row>({ model: 'user', where: users })
      const where = [
        { field: 'userId', value: user?.id ?? '' },
        { field: 'providerId', value: 'credential' },
      ]
      const account = await t.adapter.findOne<Row>({ model: 'account', where })
      return (await browser.post('/unlink-account', { accountId: account?.id, ...more })).status
    },
  },
  'the second factor turned off': {
    event: 'second-factor-off',
    status: 200,
    prepare: (browser) => turnOnSecondFactor(browser),
    change: async (browser, _, more) => (await browser.post('/two-factor/disable', { password, ...more })).status,
  },
  'backup codes renewed': {
    event: 'backup-codes-renewed',
    status: 200,
    prepare: (browser) => turnOnSecondFactor(browser),
    change: async (browser, _, more) =>
      (await browser.post('/two-factor/generate-backup-codes', { password, ...more })).status,
  },
  'the address changed': {
    event: 'email-change',
    status: 200,
    change: async (browser, name, more) =>
      (await browser.post('/change-email', { newEmail: `${name}@example.net`, ...more })).status,
  },
}

const additions: Record<string, Change> = {
  'a passkey added': {
    event: 'passkey-added',
    status: 200,
    change: async (browser, _, more) => (await createPasskey(t.origin).register(browser, more)).status,
  },
  'the second factor turned on': {
    event: 'second-factor-on',
    status: 200,
    change: (browser, _, more) => turnOnSecondFactor(browser, more),
  },
}

/** Somebody on a laptop, with another session, and the cookie of the laptop as it was before the change. */
async function perform(name: string, { prepare, change, status }: Change, more: object) {
  const { browser, email, userId } = await t.person(name)
  const other = t.browser()
  await other.signIn(email)
  await prepare?.(browser, name)
  const id = (await browser.session())?.id
  const copy = copyCookies(browser, t.browser())
  t.events.length = 0
  expect(await change(browser, name, more)).toBe(status)
  return { browser, other, copy, id, userId }
}

const nameOf = (title: string, suffix: string): string => `${title.replaceAll(' ', '-')}-${suffix}`

describe.each(Object.entries(removals))('%s', (title, change) => {
  test('ends the others, and this device stays under its id with a new secret', async () => {
    const { browser, other, copy, id, userId } = await perform(nameOf(title, 'default'), change, {})
    expect(await other.session()).toBeNull()
    expect((await browser.session())?.id).toBe(id)
    expect(await copy.session()).toBeNull()
    expect(t.events).toContainEqual(
      expect.objectContaining({ event: change.event, result: 'ok', userId, sessionId: id, ended: 1 }),
    )
  })

  test('ends none if the request says so, and this device has a new secret all the same', async () => {
    const { browser, other, copy, id } = await perform(nameOf(title, 'kept'), change, { revokeOtherSessions: false })
    expect(await other.session()).not.toBeNull()
    expect((await browser.session())?.id).toBe(id)
    expect(await copy.session()).toBeNull()
    expect(t.events.map(({ event }) => event)).toEqual([change.event])
  })

  test.each([{}, { revokeOtherSessions: false }])(
    'is refused to a session that is revoked once its request was let in, with %j, and ends no other',
    async (choice) => {
      const name = nameOf(title, `late-${Object.keys(choice).length}`)
      const { browser, email, userId } = await t.person(name)
      await change.prepare?.(browser, name)
      const other = t.browser()
      await other.signIn(email)
      const others = (await t.store.count(userId)) - 1
      const id = (await browser.session())?.id ?? ''
      const { validate } = t.store
      t.store.validate = async (...args) => {
        t.store.validate = validate
        const session = await validate(...args)
        await t.store.revoke(userId, id)
        return session
      }
      t.events.length = 0
      expect(await change.change(browser, name, choice)).toBe(401)
      expect(await t.store.count(userId)).toBe(others)
      expect(t.events.filter(({ result }) => result === 'ok').map(({ event }) => event)).toEqual(['revoke'])
    },
  )
})

describe.each(Object.entries(additions))('%s', (title, change) => {
  test('does not stand if its session is revoked in that moment', async () => {
    const { browser: stranger } = await t.person(nameOf(title, 'stranger'))
    await createPasskey(t.origin).register(stranger)
    const { browser, email, userId } = await t.person(nameOf(title, 'revoked'))
    const { waiting, open } = hold(t.store, 'rotate')
    const answer = change.change(browser, nameOf(title, 'revoked'), {})
    await waiting
    await t.store.revokeAll(userId)
    open()
    expect(await answer).toBe(401)
    expect((await browser.signIn(email)).body).not.toHaveProperty('twoFactorRedirect')
    expect(await passkeyIdOf(browser)).toBe('')
    expect(await passkeyIdOf(stranger)).not.toBe('')
  })

  test('ends none unless the request asks for it, and this device stays under its id with a new secret', async () => {
    const kept = await perform(nameOf(title, 'default'), change, {})
    expect(await kept.other.session()).not.toBeNull()
    expect((await kept.browser.session())?.id).toBe(kept.id)
    expect(await kept.copy.session()).toBeNull()
    expect(t.events.map(({ event }) => event)).toContain(change.event)
    const { browser, other, copy, id } = await perform(nameOf(title, 'asked'), change, { revokeOtherSessions: true })
    expect(await other.session()).toBeNull()
    expect((await browser.session())?.id).toBe(id)
    expect(await copy.session()).toBeNull()
  })
})

test.each([{}, { revokeOtherSessions: false }])(
  'a session that is revoked right after the change, with %j, does not come back, nor keeps the others',
  async (choice) => {
    const name = `revoked-after-${Object.keys(choice).length}`
    const { browser, email, userId } = await t.person(name)
    const other = t.browser()
    await other.signIn(email)
    const id = (await browser.session())?.id ?? ''
    const { waiting, open } = hold(t.store, 'rotate')
    const answer = browser.post('/change-email', { newEmail: `${name}@example.net`, ...choice })
    await waiting
    await t.store.revoke(userId, id)
    open()
    await answer
    expect([await browser.session(), await other.session()]).toEqual([null, null])
  },
)

test('an outage stops the change: the passkey stays, and no cookie is cleared', async () => {
  const { browser } = await t.person('outage')
  await createPasskey(t.origin).register(browser)
  const id = await passkeyIdOf(browser)
  const { revokeOthers } = t.store
  t.store.revokeOthers = async (token) => {
    process.kill(t.server.pid, 'SIGSTOP')
    return revokeOthers(token)
  }
  try {
    expect(await browser.post('/passkey/delete-passkey', { id })).toMatchObject({ status: 503, setCookies: [] })
  } finally {
    process.kill(t.server.pid, 'SIGCONT')
    t.store.revokeOthers = revokeOthers
  }
  await expect.poll(() => passkeyIdOf(browser), { timeout: 10_000 }).toBe(id)
})

test('an error of the database is not answered as a wrong passkey', async () => {
  const { browser } = await t.person('database-error')
  const key = createPasskey(t.origin)
  await key.register(browser)
  const { kysely } = t.database
  await sql`create trigger fails before update on passkey begin select raise(abort, 'disk'); end`.execute(kysely)
  try {
    const answer = await key.signIn(t.browser())
    expect(answer).toMatchObject({ status: 500, setCookies: [] })
    expect(answer.text).not.toContain('AUTHENTICATION_FAILED')
  } finally {
    await sql`drop trigger fails`.execute(kysely)
  }
  expect((await key.signIn(t.browser())).status).toBe(200)
})
