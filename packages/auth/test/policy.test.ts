import { createAuthEndpoint } from 'better-auth/api'
import { admin } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hold, password, startApp } from './helpers.js'

// The effect of a row on the sessions of its user. It is the same, no matter who writes the row.

const newPassword = 'a new password'
const resetTokens = new Map<string, string>()
const deviceTokens = new Map<string, string>()
let t: Awaited<ReturnType<typeof startApp>>

/** A table of another plugin, with the names of columns that mean something in better-auth's own. */
const notes = {
  id: 'notes',
  schema: {
    note: {
      fields: {
        userId: { type: 'string', required: false },
        password: { type: 'string', required: false },
        email: { type: 'string', required: false },
        banned: { type: 'boolean', required: false },
      },
    },
  },
  endpoints: {
    // An application may have it.
    setPassword: createAuthEndpoint('/set-password', { method: 'POST' }, async ({ body, context }) => {
      await context.adapter.create({ model: 'account', data: body as Record<string, unknown> })
    }),
  },
} as const

beforeAll(async () => {
  t = await startApp(
    {
      emailAndPassword: {
        enabled: true,
        sendResetPassword: async ({ user, token }) => void resetTokens.set(user.email, token),
      },
      plugins: [admin(), notes],
    },
    { onNewDevice: async ({ user, token }) => void deviceTokens.set(user.id, token) },
  )
  recordEvents(t)
})
afterAll(() => t[Symbol.asyncDispose]())

/** Somebody new on two devices. */
async function twoDevices(name: string) {
  const person = await t.person(name, 1)
  const where = [{ field: 'userId', value: person.userId }]
  t.events.length = 0
  return {
    ...person,
    ofUser: [{ field: 'id', value: person.userId }],
    update: (update: Record<string, unknown>) => t.adapter.update({ model: 'account', where, update }),
    live: () => t.store.count(person.userId),
    /** The events of the audit about this person. */
    audited: () =>
      t.events.filter(({ userId }) => userId === person.userId).map(({ event, ended }) => [event, ended ?? 0]),
  }
}

/** The events that the store was asked to record of a user, and their user agents. */
const recorded = (userId: string) => askedEvents.filter(([of]) => of === userId).map(([, ...event]) => event)
const askedEvents: [userId: string, name: string, userAgent: string | null | undefined][] = []

function recordEvents({ store }: typeof t): void {
  const { revokeAll, rotate } = store
  store.revokeAll = (userId, options) => {
    if (options?.event) askedEvents.push([userId, options.event.name, options.event.userAgent])
    return revokeAll(userId, options)
  }
  store.rotate = async (token, options) => {
    const rotated = await rotate(token, options)
    const event = options?.event
    const session = rotated && (await store.validate(rotated.token))
    if (event && session) askedEvents.push([session.userId, event.name, event.userAgent])
    return rotated
  }
}

describe('a row of an account', () => {
  const row = { createdAt: new Date(), updatedAt: new Date() }

  test('revokes all if it comes with a password', async () => {
    const { userId, live, audited } = await twoDevices('comes-with-password')
    const data = { ...row, userId, accountId: userId, providerId: 'credential', password: 'a hash' }
    await t.adapter.create({ model: 'account', data })
    expect(await live()).toBe(0)
    expect(audited()).toContainEqual(['password-reset', 2])
  })

  test('revokes none, but ends the links that were sent, if it comes with the first password of a user', async () => {
    const { browser, userId, email, live } = await twoDevices('first-password')
    await t.browser().post('/request-password-reset', { email })
    const data = { ...row, userId, accountId: userId, providerId: 'credential', password: 'a hash' }
    expect((await browser.post('/set-password', data)).status).toBe(200)
    expect(await live()).toBe(2)
    const answer = await t.browser().post('/reset-password', { newPassword, token: resetTokens.get(email) })
    expect(answer.status).toBe(400)
  })

  test('revokes all, as account-secured, if the person says that a sign-in was not theirs', async () => {
    const { userId, live, audited } = await twoDevices('secured')
    expect((await t.browser().post('/secure-account', { token: deviceTokens.get(userId) })).status).toBe(200)
    expect(await live()).toBe(0)
    expect(audited()).toContainEqual(['account-secured', 2])
  })

  test('revokes none if it comes without a password', async () => {
    const { userId, live, audited } = await twoDevices('comes-without')
    await t.adapter.create({
      model: 'account',
      data: { ...row, userId, accountId: 'x', providerId: 'somewhere', password: null },
    })
    expect(await live()).toBe(2)
    expect(audited().map(([event]) => event)).not.toContain('password-reset')
  })

  test.each([
    ['password-reset', { password: 'another hash' }],
    ['password-required', { password: null }],
  ])('revokes all, as %s, if its password becomes another or none', async (event, change) => {
    const { userId, update, live, audited } = await twoDevices(event)
    await update(change)
    expect(await live()).toBe(0)
    expect(audited()).toEqual([[event, 2]])
    expect(recorded(userId).map(([name]) => name)).toEqual([event])
  })

  test.each([{ scope: 'openid' }, { scope: 'openid', password: undefined }])(
    'revokes none if its password stays: %j',
    async (change) => {
      const { update, live, audited } = await twoDevices(`stays-${Object.keys(change).length}`)
      await update(change)
      expect(await live()).toBe(2)
      expect(audited()).toEqual([])
    },
  )
})

test('a row of a user ends a reset link that was sent if it gets another address, and only then', async () => {
  const { email, ofUser } = await twoDevices('readdressed')
  const ask = () => t.browser().post('/request-password-reset', { email })
  const change = (update: Record<string, unknown>) => t.adapter.update({ model: 'user', where: ofUser, update })
  const reset = () => t.browser().post('/reset-password', { newPassword, token: resetTokens.get(email) })
  await ask()
  await change({ name: 'Grace' })
  await change({ name: 'Ada', email: undefined })
  expect((await reset()).status).toBe(200)
  await ask()
  await change({ email: `new-${email}` })
  expect((await reset()).status).toBe(400)
})

test('rows of other models mean nothing, whatever their columns are called', async () => {
  const { userId, email, live, audited } = await twoDevices('notes')
  await t.browser().post('/request-password-reset', { email })
  const note = await t.adapter.create({ model: 'note', data: { userId, password: 'x', email, banned: true } })
  expect(note).toMatchObject({ email })
  const where = [{ field: 'email', value: email }] // which a user has too
  await t.adapter.update({ model: 'note', where, update: { password: 'y', email, banned: true } })
  await t.adapter.delete({ model: 'note', where })
  expect(await t.adapter.count({ model: 'note', where })).toBe(0)
  expect(await live()).toBe(2)
  expect(audited()).toEqual([])
  const answer = await t.browser().post('/reset-password', { newPassword, token: resetTokens.get(email) })
  expect(answer.status).toBe(200)
})

test('an administrator who sets their own password is no person who changes it: all of their sessions end', async () => {
  const { userId, browser, live, audited } = await twoDevices('own-administrator')
  await t.promote(userId)
  expect((await browser.post('/admin/set-user-password', { userId, newPassword })).status).toBe(200)
  expect(await live()).toBe(0)
  expect(audited()).toEqual([['password-reset', 2]])
  expect(recorded(userId)).toEqual([['password-reset', 'Firefox']])
})

test('sessions that appear during a change end with it, and are counted', async () => {
  const { revokeOthers, revokeAll } = t.store
  const changed = await twoDevices('appears-1')
  const banned = await twoDevices('appears-2')
  t.store.revokeOthers = async (token) => {
    const ended = await revokeOthers(token)
    await t.store.create({ userId: changed.userId })
    return ended
  }
  t.store.revokeAll = async (userId, options) => {
    t.store.revokeAll = revokeAll
    const ended = await revokeAll(userId, options)
    await t.store.create({ userId })
    return ended
  }
  try {
    await changed.browser.post('/change-password', { currentPassword: password, newPassword })
    await t.adapter.update({ model: 'user', where: banned.ofUser, update: { banned: true } })
  } finally {
    Object.assign(t.store, { revokeOthers, revokeAll })
  }
  expect([await changed.live(), await banned.live()]).toEqual([1, 0])
  expect(changed.audited()).toEqual([['password-change', 2]])
  expect(recorded(changed.userId)).toEqual([['password-change', 'Firefox']])
  expect(banned.audited()).toEqual([['user-banned', 3]])
})

describe('a session that is revoked while it changes the password', () => {
  test('changes nothing if that comes first', async () => {
    const { browser, email, userId, live } = await twoDevices('revoked-first')
    const id = (await browser.session())?.id ?? ''
    const { revokeOthers } = t.store
    t.store.revokeOthers = async (token) => {
      await t.store.revoke(userId, id)
      return revokeOthers(token)
    }
    try {
      expect((await browser.post('/change-password', { currentPassword: password, newPassword })).status).toBe(401)
    } finally {
      t.store.revokeOthers = revokeOthers
    }
    expect(await live()).toBe(1)
    expect((await t.browser().signIn(email)).status).toBe(200)
  })

  test('does not come back if that comes before its new secret, and sign-ins in flight create nothing', async () => {
    const { browser, email, userId, live, audited } = await twoDevices('revoked-last')
    const id = (await browser.session())?.id ?? ''
    const held = hold(t.store, 'create')
    const signIn = t.browser().signIn(email)
    await held.waiting
    const { rotate } = t.store
    t.store.rotate = async (token, options) => {
      await t.store.revoke(userId, id)
      return rotate(token, options)
    }
    try {
      const answer = await browser.post('/change-password', { currentPassword: password, newPassword })
      expect(answer).toMatchObject({ status: 200, setCookies: [] })
    } finally {
      t.store.rotate = rotate
    }
    held.open()
    expect((await signIn).status).toBe(409)
    expect(await live()).toBe(0)
    expect(audited()).toContainEqual(['password-change', 1])
    expect(recorded(userId)).toEqual([['password-change', 'Firefox']])
  })
})
