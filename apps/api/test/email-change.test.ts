/* oxlint-disable max-lines -- One server serves all of it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql, type Transaction } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import {
  type Browser,
  codeOf,
  countOn,
  newEmail,
  withRedis,
  PASSWORD,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'
import { waitsForLock } from './lock-waits.js'
import { Mailbox } from '../src/limits/mailbox.js'

// A change of address, which the old one and the new one confirm, in any order.

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const HOUR = 60 * 60_000

async function mailsTo(email: string): Promise<string[]> {
  const outbox = server.outbox ?? ''
  const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml')).toSorted()
  const mails = await Promise.all(names.map((name) => readFile(join(outbox, name), 'utf8')))
  return mails
    .filter((mail) => mail.includes(`To: ${email}`))
    .map((mail) => mail.replaceAll('=\r\n', '').replaceAll('=3D', '='))
}

const countOf = async (email: string, subject: string): Promise<number> =>
  (await mailsTo(email)).filter((mail) => mail.includes(subject)).length

type Page = 'confirm-email' | 'reset-password' | 'secure-account'

const tokensIn = (mails: readonly string[], page: Page = 'confirm-email'): string[] =>
  mails.flatMap((mail) => new RegExp(`/${page}\\?token=([\\w-]+)`).exec(mail)?.[1] ?? [])

/** The tokens of the links to an address, as soon as there are so many. */
async function linksTo(email: string, count = 1, page?: Page): Promise<string[]> {
  await expect.poll(async () => tokensIn(await mailsTo(email), page)).toHaveLength(count)
  return tokensIn(await mailsTo(email), page)
}

const linkTo = async (email: string): Promise<string> => (await linksTo(email))[0] ?? ''

type Person = Browser & { readonly email: string }

const confirm = (token: string, by: Browser = server.browser(), more: object = {}) =>
  by.post('/api/auth/confirm-email-change', { token, ...more })
const lookAt = async (token: string, by: Browser = server.browser()): Promise<unknown> =>
  (await by.post('/api/link', { kind: 'confirm-email', token })).json()
const emailOf = async ({ api }: Pick<Browser, 'api'>) => (await api.session.current.query()).user.email
const request = ({ api }: Pick<Browser, 'api'>, email: string) => api.emailChange.request.mutate({ email })
const changesOf = async ({ api }: Pick<Browser, 'api'>) =>
  (await api.activity.list.query({ kind: 'changes' })).entries.map(({ type }) => type)

async function confirmAndRead(token: string, by?: Browser, more?: object): Promise<unknown> {
  const answer = await confirm(token, by, more)
  return answer.ok ? answer.json() : { status: answer.status, ...((await answer.json()) as object) }
}

const dead = { status: 400, code: 'INVALID_TOKEN', message: 'Invalid token' }

/** The audit lines about changes of address that `work` leaves. */
async function auditsOf(work: () => Promise<unknown>) {
  const before = server.audits().length
  await work()
  return server
    .audits()
    .slice(before)
    .filter(({ event }) => String(event).startsWith('email-change'))
}

/** Somebody with a pending change, and the links to both addresses. */
async function pending(): Promise<{ laptop: Person; to: string; old: string; fresh: string }> {
  const laptop = await signUpDevice(server)
  const to = newEmail()
  await request(laptop, to)
  return { laptop, to, old: await linkTo(laptop.email), fresh: await linkTo(to) }
}

/** The same, after the old address has confirmed it. */
async function halfChanged() {
  const change = await pending()
  expect(await confirmAndRead(change.old)).toEqual({ status: true, changed: false })
  return change
}

test('takes both addresses, ends the other sessions, and keeps this one under its id with a new secret', async () => {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const { id } = await laptop.api.session.current.query()
  const oldToken = tokenOf(laptop)
  const to = newEmail()
  expect(await laptop.api.emailChange.pending.query()).toBeNull()
  expect(await request(laptop, to.toUpperCase())).toEqual({ email: to })
  expect(await phone.api.emailChange.pending.query()).toMatchObject({ email: to, confirmed: [] })
  expect((await laptop.api.account.data.query()).emailChange).toMatchObject({ email: to })

  const [old, fresh] = [await linkTo(laptop.email), await linkTo(to)]
  const first = { side: 'new', email: to, isLast: false, isSignedIn: false }
  for (let opened = 0; opened < 2; opened += 1)
    expect(await lookAt(fresh)).toEqual({ signIn: null, emailChange: first })
  expect(await confirmAndRead(fresh)).toEqual({ status: true, changed: false })
  expect(await confirmAndRead(fresh)).toEqual(dead)
  expect(await emailOf(laptop)).toBe(laptop.email)
  expect(await laptop.api.emailChange.pending.query()).toMatchObject({ email: to, confirmed: ['new'] })

  const last = { side: 'old', email: to, isLast: true, isSignedIn: true }
  expect(await lookAt(old, laptop)).toEqual({ signIn: null, emailChange: last })
  expect(await confirmAndRead(old, laptop)).toEqual({ status: true, changed: true })
  expect(await confirmAndRead(old)).toEqual(dead)

  expect(await laptop.api.session.current.query()).toMatchObject({ id, user: { email: to } })
  expect(await laptop.api.emailChange.cancel.mutate()).toEqual({ cancelled: false })
  expect(await codeOf(phone.api.session.current.query())).toBe('UNAUTHORIZED')
  const thief = server.browser()
  thief.jar.set('rollcall.session_token', signed(oldToken))
  expect(await codeOf(thief.api.session.current.query())).toBe('UNAUTHORIZED')
  const signIn = (email: string) => server.browser().post('/api/auth/sign-in/email', { email, password: PASSWORD })
  expect([(await signIn(laptop.email)).status, (await signIn(to)).status]).toEqual([401, 200])
  expect(await changesOf(laptop)).toEqual(['email-changed'])
  expect((await laptop.api.account.data.query()).user).toMatchObject({ email: to, emailVerified: true })
  // The new address may be a stranger's, who has no account.
  expect([await countOf(laptop.email, 'where you have an account'), await countOf(to, 'Replies aren')]).not.toContain(0)
  expect((await mailsTo(to))[0]).not.toContain('where you have an account')
  for (const address of [laptop.email, to])
    await expect.poll(() => countOf(address, 'Your email address was changed')).toBe(1)
  const text = JSON.stringify(server.lines())
  for (const token of [old, fresh]) expect(text).not.toContain(token)
})

test('keeps the other sessions if the person says so in the same step', async () => {
  const { laptop, fresh } = await halfChanged()
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect(await confirmAndRead(fresh, laptop, { revokeOtherSessions: false })).toEqual({ status: true, changed: true })
  expect(await emailOf(phone)).toBe(await emailOf(laptop))
  expect(await codeOf(copy.api.session.current.query())).toBe('UNAUTHORIZED')
  expect(await changesOf(laptop)).toEqual(['email-changed'])
})

test('from a browser that is signed in nowhere, or as somebody else, it ends every session of the account alone', async () => {
  const { laptop, to, fresh } = await halfChanged()
  const other = await signUpDevice(server)
  expect((await confirm(fresh, other, { revokeOtherSessions: false })).status).toBe(200)
  expect(await codeOf(laptop.api.session.current.query())).toBe('UNAUTHORIZED')
  expect(await emailOf(other)).toBe(other.email)
  const again = server.browser()
  await again.signIn(to)
  expect(await emailOf(again)).toBe(to)
  expect(await changesOf(again)).toEqual(['email-changed'])
})

test('an address that another account has is answered the same, and its owner gets a mail without a link', async () => {
  const owner = await signUpDevice(server)
  const laptop = await signUpDevice(server)
  expect(await request(laptop, owner.email)).toEqual({ email: owner.email })
  expect(await laptop.api.emailChange.pending.query()).toMatchObject({ email: owner.email, confirmed: [] })
  expect(await confirmAndRead(await linkTo(laptop.email))).toEqual({ status: true, changed: false })
  await expect.poll(() => countOf(owner.email, 'already has an account')).toBe(1)
  expect(tokensIn(await mailsTo(owner.email))).toEqual([])
})

test('an address that got an account meanwhile stays that account’s', async () => {
  const { laptop, to, fresh } = await halfChanged()
  await server.browser().signUp(to)
  expect(await confirmAndRead(fresh, laptop)).toMatchObject({ status: 409, code: 'EMAIL_TAKEN' })
  expect(await emailOf(laptop)).toBe(laptop.email)
})

test('an address that another account takes in that very moment stays that account’s', async () => {
  const { laptop, to, fresh } = await halfChanged()
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const other = await signUpDevice(server)
  const { kysely, type } = server.database()
  let answer: Promise<unknown> | undefined
  await kysely.transaction().execute(async (transaction) => {
    await sql`update "user" set email = ${to} where email = ${other.email}`.execute(transaction)
    answer = confirmAndRead(fresh, laptop)
    // It has found the address free, and waits for the index. On SQLite it waits for the file.
    if (type === 'postgres') await expect.poll(() => waitsForLock(kysely, 'update "user"')).toBe(true)
  })
  expect(await answer).toMatchObject({ status: 409, code: 'EMAIL_TAKEN' })
  expect(await emailOf(laptop)).toBe(laptop.email)
  expect(await emailOf(other)).toBe(to)
  // PostgreSQL refuses the row after the policy has revoked the other sessions; see docs/limits.md.
  expect(await codeOf(phone.api.session.current.query())).toBe(type === 'postgres' ? 'UNAUTHORIZED' : 'no error')
})

test('an address of one’s own, or none, is refused; a change needs a recent proof', async () => {
  const laptop = await signUpDevice(server)
  for (const email of ['no address', laptop.email.toUpperCase(), `${'a'.repeat(250)}@example.org`])
    expect(await codeOf(request(laptop, email))).toBe('BAD_REQUEST')
  const error: unknown = await server.later(15 * 60_000, () =>
    request(laptop, newEmail()).catch((reason: unknown) => reason),
  )
  expect(error).toMatchObject({ data: { code: 'FORBIDDEN', reason: 'REAUTHENTICATE' } })
  expect(await laptop.api.emailChange.pending.query()).toBeNull()
})

test('asking, cancelling, confirming, and each refusal of these leave an audit line', async () => {
  const laptop = await signUpDevice(server)
  const { id: sessionId, user } = await laptop.api.session.current.query()
  const own = { userId: user.id, sessionId, ipAddress: '127.0.0.1' }
  const requested = { event: 'email-change-requested', ...own }
  const cancelled = { event: 'email-change-cancelled', ...own }
  const to = newEmail()
  expect(await auditsOf(() => request(laptop, to))).toEqual([{ ...requested, result: 'ok' }])
  expect(await auditsOf(() => codeOf(request(laptop, laptop.email)))).toEqual([{ ...requested, result: 'refused' }])
  const late = () => server.later(15 * 60_000, () => codeOf(request(laptop, newEmail())))
  expect(await auditsOf(late)).toEqual([{ ...requested, result: 'refused' }])
  expect(await auditsOf(() => laptop.api.emailChange.cancel.mutate())).toEqual([{ ...cancelled, result: 'ok' }])
  await countOn(server.redis, 8, ['email-change:session', user.id, sessionId])
  await countOn(server.redis, 59, ['account:session', user.id, sessionId])
  expect(await auditsOf(() => codeOf(request(laptop, newEmail())))).toEqual([{ ...requested, result: 'refused' }])
  const cancel = () => codeOf(laptop.api.emailChange.cancel.mutate())
  expect(await auditsOf(cancel)).toEqual([{ ...cancelled, result: 'refused' }])

  // By the browser of somebody else, who is not the account that the line is about.
  const other = await signUpDevice(server)
  const refused = { event: 'email-change', result: 'refused', ipAddress: '127.0.0.1' }
  expect(await auditsOf(() => confirm('no such token', other))).toEqual([refused])
  const change = await halfChanged()
  await server.browser().signUp(change.to)
  expect(await auditsOf(() => confirm(change.fresh, other))).toEqual([refused])
})

test('links are stored as hashes, work for an hour, and not together with those of another change', async () => {
  const { laptop, old, fresh } = await pending()
  const { rows } = await sql`select identifier, value from verification`.execute(server.database().kysely)
  for (const token of [old, fresh]) expect(JSON.stringify(rows)).not.toContain(token)
  for (const token of [old, fresh]) expect(await server.later(HOUR + 1, () => confirmAndRead(token))).toEqual(dead)

  const next = newEmail()
  await request(laptop, next)
  expect([await confirmAndRead(old), await confirmAndRead(fresh)]).toEqual([dead, dead])
  expect(await confirmAndRead((await linksTo(laptop.email, 2)).at(-1) ?? '')).toEqual({ status: true, changed: false })
  expect(await confirmAndRead(await linkTo(next), laptop)).toEqual({ status: true, changed: true })
  expect(await emailOf(laptop)).toBe(next)
})

const revocations: Record<string, (laptop: Person) => Promise<unknown>> = {
  'it is cancelled': ({ api }) => api.emailChange.cancel.mutate(),
  'the password is changed': (laptop) =>
    laptop.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: 'another good password' }),
  'the password is reset': async ({ email }) => {
    await server.browser().post('/api/auth/request-password-reset', { email })
    const [token] = await linksTo(email, 1, 'reset-password')
    return server.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })
  },
  '“This wasn’t me” is confirmed': async ({ email }) => {
    await server.browser().signIn(email)
    const [token] = await linksTo(email, 1, 'secure-account')
    return server.browser().post('/api/auth/secure-account', { token })
  },
}

test.each(Object.entries(revocations))('a pending change is over when %s', async (_, end) => {
  const { laptop, old, fresh } = await pending()
  await end(laptop)
  expect([await confirmAndRead(old), await confirmAndRead(fresh)]).toEqual([dead, dead])
  expect(await lookAt(old)).toMatchObject({ code: 'INVALID_TOKEN' })
})

/** Locks the row of a person while `work` runs, as a request under way does. */
async function whileLocked<T>({ email }: Person, work: (transaction: Transaction<unknown>) => Promise<T>) {
  return server
    .database()
    .kysely.transaction()
    .execute(async (transaction) => {
      await sql`update "user" set email = email where email = ${email}`.execute(transaction)
      return work(transaction)
    })
}

test('a session that is revoked while it asks begins no change', async () => {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const { id } = await laptop.api.session.current.query()
  const limits = () =>
    withRedis(server.redis, async (admin) => (await admin.keys('limit:email-change:session:*')).length)
  const before = await limits()
  let code: Promise<unknown> | undefined
  await whileLocked(laptop, async () => {
    code = codeOf(request(laptop, newEmail()))
    await expect.poll(limits).toBe(before + 1) // it has shown its session
    await phone.api.devices.revoke.mutate({ id })
  })
  expect(await code).toBe('UNAUTHORIZED')
  expect(await phone.api.emailChange.pending.query()).toBeNull()
})

test('a confirmation under way does not carry a change past a new password', async () => {
  const { laptop, to, old, fresh } = await pending()
  let answer: Promise<Response> | undefined
  const { kysely, type } = server.database()
  await whileLocked(laptop, async (transaction) => {
    const change = { currentPassword: PASSWORD, newPassword: 'another good password' }
    answer = laptop.post('/api/auth/change-password', change)
    if (type === 'postgres') await expect.poll(() => waitsForLock(kysely, 'update "user"')).toBe(true)
    // As a confirmation does: the row of the change is replaced.
    await sql`insert into verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
      select id || '-2', identifier, value, "expiresAt", "createdAt", "updatedAt" from verification
      where value like ${`%"email":"${to}"%`}`.execute(transaction)
    await sql`delete from verification where value like ${`%"email":"${to}"%`} and id not like '%-2'`.execute(
      transaction,
    )
  })
  expect((await answer)?.status).toBe(200)
  expect([await confirmAndRead(old), await confirmAndRead(fresh)]).toEqual([dead, dead])
})

test('to cancel what is over does nothing', async () => {
  const { laptop, fresh } = await halfChanged()
  await confirm(fresh, laptop)
  expect(await laptop.api.emailChange.cancel.mutate()).toEqual({ cancelled: false })
})

test('a change whose links may not be sent any more is refused, and one that is pending stays', async () => {
  const laptop = await signUpDevice(server)
  const addresses = Array.from({ length: 6 }, () => newEmail())
  for (const to of addresses.slice(0, 5)) {
    await request(laptop, to)
    await laptop.api.emailChange.cancel.mutate()
  }
  expect(await codeOf(request(laptop, addresses[5] ?? ''))).toBe('TOO_MANY_REQUESTS')
  expect(await laptop.api.emailChange.pending.query()).toBeNull()

  const other = await pending()
  await countOn(server.redis, 5, ['email-change:mailbox', 'new', new Mailbox('dora@example.org')], 'done')
  expect(await codeOf(request(other.laptop, 'dora@example.org'))).toBe('TOO_MANY_REQUESTS')
  expect(await confirmAndRead(other.old)).toEqual({ status: true, changed: false })
  expect(await confirmAndRead(other.fresh)).toEqual({ status: true, changed: true })
})

test('asking for one’s own address uses up no links', async () => {
  const laptop = await signUpDevice(server)
  for (let n = 0; n < 6; n += 1) expect(await codeOf(request(laptop, laptop.email))).toBe('BAD_REQUEST')
  expect(await request(laptop, newEmail())).toEqual({ email: expect.any(String) })
})

test('of two changes at once one is pending, and only its links work', async () => {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const addresses = [newEmail(), newEmail()] as const
  await Promise.all([request(laptop, addresses[0]), request(phone, addresses[1])])
  const change = await laptop.api.emailChange.pending.query()
  expect(addresses).toContain(change?.email)
  const { rows } = await sql<{ value: string }>`select value from verification`.execute(server.database().kysely)
  const pendingRows = rows.filter(({ value }) => addresses.some((email) => value.includes(email)))
  expect(pendingRows).toHaveLength(1)
  const fresh = await linkTo(change?.email ?? '')
  expect(await confirmAndRead(fresh)).toEqual({ status: true, changed: false })
  const other = addresses.find((email) => email !== change?.email) ?? ''
  for (const token of tokensIn(await mailsTo(other))) expect(await confirmAndRead(token)).toEqual(dead)
})

test('of both links and their repetitions at once, each counts once, and one of them changes the address', async () => {
  const { laptop, to, old, fresh } = await pending()
  const answers = await Promise.all([old, fresh, old, fresh].map((token) => confirmAndRead(token, laptop)))
  expect(answers).toContainEqual({ status: true, changed: true })
  expect(answers.filter((answer) => JSON.stringify(answer).includes('"status":true'))).toHaveLength(2)
  const again = server.browser()
  await again.signIn(to)
  expect(await emailOf(again)).toBe(to)
  for (const address of [laptop.email, to])
    await expect.poll(() => countOf(address, 'Your email address was changed')).toBe(1)
})

test('an outage of Redis at any command leaves the link good, or the address changed, and the sessions that stay', async () => {
  const { laptop, to, fresh } = await halfChanged()
  const phone = server.browser()
  await phone.signIn(laptop.email)
  for (let n = 1; ; n += 1) {
    const failing = failCommand(n, 'never sent')
    const { status } = await confirm(fresh, laptop, { revokeOtherSessions: false })
    const isReached = failing.reached()
    failing[Symbol.dispose]()
    for (const device of [laptop, phone]) expect([to, laptop.email], `command ${n}`).toContain(await emailOf(device))
    const { rows } = await sql<{ email: string }>`
      select email from "user" where email in (${to}, ${laptop.email})`.execute(server.database().kysely)
    expect(rows).toHaveLength(1)
    if (status === 200) expect(rows).toEqual([{ email: to }])
    else expect(status, `command ${n}`).toBe(503)
    if (rows[0]?.email === to) break
    expect(isReached, 'without an outage it is done').toBe(true)
  }
  for (const address of [laptop.email, to])
    await expect.poll(() => countOf(address, 'Your email address was changed')).toBe(1)
})
