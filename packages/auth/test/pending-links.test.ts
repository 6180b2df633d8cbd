import type { Where } from '@better-auth/core/db/adapter'
import { userTagOf } from '@rollcall/session-store'
import { emailOTP, magicLink, phoneNumber } from 'better-auth/plugins'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emailChangeOf, retiredPasswordOf, secureAccountIdentifier } from '../src/index.js'
import { type Browser, password, startApp } from './helpers.js'

// A link or a code that could replace a credential ends with that credential.

const newPassword = 'a new password'

describe('in an application of someone else', () => {
  const links = new Map<string, string>()
  const codes = new Map<string, string>()
  let t: Awaited<ReturnType<typeof startApp>>
  const resets = new Map<string, string>()
  beforeAll(async () => {
    t = await startApp({
      emailAndPassword: {
        enabled: true,
        sendResetPassword: async ({ user, token }) => void resets.set(user.email, token),
      },
      user: { deleteUser: { enabled: true }, changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
      plugins: [
        magicLink({ sendMagicLink: ({ email, token }) => void links.set(email, token) }),
        emailOTP({ sendVerificationOTP: async ({ email, otp }) => void codes.set(email, otp) }),
        phoneNumber({
          sendOTP: ({ phoneNumber: to, code }) => void codes.set(to, code),
          sendPasswordResetOTP: ({ phoneNumber: to, code }) => void codes.set(to, code),
        }),
      ],
    })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const changePassword = (browser: Browser) =>
    browser.post('/change-password', { currentPassword: password, newPassword })

  test('deleting the user ends the link, and so does a new address', async () => {
    const [gone, moved] = [await t.person('gone'), await t.person('moved')]
    for (const { email } of [gone, moved]) await t.browser().post('/request-password-reset', { email })
    expect((await gone.browser.post('/delete-user', { password })).status).toBe(200)
    expect((await moved.browser.post('/change-email', { newEmail: 'moved-to@example.org' })).status).toBe(200)
    const rows = await t.adapter.findMany<{ value: string }>({ model: 'verification' })
    expect(rows.filter(({ value }) => [gone.userId, moved.userId].includes(value))).toEqual([])
    for (const { email } of [gone, moved]) {
      expect((await t.browser().post('/reset-password', { newPassword, token: resets.get(email) })).status).toBe(400)
    }
  })

  test('a magic link from before a password change signs nobody in', async () => {
    const { email, browser, userId } = await t.person('linked')
    await t.adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { emailVerified: true } })
    await t.browser().post('/sign-in/magic-link', { email })
    await changePassword(browser)
    const thief = t.browser()
    expect((await thief.get(`/magic-link/verify?token=${links.get(email)}`)).status).toBe(409)
    expect(await thief.session()).toBeNull()
    await t.browser().post('/sign-in/magic-link', { email })
    expect((await thief.get(`/magic-link/verify?token=${links.get(email)}`)).status).toBe(200)
  })

  test('limit: a magic link that still works a day after a password change signs in', async () => {
    const { email, browser, userId } = await t.person('patient')
    await t.adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { emailVerified: true } })
    await t.browser().post('/sign-in/magic-link', { email })
    await changePassword(browser)
    await t.redis.del(`user:{${userTagOf(userId)}}:sessions`) // as its time to live does, once nobody is signed in
    expect((await t.browser().get(`/magic-link/verify?token=${links.get(email)}`)).status).toBe(200)
  })

  test.each(['sign-in', 'forget-password'])(
    'a code by mail (%s) from before a password change is of no use',
    async (type) => {
      const { email, browser } = await t.person(`coded-${type}`)
      await t.browser().post('/email-otp/send-verification-otp', { email, type })
      await changePassword(browser)
      const otp = codes.get(email)
      const thief = t.browser()
      const answer = await (type === 'sign-in'
        ? thief.post('/sign-in/email-otp', { email, otp })
        : thief.post('/email-otp/reset-password', { email, otp, password: 'another good password' }))
      expect(answer.status).toBe(400)
      expect(await thief.session()).toBeNull()
      expect((await t.browser().signIn(email, newPassword)).status).toBe(200)
    },
  )

  test('a code to a phone from before a password change chooses no password', async () => {
    const { email, browser, userId } = await t.person('phoned')
    const phone = '+4930901820'
    await t.adapter.update({
      model: 'user',
      where: [{ field: 'id', value: userId }],
      update: { phoneNumber: phone, phoneNumberVerified: true },
    })
    await t.browser().post('/phone-number/request-password-reset', { phoneNumber: phone })
    await changePassword(browser)
    const answer = await t.browser().post('/phone-number/reset-password', {
      phoneNumber: phone,
      otp: codes.get(phone),
      newPassword: 'another good password',
    })
    expect(answer.status).toBe(400)
    expect((await t.browser().signIn(email, newPassword)).status).toBe(200)
  })

  const HOUR = 60 * 60 * 1_000
  const ofIdentifier = (value: Where['value'], operator: Where['operator'] = 'eq') => [
    { field: 'identifier', value, operator },
  ]
  /** A row as a plugin writes it, which expires in an hour. */
  async function write(identifier: string, value = identifier, expiresAt = new Date(Date.now() + HOUR)) {
    const data = { identifier, value, expiresAt, createdAt: new Date(), updatedAt: new Date() }
    await t.adapter.create({ model: 'verification', data })
    return expiresAt
  }
  const find = async (where: Where[]) =>
    (await t.adapter.findMany<{ value: string }>({ model: 'verification', where })).map(({ value }) => value).toSorted()
  const stored = async (value: string) => {
    const query = sql<{ identifier: string; expiresAt: string }>`select * from verification where value = ${value}`
    return (await query.execute(t.database.kysely)).rows[0]
  }

  test('a row is found by its identifier, of which SQL holds a hash', async () => {
    for (const name of ['row-a', 'row-b', 'row-c', 'row-d']) await write(name)
    expect((await stored('row-a'))?.identifier).toMatch(/^sha256:[\w-]{43}$/)
    const model = 'verification'
    const others = { field: 'value', operator: 'starts_with' as const, value: 'row-' }
    expect(await find(ofIdentifier('row-a'))).toEqual(['row-a'])
    expect(await find(ofIdentifier(['row-a', 'row-b'], 'in'))).toEqual(['row-a', 'row-b'])
    expect(await find([...ofIdentifier('row-a', 'ne'), others])).toEqual(['row-b', 'row-c', 'row-d'])
    expect(await find([...ofIdentifier(['row-a', 'row-b'], 'not_in'), others])).toEqual(['row-c', 'row-d'])
    expect(await t.adapter.count({ model, where: ofIdentifier('row-a') })).toBe(1)
    expect(await t.adapter.count({ model })).toBeGreaterThanOrEqual(4)
    expect(await t.adapter.findMany({ model })).not.toEqual([])
    const hash = (await stored('row-a'))?.identifier ?? ''
    expect(await find(ofIdentifier(hash))).toEqual([]) // nobody gets in with what SQL holds
    for (const operator of ['contains', 'starts_with', 'gt'] as const)
      await expect(find(ofIdentifier('row-a', operator))).rejects.toThrow(`cannot be looked up by ${operator}`)
    await expect(find(ofIdentifier(['row-a'], 'eq'))).rejects.toThrow('cannot be looked up by eq')

    const update = { value: 'row-a2', identifier: 'row-a2' }
    expect(await t.adapter.update({ model, where: ofIdentifier('row-a'), update })).toMatchObject({ value: 'row-a2' })
    expect(await find(ofIdentifier('row-a2'))).toEqual(['row-a2'])
    expect(await t.adapter.updateMany({ model, where: ofIdentifier('row-b'), update: { value: 'row-b2' } })).toBe(1)
    expect(await t.adapter.consumeOne({ model, where: ofIdentifier('row-b') })).toMatchObject({ value: 'row-b2' })
    expect(await t.adapter.consumeOne({ model, where: ofIdentifier('row-b') })).toBeNull()
    const set = { value: 'row-c2' }
    expect(await t.adapter.incrementOne({ model, where: ofIdentifier('row-c'), increment: {}, set })).toMatchObject(set)
    await t.adapter.delete({ model, where: ofIdentifier('row-c') })
    expect(await t.adapter.deleteMany({ model, where: ofIdentifier('row-d') })).toBe(1)
    expect(await find([others])).toEqual(['row-a2'])
    expect(await t.adapter.findOne({ model, where: ofIdentifier('row-d') })).toBeNull()
  })

  test('in SQL a row expires by the clock that servers share', async () => {
    t.clock.offset = HOUR // this machine is an hour behind
    try {
      const expiresAt = await write('by-clock')
      const model = 'verification'
      const where = ofIdentifier('by-clock')
      const inSql = async () => new Date((await stored('by-clock'))?.expiresAt ?? 0).getTime()
      expect(await inSql()).toBe(expiresAt.getTime() + HOUR)
      expect(await t.adapter.findOne({ model, where })).toMatchObject({ expiresAt })
      expect(await t.adapter.findMany({ model, where })).toMatchObject([{ expiresAt }])
      const after = (milliseconds: number): Where => ({
        field: 'expiresAt',
        operator: 'gt',
        value: new Date(expiresAt.getTime() + milliseconds),
      })
      expect(await t.adapter.count({ model, where: [...where, after(-1)] })).toBe(1)
      expect(await t.adapter.count({ model, where: [...where, after(0)] })).toBe(0)
      const row = await t.adapter.findOne<{ updatedAt: Date }>({ model, where })
      const unchanged = { field: 'updatedAt', operator: 'gte' as const, value: row?.updatedAt ?? null }
      expect(await t.adapter.count({ model, where: [...where, unchanged] })).toBe(1)
      const later = new Date(expiresAt.getTime() + HOUR)
      expect(await t.adapter.update({ model, where, update: { expiresAt: later } })).toMatchObject({ expiresAt: later })
      expect(await inSql()).toBe(later.getTime() + HOUR)
      expect(await t.adapter.updateMany({ model, where, update: { expiresAt } })).toBe(1)
      expect(await inSql()).toBe(expiresAt.getTime() + HOUR)
      expect(await t.adapter.consumeOne({ model, where })).toMatchObject({ expiresAt })
    } finally {
      t.clock.offset = 0
    }
  })

  test('a row is as old as the request that wrote it, by the clock of Redis, and one that is not there is nobody', async () => {
    const { email } = await t.person('dated')
    const { time } = t.store
    const startedAt = new Date(Date.now() - 5_000)
    t.store.time = async () => startedAt
    try {
      await t.browser().post('/sign-in/magic-link', { email })
    } finally {
      t.store.time = time
    }
    expect(await t.adapter.count({ model: 'verification', where: [{ field: 'createdAt', value: startedAt }] })).toBe(1)
    expect((await t.browser().get('/magic-link/verify?token=unknown')).status).toBe(302)
  })

  test('a new password ends what could replace it, of that user alone', async () => {
    const [ada, bob] = [await t.person('ends-ada'), await t.person('ends-bob')]
    const numbers = new Map([
      [ada.userId, '+4930901821'],
      [bob.userId, '+4930901822'],
    ])
    const kinds = ({ email, userId }: typeof ada): string[] => [
      ...['sign-in', 'email-verification', 'forget-password'].map((type) => `${type}-otp-${email}`),
      numbers.get(userId) ?? '',
      `phone-number-reset-${numbers.get(userId)}`,
      emailChangeOf(userId),
      retiredPasswordOf(userId),
    ]
    for (const person of [ada, bob]) {
      const { userId } = person
      const where = [{ field: 'id', value: userId }]
      await t.adapter.update({ model: 'user', where, update: { phoneNumber: numbers.get(userId) } })
      for (const identifier of [...kinds(person), `other-${userId}`]) await write(identifier)
      await write(`reset-password:${userId}`, userId)
      await write(secureAccountIdentifier(`of ${userId}`), `secure-account:${userId}`)
    }
    const changedAt = async ({ userId }: typeof ada) => {
      const where = [{ field: 'id', value: userId }]
      return (await t.adapter.findOne<{ updatedAt: Date }>({ model: 'user', where }))?.updatedAt.getTime() ?? 0
    }
    const [adaBefore, bobBefore] = [await changedAt(ada), await changedAt(bob)]
    const before = await t.adapter.count({ model: 'verification' })
    const where = [{ field: 'userId', value: ada.userId }]
    await t.adapter.update({ model: 'account', where, update: { password: 'a hash' } })
    expect(before - (await t.adapter.count({ model: 'verification' }))).toBe(9)
    expect(await changedAt(bob)).toBe(bobBefore)
    expect(await changedAt(ada)).toBeGreaterThan(adaBefore) // its row was locked
    expect(await find(ofIdentifier(kinds(ada), 'in'))).toEqual([])
    expect(await find(ofIdentifier(kinds(bob), 'in'))).toEqual(kinds(bob).toSorted())
    expect(await find(ofIdentifier(`other-${ada.userId}`))).toHaveLength(1)
  })
})
