import { hashPassword as legacyHash } from 'better-auth/crypto'
import { type Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authConfig } from '../../src/accounts/auth.js'
import { createBoundedQueue, type Queue } from '../../src/accounts/passwords/bounded.js'
import { createPasswords } from '../../src/accounts/passwords/passwords.js'
import {
  hashPassword,
  isOutdated,
  owaspCost,
  type ScryptCost,
  verifyPassword,
} from '../../src/accounts/passwords/scrypt.js'
import { type Browser, hold, password, quickCost, quietAuth, signUpPerson, startAuth } from './helpers.js'

const newPassword = 'a brand new password'

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = { account: { userId: string; password: string | null } }

let t: Awaited<ReturnType<typeof startAuth>>
beforeAll(async () => {
  t = await startAuth()
})
afterAll(() => t[Symbol.asyncDispose]())

const sql = (): Kysely<Tables> => t.database.kysely.withTables<Tables>()
const hashOf = async (userId: string) =>
  (await sql().selectFrom('account').select('password').where('userId', '=', userId).executeTakeFirstOrThrow())
    .password ?? ''
const cookiesOf = ({ jar }: Browser) =>
  new Headers({ cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') })
const setHash = (userId: string, hash: string) =>
  sql().updateTable('account').set({ password: hash }).where('userId', '=', userId).execute()

describe('a hash', () => {
  test('costs what OWASP asks for, unless a test says otherwise', async () => {
    const hash = await createPasswords(owaspCost).hash(password)
    expect(hash).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$[A-Za-z\d+/]{22}\$[A-Za-z\d+/]{86}$/)
    const { emailAndPassword } = authConfig({
      ...quietAuth,
      ...t,
    })
    expect(await emailAndPassword.password.hash(password)).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$/)
  })

  test('is of one password, with a salt of its own, and of one spelling of Unicode', async () => {
    const [one, other] = [
      await hashPassword('caf\u00e9 caf\u00e9', quickCost),
      await hashPassword('caf\u00e9 caf\u00e9', quickCost),
    ]
    expect(one).not.toBe(other)
    for (const hash of [one, other]) {
      expect(await verifyPassword(hash, 'cafe\u0301 cafe\u0301', quickCost)).toBe(true)
      expect(await verifyPassword(hash, 'cafe cafe', quickCost)).toBe(false)
    }
  })

  test.each(['', 'x', ':', 'a:b', '$scrypt$ln=10,r=8,p=1$AAAA$AAAA', '$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA'])(
    'what is none is nobody’s password: %j',
    async (text) => {
      expect(await verifyPassword(text, '', quickCost)).toBe(false)
      expect(isOutdated(text, quickCost)).toBe(false)
    },
  )

  test('of a password of before, shorter than a new one may be, signs in, proves and is changed', async () => {
    const { email, laptop, userId } = await signUpPerson(t)
    const short = 'x7Kq!m2Z'
    await setHash(userId, await legacyHash(short))
    expect((await t.browser().signIn(email, short)).status).toBe(200)
    expect((await laptop.post('/reauthenticate', { password: short })).status).toBe(200)
    expect((await laptop.post('/change-password', { currentPassword: short, newPassword })).status).toBe(200)
  })

  test('of better-auth verifies, and is renewed at the next sign-in without an end to any session', async () => {
    const { email, laptop, userId } = await signUpPerson(t)
    const old = await legacyHash(password)
    await setHash(userId, old)
    const before = t.events.length
    expect((await t.browser().signIn(email, 'wrong password')).status).toBe(401)
    expect(await hashOf(userId)).toBe(old)

    const phone = t.browser('phone')
    expect((await phone.signIn(email)).status).toBe(200)
    const renewed = await hashOf(userId)
    expect(renewed).toMatch(/^\$scrypt\$ln=10,r=8,p=1\$/)
    for (const browser of [laptop, phone]) expect(await t.auth.knownDevice(cookiesOf(browser), email)).not.toBeNull()
    expect([await laptop.session(), await phone.session()]).not.toContain(null)
    expect(t.events.slice(before).map(({ event, result }) => `${event} ${result}`)).toEqual([
      'sign-in refused',
      'sign-in ok',
    ])
    expect((await t.browser().signIn(email)).status).toBe(200)
    expect(await hashOf(userId)).toBe(renewed)
  })

  test('that is renewed while the password changes does not bring the old password back', async () => {
    const { email, laptop, userId } = await signUpPerson(t)
    await setHash(userId, await legacyHash(password))
    const creating = hold(t.store, 'create')
    const signIn = t.browser().signIn(email)
    await creating.waiting
    expect((await laptop.post('/change-password', { currentPassword: password, newPassword })).status).toBe(200)
    creating.open()
    await signIn
    expect((await t.browser().signIn(email)).status).toBe(401)
    expect((await t.browser().signIn(email, newPassword)).status).toBe(200)
  })

  test('takes the same work for nobody, for a wrong password, and for one on an old hash', async () => {
    const cost: ScryptCost = { N: 2 ** 16, r: 8, p: 1 } // twice the work of better-auth's
    const passwords = createPasswords(cost)
    const [current, old] = [await hashPassword(password, cost), await legacyHash(password)]
    const works = [
      () => hashPassword('wrong password', cost),
      ...[current, old, 'no hash'].map((hash) => () => passwords.verify({ hash, password: 'wrong password' })),
    ]
    /** Microseconds of all threads, the least of all rounds: others who are busy at most add to them. */
    const least = works.map(() => Number.POSITIVE_INFINITY)
    const ratios = () => least.slice(1).map((microseconds) => microseconds / Number(least[0]))
    const isSame = (ratio: number): boolean => ratio > 0.6 && ratio < 1.6
    for (let round = 0; round < 10 && !(round >= 2 && ratios().every(isSame)); round += 1) {
      for (const [n, work] of works.entries()) {
        const before = process.cpuUsage()
        await work()
        const { user, system } = process.cpuUsage(before)
        least[n] = Math.min(Number(least[n]), user + system)
      }
    }
    for (const ratio of ratios()) expect(ratio).toSatisfy(isSame)
  }, 180_000)
})

describe('hashes in turn', () => {
  const full = 66 // two at once, and 64 that wait

  /** A queue in which this many wait until they may go on. */
  function queueWith(count: number) {
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const inTurn = createBoundedQueue()
    const done = Promise.all(Array.from({ length: count }, () => inTurn(() => opened)))
    return { inTurn, open, done }
  }

  test('two run at once, and more than 64 that wait are refused with Retry-After', async () => {
    const { inTurn, open, done } = queueWith(full)
    let ran = 0
    const late = inTurn(async () => (ran += 1))
    await expect(late).rejects.toMatchObject({
      statusCode: 503,
      headers: { 'Retry-After': expect.stringMatching(/^[1-9]$/) },
    })
    open()
    await done
    expect(ran).toBe(0)
    let atOnce = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 6 }, () =>
        inTurn(async () => {
          most = Math.max(most, (atOnce += 1))
          await new Promise(setImmediate)
          atOnce -= 1
        }),
      ),
    )
    expect(most).toBe(2)
  })

  test('every hash and every comparison takes its turn', async () => {
    const { inTurn, open, done } = queueWith(full)
    const passwords = createPasswords(quickCost, inTurn)
    await expect(passwords.hash(password)).rejects.toMatchObject({ statusCode: 503 })
    await expect(passwords.verify({ hash: '', password })).rejects.toMatchObject({ statusCode: 503 })
    open()
    await done
  })

  test('while they wait, a sign-in is a 503 that is no verdict, sessions validate, and a sign-up holds nobody up in SQL', async () => {
    const { inTurn, open, done } = queueWith(full - 1)
    let arrived = (): void => undefined
    const waits = new Promise<void>((resolve) => (arrived = resolve))
    const announceThenQueue: Queue = (work) => {
      const result = inTurn(work)
      arrived()
      return result
    }
    await using own = await startAuth({ passwords: createPasswords(quickCost, announceThenQueue) })
    let signedUp = false
    const signUp = own
      .browser()
      .signUp('ada@example.org')
      .finally(() => (signedUp = true))
    await waits // it has the last place
    const refused = await own.browser().signIn('ada@example.org')
    expect(refused).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' }, setCookies: [] })
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]$/)
    expect(own.events.at(-1)).toMatchObject({ event: 'sign-in', result: 'unavailable' })
    expect(await own.store.list('nobody')).toEqual([])
    await own.database.ping()
    expect(signedUp).toBe(false)
    open()
    await done
    expect((await signUp).status).toBe(200)
  })
})
