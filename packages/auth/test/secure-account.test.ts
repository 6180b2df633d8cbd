import { startAppWith } from '@rollcall/dev-auth'
import { deviceOf } from '@rollcall/devices'
import { APIError } from 'better-auth/api'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  cookieSessions,
  createDeviceToken,
  createResetToken,
  deviceIdIn,
  isUnnotified,
  type NewDevice,
  rollcallPlugin,
  secureAccountIdentifier,
  userIdInSecureAccountValue,
} from '../src/index.js'
import { secureAccountValue } from '../src/links/verification-model.js'
import { type Browser, deleteAccounts, startApp } from './helpers.js'

// The link of a mail about a new device, and the mail for a new password that follows it.

const HOUR = 60 * 60 * 1_000
const notified: NewDevice[] = []
const resets: string[] = []
/** While the mail for a new password is sent. */
let meanwhile: () => Promise<void> = async () => undefined
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  const sendResetPassword = async ({ user }: { user: { email: string } }) => {
    resets.push(user.email)
    await meanwhile()
  }
  const onNewDevice = async (newDevice: NewDevice) => void notified.push(newDevice)
  t = await startApp({ emailAndPassword: { enabled: true, sendResetPassword } }, { onNewDevice })
})
afterAll(() => t[Symbol.asyncDispose]())

/** Somebody who was notified of a sign-in on a phone. */
async function notifyPerson(name: string) {
  const person = await t.person(name, 1)
  const { token = '', user, session } = notified.at(-1) ?? {}
  return { ...person, token, user, session }
}

const secure = async (token: string) => t.browser().post('/secure-account', { token })
const invalid = { status: 400, body: { code: 'INVALID_TOKEN', message: 'Invalid token' } }
const rowsOf = (userId: string) =>
  t.adapter.findMany<{ value: string; expiresAt: Date }>({
    model: 'verification',
    where: [{ field: 'value', operator: 'contains', value: userId }],
  })
const hoursUntil = (date: Date | undefined) => Math.round(((date?.getTime() ?? 0) - Date.now()) / HOUR)
const idOf = async (browser: Browser | undefined): Promise<string> => {
  const session = await browser?.session()
  return (session && deviceOf(session)?.id) ?? ''
}

test('the link is that of one device and one user, for seven days', async () => {
  const { token, user, session, phones, userId, email } = await notifyPerson('linked')
  expect(user).toMatchObject({ id: userId, email, name: 'Ada' })
  expect(session?.id).toBe((await phones[0]?.session())?.id)
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(deviceIdIn(token)).toBe(await idOf(phones[0]))
  const [row] = await rowsOf(userId)
  expect(userIdInSecureAccountValue(row?.value ?? '')).toBe(userId)
  expect(hoursUntil(row?.expiresAt)).toBe(7 * 24)
  expect(userIdInSecureAccountValue(userId)).toBeNull()
})

test('a token that is unknown, used, expired, of another kind, or of a user who is gone gets one answer', async () => {
  const { token, userId } = await notifyPerson('once')
  expect((await secure(token)).status).toBe(200)
  await t.store.create({ userId }) // by a way in that the link leaves alone
  const gone = await notifyPerson('gone')
  await sql`delete from "user" where id = ${gone.userId}`.execute(t.database.kysely)
  const expired = await notifyPerson('expired')
  const where = [{ field: 'identifier', value: secureAccountIdentifier(expired.token) }]
  await t.adapter.update({ model: 'verification', where, update: { expiresAt: new Date(Date.now() - 1) } })
  const { internalAdapter } = await t.auth.$context
  const identifier = secureAccountIdentifier('of another kind')
  await internalAdapter.createVerificationValue({ identifier, value: userId, expiresAt: new Date(Date.now() + HOUR) })
  for (const one of ['unknown', token, expired.token, 'of another kind', gone.token])
    expect(await secure(one), one).toMatchObject(invalid)
  expect([await t.store.count(userId), await t.store.count(expired.userId)]).toEqual([1, 2])
})

test('a token that is used twice at once does both times what it says', async () => {
  const { token, userId } = await notifyPerson('meanwhile')
  const statuses: number[] = []
  meanwhile = async () => {
    meanwhile = async () => undefined
    statuses.push((await secure(token)).status)
  }
  statuses.push((await secure(token)).status)
  expect([statuses, await t.store.count(userId)]).toEqual([[200, 200], 0])
})

test.each(['lost on its way to SQL', 'lost on its way back'])(
  'a last statement that is %s leaves no link, and no refusal of what is done',
  async (fault) => {
    const { token, userId, phones, email } = await notifyPerson(fault.replaceAll(' ', '-'))
    const other = await createDeviceToken((await t.auth.$context).internalAdapter, userId, await idOf(phones[0]))
    const { deleteMany } = t.adapter
    let deletions = 0
    /** Fails the last of the two that follow the mail for a new password. */
    meanwhile = async () => {
      meanwhile = async () => undefined
      t.adapter.deleteMany = async (input) => {
        deletions += 1
        const isLast = input.where.some(({ value }) => value === secureAccountValue(userId))
        if (!isLast) return deleteMany(input)
        t.adapter.deleteMany = deleteMany
        if (fault === 'lost on its way back') await deleteMany(input)
        throw new APIError('SERVICE_UNAVAILABLE')
      }
    }
    expect((await secure(token)).status).toBe(503)
    expect(deletions).toBeGreaterThan(1)
    const mails = resets.length
    t.events.length = 0
    expect(await secure(token)).toMatchObject({ status: 200, body: { status: true } })
    // What was done is not done again.
    if (fault === 'lost on its way back') expect([resets.length, t.events]).toEqual([mails, []])
    expect(await secure(other)).toMatchObject(invalid)
    expect((await t.browser().signIn(email)).status).toBe(401)
    await (await newPassword(userId)).reset('a new password')
    expect(await secure(token), 'once a password was chosen').toMatchObject(invalid)
  },
)

test('it ends the links of other mails, and the next sign-in from that browser is one from a new device', async () => {
  const stranger = await notifyPerson('stranger')
  const { adapter } = t
  const change = { model: 'verification', where: [{ field: 'identifier', value: `account-change:${stranger.userId}` }] }
  await adapter.create({
    model: 'account',
    data: { userId: stranger.userId, accountId: 'x', providerId: 'x', createdAt: new Date(), updatedAt: new Date() },
  })
  const { token, userId, phones, email } = await notifyPerson('all-links')
  const { internalAdapter } = await t.auth.$context
  const other = await createDeviceToken(internalAdapter, userId, await idOf(phones[0]))
  t.events.length = 0
  expect(await secure(token)).toMatchObject({ status: 200, body: { status: true } })
  expect(t.events).toMatchObject([{ event: 'account-secured', result: 'ok', userId, ended: 2 }])
  expect(await secure(other)).toMatchObject(invalid)
  expect((await rowsOf(userId)).map(({ value }) => value)).toEqual([userId, userId]) // of the link to a new password, and to send it again
  expect(resets).toContain(email)
  expect((await t.browser().signIn(email)).status).toBe(401)
  const { reset } = await newPassword(userId)
  await reset('a new password')
  const before = notified.length
  await expect.poll(async () => (await phones[0]?.signIn(email, 'a new password'))?.status).toBe(200)
  expect(notified).toHaveLength(before + 1)
  expect([(await rowsOf(stranger.userId)).length, await adapter.count(change)]).toEqual([1, 1])
  await stranger.phones[0]?.signIn(stranger.email)
  expect(notified).toHaveLength(before + 1)
})

const sendLink = async (token: string) => t.browser().post('/secure-account/send-link', { token })

test('with the used link, its mail is sent again until a password is chosen, for an hour', async () => {
  const { token, userId, email } = await notifyPerson('again')
  const mails = () => resets.filter((to) => to === email).length
  expect(await sendLink(token), 'before it was used').toMatchObject(invalid)
  expect((await secure(token)).status).toBe(200)
  for (const sent of [2, 3]) {
    expect(await sendLink(token)).toMatchObject({ status: 200, body: { status: true } })
    expect(mails()).toBe(sent)
  }
  const { session } = (await t.store.create({ userId })) ?? {} // by a way in that the link leaves alone
  expect(await secure(token), 'it ends sessions once').toMatchObject(invalid)
  expect((await t.store.list(userId)).map(({ id }) => id)).toEqual([session?.id])
  await (await newPassword(userId)).reset('a new password')
  expect(await sendLink(token), 'once a password was chosen').toMatchObject(invalid)

  const late = await notifyPerson('late')
  expect((await secure(late.token)).status).toBe(200)
  const where = [{ field: 'value', value: late.userId }]
  await t.adapter.updateMany({ model: 'verification', where, update: { expiresAt: new Date(Date.now() - 1) } })
  const gone = await notifyPerson('gone-by-now')
  expect((await secure(gone.token)).status).toBe(200)
  await sql`delete from "user" where id = ${gone.userId}`.execute(t.database.kysely)
  for (const dead of [late.token, gone.token, 'unknown']) expect(await sendLink(dead), dead).toMatchObject(invalid)
  expect(mails()).toBe(3)
})

async function newPassword(userId: string) {
  const token = await createResetToken((await t.auth.$context).internalAdapter, userId)
  return { token, reset: (given: string) => t.browser().post('/reset-password', { newPassword: given, token }) }
}

test('without a password, the sessions of the person end as its own event', async () => {
  const { token, userId } = await notifyPerson('without')
  await deleteAccounts(t.database, userId)
  t.events.length = 0
  const { revokeAll } = t.store
  const asked: unknown[] = []
  t.store.revokeAll = (user, options) => {
    asked.push(options)
    return revokeAll(user, options)
  }
  try {
    expect((await secure(token)).status).toBe(200)
  } finally {
    t.store.revokeAll = revokeAll
  }
  expect(asked).toEqual([
    { credentialChange: true, event: expect.objectContaining({ name: 'account-secured', userAgent: 'Firefox' }) },
  ])
  expect(t.events).toEqual([
    { event: 'account-secured', result: 'ok', userId, ended: 2, ipAddress: expect.any(String) },
  ])
})

test('a link to a new password works for an hour, or for as long as the application says', async () => {
  const lives: number[] = []
  const sent: string[] = []
  for (const more of [{}, { resetPasswordTokenExpiresIn: 120 * 60 }]) {
    const links: string[] = []
    const sendResetPassword = async ({ token }: { token: string }) => void sent.push(token)
    await using app = await startApp(
      { emailAndPassword: { enabled: true, sendResetPassword, ...more } },
      { onNewDevice: async ({ token }) => void links.push(token) },
    )
    const { userId } = await app.person('ada', 1)
    await app.browser().post('/secure-account', { token: links[0] })
    const where = [{ field: 'value', value: userId }]
    const row = await app.adapter.findOne<{ expiresAt: Date }>({ model: 'verification', where })
    lives.push(hoursUntil(row?.expiresAt))
  }
  expect(lives).toEqual([1, 2])
  expect(new Set(sent.map(({ length }) => length))).toEqual(new Set([32]))
})

test('where nobody has a password, or no mail can bring one, none is sent', async () => {
  const sent: string[] = []
  const sendResetPassword = async ({ token }: { token: string }) => void sent.push(token)
  for (const more of [{ sendResetPassword }, { sendResetPassword: undefined as never }]) {
    await using app = await startApp(
      { emailAndPassword: { enabled: false, ...more } },
      { onNewDevice: async () => undefined },
    )
    const data = {
      email: 'ada@example.org',
      name: 'Ada',
      emailVerified: true,
      createdAt: new Date(),
      updatedAt: new Date(),
    }
    const user = await app.adapter.create<Record<string, unknown>, { id: string }>({ model: 'user', data })
    const token = await createDeviceToken((await app.auth.$context).internalAdapter, user.id, 'x'.repeat(22))
    expect((await app.browser().post('/secure-account', { token })).status).toBe(200)
  }
  expect(sent).toEqual([])
})

test('a notification that is sent later counts once somebody says so', async () => {
  let answer: 'now' | 'later' = 'later'
  const library = { rollcall: rollcallPlugin, cookieSessions }
  await using app = await startAppWith(library, {}, { notify: async () => answer })
  const { email } = await app.person('later')
  const [phone, tablet] = [app.browser(), app.browser()]
  await phone.signIn(email)
  expect(await isUnnotified(app.adapter, await idOf(phone))).toBe(true)
  answer = 'now'
  await tablet.signIn(email)
  expect(await isUnnotified(app.adapter, await idOf(tablet))).toBe(false)
})
