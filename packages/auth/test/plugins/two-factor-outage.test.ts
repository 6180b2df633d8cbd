import { failCommand } from '@rollcall/dev-redis/faults'
import { createAuthMiddleware } from 'better-auth/api'
import { twoFactor } from 'better-auth/plugins'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { hold, password, startApp } from '../helpers.js'
import { codeFrom, enableApp, halfSignedIn as signInHalf } from './second-factor.js'

// The library uses up a code, and turns the factor on or off, before it asks for the session. An outage must take that back.

let t: Awaited<ReturnType<typeof startApp>>
/** The hooks of the application. */
let hook = async (): Promise<unknown> => undefined
beforeAll(async () => {
  t = await startApp(
    {
      plugins: [twoFactor()],
      databaseHooks: { session: { create: { after: () => hook().then(() => undefined) } } },
      hooks: { after: createAuthMiddleware(async () => void (await hook())) },
    },
    { onNewDevice: async () => undefined },
  )
})
beforeEach(() => void (hook = async () => undefined))
afterAll(() => t[Symbol.asyncDispose]())

const halfSignedIn = (name: string) => signInHalf(t, name)

/** From the first call of this method of the store on, nothing reaches Redis until the work is done. First it does `before`. */
async function duringOutage<T>(
  method: 'create' | 'rotate',
  work: () => Promise<T>,
  before: () => Promise<void> = async () => undefined,
): Promise<T> {
  const { waiting, open } = hold(t.store, method)
  const done = work()
  await waiting
  await before()
  using _outage = failCommand(Redis.prototype, 1, 'never sent, nor any after it')
  open()
  return await done
}

test.each(['verify-totp', 'verify-backup-code'])(
  'an outage in the middle of a sign-in uses up neither it nor the code of %s',
  async (step) => {
    const { browser, code, backupCodes } = await halfSignedIn(`outage-${step}`)
    const body = { code: step === 'verify-totp' ? await code() : backupCodes[0] }
    const answer = await duringOutage('create', () => browser.post(`/two-factor/${step}`, body))
    expect(answer).toMatchObject({ status: 503, setCookies: [] })
    expect(await browser.session()).toBeNull()
    expect((await browser.post(`/two-factor/${step}`, body)).status).toBe(200)
    expect(await browser.session()).not.toBeNull()
  },
)

test('an outage takes back nothing that another sign-in has written since: its code stays used', async () => {
  const { browser, email, backupCodes } = await halfSignedIn('outage-two-codes')
  const [code, otherCode] = backupCodes
  const useOther = async () => {
    const other = t.browser()
    await other.signIn(email)
    return (await other.post('/two-factor/verify-backup-code', { code: otherCode })).status
  }
  const answer = await duringOutage(
    'create',
    () => browser.post('/two-factor/verify-backup-code', { code }),
    async () => expect(await useOther()).toBe(200),
  )
  expect(answer.status).toBe(503)
  expect(await useOther()).toBe(401)
})

test('an outage in the middle of turning it on leaves it off, and the code can be given again', async () => {
  const { browser, email } = await t.person('outage-on')
  const { body } = await browser.post('/two-factor/enable', { password })
  const code = codeFrom((body as { totpURI: string }).totpURI)
  const answer = await duringOutage('rotate', async () =>
    browser.post('/two-factor/verify-totp', { code: await code() }),
  )
  expect(answer.status).toBe(503)
  expect((await t.browser().signIn(email)).text).not.toMatch(/twoFactorRedirect/)
  expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(200)
  expect((await t.browser().signIn(email)).text).toMatch(/twoFactorRedirect/)
})

test('an outage in the middle of turning it off leaves it on', async () => {
  const { owner, email, code } = await halfSignedIn('outage-off')
  const answer = await duringOutage('rotate', () => owner.post('/two-factor/disable', { password }))
  expect(answer.status).toBe(503)
  const browser = t.browser()
  expect((await browser.signIn(email)).text).toMatch(/twoFactorRedirect/)
  expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(200)
})

test('turning it off keeps this device signed in, whichever command Redis does not get', async () => {
  const made: boolean[] = []
  for (let n = 1, isReached = true; isReached; n += 1) {
    const { owner, email } = await halfSignedIn(`off-${n}`)
    const { waiting, open } = hold(t.store, 'rotate')
    const turnedOff = owner.post('/two-factor/disable', { password })
    await waiting
    {
      using lost = failCommand(Redis.prototype, n, 'never sent')
      open()
      await turnedOff
      isReached = lost.reached()
    }
    expect(await owner.session(), `command ${n}`).not.toBeNull()
    made.push(!/twoFactorRedirect/.test((await t.browser().signIn(email)).text))
  }
  expect(made).toContain(false)
  expect(made.at(-1)).toBe(true)
  expect(made.indexOf(true), 'not only once nothing fails').toBeLessThan(made.length - 1)
})

test('an outage in the middle of renewing the backup codes leaves those that are known', async () => {
  const { owner, browser, backupCodes } = await halfSignedIn('outage-renewal')
  const answer = await duringOutage('rotate', () => owner.post('/two-factor/generate-backup-codes', { password }))
  expect(answer.status).toBe(503)
  expect((await browser.post('/two-factor/verify-backup-code', { code: backupCodes[0] })).status).toBe(200)
})

test('an outage in the middle of a proof replaces no cookie, and uses up no backup code', async () => {
  const { browser } = await t.person('outage-proof')
  const { backupCodes } = await enableApp(browser)
  const body = { code: backupCodes[0] }
  const answer = await duringOutage('rotate', () => browser.post('/two-factor/verify-backup-code', body))
  expect(answer).toMatchObject({ status: 503, setCookies: [] })
  expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(200)
})

const steps = ['verify-totp', 'verify-backup-code']
const writes = ['delete on verification', 'update on twoFactor']

/** Until it is disposed of, the database refuses this kind of write. */
async function failing(write: string, when = sql``): Promise<AsyncDisposable> {
  const { kysely } = t.database
  await sql`create trigger fails before ${sql.raw(write)} ${when} begin select raise(abort, 'disk'); end`.execute(
    kysely,
  )
  return { [Symbol.asyncDispose]: async () => void (await sql`drop trigger fails`.execute(kysely)) }
}

test.each(steps.flatMap((step) => writes.map((write) => [step, write] as const)))(
  'an error of the database is no wrong code and ends no sign-in: %s, %s',
  async (step, write) => {
    const { browser, code, backupCodes } = await halfSignedIn(`database-${step}-${write.replaceAll(' ', '-')}`)
    const right = step === 'verify-totp' ? await code() : backupCodes[0]
    {
      await using _error = await failing(write)
      for (const given of ['000000', right]) {
        const answer = await browser.post(`/two-factor/${step}`, { code: given })
        if (answer.status !== 200) expect(answer).toMatchObject({ status: 500, setCookies: [] })
      }
    }
    if ((await browser.session()) === null)
      expect((await browser.post(`/two-factor/${step}`, { code: right })).status).toBe(200)
    expect(await browser.session()).not.toBeNull()
  },
)

test('a wrong code that the database cannot count is no verdict', async () => {
  const { browser } = await halfSignedIn('database-count')
  await using _error = await failing('insert on verification')
  expect((await browser.post('/two-factor/verify-totp', { code: '000000' })).status).toBe(500)
})

test('a code that was given back signs nobody in, and one that signed somebody in is not given back', async () => {
  const { browser, email, backupCodes } = await halfSignedIn('database-devices')
  const [code] = backupCodes
  const { kysely } = t.database
  await sql`alter table device rename to gone`.execute(kysely)
  try {
    expect((await browser.post('/two-factor/verify-backup-code', { code })).status).toBe(500)
  } finally {
    await sql`alter table gone rename to device`.execute(kysely)
  }
  expect(await browser.session()).toBeNull()
  {
    await using _error = await failing('insert on device')
    expect((await browser.post('/two-factor/verify-backup-code', { code })).status).toBe(200)
  }
  const other = t.browser()
  await other.signIn(email)
  expect((await other.post('/two-factor/verify-backup-code', { code })).status).toBe(401)
})

const failingQuery = () =>
  t.adapter.count({ model: 'user', where: [{ field: 'gone', value: 1 }] }).catch(() => undefined)

test('a code that signed somebody in is not given back for a hook of the application that fails', async () => {
  const { browser, email, backupCodes } = await halfSignedIn('database-hook')
  const [code] = backupCodes
  hook = failingQuery
  expect((await browser.post('/two-factor/verify-backup-code', { code })).status).toBe(200)
  hook = async () => undefined
  expect(await browser.session()).not.toBeNull()
  const other = t.browser()
  await other.signIn(email)
  expect((await other.post('/two-factor/verify-backup-code', { code })).status).toBe(401)
})

test.each(['generate-backup-codes', 'disable'])('nor does it take %s back, or sign the person out', async (step) => {
  const { browser } = await t.person(`database-after-${step}`)
  await enableApp(browser)
  hook = failingQuery
  const answer = await browser.post(`/two-factor/${step}`, { password })
  hook = async () => undefined
  expect(answer.status).toBe(200)
  expect(await browser.session()).not.toBeNull()
})

test('before a proof it fails the proof, which uses up nothing', async () => {
  const { browser } = await t.person('database-proof')
  const { backupCodes } = await enableApp(browser)
  const body = { code: backupCodes[0] }
  const before = await browser.session()
  hook = failingQuery
  expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(500)
  hook = async () => undefined
  expect(await browser.session()).toEqual(before)
  expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(200)
})

test('a code is given back after the rollback of what used it up', async () => {
  const { browser, userId, backupCodes } = await halfSignedIn('database-rollback')
  const body = { code: backupCodes[0] }
  {
    // The last of its rows is that of the sign-in.
    await using _error = await failing('delete on verification', sql`when old.value = ${sql.lit(userId)}`)
    expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(500)
  }
  expect((await browser.post('/two-factor/verify-backup-code', body)).status).toBe(200)
})
