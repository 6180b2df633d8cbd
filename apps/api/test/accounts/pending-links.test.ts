import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth } from '../../src/accounts/auth.js'
import { createPasswords } from '../../src/accounts/passwords/passwords.js'
import {
  answer,
  browser,
  databases,
  noAccountMails,
  password,
  quickCost,
  secret,
  startAuthOn,
  startServer,
} from './helpers.js'

// A link or a code that could replace a credential ends with that credential. SQL holds hashes of links only.

const newPassword = 'a brand new password'

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = {
  verification: {
    id: string
    identifier: string
    value: string
    expiresAt: string | Date
    createdAt: string | Date
    updatedAt: string | Date
  }
}

const tokenIn = (url: string): string => new URL(url).searchParams.get('token') ?? ''

describe.each(databases)('on %s', (kind) => {
  let t: Awaited<ReturnType<typeof startAuthOn>>
  beforeAll(async () => {
    t = await startAuthOn(kind)
  }, 60_000)
  afterAll(() => t[Symbol.asyncDispose]())

  const sql = (): Kysely<Tables> => t.database.kysely.withTables<Tables>()
  const date = (ms: number): string | Date => (kind === 'sqlite' ? new Date(ms).toISOString() : new Date(ms))
  const reset = (token: string) => t.browser().post('/reset-password', { newPassword, token })
  const secure = (token: string) => t.browser().post('/secure-account', { token })

  let people = 0
  /** Somebody with two reset links, and two links about new devices. */
  async function ada() {
    people += 1
    const email = `links-${people}@example.org`
    const laptop = t.browser('laptop')
    await laptop.signUp(email)
    for (const agent of ['phone', 'tablet']) await t.browser(agent).signIn(email)
    for (let n = 0; n < 2; n += 1) await t.browser().post('/request-password-reset', { email })
    const resets = t.mails.filter(({ to }) => to === email).map(({ url }) => tokenIn(url))
    const notMine = t.newDevices.filter(({ to }) => to === email).map(({ url }) => tokenIn(url))
    expect([resets.length, notMine.length]).toEqual([2, 2])
    return { email, laptop, resets, notMine, userId: (await laptop.session())?.userId ?? '' }
  }

  const changes: Record<string, (person: Awaited<ReturnType<typeof ada>>) => Promise<{ status: number }>> = {
    'a reset': ({ resets: [token = ''] }) => reset(token),
    'a password change': ({ laptop }) => laptop.post('/change-password', { currentPassword: password, newPassword }),
    '"This wasn’t me"': ({ notMine: [token = ''] }) => secure(token),
  }

  test.each(Object.keys(changes))('%s ends every link that was sent before it, and no one else’s', async (name) => {
    const [one, other] = [await ada(), await ada()]
    expect(await changes[name]?.(one)).toMatchObject({ status: 200 })
    for (const token of one.resets) expect((await reset(token)).body).toMatchObject({ code: 'INVALID_TOKEN' })
    const unused = name === '"This wasn’t me"' ? one.notMine.slice(1) : one.notMine // the used one repeats its answer
    for (const token of unused) expect((await secure(token)).body).toMatchObject({ code: 'INVALID_TOKEN' })
    expect((await reset(other.resets[1] ?? '')).status).toBe(200)
  })

  test('a refused password change ends no link', async () => {
    const { laptop, resets } = await ada()
    expect((await laptop.post('/change-password', { currentPassword: 'wrong password', newPassword })).status).toBe(400)
    expect((await reset(resets[0] ?? '')).status).toBe(200)
  })

  test('the link that "This wasn’t me" sends works', async () => {
    const { email, notMine } = await ada()
    await secure(notMine[0] ?? '')
    const latest = t.mails.filter(({ to }) => to === email).at(-1)?.url ?? ''
    expect((await reset(tokenIn(latest))).status).toBe(200)
    expect((await t.browser().signIn(email, newPassword)).status).toBe(200)
  })

  test('no link is in SQL, and nothing in SQL works as a link', async () => {
    const { resets, notMine } = await ada()
    const rows = await sql().selectFrom('verification').selectAll().execute()
    const dump = JSON.stringify(rows)
    for (const token of [...resets, ...notMine]) {
      expect(dump).not.toContain(token)
      expect(dump).not.toContain(token.slice(-16))
    }
    const stolen = rows.flatMap(({ id, identifier, value }) => [
      id,
      identifier,
      value,
      identifier.split(':').at(-1) ?? '',
    ])
    for (const text of new Set(stolen)) {
      expect((await reset(text)).status, text).toBe(400)
      expect((await secure(text)).status, text).toBe(400)
    }
    expect((await reset(resets[0] ?? '')).status).toBe(200)
  })

  test('a row that an earlier version stored in clear does not work', async () => {
    const { userId } = await ada()
    const row = { expiresAt: date(Date.now() + 60_000), createdAt: date(Date.now()), updatedAt: date(Date.now()) }
    await sql()
      .insertInto('verification')
      .values([
        { id: randomUUID(), identifier: 'reset-password:in-clear', value: userId, ...row },
        { id: randomUUID(), identifier: 'sha256:in-clear', value: userId, ...row },
      ])
      .execute()
    for (const token of ['in-clear', 'sha256:in-clear'])
      expect((await reset(token)).body).toMatchObject({ code: 'INVALID_TOKEN' })
  })
})

test('a reset request asks the database nothing about the address before it is answered', async () => {
  await using server = await startServer()
  const { store, database, audit, origin, http } = server
  const requested: string[] = []
  const auth = await createAuth({
    store,
    database,
    audit,
    baseUrl: origin,
    secrets: [secret],
    passwords: createPasswords(quickCost),
    requestReset: async (email) => void requested.push(email),
    notifyNewDevice: async () => undefined,
    accountMails: noAccountMails,
  })
  answer(http, auth.handler)
  const known = browser(origin, origin, auth)
  expect((await known.signUp('ada@example.org')).status).toBe(200)
  await server.database.kysely.destroy() // whatever asked it from now on would fail
  const ask = (email: string) => browser(origin, origin, auth).post('/request-password-reset', { email })
  const [one, other] = [await ask('Ada@example.org'), await ask('nobody@example.org')]
  expect(one.status).toBe(200)
  expect([one.status, one.text, [...one.headers.keys()]]).toEqual([other.status, other.text, [...other.headers.keys()]])
  expect(requested).toEqual(['ada@example.org', 'nobody@example.org'])
})
