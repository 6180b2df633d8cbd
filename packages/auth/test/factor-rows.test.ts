import { passkey } from '@better-auth/passkey'
import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { siwe, twoFactor } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPasskey, startApp } from './helpers.js'

// What the rows of ways in mean for sessions if somebody else writes them than the person: a script, or an administrator.

let t: Awaited<ReturnType<typeof startApp>>
const named: [userId: string, name: string | undefined][] = []
beforeAll(async () => {
  t = await startApp({
    plugins: [
      passkey(),
      twoFactor(),
      siwe({ domain: 'example.org', getNonce: async () => 'a1b2c3d4e5f6', verifyMessage: async () => true }),
    ],
  })
  const { revokeAll } = t.store
  t.store.revokeAll = (userId, options) => {
    if (options?.event) named.push([userId, options.event.name])
    return revokeAll(userId, options)
  }
})
afterAll(() => t[Symbol.asyncDispose]())

const now = new Date()
const rows: Record<string, (userId: string) => Record<string, unknown>> = {
  account: (userId) => ({ userId, accountId: userId, providerId: 'somewhere', createdAt: now, updatedAt: now }),
  passkey: (userId) => ({ userId, publicKey: 'x', credentialID: 'x', counter: 0, deviceType: 'x', backedUp: false }),
  walletAddress: (userId) => ({ userId, address: `of ${userId}`, chainId: 1, createdAt: now }),
  twoFactor: (userId) => ({ userId, secret: 'x', backupCodes: 'x' }),
}
const add = async (model: string, userId: string, more: object = {}): Promise<string> => {
  const data = { ...rows[model]?.(userId), ...more }
  return (await t.adapter.create<Record<string, unknown>, { id: string }>({ model, data })).id
}

/** Somebody on two devices. */
async function twoDevices(name: string) {
  const person = await t.person(name, 1)
  const { userId } = person
  t.events.length = 0
  return {
    ...person,
    ofUser: [{ field: 'userId', value: userId }],
    live: () => t.store.count(userId),
    audited: () => t.events.map(({ event, result, userId: of, ended }) => [event, result, of === userId, ended]),
    recorded: () => named.filter(([of]) => of === userId).map(([, event]) => event),
  }
}

test.each([
  ['passkey', 'passkey-removed'],
  ['account', 'account-unlinked'],
  ['walletAddress', 'wallet-removed'],
])('%s: one more ends nothing, and one less ends all sessions', async (model, event) => {
  const { userId, live, audited, recorded } = await twoDevices(`less-${model.toLowerCase()}`)
  const stranger = await t.person(`stranger-${model.toLowerCase()}`)
  const [id] = [await add(model, userId), await add(model, stranger.userId)]
  t.events.length = 0
  expect([await live(), audited()]).toEqual([2, []])
  await t.adapter.delete({ model, where: [{ field: 'id', value: id }] })
  expect([await live(), await t.store.count(stranger.userId)]).toEqual([0, 1])
  expect(audited()).toEqual([[event, 'ok', true, 2]])
  expect(recorded()).toEqual([event])
})

test('sessions that begin meanwhile end too, and are counted', async () => {
  const { userId, ofUser, live, audited } = await twoDevices('meanwhile')
  await add('passkey', userId)
  const { revokeAll } = t.store
  t.store.revokeAll = async (of, options) => {
    t.store.revokeAll = revokeAll
    const ended = await revokeAll(of, options)
    await t.store.create({ userId })
    return ended
  }
  await t.adapter.deleteMany({ model: 'passkey', where: ofUser })
  expect(await live()).toBe(0)
  expect(audited()).toEqual([['passkey-removed', 'ok', true, 3]])
})

test('an account that comes with a password is none that is linked', async () => {
  const { userId, live, audited } = await twoDevices('with-password')
  await add('account', userId, { password: 'a hash' })
  expect(await live()).toBe(0)
  expect(audited().map(([event]) => event)).toEqual(['password-reset'])
})

test('a password that is taken away with its row ends all sessions, and each link that could choose another one', async () => {
  const { userId, live, audited, recorded, ofUser } = await twoDevices('without-password')
  const { internalAdapter } = await t.auth.$context
  const link = { identifier: 'reset-password:its-token', value: userId, expiresAt: new Date(Date.now() + 60_000) }
  await internalAdapter.createVerificationValue(link)
  await t.adapter.deleteMany({ model: 'account', where: [...ofUser, { field: 'providerId', value: 'credential' }] })
  expect(await live()).toBe(0)
  expect(audited()).toEqual([['password-removed', 'ok', true, 2]])
  expect(recorded()).toEqual(['password-removed'])
  expect(await internalAdapter.findVerificationValue(link.identifier)).toBeNull()
})

test('another address ends all sessions, and the same one none', async () => {
  const { userId, email, live, audited, recorded } = await twoDevices('moves')
  const change = (update: Record<string, unknown>) =>
    t.adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update })
  for (const update of [{ email }, { email: undefined, name: 'Grace' }, { name: 'Ada' }]) await change(update)
  expect([await live(), audited()]).toEqual([2, []])
  await change({ email: `new-${email}` })
  expect(await live()).toBe(0)
  expect(audited()).toEqual([['email-change', 'ok', true, 2]])
  expect(recorded()).toEqual(['email-change'])
})

test('a second factor that is deleted leaves sessions, and ends the sign-ins that wait for its code, of that user alone', async () => {
  const { userId, ofUser, live, audited } = await twoDevices('factor')
  const other = await t.person('other-factor')
  const pending = async (value: string) =>
    t.adapter.count({ model: 'verification', where: [{ field: 'value', value }] })
  const { internalAdapter } = await t.auth.$context
  for (const value of [userId, other.userId]) {
    const expiresAt = new Date(Date.now() + 60_000)
    await internalAdapter.createVerificationValue({ identifier: `2fa-${value}`, value, expiresAt })
  }
  t.events.length = 0
  await t.adapter.deleteMany({ model: 'twoFactor', where: ofUser }) // there is none yet
  expect(await pending(userId)).toBe(1)
  await add('twoFactor', userId)
  await t.adapter.update({ model: 'twoFactor', where: ofUser, update: { verified: true } })
  expect(await pending(userId)).toBe(1)
  await t.adapter.deleteMany({ model: 'twoFactor', where: ofUser })
  expect([await pending(userId), await pending(other.userId)]).toEqual([0, 1])
  expect([await live(), audited()]).toEqual([2, []])
})

test('an outage after a passkey was added is 503, and the passkey stays', async () => {
  const { browser, userId } = await t.person('outage-after')
  const { rotate } = t.store
  t.store.rotate = () => Promise.reject(new SessionStoreUnavailableError(new Error('no answer')))
  try {
    expect((await createPasskey(t.origin).register(browser)).status).toBe(503)
  } finally {
    t.store.rotate = rotate
  }
  expect(await t.adapter.count({ model: 'passkey', where: [{ field: 'userId', value: userId }] })).toBe(1)
})
