/* oxlint-disable max-lines -- One server serves all of it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPasskey } from '@rollcall/dev-auth'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { failCommand } from './fail-command.js'
import { createPasswords, type Passwords } from '../src/accounts/passwords/passwords.js'
import { Client } from '../src/client/client.js'
import { type Browser, codeOf, countOn, newEmail, PASSWORD, startServer, type TestServer } from './helpers.js'
import { turnOn } from './authenticator.js'
import { untilMailsLeft } from './mail/queue-helpers.js'
import { ceremonies, outagesOf } from './passkeys-helpers.js'
import { waitsForLock } from './lock-waits.js'

// A sign-up whose address is confirmed before the account exists.

/** Holds requests after they have looked at their link. */
let beforeHash: () => Promise<void> = async () => undefined

const quick = createPasswords({ N: 2 ** 10, r: 8, p: 1 })
const passwords: Passwords = {
  ...quick,
  hash: async (password) => {
    await beforeHash()
    return quick.hash(password)
  },
}

let server: TestServer
/** A sign-up signs in at once. */
let direct: TestServer
beforeAll(async () => {
  server = await startServer({ env: { SIGN_UP: 'confirmed', TRUSTED_PROXIES: 'loopback' }, passwords })
  direct = await startServer({ env: { SIGN_UP: 'direct' }, redis: server.redis })
})
afterAll(async () => {
  await direct[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const HOUR = 60 * 60_000

const read = new Map<string, Promise<string>>()

async function mailsTo(email: string, at = server): Promise<string[]> {
  const outbox = at.outbox ?? ''
  const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml')).toSorted()
  const mails = names.map((name) => {
    const path = join(outbox, name)
    const mail = read.get(path) ?? readFile(path, 'utf8')
    read.set(path, mail)
    return mail
  })
  return (await Promise.all(mails))
    .filter((mail) => mail.includes(`To: ${email}`))
    .map((mail) => mail.replaceAll('=\r\n', '').replaceAll('=3D', '='))
}

async function mailTo(email: string, count = 1): Promise<string> {
  await expect.poll(() => mailsTo(email)).toHaveLength(count)
  return (await mailsTo(email))[count - 1] ?? ''
}

const tokenIn = (mail: string): string => /\/finish-sign-up\?token=([\w-]+)/.exec(mail)?.[1] ?? ''

const request = (email: string, more: object = {}, by: Browser = server.browser()) =>
  by.post('/api/auth/sign-up/request', { email, language: 'en', ...more })

/** The token of the newest link to an address. */
async function linkTo(email: string, count = 1): Promise<string> {
  expect((await request(email)).status).toBe(200)
  return tokenIn(await mailTo(email, count))
}

interface Invited {
  readonly email: string
  readonly token: string
}

let invitations: Promise<Invited[]> | undefined

/** An address that has a link. All are mailed at once: a mail takes a quarter of a second to leave. */
async function takeInvitation(): Promise<Invited> {
  invitations ??= Promise.all(
    Array.from({ length: 16 }, async () => {
      const email = newEmail()
      return { email, token: await linkTo(email) }
    }),
  )
  const invitation = (await invitations).pop()
  if (invitation === undefined) throw new Error('More links are needed')
  return invitation
}

const finish = (token: string, by: Browser = server.browser(), more: object = {}) =>
  by.post('/api/auth/sign-up/finish', { token, name: 'Ada', password: PASSWORD, ...more })
const lookAt = async (token: string): Promise<unknown> =>
  (await server.browser().post('/api/link', { kind: 'finish-sign-up', token })).json()

async function answerOf(response: Promise<Response>): Promise<[status: number, body: unknown]> {
  const answer = await response
  return [answer.status, await answer.json()]
}

const ok = [200, { status: true }]
const dead = [400, { code: 'INVALID_TOKEN', message: 'Invalid token' }]

const signIn = (email: string, password = PASSWORD) =>
  server.browser().post('/api/auth/sign-in/email', { email, password })

async function usersWith(email: string): Promise<{ emailVerified: unknown; language: string; name: string }[]> {
  const { rows } = await sql<{ emailVerified: unknown; language: string; name: string }>`
    select name, "emailVerified", language from "user" where email = ${email}`.execute(server.database().kysely)
  return rows
}

test('the link leads back to the page that was asked for, and to no other site', async () => {
  const email = newEmail()
  expect((await request(email, { returnTo: '/activity' })).status).toBe(200)
  expect(await mailTo(email)).toMatch(/\/finish-sign-up\?token=[\w-]+&returnTo=%2Factivity\s/)
  for (const returnTo of ['https://evil.example', '//evil.example', '/sign-in', 7])
    expect((await request(email, { returnTo })).status, String(returnTo)).toBe(400)
})

test('the address comes first, then the account: its link asks for name and password, and signs in once', async () => {
  const email = newEmail()
  expect(await answerOf(server.browser().request('/api/auth/sign-up/policy'))).toEqual([200, { confirmsAddress: true }])
  expect(await answerOf(request(email.toUpperCase(), { language: 'de' }))).toEqual(ok)
  const mail = await mailTo(email)
  expect(mail).toContain('Guten Tag,')
  expect(mail).toContain('Ihr Konto fertigstellen')
  expect(await usersWith(email)).toEqual([])
  const token = tokenIn(mail)
  const { rows } = await sql`select identifier, value from verification`.execute(server.database().kysely)
  expect(JSON.stringify(rows)).not.toContain(token)

  for (let opened = 0; opened < 2; opened += 1) expect(await lookAt(token)).toEqual({ signIn: null, signUp: { email } })
  const laptop = server.browser()
  const finished = await finish(token, laptop, { name: ' Ada ', rememberMe: false, timeZone: 'Europe/Vienna' })
  expect([finished.status, await finished.json()]).toEqual(ok)
  const cookie = finished.headers.getSetCookie().find((text) => text.startsWith('rollcall.session_token='))
  expect(cookie).not.toMatch(/max-age|expires/i)
  const { id, user } = await laptop.api.session.current.query()
  expect(user).toMatchObject({ email, name: 'Ada' })
  expect(await usersWith(email)).toMatchObject([{ language: 'de' }])
  expect((await laptop.api.account.data.query()).user).toMatchObject({
    emailVerified: true,
    language: 'de',
    timeZone: 'Europe/Vienna',
  })
  const [device] = await laptop.api.devices.list.query()
  expect(device).toMatchObject({ isCurrent: true, signInMethod: { kind: 'password' } })
  const entries = (await laptop.api.activity.list.query({})).entries
  expect(entries.map(({ type }) => type)).toEqual(['signed-in-first'])
  expect(server.audits()).toContainEqual(
    expect.objectContaining({ event: 'sign-in', result: 'ok', userId: user.id, sessionId: id }),
  )

  expect(await answerOf(finish(token))).toEqual(dead)
  expect(await lookAt(token)).toMatchObject({ code: 'INVALID_TOKEN' })
  expect((await signIn(email)).status).toBe(200)
  expect(JSON.stringify(server.lines())).not.toContain(token)
})

/** Somebody who has an account. */
async function owner(): Promise<Browser & { readonly email: string }> {
  const { email, token } = await takeInvitation()
  const device = server.browser()
  expect(await answerOf(finish(token, device))).toEqual(ok)
  return { ...device, email }
}

test('an address with an account is answered the same, by the same work, and its owner gets a mail without a link', async () => {
  const { email, api } = await owner()
  await api.account.setLanguage.mutate({ language: 'de' })
  const nobody = newEmail()
  const { kysely } = server.database()
  await sql`alter table "user" rename to hidden`.execute(kysely) // nothing can ask it for the address
  const [known, unknown] = [await request(email), await request(nobody)]
  await sql`alter table hidden rename to "user"`.execute(kysely)
  expect([known.status, await known.text()]).toEqual([unknown.status, await unknown.text()])
  expect([...known.headers.keys()]).toEqual([...unknown.headers.keys()])

  const mail = await mailTo(email, 2)
  expect(mail).toContain('Guten Tag Ada,')
  expect(mail).toContain('Sie haben schon ein Konto')
  for (const page of ['sign-in', 'forgot-password']) expect(mail).toContain(`${server.baseUrl}/${page}`)
  expect(mail).not.toContain('token')
  expect(tokenIn(await mailTo(nobody))).not.toBe('')
  // That page leads a person who is signed out to the sign-in, and back.
  expect((await request(email, { returnTo: '/activity' })).status).toBe(200)
  expect(await mailTo(email, 3)).toContain(`${server.baseUrl}/activity`)
})

test('an address that is none is refused as a sign-up refuses it, and mails nobody', async () => {
  await untilMailsLeft(server)
  const { length } = await mailsTo('')
  for (const email of ['no address', `${'a'.repeat(250)}@example.org`, 7, undefined, null]) {
    const today = direct.browser().post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada' })
    const [, { code }] = (await answerOf(today)) as [number, { code: string }]
    expect(await answerOf(request(email as string))).toMatchObject([400, { code }])
  }
  expect((await request(newEmail(), { language: 'German' })).status).toBe(400)
  await untilMailsLeft(server)
  expect(await mailsTo('')).toHaveLength(length)
})

test('each of the two kinds of sign-up is closed where the other one is in use', async () => {
  const email = newEmail()
  const bodies = { email: { email, password: PASSWORD, name: 'Ada' }, request: { email }, finish: { token: 'x' } }
  const statuses = async (at: TestServer) =>
    Promise.all(
      Object.entries(bodies).map(
        async ([path, body]) => (await at.browser().post(`/api/auth/sign-up/${path}`, body)).status,
      ),
    )
  expect(await statuses(server)).toEqual([404, 200, 400])
  expect(await statuses(direct)).toEqual([200, 404, 404])
  expect(await answerOf(direct.browser().request('/api/auth/sign-up/policy'))).toEqual([
    200,
    { confirmsAddress: false },
  ])
  const link = { kind: 'finish-sign-up', token: (await takeInvitation()).token }
  expect((await direct.browser().post('/api/link', link)).status).toBe(400)
})

test('a stranger who asked first has nothing that the owner of the address shares with them', async () => {
  const email = newEmail()
  const stranger = server.browser()
  const chosen = { name: 'Mallory', password: 'the password of a stranger' }
  await request(email, chosen, stranger)
  const first = tokenIn(await mailTo(email))
  const second = await linkTo(email, 2)
  expect(stranger.jar.size).toBe(0)

  const laptop = server.browser()
  expect(await answerOf(finish(second, laptop))).toEqual(ok)
  expect(await usersWith(email)).toMatchObject([{ name: 'Ada' }])
  expect((await signIn(email, chosen.password)).status).toBe(401)
  expect(await codeOf(stranger.api.session.current.query())).toBe('UNAUTHORIZED')
  expect(await answerOf(finish(first, stranger, chosen))).toEqual(dead)
  // Nor does it come back with the address.
  await laptop.api.account.delete.mutate()
  expect(await answerOf(finish(first, stranger, chosen))).toEqual(dead)
  expect(await lookAt(first)).toMatchObject({ code: 'INVALID_TOKEN' })
})

/** Lets requests go on together, once so many have looked at their link and chosen a password. */
function gate(count: number): () => Promise<void> {
  let arrived = 0
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return async () => {
    arrived += 1
    if (arrived === count) open()
    return opened
  }
}

test('of all links of an address, followed at once and twice each, one makes the account', async () => {
  const email = newEmail()
  const tokens = [await linkTo(email, 1), await linkTo(email, 2)]
  beforeHash = gate(4)
  const devices = Array.from({ length: 4 }, () => server.browser())
  const answers = await Promise.all(devices.map((device, n) => answerOf(finish(tokens[n % 2] ?? '', device))))
  beforeHash = async () => undefined
  expect(answers.toSorted(([a], [b]) => a - b)).toEqual([ok, dead, dead, dead])
  expect(await usersWith(email)).toHaveLength(1)
  expect(devices.map(({ jar }) => jar.has('rollcall.session_token')).toSorted()).toEqual([false, false, false, true])
  const winner = devices.find(({ jar }) => jar.has('rollcall.session_token'))
  expect(await winner?.api.devices.list.query()).toHaveLength(1)
})

test('an address that another account takes in that very moment stays that account’s', async () => {
  const [other, { email, token }] = [await owner(), await takeInvitation()]
  const { kysely, type } = server.database()
  let answer: Promise<unknown> | undefined
  await kysely.transaction().execute(async (transaction) => {
    await sql`update "user" set email = ${email} where email = ${other.email}`.execute(transaction)
    answer = answerOf(finish(token))
    // It has found the address free, and waits for the index. On SQLite it waits for the file.
    if (type === 'postgres') await expect.poll(() => waitsForLock(kysely, 'insert into "user"')).toBe(true)
  })
  expect(await answer).toEqual(dead)
  expect(await usersWith(email)).toHaveLength(1)
})

test('a link that is unknown, forged, expired or of another kind makes no account', async () => {
  const [{ email: known }, { email, token }] = [await owner(), await takeInvitation()]
  await server.browser().post('/api/auth/request-password-reset', { email: known })
  const reset = /reset-password\?token=([\w-]+)/.exec(await mailTo(known, 2))?.[1] ?? ''
  const forger = server.browser({ 'x-forwarded-for': '198.51.100.7' }) // whose wrong tokens count apart
  const forged = [
    `de${token.slice(2)}`,
    token.slice(0, -1),
    token.slice(2),
    email,
    `sign-up:${email}`,
    '',
    'x'.repeat(1_000),
  ]
  for (const wrong of [...forged, reset]) expect(await answerOf(finish(wrong, forger))).toEqual(dead)
  expect(await server.later(HOUR + 1, () => answerOf(finish(token)))).toEqual(dead)
  expect(await server.later(HOUR + 1, () => lookAt(token))).toMatchObject({ code: 'INVALID_TOKEN' })
  expect(await answerOf(server.browser().post('/api/auth/confirm-email-change', { token }))).toEqual(dead)
  for (const [path, body] of Object.entries({
    'reset-password': { token, newPassword: PASSWORD },
    'secure-account': { token },
  }))
    expect(await answerOf(server.browser().post(`/api/auth/${path}`, body))).toMatchObject([
      400,
      { code: 'INVALID_TOKEN' },
    ])
  expect(await usersWith(email)).toEqual([])
  expect(await answerOf(finish(token))).toEqual(ok)
})

test('a name or password that is refused uses no link up', async () => {
  const { email, token } = await takeInvitation()
  const refused: [object, string][] = [
    [{ password: 'short' }, 'PASSWORD_TOO_SHORT'],
    [{ password: 'long'.repeat(50) }, 'PASSWORD_TOO_LONG'],
    [{ password: 'passwordpassword1' }, 'PASSWORD_EASY_TO_GUESS'],
    [{ password: email.toUpperCase() }, 'PASSWORD_PERSONAL'],
    [{ password: 'Grace Hopper 123', name: 'Grace Hopper' }, 'PASSWORD_PERSONAL'],
    [{ password: ' '.repeat(15) }, 'PASSWORD_BLANK'],
    [{ password: undefined }, 'VALIDATION_ERROR'],
    [{ name: undefined }, 'VALIDATION_ERROR'],
    [{ name: ' ' }, 'INVALID_NAME'],
    [{ name: 'x'.repeat(101) }, 'INVALID_NAME'],
    [{ rememberMe: 'no' }, 'VALIDATION_ERROR'],
  ]
  for (const [body, code] of refused)
    expect(await answerOf(finish(token, server.browser(), body)), code).toMatchObject([400, { code }])
  expect(await usersWith(email)).toEqual([])
  expect(await answerOf(finish(token))).toEqual(ok)
})

test.each(['never sent', 'reply lost'] as const)(
  'an outage of Redis at any command leaves the link good, or the account made (%s)',
  async (fault) => {
    const { email, token } = await takeInvitation()
    for (let n = 1; ; n += 1) {
      const failing = failCommand(n, fault)
      const device = server.browser()
      const { status } = await finish(token, device)
      const isReached = failing.reached()
      failing[Symbol.dispose]()
      const made = (await usersWith(email)).length === 1
      expect(status, `command ${n}`).toBe(made ? 200 : 503)
      expect(device.jar.has('rollcall.session_token')).toBe(made)
      if (made) break
      expect(isReached, 'without an outage it is done').toBe(true)
    }
    expect((await signIn(email)).status).toBe(200)
  },
)

// SQLite alone can be given a full disk.
const outages = Object.entries(outagesOf(() => server, 'account')).filter(
  ([name]) => inject('postgres') === undefined || name === 'Redis hangs',
)

test.each(outages)('%s: a 503, and the link still works', async (_, begin) => {
  const { email, token } = await takeInvitation()
  const end = await begin()
  const answers = [await answerOf(finish(token)), await answerOf(finish(token))]
  await end()
  for (const answer of answers) expect(answer).toMatchObject([503, { code: 'SERVICE_UNAVAILABLE' }])
  expect(await usersWith(email)).toEqual([])
  await expect.poll(() => answerOf(finish(token))).toEqual(ok)
})

test('whatever spellings somebody asks for, a mailbox gets five mails in an hour, and one for its own spelling', async () => {
  const [name = ''] = newEmail().split('@')
  const refusals = () => server.lines().filter(({ msg }) => msg.startsWith('A mail was dropped')).length
  const flood = server.browser({ 'x-forwarded-for': '198.51.100.8' })
  for (let n = 0; n < 7; n += 1) expect((await request(`${name}+${n}@example.org`, {}, flood)).status).toBe(200)
  await expect.poll(refusals).toBe(2)
  expect(await mailsTo(`${name}+`)).toHaveLength(5)
  await linkTo(`${name}@example.org`)
  await request(`${name}@example.org`)
  await expect.poll(refusals).toBe(3)
})

test('beyond the limit of its network, a request needs work, and elsewhere it does not', async () => {
  const from = { 'x-forwarded-for': '203.0.113.9' }
  await countOn(server.redis, 60, ['sign-up:address', new Client(from['x-forwarded-for'])], 'done')
  const refused = await answerOf(request(newEmail(), {}, server.browser(from)))
  expect(refused).toMatchObject([429, { code: 'CHALLENGE_NEEDED', challenge: expect.anything() }])
  expect((await request(newEmail())).status).toBe(200)
})

test('signing up while somebody else is signed in is as signing in: that session stays in their list, and leaves this browser', async () => {
  const [laptop, { email, token }] = [await owner(), await takeInvitation()]
  const [phone, tablet] = [server.browser(), server.browser()]
  await phone.signIn(laptop.email)
  expect(await answerOf(finish(token, laptop))).toEqual(ok)
  expect((await laptop.api.session.current.query()).user.email).toBe(email)
  expect(await phone.api.devices.list.query()).toHaveLength(2)
  await tablet.signIn(laptop.email)
  await tablet.signIn(email)
  expect(await phone.api.devices.list.query()).toHaveLength(3)
})

/** The account of somebody who has not proved the address, and its passkey, second factor and linked provider. */
async function addUnprovedWays(device: Browser & { readonly email: string }, at = server) {
  const { kysely, type } = at.database()
  const { user } = await device.api.session.current.query()
  const key = createPasskey(at.baseUrl)
  expect((await key.register(ceremonies(device))).status).toBe(200)
  await turnOn(device)
  const now = type === 'postgres' ? new Date() : new Date().toISOString()
  await sql`insert into account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
    values (${user.id}, ${user.id}, 'google', ${user.id}, ${now}, ${now})`.execute(kysely)
  await sql`update "user" set "emailVerified" = ${type === 'postgres' ? false : 0} where id = ${user.id}`.execute(
    kysely,
  )
  return { ...device, key, userId: user.id }
}

async function resetLinkTo(email: string, at = server): Promise<string> {
  const tokens = async () =>
    (await mailsTo(email, at)).flatMap((mail) => /reset-password\?token=([\w-]+)/.exec(mail)?.[1] ?? [])
  expect((await at.browser().post('/api/auth/request-password-reset', { email })).status).toBe(200)
  await expect.poll(tokens).toHaveLength(1)
  return (await tokens())[0] ?? ''
}

const NEW_PASSWORD = 'the password of the owner'
const reset = (token: string, at = server) =>
  at.browser().post('/api/auth/reset-password', { token, newPassword: NEW_PASSWORD })

async function waysInOf(userId: string, at = server) {
  const { kysely } = at.database()
  const { rows: accounts } = await sql<{ providerId: string }>`
    select "providerId" from account where "userId" = ${userId} order by "providerId"`.execute(kysely)
  const { rows: passkeys } = await sql`select id from passkey where "userId" = ${userId}`.execute(kysely)
  const { rows: factors } = await sql`select id from "twoFactor" where "userId" = ${userId}`.execute(kysely)
  return { accounts: accounts.map(({ providerId }) => providerId), passkeys: passkeys.length, factors: factors.length }
}

const all = { accounts: ['credential', 'google'], passkeys: 1, factors: 1 }

test('a reset that proves an address for the first time takes every other way in away, and says so', async () => {
  const { email, userId, key } = await addUnprovedWays(await owner())
  const token = await resetLinkTo(email)
  for (let n = 1; ; n += 1) {
    const failing = failCommand(n, 'never sent')
    const { status } = await reset(token)
    failing[Symbol.dispose]()
    if (status === 200) break
    expect(status, `command ${n}`).toBe(503)
    if ((await waysInOf(userId)).passkeys === 0) break // it failed after the commit
    expect(await waysInOf(userId), `command ${n}`).toEqual(all)
  }
  expect(await waysInOf(userId)).toEqual({ accounts: ['credential'], passkeys: 0, factors: 0 })
  expect((await key.signIn(ceremonies(server.browser()))).status).toBe(401)
  const device = server.browser()
  expect((await device.post('/api/auth/sign-in/email', { email, password: NEW_PASSWORD })).status).toBe(200)
  const { user, waysIn } = await device.api.account.data.query()
  expect([user.emailVerified, waysIn.secondFactor]).toEqual([true, false])
  const { entries } = await device.api.activity.list.query({ kind: 'changes' })
  const changes = ['passkey-removed', 'provider-unlinked', 'second-factor-off', 'password-reset']
  expect(entries.map(({ type }) => type)).toEqual(expect.arrayContaining(changes))
  const subjects = [
    'A passkey was removed',
    'A sign-in account was unlinked',
    'Two-factor authentication was turned off',
  ]
  for (const subject of subjects)
    await expect.poll(async () => (await mailsTo(email)).some((mail) => mail.includes(subject))).toBe(true)
})

test('a reset that is refused takes nothing away, although better-auth deletes expired links with it', async () => {
  const { email, userId } = await addUnprovedWays(await owner())
  await resetLinkTo(email)
  const { kysely, type } = server.database()
  const past = new Date(Date.now() - 1_000)
  await sql`update verification set "expiresAt" = ${type === 'postgres' ? past : past.toISOString()}
    where value = ${userId}`.execute(kysely)
  const left = async () => (await sql`select id from verification where value = ${userId}`.execute(kysely)).rows
  expect(await left()).not.toEqual([])
  const now = Date.now.bind(Date)
  const later = vi.spyOn(Date, 'now').mockImplementation(() => now() + 61_000) // it cleans up once a minute
  expect((await reset('a token that nobody was sent')).status).toBe(400)
  later.mockRestore()
  expect(await left()).toEqual([])
  expect(await waysInOf(userId)).toEqual(all)
})

test('a reset leaves the other ways in where the address is proved, or sign-ups confirm none', async () => {
  const { email, userId } = await addUnprovedWays(await owner())
  const { kysely, type } = server.database()
  await sql`update "user" set "emailVerified" = ${type === 'postgres' ? true : 1} where id = ${userId}`.execute(kysely)
  expect((await reset(await resetLinkTo(email))).status).toBe(200)
  expect(await waysInOf(userId)).toEqual(all)

  const address = newEmail()
  const laptop = direct.browser()
  await laptop.signUp(address)
  expect((await laptop.api.account.data.query()).user.emailVerified).toBe(false)
  const person = await addUnprovedWays({ ...laptop, email: address }, direct)
  expect((await reset(await resetLinkTo(address, direct), direct)).status).toBe(200)
  expect(await waysInOf(person.userId, direct)).toEqual(all)
})
