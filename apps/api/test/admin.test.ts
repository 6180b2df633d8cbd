/* oxlint-disable max-lines -- One server serves all of it. */
import { createSessionAdmin } from '@rollcall/admin'
import { createPasskey } from '@rollcall/dev-auth'
import { holdCommand } from '@rollcall/dev-redis/faults'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ActivityTable } from '../src/accounts/activity/activity-rows.js'
import { recordWork } from '../src/accounts/activity/operations.js'
import { correctRows } from '../src/administration/correct-rows.js'
import {
  type Browser,
  codeOf,
  countOn,
  newEmail,
  withRedis,
  PASSWORD,
  procedures,
  signUpDevice,
  startServer,
  type TestServer,
} from './helpers.js'
import { failStatements } from './fail-database.js'
import { ceremonies } from './passkeys-helpers.js'

// The procedures of administrators, through real HTTP. That each refuses a session that does not sign in: guard.test.ts.

let server: TestServer
let boss: Browser & { email: string }
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback', BASE_URL: 'http://localhost:3000' } })
  boss = await signUpDevice(server)
  await setRole(boss.email, 'admin')
})
afterAll(() => server[Symbol.asyncDispose]())

const setRole = (email: string, role: string) =>
  sql`update "user" set role = ${role} where email = ${email}`.execute(server.database().kysely)

const from = (address: string) => ({ 'x-forwarded-for': address })

/** Somebody with a laptop and a phone. */
async function person(address = '198.51.100.7') {
  const laptop = await signUpDevice(server, from(address))
  const phone = server.browser(from(address))
  await phone.signIn(laptop.email)
  const { id: sessionId, user } = await laptop.api.session.current.query()
  return { laptop, phone, sessionId, email: laptop.email, id: user.id }
}

const isSignedIn = async (device: Browser): Promise<boolean> =>
  (await device.request('/trpc/session.current')).status === 200

const adminProcedures = procedures.filter(({ path }) => path.startsWith('admin.'))

/** The answer of each procedure to a body that fits none of them, and then that of one that does not exist. */
async function answersTo(device: Browser, path: string, type: string): Promise<{ status: number; body: string }> {
  const response = await (type === 'mutation' ? device.post(`/trpc/${path}`, {}) : device.request(`/trpc/${path}`))
  const headers = [...response.headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))
  return { status: response.status, body: `${(await response.text()).replaceAll(path, '')} ${JSON.stringify(headers)}` }
}

/** The operations, newest first. */
const operations = () => boss.api.admin.operations.list.query()

/** Changes fields of an operation in Redis. */
const change = (id: string, fields: Record<string, string>) =>
  withRedis(server.redis, (redis) => redis.hset(`user:operation:${id}`, fields))

/** The types and reasons of a person's newest activity, as they see it. */
const activityOf = async ({ api }: Browser) =>
  (await api.activity.list.query({ limit: 5 })).entries.map(({ type, reason }) => ({ type, reason }))

describe('for anybody else', () => {
  test('each procedure answers like one that does not exist', async () => {
    const nobody = await signUpDevice(server)
    const former = await signUpDevice(server)
    await setRole(former.email, 'admin')
    expect((await former.api.session.current.query()).user.isAdmin).toBe(true)
    expect(await codeOf(former.api.admin.operations.list.query())).toBe('no error')
    await setRole(former.email, 'user')
    const banned = await signUpDevice(server)
    // By hand: else no session is left to ask with.
    await sql`update "user" set role = 'admin', banned = true where email = ${banned.email}`.execute(
      server.database().kysely,
    )
    expect(adminProcedures).toHaveLength(14)
    for (const device of [nobody, former, banned])
      for (const { path, type } of adminProcedures)
        expect(await answersTo(device, path, type), path).toEqual(await answersTo(device, `${path}s`, type))
    expect((await nobody.api.session.current.query()).user.isAdmin).toBe(false)
  })

  test('nobody gives themselves the role', async () => {
    for (const more of [{ role: 'admin' }, { role: 'admin', banned: false }]) {
      const device = server.browser()
      const account = { email: newEmail(), password: PASSWORD, name: 'Eve', ...more }
      await device.post('/api/auth/sign-up/email', account)
      expect(await codeOf(device.api.admin.operations.list.query())).toBe('UNAUTHORIZED')
    }
    const device = await signUpDevice(server)
    for (const path of ['update-user', 'admin/set-role', 'admin/update-user', 'admin/impersonate-user'])
      expect((await device.post(`/api/auth/${path}`, { role: 'admin' })).status, path).toBe(404)
  })
})

test('each change needs a recent proof, and each call leaves an audit line', async () => {
  const { id } = await person()
  const changes = adminProcedures.filter(({ type }) => type === 'mutation')
  await server.later(15 * 60_000, async () => {
    for (const { path } of changes) {
      const response = await boss.post(`/trpc/${path}`, { id })
      expect(await response.json(), path).toMatchObject({ error: { data: { reason: 'REAUTHENTICATE' } } })
      expect(server.audits().at(-1)).toMatchObject({
        event: 'administration',
        procedure: path,
        result: 'refused',
        subjectId: id,
      })
    }
    const other = await boss.request('/trpc/admin.people.ban', {
      method: 'POST',
      headers: { 'x-expected-session': 'another' },
      body: '{}',
    })
    expect(other.status).toBe(409)
    await boss.api.admin.people.show.query({ id })
  })
  const { user } = await boss.api.session.current.query()
  expect(server.audits().at(-1)).toEqual({
    event: 'administration',
    result: 'ok',
    procedure: 'admin.people.show',
    userId: user.id,
    sessionId: expect.any(String),
    subjectId: id,
    ipAddress: '127.0.0.1',
  })
})

test('a search that looks at all sessions is limited like a scan, and others go on', async () => {
  const device = await signUpDevice(server)
  await setRole(device.email, 'admin')
  const search = async (text: string) => codeOf(device.api.admin.people.search.query({ text }))
  for (let n = 0; n < 30; n += 1) expect(await search('203.0.113.200')).toBe('no error')
  expect(await search('203.0.113.200')).toBe('TOO_MANY_REQUESTS')
  expect(await search('AAAAAAAAAAAAAAAA')).toBe('TOO_MANY_REQUESTS')
  expect(await search(device.email)).toBe('no error')
})

test('each call that the limit refuses leaves an audit line, that of the polled list too', async () => {
  const { user } = await boss.api.session.current.query()
  const device = await signUpDevice(server)
  await setRole(device.email, 'admin')
  const own = await device.api.session.current.query()
  await countOn(server.redis, 300, ['admin:session', own.user.id, own.id])
  for (const { path, type } of adminProcedures) {
    const before = server.audits().length
    const response = await (type === 'mutation'
      ? device.post(`/trpc/${path}`, { id: user.id })
      : device.request(`/trpc/${path}`))
    expect(response.status, path).toBe(429)
    expect(server.audits().slice(before), path).toEqual([
      {
        event: 'administration',
        result: 'refused',
        procedure: path,
        userId: own.user.id,
        sessionId: own.id,
        ipAddress: '127.0.0.1',
        ...(type === 'mutation' && { subjectId: user.id }),
      },
    ])
  }
  const lines = server.audits().length
  await operations()
  expect(server.audits()).toHaveLength(lines)
})

describe('a person', () => {
  test('is found by address, name, id, session and network; no sign in the text is a wildcard', async () => {
    const address = '203.0.113.77'
    const { laptop, id, sessionId, email } = await person(address)
    await laptop.api.account.changeName.mutate({ name: 'Grace 100%_Hopper' })
    const found = async (text: string) =>
      (await boss.api.admin.people.search.query({ text })).people.map((one) => one.id)
    for (const text of [email.toUpperCase(), 'grace 100%_', id, sessionId, address, '203.0.113.76/31'])
      expect(await found(text), text).toEqual([id])
    for (const text of ['100_', 'gra%e', '203.0.113.78', 'AAAAAAAAAAAAAAAA'])
      expect(await found(text), text).toEqual([])
    expect(await codeOf(found('203.0.113.0/99'))).toBe('BAD_REQUEST')
    const many = await boss.api.admin.people.search.query({ text: 'ADA-' })
    expect(many.isComplete).toBe(many.people.length < 20)
  })

  test('is shown with devices and activity as they see them', async () => {
    const { laptop, id, email } = await person()
    const { person: shown, devices } = await boss.api.admin.people.show.query({ id })
    expect(shown).toMatchObject({ id, email, name: 'Ada', isAdmin: false, isBanned: false, banReason: '' })
    const own = await laptop.api.devices.list.query()
    expect(devices).toEqual(expect.arrayContaining(own.map((device) => ({ ...device, isCurrent: false }))))
    const { entries } = await boss.api.admin.people.activity.query({ id })
    expect(entries.map((entry) => entry.type)).toEqual(['signed-in-first', 'signed-in-first'])
    expect(await codeOf(boss.api.admin.people.show.query({ id: 'nobody' }))).toBe('NOT_FOUND')
  })

  test('is signed out of one session or all, with the reason; an unknown session and a foreign one answer alike', async () => {
    const { laptop, phone, id, email, sessionId } = await person()
    const stranger = await person()
    const { signOut } = boss.api.admin.people
    for (const foreign of [stranger.sessionId, 'AAAAAAAAAAAAAAAA'])
      expect(await signOut.mutate({ id, sessionId: foreign })).toEqual({ revoked: 0 })
    expect(await signOut.mutate({ id: 'nobody' })).toEqual({ revoked: 0 })
    expect(await signOut.mutate({ id, sessionId, reason: ' Stolen ' })).toEqual({ revoked: 1 })
    expect([await isSignedIn(laptop), await isSignedIn(phone)]).toEqual([false, true])
    expect((await activityOf(phone))[0]).toEqual({ type: 'by-operator', reason: 'Stolen' })
    expect((await operations())[0]).toMatchObject({
      action: 'revoke',
      filter: JSON.stringify({ users: [id], sessions: [sessionId] }),
      people: [{ id, email }],
      reason: 'Stolen',
      startedBy: boss.email,
      state: 'done',
      revoked: 1,
    })
    expect(await signOut.mutate({ id })).toEqual({ revoked: 1 })
    expect(await isSignedIn(phone)).toBe(false)
    expect(await isSignedIn(stranger.laptop)).toBe(true)
  })

  test('must choose a new password', async () => {
    const { laptop, id, email } = await person()
    const done = await boss.api.admin.people.requirePasswordReset.mutate({ id, reason: 'Leak' })
    expect(done).toEqual({ revoked: 2, hadPassword: true })
    expect(await isSignedIn(laptop)).toBe(false)
    const refused = await server.browser().post('/api/auth/sign-in/email', { email, password: PASSWORD })
    expect(refused.status).toBe(401)
    expect(server.audits().some(({ event, userId }) => event === 'password-required' && userId === id)).toBe(true)
    expect((await operations())[0]).toMatchObject({ action: 'require-password-reset', state: 'done', revoked: 2 })
  })

  test('is signed out by a ban that fails, and its row says both', async () => {
    const { id } = await person()
    const { kysely } = server.database()
    await sql`create trigger fails before update of banned on user begin select raise(abort, 'no'); end`.execute(kysely)
    try {
      expect(await codeOf(boss.api.admin.people.ban.mutate({ id, reason: 'Spam' }))).toBe('INTERNAL_SERVER_ERROR')
    } finally {
      await sql`drop trigger fails`.execute(kysely)
    }
    const rows = await sql`select action, state, revoked from operation where filter like ${`%${id}%`}`.execute(kysely)
    expect(rows.rows).toEqual([{ action: 'ban', state: 'failed', revoked: 2 }])
    expect((await operations())[0]).toMatchObject({ action: 'ban', state: 'failed', revoked: 2 })
  })

  test('whose operation failed before it had counted has an unknown number of revoked sessions, not 0', async () => {
    const { id } = await person()
    const { people } = boss.api.admin
    await people.signOut.mutate({ id, sessionId: 'AAAAAAAAAAAAAAAA' })
    expect((await operations())[0]).toMatchObject({ state: 'done', revoked: 0 })
    const operation = (await operations())[0]?.id ?? ''
    await change(operation, { state: 'failed' })
    expect((await operations())[0]).toMatchObject({ id: operation, state: 'failed', revoked: null })
    await change(operation, { state: 'running', lease: '0' })
    expect((await operations())[0]).toMatchObject({ id: operation, state: 'interrupted', revoked: null })
    await change(operation, { revoked: '1' })
    expect((await operations())[0]).toMatchObject({ id: operation, state: 'interrupted', revoked: 1 })

    await people.ban.mutate({ id })
    const { kysely } = server.database()
    await sql`create trigger fails before update of banned on user begin select raise(abort, 'no'); end`.execute(kysely)
    try {
      expect(await codeOf(people.unban.mutate({ id }))).toBe('INTERNAL_SERVER_ERROR')
    } finally {
      await sql`drop trigger fails`.execute(kysely)
    }
    expect((await operations())[0]).toMatchObject({ action: 'unban', state: 'failed', revoked: null })
    expect(server.audits().filter(({ event, userId }) => event === 'user-unbanned' && userId === id)).toEqual([])
  })

  test('is banned: signed out, and refused by password and passkey, until the ban is lifted', async () => {
    const { laptop, phone, id, email } = await person()
    const key = createPasskey(server.baseUrl, { isVerified: true })
    expect((await key.register(ceremonies(laptop), { name: 'Laptop' })).status).toBe(200)
    expect(await boss.api.admin.people.ban.mutate({ id, reason: 'Spam' })).toEqual({ revoked: 2 })
    expect([await isSignedIn(laptop), await isSignedIn(phone)]).toEqual([false, false])
    const signIn = (password: string) => server.browser().post('/api/auth/sign-in/email', { email, password })
    const refused = await signIn(PASSWORD)
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 403,
      body: { code: 'BANNED_USER' },
    })
    expect((await signIn('a wrong guess')).status, 'a guess learns nothing').toBe(401)
    expect((await key.signIn(ceremonies(server.browser()))).status).toBe(403)
    expect((await boss.api.admin.people.show.query({ id })).person).toMatchObject({ isBanned: true, banReason: 'Spam' })
    expect((await operations())[0]).toMatchObject({ action: 'ban', reason: 'Spam', state: 'done', revoked: 2 })

    expect(await boss.api.admin.people.unban.mutate({ id })).toEqual({ isBanned: false })
    await laptop.signIn(email)
    // Above these: this sign-in.
    expect((await activityOf(laptop)).slice(1)).toEqual([
      { type: 'unbanned', reason: undefined },
      { type: 'sign-in-refused', reason: undefined }, // the wrong guess
      { type: 'banned', reason: undefined },
      { type: 'by-operator', reason: 'Spam' },
    ])
    const { entries } = await laptop.api.activity.list.query({ kind: 'changes' })
    expect(entries.map(({ type }) => type).slice(0, 2)).toEqual(['unbanned', 'banned'])
    expect((await operations())[0]).toMatchObject({ action: 'unban', startedBy: boss.email })
    const lifted = { event: 'user-unbanned', result: 'ok', userId: id }
    expect(server.audits().filter(({ event, userId }) => event === 'user-unbanned' && userId === id)).toMatchObject([
      lifted,
    ])
    expect(await boss.api.admin.people.unban.mutate({ id })).toEqual({ isBanned: false })
    expect((await activityOf(laptop)).filter(({ type }) => type === 'unbanned')).toHaveLength(1)
  })

  test('is never the administrator themselves, whose own session stays', async () => {
    const { user } = await boss.api.session.current.query()
    const other = server.browser()
    await other.signIn(boss.email)
    const { people } = boss.api.admin
    expect(await codeOf(people.ban.mutate({ id: user.id }))).toBe('BAD_REQUEST')
    expect(await codeOf(people.requirePasswordReset.mutate({ id: user.id }))).toBe('BAD_REQUEST')
    for (const id of ['nobody', user.id.toLowerCase()]) {
      expect(await codeOf(people.ban.mutate({ id }))).toBe('NOT_FOUND')
      expect(await codeOf(people.requirePasswordReset.mutate({ id }))).toBe('NOT_FOUND')
    }
    expect(await people.signOut.mutate({ id: user.id })).toEqual({ revoked: 1 })
    expect([await isSignedIn(boss), await isSignedIn(other)]).toEqual([true, false])
  })

  test('who is an administrator is neither banned nor made to choose a password by another one', async () => {
    const { laptop, id, email } = await person()
    await setRole(email, 'admin')
    const { people } = boss.api.admin
    const { user } = await boss.api.session.current.query()
    const banned = await Promise.all([people.ban.mutate({ id }), laptop.api.admin.people.ban.mutate(user)].map(codeOf))
    expect(banned).toEqual(['BAD_REQUEST', 'BAD_REQUEST'])
    expect(await codeOf(people.requirePasswordReset.mutate({ id }))).toBe('BAD_REQUEST')
    expect([await isSignedIn(boss), await isSignedIn(laptop)]).toEqual([true, true])
    await setRole(email, 'user')
    expect(await people.ban.mutate({ id })).toEqual({ revoked: 2 })
  })
})

test('no procedure takes a NUL, which a ban would meet after it has signed the person out', async () => {
  const { laptop, id } = await person()
  const reason = 'a\0b'
  const query = encodeURIComponent(JSON.stringify({ text: reason })).replace('u0000', '%750000')
  const answers = await Promise.all([
    boss.post('/trpc/admin.people.ban', { id, reason }),
    boss.request(`/trpc/admin.people.search?input=${query}`),
    boss.post('/trpc/admin.people.signOut', { id: reason }),
    laptop.request('/trpc/session.current%00'),
  ])
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400])
  expect(await isSignedIn(laptop)).toBe(true)
  await laptop.api.account.changeName.mutate({ name: String.raw`a\u0000b` })
  expect((await laptop.api.session.current.query()).user.name).toBe(String.raw`a\u0000b`)
})

describe('sessions', () => {
  test('are found by a filter, and revoked if the count fits; the administrator stays', async () => {
    const address = '192.0.2.0/28'
    const victim = await person('192.0.2.3')
    const spared = await person('192.0.2.99')
    const { sessions } = boss.api.admin
    const filter = { address, newDevice: true as const }
    const found = await sessions.find.query({ filter, isExact: true })
    expect(found).toMatchObject({ isExact: true, sessions: 2, users: 1 })
    expect(found.found).toMatchObject([
      { user: { id: victim.id, email: victim.email, name: 'Ada' }, device: { ipAddress: '192.0.2.3' } },
      { user: { id: victim.id } },
    ])
    expect(await codeOf(sessions.revoke.mutate({ filter, count: 1 }))).toBe('PRECONDITION_FAILED')
    expect(await isSignedIn(victim.laptop)).toBe(true)

    const { id } = await sessions.revoke.mutate({ filter, count: 2, reason: 'Unusual traffic', note: 'Ticket 7' })
    const operation = async () => (await operations()).find((one) => one.id === id)
    await expect.poll(async () => (await operation())?.state).toBe('done')
    expect(await operation()).toMatchObject({
      startedBy: boss.email,
      note: 'Ticket 7',
      revoked: 2,
      progress: { matched: 2, share: 1 },
    })
    expect([await isSignedIn(victim.phone), await isSignedIn(spared.phone)]).toEqual([false, true])

    const own = { users: [boss.email] }
    expect(await sessions.find.query({ filter: own, isExact: true })).toMatchObject({ sessions: 1 })
    const kept = await sessions.revoke.mutate({ filter: own, count: 1 })
    await expect.poll(async () => (await operations()).find((one) => one.id === kept.id)?.state).toBe('done')
    expect(await isSignedIn(boss)).toBe(true)
  })

  test('are not found by a filter that is empty, wrong, or names nobody', async () => {
    const { sessions } = boss.api.admin
    const filters = [{}, { browser: 'Chorme' }, { users: ['nobody@example.org'] }, { address: '1.2.3' }]
    for (const filter of filters) {
      expect(await codeOf(sessions.find.query({ filter })), JSON.stringify(filter)).toBe('BAD_REQUEST')
      expect(await codeOf(sessions.revoke.mutate({ filter, count: 0 })), JSON.stringify(filter)).toBe('BAD_REQUEST')
    }
  })
})

describe('an administrator who loses', () => {
  const losses = {
    'the role': ({ email }: { email: string }) => setRole(email, 'user'),
    'the session': async ({ email }: { email: string }) => {
      const other = server.browser()
      await other.signIn(email)
      await other.api.devices.revokeOthers.mutate()
    },
  }
  const work = (id: string) =>
    ({
      'sessions.revoke': ({ api }) => api.admin.sessions.revoke.mutate({ filter: { users: [id] }, count: 2 }),
      'sessions.find': ({ api }) => api.admin.sessions.find.query({ filter: { users: [id] } }),
      'people.search': ({ api }, sessionId) => api.admin.people.search.query({ text: sessionId }),
    }) satisfies Record<string, (device: Browser, sessionId: string) => Promise<unknown>>

  test.each(['the role', 'the session'] as const)(
    '%s while sessions are counted changes and sees nothing',
    async (loss) => {
      const victim = await person()
      const before = (await operations()).map(({ id }) => id)
      for (const [path, call] of Object.entries(work(victim.id))) {
        const device = await signUpDevice(server)
        await setRole(device.email, 'admin')
        using held = holdCommand(Redis.prototype, path === 'people.search' ? 'scan' : 'hgetall')
        const answer = codeOf(call(device, victim.sessionId))
        await held.reached
        await losses[loss](device)
        held.open()
        expect(await answer, path).toBe(loss === 'the role' ? 'NOT_FOUND' : 'UNAUTHORIZED')
      }
      expect((await operations()).map(({ id }) => id)).toEqual(before)
      expect([await isSignedIn(victim.laptop), await isSignedIn(victim.phone)]).toEqual([true, true])
    },
  )
})

test('an operation that was stopped can be resumed; one that is done, running or unknown cannot', async () => {
  const { id: userId } = await person()
  await boss.api.admin.people.signOut.mutate({ id: userId })
  const id = (await operations())[0]?.id ?? ''
  const { stop, resume } = boss.api.admin.operations
  for (const call of [stop, resume]) {
    expect(await codeOf(call.mutate({ id }))).toBe('BAD_REQUEST')
    expect(await codeOf(call.mutate({ id: 'unknown' }))).toBe('NOT_FOUND')
  }
  const other = { isRunning: true }
  const refused = codeOf(resume.mutate({ id })).finally(() => (other.isRunning = false))
  while (other.isRunning) await change(id, { state: 'running', lease: String(Date.now() + 9_000) })
  expect(await refused).toBe('BAD_REQUEST')
  await change(id, { state: 'stopped', lease: '0' })
  expect(await stop.mutate({ id })).toEqual({ id })
  expect(await resume.mutate({ id })).toMatchObject({ id })
  await expect.poll(async () => (await operations()).find((one) => one.id === id)?.state).toBe('done')
})

test('an operation on many people is listed with the first of them', async () => {
  const { id, email } = await person()
  const users = [id, ...Array.from({ length: 11 }, (_, n) => `gone-${n}`)]
  await boss.api.admin.sessions.revoke.mutate({ filter: { users }, count: 2 })
  const [operation] = await operations()
  expect(JSON.parse(operation?.filter ?? '')).toEqual({ users: { count: 12, first: users.slice(0, 3) } })
  expect(operation?.people).toEqual([{ id, email }])
})

test('a ban that failed is not done because its revocation is resumed', async () => {
  const { id: userId } = await person()
  await boss.api.admin.people.signOut.mutate({ id: userId })
  const id = (await operations())[0]?.id ?? ''
  const { kysely } = server.database()
  await sql`update operation set state = 'failed', action = 'ban' where id = ${id}`.execute(kysely)
  await change(id, { state: 'failed' })
  expect(await boss.api.admin.operations.resume.mutate({ id })).toMatchObject({ id })
  const rows = await sql`select action, state from operation where id = ${id}`.execute(kysely)
  expect(rows.rows).toEqual([{ action: 'ban', state: 'failed' }])
})

test('an operation that is resumed keeps the session of who resumes it; one on everybody, or a mass reset, is for the command', async () => {
  const { user } = await boss.api.session.current.query()
  const other = server.browser()
  await other.signIn(boss.email)
  await boss.api.admin.people.signOut.mutate({ id: user.id, sessionId: 'AAAAAAAAAAAAAAAA' })
  const id = (await operations())[0]?.id ?? ''
  const { resume } = boss.api.admin.operations
  const stopped = { state: 'stopped', keep: '', startedAt: String(Date.now()) }
  await change(id, { ...stopped, filter: '' })
  expect(await codeOf(resume.mutate({ id }))).toBe('BAD_REQUEST')
  await change(id, { ...stopped, filter: JSON.stringify({ users: [user.id] }), action: 'require-password-reset' })
  expect(await codeOf(resume.mutate({ id }))).toBe('BAD_REQUEST')
  await change(id, { action: 'revoke' })
  expect(await resume.mutate({ id })).toMatchObject({ id })
  await expect.poll(() => isSignedIn(other)).toBe(false)
  await expect.poll(async () => (await operations()).find((one) => one.id === id)?.state).toBe('done')
  expect(await isSignedIn(boss)).toBe(true)
})

describe('an operation', () => {
  test('whose row cannot be written is a 503, and nothing goes on behind it', async () => {
    const { laptop, phone, id, email } = await person()
    const { people, sessions, operations: known } = boss.api.admin
    const filter = { users: [id] }
    await people.signOut.mutate({ id, sessionId: 'AAAAAAAAAAAAAAAA' })
    const stopped = (await operations())[0]?.id ?? ''
    await change(stopped, { state: 'stopped', filter: JSON.stringify(filter), startedAt: String(Date.now()) })
    {
      using _ = failStatements(/insert into "operation"/)
      const calls = {
        revoke: () => sessions.revoke.mutate({ filter, count: 2 }),
        signOut: () => people.signOut.mutate({ id }),
        ban: () => people.ban.mutate({ id }),
        reset: () => people.requirePasswordReset.mutate({ id }),
        resume: () => known.resume.mutate({ id: stopped }),
      }
      for (const [name, call] of Object.entries(calls)) expect(await codeOf(call()), name).toBe('SERVICE_UNAVAILABLE')
    }
    // By now, Redis knows of no operation that runs.
    await expect.poll(async () => (await operations()).filter(({ state }) => state === 'running')).toEqual([])
    expect([await isSignedIn(laptop), await isSignedIn(phone)]).toEqual([true, true])
    await server.browser().signIn(email)
    expect(await people.signOut.mutate({ id })).toEqual({ revoked: 3 })
  })

  test('that is done answers so, also if its row cannot say it', async () => {
    const { id, laptop } = await person()
    const { kysely } = server.database()
    await sql`create trigger fails before update on operation begin select raise(abort, 'no'); end`.execute(kysely)
    try {
      expect(await boss.api.admin.people.signOut.mutate({ id })).toEqual({ revoked: 2 })
    } finally {
      await sql`drop trigger fails`.execute(kysely)
    }
    expect(await isSignedIn(laptop)).toBe(false)
    const [operation] = await operations()
    expect(operation).toMatchObject({ action: 'revoke', state: 'done', revoked: 2 })
    const rows = sql`select state, revoked from operation where id = ${operation?.id}`
    expect((await rows.execute(kysely)).rows).toEqual([{ state: 'running', revoked: 0 }])
    await boss.api.admin.people.signOut.mutate({ id })
    const [killed] = await operations()
    const reset = { state: 'running', action: 'require-password-reset' }
    await change(killed?.id ?? '', { ...reset, lease: '0' })
    await sql`update operation set state = ${reset.state}, action = ${reset.action} where id = ${killed?.id}`.execute(
      kysely,
    )
    await using _ = await startServer({ redis: server.redis, env: { DATA_DIR: server.dataDir } })
    await expect.poll(async () => (await rows.execute(kysely)).rows).toEqual([{ state: 'done', revoked: 2 }])
    await expect
      .poll(async () => (await sql`select state from operation where id = ${killed?.id}`.execute(kysely)).rows)
      .toEqual([{ state: 'interrupted' }])
  })
})

test('work whose process was killed is interrupted after a minute; if it ends after all, it is done', async () => {
  const { id } = await person()
  const { kysely } = server.database()
  let finish = (): void => undefined
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const what = { action: 'add-administrator', filter: { users: [id] }, startedBy: 'ops' } as const
  const database = kysely.withTables<ActivityTable>()
  const work = recordWork(database, { ...what, at: new Date() }, () => finished)
  await boss.api.admin.people.ban.mutate({ id })
  const ban = (await operations())[0]?.id ?? ''
  await sql`update operation set state = 'running' where id = ${ban}`.execute(kysely)
  const states = async () => {
    const latest = (await operations()).slice(0, 2)
    return Object.fromEntries(latest.map(({ action, state }) => [action, state]))
  }
  const rows = async () =>
    (await sql<{ state: string }>`select state from operation where filter like ${`%${id}%`}`.execute(kysely)).rows
  await server.later(59_000, async () => {
    expect(await states()).toEqual({ ban: 'running', 'add-administrator': 'running' })
  })
  await server.later(61_000, async () => {
    expect(await states()).toEqual({ ban: 'interrupted', 'add-administrator': 'interrupted' })
    expect((await operations())[0]).toMatchObject({ progress: null })
    const now = Date.now() + 61_000
    await withRedis(server.redis, (redis) => correctRows(database, async () => createSessionAdmin({ redis }), now))
  })
  expect(await rows()).toEqual([{ state: 'interrupted' }, { state: 'interrupted' }])
  finish()
  await work
  expect(await states()).toEqual({ ban: 'interrupted', 'add-administrator': 'done' })
})

test('an outage of Redis or SQL is a 503 of every procedure, and changes nothing', async () => {
  const { id, laptop } = await person()
  const ask = async () => {
    const answers = await Promise.all(
      adminProcedures.map(async ({ path, type }) => {
        const body = { id, text: 'ada', filter: { users: [id] }, count: 2 }
        const response = await (type === 'mutation'
          ? boss.post(`/trpc/${path}`, body)
          : boss.request(`/trpc/${path}?input=${encodeURIComponent(JSON.stringify(body))}`))
        return { path, status: response.status }
      }),
    )
    return answers.filter(({ status }) => status !== 503)
  }
  process.kill(server.redis.pid, 'SIGSTOP')
  try {
    expect(await ask()).toEqual([])
  } finally {
    process.kill(server.redis.pid, 'SIGCONT')
  }
  await expect.poll(() => isSignedIn(boss)).toBe(true)
  {
    using _ = failStatements()
    expect(await ask()).toEqual([])
  }
  expect(await isSignedIn(laptop)).toBe(true)
})
