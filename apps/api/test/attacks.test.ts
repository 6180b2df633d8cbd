import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Browser,
  codeOf,
  newEmail,
  withRedis,
  PASSWORD,
  SECRET,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'

// Each row of "What an attacker has, and what it gives" in docs/security.md that no other test performs, performed.

let server: TestServer
beforeAll(async () => {
  // A mail server that nobody answers at: what waits for it is in the database.
  server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1', TRUSTED_PROXIES: 'loopback' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const COOKIE = 'rollcall.session_token'

/** Whether a session cookie signs in. */
async function signsIn(value: string): Promise<boolean> {
  const thief = server.browser()
  thief.jar.set(COOKIE, value)
  return (await thief.request('/trpc/session.current')).status !== 401
}

/** As better-auth signs what it sends by mail. */
function jwt(payload: object): string {
  const seconds = Math.floor(Date.now() / 1_000)
  const parts = [{ alg: 'HS256' }, { iat: seconds, exp: seconds + 3_600, ...payload }]
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`
}

/** Somebody with a session, a device that is new to them, and links to both kinds of page under way. */
async function victim(): Promise<Browser & { email: string }> {
  const laptop = await signUpDevice(server)
  await server.browser().signIn(laptop.email)
  expect((await laptop.post('/api/auth/request-password-reset', { email: laptop.email })).status).toBe(200)
  await server.flush()
  return laptop
}

/** Everything in a dump that might be a secret: long words, and 32 bytes at any place of a value. */
function candidatesIn(values: readonly Buffer[]): string[] {
  const words = values.flatMap((value) => value.toString('latin1').match(/[\w-]{20,}/g) ?? [])
  const bytes = values.flatMap((value) =>
    Array.from({ length: 33 }, (_, at) => value.subarray(at, at + 32).toString('base64url')),
  )
  return [...new Set([...words, ...bytes])]
}

/** Each from an address of its own. */
let attackers = 0

async function expectNoneOpens(
  candidates: readonly string[],
  { jar, email }: Pick<Browser, 'jar'> & { email: string },
): Promise<void> {
  const prefix = tokenOf({ jar }).slice(0, 38) // user tag and session id, which are public
  const tokens = candidates.flatMap((text) => [text, prefix + text]).filter((text) => text.length === 81)
  expect(tokens.length).toBeGreaterThan(10)
  // The attacker is given the second lock as well: each token is well signed.
  for (const token of tokens) expect(await signsIn(signed(token)), token).toBe(false)
  // The limit lets an address try thirty links an hour; the longest words are the likeliest.
  const attacker = server.browser({ 'x-forwarded-for': `203.0.113.${(attackers += 1)}` })
  const links = candidates.filter((text) => /^[\w-]{32}$|^[\w-]{43}$/.test(text)).slice(0, 12)
  for (const token of links) {
    const tried = await attacker.post('/api/auth/reset-password', { token, newPassword: 'a brand new password' })
    expect(tried.status).toBe(400)
    expect((await attacker.post('/api/auth/secure-account', { token })).status).toBe(400)
  }
  await server.browser().signIn(email)
}

test('a dump of Redis signs nobody in, chooses no password and secures no account, even with BETTER_AUTH_SECRET', async () => {
  const laptop = await victim()
  const values = await withRedis(server.redis, async (admin) => {
    const found: Buffer[] = []
    for (const key of await admin.keys('*')) {
      found.push(Buffer.from(key))
      const type = await admin.type(key)
      if (type === 'hash') found.push(...Object.values(await admin.hgetallBuffer(key)))
      else if (type === 'zset') found.push(Buffer.from((await admin.zrange(key, '0', '-1')).join(' ')))
      else if (type === 'string') found.push((await admin.getBuffer(key)) ?? Buffer.alloc(0))
      else throw new Error(`${key} is a ${type}, which this attacker cannot read yet`)
    }
    return found
  })
  await expectNoneOpens(candidatesIn(values), laptop)
})

test('a copy of the database signs nobody in, chooses no password and secures no account, even with BETTER_AUTH_SECRET', async () => {
  const laptop = await victim()
  const database = server.database()
  const tables = (await database.kysely.introspection.getTables()).map(({ name }) => name)
  expect(tables).toEqual(expect.arrayContaining(['account', 'activity', 'device', 'session', 'user', 'verification']))
  const rows = await Promise.all(
    tables.map(async (table) => (await sql`select * from ${sql.table(table)}`.execute(database.kysely)).rows),
  )
  const values = rows.flat().flatMap((row) => Object.values(row as object).map((value) => Buffer.from(String(value))))
  await expectNoneOpens(candidatesIn(values), laptop)
})

test('a stolen cookie shows the account, and neither outlives the owner’s word nor changes what signs in', async () => {
  const owner = await victim()
  const thief = server.browser()
  for (const [name, value] of owner.jar) thief.jar.set(name, value)
  expect((await thief.api.session.current.query()).user.email).toBe(owner.email)
  expect((await thief.api.devices.list.query()).length).toBe(2)

  server.clock.ahead += 16 * 60_000 // the proof that the cookie came with is old
  for (const end of [() => thief.api.devices.revokeOthers.mutate(), () => thief.api.devices.revokeAll.mutate()]) {
    expect(await codeOf(end())).toBe('FORBIDDEN')
  }
  const change = await thief.post('/api/auth/change-password', {
    currentPassword: 'a guess of it',
    newPassword: 'a brand new password',
  })
  expect(change.status).toBe(400)

  expect((await owner.post('/api/auth/reauthenticate', { password: PASSWORD })).status).toBe(200)
  expect((await thief.request('/trpc/session.current')).status).toBe(401)
})

describe('BETTER_AUTH_SECRET', () => {
  test('signs nobody in: no cookie that is forged with it is taken', async () => {
    const owner = await victim()
    const { id, user } = await owner.api.session.current.query()
    const [tag, sessionId] = [tokenOf(owner).slice(0, 22), tokenOf(owner).slice(22, 38)]
    expect(id).toBe(sessionId)
    for (const token of [`${tag}${sessionId}${'A'.repeat(43)}`, `${tag}${'A'.repeat(59)}`, id, user.id, tag, 'true']) {
      expect(await signsIn(signed(token)), token).toBe(false)
    }

    const expiresAt = Date.now() + 3_600_000
    const session = {
      id,
      userId: user.id,
      token: `${tag}${sessionId}${'A'.repeat(43)}`,
      expiresAt: new Date(expiresAt),
    }
    const cache = JSON.stringify({
      session: { session, user, updatedAt: Date.now(), version: '1' },
      expiresAt,
      signature: signed(JSON.stringify(session)),
    })
    const forged: Record<string, string> = {
      [COOKIE]: signed(session.token),
      'rollcall.session_data': Buffer.from(cache).toString('base64url'),
      'rollcall.account_data': signed(JSON.stringify({ userId: user.id, providerId: 'credential' })),
      'rollcall.dont_remember': signed('true'),
      'rollcall.two_factor': signed(user.id),
      'rollcall.trust_device': signed(`${user.id}!trust-device`),
    }
    const thief = server.browser()
    for (const [name, value] of Object.entries(forged)) thief.jar.set(name, value)
    expect((await thief.request('/trpc/session.current')).status).toBe(401)
    for (const [path, body] of [
      ['change-password', { currentPassword: PASSWORD, newPassword: 'a brand new password' }],
      ['reauthenticate', { password: PASSWORD }],
    ] as const) {
      expect((await thief.post(`/api/auth/${path}`, body)).status, path).toBe(401)
    }
  })

  test('opens no account by a forged token of a verification mail, whatever its kind', async () => {
    const owner = await victim()
    const { user } = await owner.api.session.current.query()
    const to = newEmail()
    const kinds = [undefined, 'change-email-confirmation', 'change-email-verification']
    const tokens = [
      jwt({ email: owner.email }),
      jwt({ email: owner.email, userId: user.id }),
      ...kinds.map((requestType) => jwt({ email: owner.email, updateTo: to, userId: user.id, requestType })),
    ]
    for (const token of tokens) {
      const thief = server.browser()
      for (const path of [
        `verify-email?token=${token}`,
        `verify-email?token=${token}&callbackURL=/`,
        `verify-email/?token=${token}`,
        `Verify-Email?token=${token}`,
      ]) {
        const answers = [await thief.request(`/api/auth/${path}`), await thief.post(`/api/auth/${path}`, { token })]
        for (const { status, headers } of answers) expect([status, headers.getSetCookie()], path).toEqual([404, []])
      }
      expect((await thief.request('/trpc/session.current')).status).toBe(401)
    }
    expect((await owner.api.session.current.query()).user).toEqual(user)
    await server.browser().signIn(owner.email)
  })

  test('makes no device a known one: whose browser it is, is 128 random bits', async () => {
    const owner = await victim()
    const [device] = await owner.api.devices.list.query()
    const known = device?.deviceId ?? ''
    expect(known).toMatch(/^[\w-]{22}$/)
    const thief = server.browser()
    thief.jar.set('rollcall.device', signed(known)) // the only id that anybody is shown
    await thief.signIn(owner.email)
    const found = (await owner.api.devices.list.query()).find(({ id }) => id === tokenOf(thief).slice(22, 38))
    expect(found?.deviceId).toMatch(/^[\w-]{22}$/)
    expect(found?.deviceId).not.toBe(known)
  })
})
