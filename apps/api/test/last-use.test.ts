import { createPasskey } from '@rollcall/dev-auth'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import { codeOf, turnOn } from './authenticator.js'
import { type Browser, PASSWORD, signUpDevice } from './helpers.js'
import { type Ceremonies, ceremonies, failingAt } from './passkeys-helpers.js'
import { addressOf, finish, linkedTo, startWithProvider, type WithProvider } from './providers-helpers.js'

// When each way in was last used: written once its sign-in or proof has happened.

let t: WithProvider
beforeAll(async () => {
  t = await startWithProvider()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => void Object.assign(t.provider.answer, { person: null, age: 0 }))

const LONG_AGO = '2001-01-01T00:00:00.000Z'

/** Dates every use so far back, does the work, and returns the ways in that it used. */
async function waysUsedDuring(owner: Browser, work: () => Promise<unknown>): Promise<string[]> {
  const { kysely } = t.server.database()
  await sql`update account set "lastUsedAt" = ${LONG_AGO}`.execute(kysely)
  await sql`update passkey set "lastUsedAt" = ${LONG_AGO}`.execute(kysely)
  const began = Date.now()
  await work()
  const password = await owner.api.account.password.query()
  const lastUses: [string, string | null | undefined][] = [
    ['password', password?.lastUsedAt],
    ...(await owner.api.passkeys.list.query()).map(({ lastUsedAt }): [string, string | null] => [
      'passkey',
      lastUsedAt,
    ]),
    ...(await linkedTo(owner)).map(({ provider, lastUsedAt }): [string, string] => [provider, lastUsedAt]),
  ]
  return lastUses.flatMap(([name, at]) => (at && Date.parse(at) >= began ? [name] : []))
}

const signIn = async ({ email }: { email: string }, password = PASSWORD): Promise<number> =>
  (await t.server.browser().post('/api/auth/sign-in/email', { email, password })).status

/** Somebody who can sign in in each way. */
async function withAll() {
  const laptop = await signUpDevice(t.server)
  const key = createPasskey(t.server.baseUrl, { isVerified: true })
  expect((await key.register(ceremonies(laptop))).status).toBe(200)
  const person = t.somebody()
  expect((await t.go(laptop, '/provider/link')).status).toBe(200)
  return { laptop, key, person }
}

test('each way in by its sign-in and by its proof, and no other one', async () => {
  const { laptop, key, person } = await withAll()
  expect(await waysUsedDuring(laptop, () => signIn(laptop))).toEqual(['password'])
  expect(await waysUsedDuring(laptop, () => laptop.post('/api/auth/reauthenticate', { password: PASSWORD }))).toEqual([
    'password',
  ])
  expect(await waysUsedDuring(laptop, () => key.signIn(ceremonies(t.server.browser())))).toEqual(['passkey'])
  expect(await waysUsedDuring(laptop, () => key.signIn(ceremonies(laptop)))).toEqual(['passkey'])
  Object.assign(t.provider.answer, { person })
  expect(await waysUsedDuring(laptop, () => t.go(t.server.browser()))).toEqual(['acme'])
  expect(await waysUsedDuring(laptop, () => t.go(laptop, '/provider/prove'))).toEqual(['acme'])
})

test('a password that is new is used by the sign-up, a wrong one is not', async () => {
  const began = Date.now()
  const laptop = await signUpDevice(t.server)
  const password = await laptop.api.account.password.query()
  expect(Date.parse(password?.lastUsedAt ?? '')).toBeGreaterThanOrEqual(began)
  expect(await waysUsedDuring(laptop, () => signIn(laptop, 'not the password'))).toEqual([])
})

test('a password that waits for a code is used once the code is right; a code that proves is no password', async () => {
  const laptop = await signUpDevice(t.server)
  const { totpURI, backupCodes } = await turnOn(laptop)
  const device = t.server.browser()
  expect(await waysUsedDuring(laptop, () => device.signIn(laptop.email))).toEqual([])
  const give = (by: Browser, code = '') => by.post('/api/auth/two-factor/verify-backup-code', { code })
  expect(await waysUsedDuring(laptop, () => give(device, 'wrong-code'))).toEqual([])
  expect(await waysUsedDuring(laptop, () => give(device, backupCodes[0]))).toEqual(['password'])
  const prove = () => laptop.post('/api/auth/two-factor/verify-totp', { code: codeOf(totpURI, 1) })
  expect(await waysUsedDuring(laptop, prove)).toEqual([])
})

test('a sign-in that an outage stops is no use, at whichever command of Redis', async () => {
  const { laptop, key, person } = await withAll()
  Object.assign(t.provider.answer, { person })
  const jar = new Map<string, string>()
  const attempts: Record<string, (at: (device: Browser) => Ceremonies) => Promise<number>> = {
    password: async (at) =>
      (await at(t.server.browser()).post('/sign-in/email', { email: laptop.email, password: PASSWORD })).status,
    passkey: async (at) => (await key.signIn(at(t.server.browser()))).status,
    async acme(at) {
      const device = t.server.browser()
      const callback = await t.provider.visit(await addressOf(device, '/provider/sign-in'), jar)
      return (await finish(device, callback, at(device))).status
    },
  }
  for (const [name, attempt] of Object.entries(attempts)) {
    for (let n = 1, isDone = false; !isDone; n += 1) {
      const failing = async () => {
        const failure = failCommand(n, 'never sent')
        return () => failure[Symbol.dispose]()
      }
      let status = 0
      const used = await waysUsedDuring(laptop, async () => {
        status = await attempt((device) => failingAt(device, failing))
      })
      expect([200, 503]).toContain(status)
      isDone = status === 200
      expect(used, `${name}, command ${n}`).toEqual(isDone ? [name] : [])
    }
  }
})

test('the data of a person says it too', async () => {
  const { laptop, key } = await withAll()
  await key.signIn(ceremonies(t.server.browser()))
  const { waysIn } = await laptop.api.account.data.query()
  expect(waysIn.accounts.map(({ providerId, lastUsedAt }) => [providerId, lastUsedAt])).toEqual([
    ['acme', null], // linked, and not used since
    ['credential', expect.any(String)],
  ])
  expect(waysIn.passkeys).toMatchObject([{ lastUsedAt: expect.any(String) }])
})
