import { userTagOf } from '@rollcall/session-store'
import { apiKey } from '@better-auth/api-key'
import { passkey } from '@better-auth/passkey'
import { genericOAuth, phoneNumber, siwe, twoFactor } from 'better-auth/plugins'
import { APIError } from 'better-auth/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, createPasskey, startApp, startProvider } from './helpers.js'
import { enableApp } from './plugins/second-factor.js'

// A thief who has signed in adds ways in that need no password. "This wasn’t me" must close each of them.

const links: string[] = []
const resets: string[] = []
const codes = new Map<string, string>()
let provider: Awaited<ReturnType<typeof startProvider>>
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  provider = await startProvider()
  t = await startApp(
    {
      // A query without a limit of its own misses rows. With better-auth's default, a thief would need 100 changes.
      advanced: { database: { defaultFindManyLimit: 1 } },
      account: { accountLinking: { allowDifferentEmails: true } },
      emailAndPassword: {
        enabled: true,
        sendResetPassword: async ({ token }: { token: string }) => void resets.push(token),
      },
      plugins: [
        passkey(),
        genericOAuth({ config: [provider.config] }),
        twoFactor(),
        apiKey(),
        phoneNumber({ sendOTP: ({ phoneNumber: number, code }) => void codes.set(number, code) }),
        siwe({ domain: 'example.org', getNonce: async () => 'a1b2c3d4e5f6', verifyMessage: async () => true }),
      ],
    },
    { onNewDevice: async ({ token }) => void links.push(token) },
  )
})
afterAll(async () => {
  await t[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

const countKeys = (userId: string): Promise<number> =>
  t.adapter.count({ model: 'apikey', where: [{ field: 'referenceId', value: userId }] })

async function changeNumber(browser: Browser, number: string): Promise<void> {
  await browser.post('/phone-number/send-otp', { phoneNumber: number })
  const body = { phoneNumber: number, code: codes.get(number), updatePhoneNumber: true }
  expect((await browser.post('/phone-number/verify', body)).status).toBe(200)
}

/**
 * Follows the link of the last mail about a new device, and chooses a new password. A sign-in that begins in the very
 * millisecond of that change is refused, so it awaits the next one.
 */
async function secure(userId: string, newPassword: string): Promise<void> {
  expect((await t.browser().post('/secure-account', { token: links.at(-1) })).status).toBe(200)
  expect((await t.browser().post('/reset-password', { newPassword, token: resets.at(-1) })).status).toBe(200)
  const watermark = Number(await t.redis.hget(`user:{${userTagOf(userId)}}:sessions`, '!notBefore'))
  await expect.poll(async () => (await t.store.time()).getTime()).toBeGreaterThan(watermark)
}

test('"This wasn’t me" closes every way in that was added since that sign-in, and none that was there before', async () => {
  const { browser: owner, email, userId } = await t.person('ada')
  const own = createPasskey(t.origin)
  await own.register(owner)
  await owner.post('/api-key/create', { name: 'backup' })
  await changeNumber(owner, '+15550001')
  t.clock.offset += 5 * 60_000
  // Redis dates the rows of the plugins, and its clock does not follow that of this test.
  const rows = { model: 'verification', where: [{ field: 'value', operator: 'contains' as const, value: 'added' }] }
  await t.adapter.updateMany({ ...rows, update: { createdAt: new Date(Date.now() - 5 * 60_000) } })
  await t.adapter.updateMany({
    model: 'verification',
    where: [{ field: 'value', operator: 'contains' as const, value: 'phoneNumber' }],
    update: { createdAt: new Date(Date.now() - 5 * 60_000) },
  })

  t.clock.offset = 0
  const thief = t.browser()
  expect((await thief.signIn(email)).status).toBe(200)
  const stolen = createPasskey(t.origin)
  expect((await stolen.register(thief)).status).toBe(200)
  const identity = { sub: 'thief', email: 'thief@example.com', email_verified: true, name: 'Thief' }
  expect((await provider.visit(thief, identity, '/link-social')).headers.get('location')).not.toContain('error')
  await thief.post('/api-key/create', { name: 'mine' })
  await changeNumber(thief, '+15550002')
  await enableApp(thief)
  expect(await countKeys(userId)).toBe(2)

  await secure(userId, 'a new password')
  expect(t.events).toContainEqual(expect.objectContaining({ event: 'second-factor-off', userId }))
  expect(await t.store.count(userId)).toBe(0)
  expect((await stolen.signIn(t.browser())).status).toBe(401)
  const byProvider = t.browser()
  await provider.visit(byProvider, identity)
  expect((await byProvider.session())?.userId).not.toBe(userId)
  expect(await t.adapter.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })).toMatchObject({
    phoneNumber: '+15550001',
    twoFactorEnabled: false,
  })

  const again = t.browser()
  await own.signIn(again)
  expect((await again.session())?.userId).toBe(userId)
  expect(await countKeys(userId)).toBe(1)
  expect((await again.signIn(email, 'a new password')).body).not.toMatchObject({ twoFactorRedirect: true })
})

test('a second factor that was on before that sign-in stays on', async () => {
  const { browser: owner, email, userId } = await t.person('grace')
  const { backupCodes } = await enableApp(owner)
  const [code] = backupCodes
  await t.adapter.deleteMany({
    // As if it had been turned on weeks ago.
    model: 'verification',
    where: [{ field: 'value', value: '{"secondFactor":true}' }],
  })
  const phone = t.browser()
  await phone.signIn(email)
  // This writes the other codes anew, and replaces nothing.
  expect((await phone.post('/two-factor/verify-backup-code', { code })).status).toBe(200)
  await secure(userId, 'a new password')
  expect(await t.store.count(userId)).toBe(0)
  expect((await t.browser().signIn(email, 'a new password')).body).toMatchObject({ twoFactorRedirect: true })
})

test('limit: the link of a later mail leaves what the thief added before that sign-in, and the earlier link is dead', async () => {
  const { email, userId } = await t.person('joan')
  const thief = t.browser()
  await thief.signIn(email)
  const stolen = createPasskey(t.origin)
  await stolen.register(thief)
  await t.adapter.updateMany({
    model: 'verification',
    where: [{ field: 'value', operator: 'contains' as const, value: 'added' }],
    update: { createdAt: new Date(Date.now() - 5 * 60_000) },
  })
  const earlier = links.at(-1)
  await t.browser().signIn(email)
  expect(links.at(-1)).not.toBe(earlier)
  await secure(userId, 'a new password')
  expect((await stolen.signIn(t.browser())).status).toBe(200)
  expect((await t.browser().post('/secure-account', { token: earlier })).status).toBe(400)
})

test('repeated after an outage took its answer, it leaves what was there before the sign-in', async () => {
  const { browser: owner, email, userId } = await t.person('repeated')
  expect((await createPasskey(t.origin).register(owner)).status).toBe(200)
  const changes = { model: 'verification', where: [{ field: 'identifier', value: `account-change:${userId}` }] }
  expect(await t.adapter.updateMany({ ...changes, update: { createdAt: new Date(Date.now() - 3_600_000) } })).toBe(1)
  const [thief, added] = [t.browser(), createPasskey(t.origin)]
  expect((await thief.signIn(email)).status).toBe(200)
  expect((await added.register(thief)).status).toBe(200)

  const secure = async () => (await t.browser().post('/secure-account', { token: links.at(-1) })).status
  const { deleteMany } = t.adapter
  t.adapter.deleteMany = async (input) => {
    if (!input.where.some(({ value }) => value === `account-change:${userId}`)) return deleteMany(input)
    t.adapter.deleteMany = deleteMany
    throw new APIError('SERVICE_UNAVAILABLE')
  }
  expect([await secure(), await secure()]).toEqual([503, 200])
  expect(await t.adapter.count({ model: 'passkey', where: [{ field: 'userId', value: userId }] })).toBe(1)
  expect((await added.signIn(t.browser())).status).toBe(401)
})

describe('the record of changes', () => {
  const now = new Date()
  const rows: Record<string, (userId: string) => Record<string, unknown>> = {
    account: (userId) => ({ userId, accountId: userId, providerId: 'somewhere', createdAt: now, updatedAt: now }),
    passkey: (userId) => ({ userId, publicKey: 'x', credentialID: 'x', counter: 0, deviceType: 'x', backedUp: false }),
    walletAddress: (userId) => ({ userId, address: `of ${userId}`, chainId: 1, createdAt: now }),
    apikey: (referenceId) => ({ referenceId, configId: 'default', key: 'x', createdAt: now, updatedAt: now }),
    twoFactor: (userId) => ({ userId, secret: 'x', backupCodes: 'x' }),
  }
  const add = async (model: string, userId: string): Promise<string> =>
    (await t.adapter.create<Record<string, unknown>, { id: string }>({ model, data: rows[model]?.(userId) ?? {} })).id
  const ofUser = (value: string, field = 'id') => [{ field, value }]
  const changesOf = async (userId: string) => {
    const where = [{ field: 'identifier', value: `account-change:${userId}` }]
    const found = await t.adapter.findMany<{ value: string; expiresAt: Date }>({
      model: 'verification',
      where,
      limit: 100,
    })
    const days = found.map(({ expiresAt }) => Math.round((expiresAt.getTime() - Date.now()) / (24 * 60 * 60_000)))
    expect(new Set([14, ...days])).toEqual(new Set([14]))
    await t.adapter.deleteMany({ model: 'verification', where })
    return found.map(({ value }) => JSON.parse(value) as unknown)
  }

  test('has each way in that is added, and what it replaces; nothing of a new user, nor of what signs nobody in', async () => {
    const [{ userId }, { userId: other }] = [await t.person('recorded'), await t.person('recorded-too')]
    expect(await changesOf(userId)).toEqual([])
    for (const model of ['account', 'passkey', 'walletAddress', 'apikey']) {
      const id = await add(model, userId)
      expect(await changesOf(userId)).toEqual([{ added: model, id }])
    }
    await add('twoFactor', userId)
    expect(await changesOf(userId)).toEqual([{ secondFactor: true }])
    for (const update of [{ secret: 'y' }, { backupCodes: 'y' }, { verified: true }]) {
      await t.adapter.update({ model: 'twoFactor', where: ofUser(userId, 'userId'), update })
      expect(await changesOf(userId), JSON.stringify(update)).toEqual([{ secondFactor: true }])
    }
    await t.adapter.update({ model: 'twoFactor', where: ofUser(userId, 'userId'), update: { userId } })
    await t.adapter.update({ model: 'user', where: ofUser(userId), update: { name: 'Grace' } })
    expect(await changesOf(userId)).toEqual([])
    const before: (string | null)[] = []
    for (const [phoneNumber, ...recorded] of [
      ['+15550011', null],
      ['+15550011'],
      ['+15550012', '+15550011'],
    ] as const) {
      await t.adapter.update({ model: 'user', where: ofUser(userId), update: { phoneNumber } })
      before.push(...recorded)
    }
    expect(await changesOf(userId)).toEqual(before.map((phoneNumber) => ({ phoneNumber })))
    await add('twoFactor', other)
    await changesOf(other)
    const both = [userId, other]
    const where = (field: string) => [{ field, operator: 'in' as const, value: both }]
    await t.adapter.updateMany({ model: 'twoFactor', where: where('userId'), update: { secret: 'z' } })
    await t.adapter.updateMany({ model: 'user', where: where('id'), update: { phoneNumber: null } })
    expect(await changesOf(userId)).toEqual([{ secondFactor: true }, { phoneNumber: '+15550012' }])
    expect(await changesOf(other)).toEqual([{ secondFactor: true }])
  })

  test('is undone from a minute before that sign-in on, for that user, in tables that are there', async () => {
    const { email, userId } = await t.person('undone')
    const { userId: other } = await t.person('not-undone')
    await t.browser().signIn(email)
    const device = { model: 'device', where: [{ field: 'userId', value: userId }] }
    const signedInAt = new Date(now.getTime() - 60 * 60_000)
    await t.adapter.updateMany({ ...device, update: { createdAt: signedInAt } })
    const [early, late, foreign] = [
      await add('passkey', userId),
      await add('passkey', userId),
      await add('passkey', other),
    ]
    await t.adapter.update({ model: 'user', where: ofUser(userId), update: { phoneNumber: '+15550023' } })
    await changesOf(userId)
    const record = async (seconds: number, value: object) => {
      const createdAt = new Date(signedInAt.getTime() + seconds * 1_000)
      const data = { identifier: `account-change:${userId}`, value: JSON.stringify(value), createdAt }
      const expiresAt = new Date(Date.now() + 60_000)
      await t.adapter.create({ model: 'verification', data: { ...data, updatedAt: createdAt, expiresAt } })
    }
    await record(-60.001, { added: 'passkey', id: early })
    await record(-60, { added: 'passkey', id: late })
    await record(0, { added: 'passkey', id: foreign })
    await record(1, { phoneNumber: '+15550021' })
    await record(2, { phoneNumber: '+15550022' })
    await record(3, { added: 'user', id: userId })
    await record(4, { added: 'ssoProvider', id: 'x' })
    await record(5, { of: 'a later version' })
    expect((await t.browser().post('/secure-account', { token: links.at(-1) })).status).toBe(200)
    const left = await t.adapter.findMany<{ id: string }>({
      model: 'passkey',
      where: [{ field: 'id', operator: 'in', value: [early, late, foreign] }],
      limit: 3,
    })
    expect(left.map(({ id }) => id).toSorted()).toEqual([early, foreign].toSorted())
    const user = await t.adapter.findOne({ model: 'user', where: ofUser(userId) })
    expect(user).toMatchObject({ phoneNumber: '+15550021' })
    expect(await changesOf(userId)).toEqual([])
  })
})
