import { APIError, createAuthMiddleware } from 'better-auth/api'
import { twoFactor } from 'better-auth/plugins'
import { sql, SqliteDriver } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { password, startApp } from '../helpers.js'
import { codeFrom, halfSignedIn } from './second-factor.js'

// What an endpoint of the second factor wrote is taken back if the request fails after it, and nothing else is. A hook of the
// application fails, because its query does.

let t: Awaited<ReturnType<typeof startApp>>
let hook = async (): Promise<unknown> => undefined
const tokens: string[] = []
beforeAll(async () => {
  t = await startApp({
    plugins: [twoFactor()],
    emailAndPassword: { enabled: true, sendResetPassword: async ({ token }) => void tokens.push(token) },
    hooks: { after: createAuthMiddleware(async () => void (await hook())) },
  })
})
beforeEach(() => void (hook = async () => undefined))
afterAll(() => t[Symbol.asyncDispose]())

const failingQuery = () =>
  t.adapter.count({ model: 'user', where: [{ field: 'gone', value: 1 }] }).catch(() => undefined)

async function withFailingHook<T>(work: () => Promise<T>): Promise<T> {
  hook = failingQuery
  try {
    return await work()
  } finally {
    hook = async () => undefined
  }
}

describe('a failing query of a hook takes back nothing of other endpoints:', () => {
  test('a new name stays', async () => {
    const { browser } = await t.person('name')
    expect((await withFailingHook(() => browser.post('/update-user', { name: 'Grace' }))).status).toBe(200)
    expect((await browser.get('/get-session')).body).toMatchObject({ user: { name: 'Grace' } })
  })

  test('a used reset link stays used', async () => {
    const { email, browser } = await t.person('link')
    await browser.post('/request-password-reset', { email })
    const body = { token: tokens.at(-1), newPassword: `${password}!` }
    expect((await withFailingHook(() => browser.post('/reset-password', body))).status).toBe(200)
    expect((await browser.post('/reset-password', body)).status).toBe(400)
  })

  test('a wrong password stays one', async () => {
    const { email } = await t.person('wrong')
    expect(await withFailingHook(() => t.browser().signIn(email, 'not the password'))).toMatchObject({ status: 401 })
  })
})

test('the set-up of an app that fails after its write is answered as failed, and the earlier code is the one that counts', async () => {
  const { browser, email } = await t.person('again')
  const { body } = await browser.post('/two-factor/enable', { password })
  const again = await withFailingHook(() => browser.post('/two-factor/enable', { password }))
  expect(again).toMatchObject({ status: 500, setCookies: [] })
  expect(again.text).not.toContain('backupCodes')
  const code = codeFrom((body as { totpURI: string }).totpURI)
  expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(200)
  expect((await t.browser().signIn(email)).text).toMatch(/twoFactorRedirect/)
})

describe('a direct call that fails gives its code back:', () => {
  beforeAll(async () => {
    const { kysely } = t.database
    await sql`create table parent (id integer primary key)`.execute(kysely)
    await sql`create table refusal (id integer references parent (id) deferrable initially deferred)`.execute(kysely)
  })

  test.each([
    ['after a rollback', "select raise(abort, 'disk')"],
    ['after a commit that the database refuses', 'insert into refusal values (1)'],
  ])('%s', async (name, failure) => {
    const { browser, userId, backupCodes } = await halfSignedIn(t, name.replaceAll(' ', '-'))
    const { kysely } = t.database
    const { verifyBackupCode } = t.auth.api as unknown as Record<string, (input: object) => Promise<unknown>> // it does not know its plugins
    const cookie = [...browser.jar].map(([key, value]) => `${key}=${value}`).join('; ')
    const body = { code: backupCodes[0] }
    const isOfSignIn = sql`when old.value = ${sql.lit(userId)}`
    await sql`create trigger fails before delete on verification ${isOfSignIn} begin ${sql.raw(failure)}; end`.execute(
      kysely,
    )
    try {
      await expect(verifyBackupCode?.({ headers: new Headers({ cookie }), body })).rejects.toThrow()
    } finally {
      await sql`drop trigger fails`.execute(kysely)
    }
    expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(200)
  })
})

/** Until it is disposed of, the database carries such statements out, and their answers are lost. */
function losingAnswers(like: RegExp): Disposable {
  const { acquireConnection } = SqliteDriver.prototype
  SqliteDriver.prototype.acquireConnection = async function acquire() {
    const connection = await acquireConnection.call(this)
    return {
      executeQuery: async (query) => {
        const result = await connection.executeQuery(query)
        if (like.test(query.sql)) throw new Error('Connection terminated')
        return result as never // of the rows that the caller names
      },
      streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    }
  }
  return { [Symbol.dispose]: () => void (SqliteDriver.prototype.acquireConnection = acquireConnection) }
}

describe('the database has made a write whose answer is lost:', () => {
  test.each([
    ['/two-factor/disable', 'the flag', /^update "user"/],
    ['/two-factor/disable', 'the secret', /^delete from "twoFactor"/],
    ['/two-factor/generate-backup-codes', 'the codes', /^update "twoFactor"/],
  ])('%s, %s: the second factor stays as it was', async (path, what, write) => {
    const { owner, email, backupCodes } = await halfSignedIn(t, `${path}-${what}`.replaceAll(/\W/g, '-'))
    {
      using _lost = losingAnswers(write)
      expect((await owner.post(path, { password })).status).toBe(500)
    }
    const browser = t.browser()
    expect((await browser.signIn(email)).text).toMatch(/twoFactorRedirect/)
    expect((await browser.post('/two-factor/verify-backup-code', { code: backupCodes[0] })).status).toBe(200)
    expect((await owner.post(path, { password })).status).toBe(200)
  })

  test('a backup code can be given again', async () => {
    const { browser, backupCodes } = await halfSignedIn(t, 'lost-code')
    const body = { code: backupCodes[0] }
    {
      using _lost = losingAnswers(/^update "twoFactor"/)
      expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(500)
    }
    expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(200)
  })
})

test('turning it off deletes the secret and the backup codes', async () => {
  const { owner, userId } = await halfSignedIn(t, 'off')
  const rows = async () => {
    const found = await sql`select id from "twoFactor" where "userId" = ${userId}`.execute(t.database.kysely)
    return found.rows.length
  }
  expect(await rows()).toBe(1)
  expect((await owner.post('/two-factor/disable', { password })).status).toBe(200)
  expect(await rows()).toBe(0)
})

test('an error of the application keeps its status', async () => {
  const { browser } = await t.person('gateway')
  hook = async () => {
    throw new APIError('BAD_GATEWAY', { message: 'the directory is away' })
  }
  expect(await browser.post('/update-user', { name: 'Grace' })).toMatchObject({
    status: 502,
    body: { message: 'the directory is away' },
  })
})
