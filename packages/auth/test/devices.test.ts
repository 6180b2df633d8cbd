import { deviceOf } from '@rollcall/devices'
import { admin, emailOTP } from 'better-auth/plugins'
import { expect, test } from 'vitest'
import type { NewDevice } from '../src/index.js'
import { startApp, deleteAccounts } from './helpers.js'

test('of two sign-ins at once from a browser that is new to both, one is reported', async () => {
  const notified: string[] = []
  await using t = await startApp({}, { onNewDevice: async ({ session }) => void notified.push(session.id) })
  const { email, browser, userId } = await t.person('ada')
  await t.adapter.deleteMany({ model: 'device', where: [{ field: 'userId', value: userId }] })
  let signIns = 0
  let release = (): void => undefined
  const both = new Promise<void>((resolve) => (release = resolve))
  const create = t.adapter.create.bind(t.adapter)
  Object.assign(t.adapter, {
    create: async (row: Parameters<typeof create>[0]) => {
      if (row.model === 'device') {
        signIns += 1
        if (signIns === 2) release()
        await both
      }
      return create(row)
    },
  })
  const answers = await Promise.all([1, 2].map(() => browser.signIn(email)))
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  expect(signIns).toBe(2)
  expect(notified).toHaveLength(1)
  expect(await t.adapter.findMany({ model: 'device' })).toHaveLength(1)
})

test('a notification that failed is tried again by a sign-in a minute later, and a device counts as notified only then', async () => {
  let isAway = true
  const notified: string[] = []
  const onNewDevice = async ({ session }: NewDevice): Promise<void> => {
    if (isAway) throw new Error('The mail server is away')
    notified.push(session.id)
  }
  const logged: string[] = []
  const logger = { level: 'error', log: (_: string, message: string) => void logged.push(message) } as const
  await using t = await startApp({ logger }, { onNewDevice })
  const { email, phones } = await t.person('ada', 1)
  expect(logged).toEqual([expect.stringContaining('its next sign-in tries again')])
  const [phone] = phones
  const unnotified = async () =>
    (await t.adapter.findMany<{ unnotifiedSince: Date | null }>({ model: 'device' })).filter(
      (device) => device.unnotifiedSince !== null,
    )
  expect(await unnotified()).toHaveLength(1)
  isAway = false
  await phone?.signIn(email) // the first sign-in could still be at it
  expect(notified).toEqual([])
  t.clock.offset += 61_000
  await phone?.signIn(email)
  expect(notified).toEqual([(await phone?.session())?.id])
  expect(await unnotified()).toEqual([])
  t.clock.offset += 61_000
  await phone?.signIn(email)
  expect(notified).toHaveLength(1)
})

test('where nobody asks for it, browsers are not remembered', async () => {
  await using t = await startApp({})
  const { browser } = await t.person('ada')
  expect([...browser.jar.keys()]).toEqual(['better-auth.session_token'])
  expect((await browser.session())?.data).toEqual({ signInMethod: 'password' })
})

test('a session that better-auth hands out holds nothing of the device', async () => {
  await using t = await startApp({}, { onNewDevice: async () => undefined })
  const { browser } = await t.person('ada')
  const session = await browser.session()
  const id = session && deviceOf(session)?.id
  const { body, text } = await browser.get('/get-session')
  expect(id).toMatch(/^[\w-]{22}$/)
  expect(body).toMatchObject({ session: { id: session?.id } })
  expect(text).not.toContain(id)
})

test('an admin who acts as somebody else is no device of theirs', async () => {
  const notified: string[] = []
  const logged: string[] = []
  await using t = await startApp(
    { plugins: [admin()], logger: { level: 'error', log: (_, message) => void logged.push(message) } },
    { onNewDevice: async ({ user }) => void notified.push(user.email) },
  )
  const [boss, ada] = [await t.person('boss'), await t.person('ada')]
  await t.promote(boss.userId)
  expect((await boss.browser.post('/admin/impersonate-user', { userId: ada.userId })).status).toBe(200)
  const session = await boss.browser.session()
  expect(session?.userId).toBe(ada.userId)
  expect(session && deviceOf(session)).toBeNull()
  expect([...notified, ...logged]).toEqual([])
})

test('who signs in without a password has all sessions and codes ended by the link too', async () => {
  const links: string[] = []
  const plugins = [emailOTP({ sendVerificationOTP: async () => undefined })]
  await using t = await startApp({ plugins }, { onNewDevice: async ({ token }) => void links.push(token) })
  const { email, userId } = await t.person('ada', 1)
  await deleteAccounts(t.database, userId)
  const code = { model: 'verification', where: [{ field: 'identifier', value: `sign-in-otp-${email}` }] }
  await t.browser().post('/email-otp/send-verification-otp', { email, type: 'sign-in' })
  expect(await t.adapter.count(code)).toBe(1)
  expect((await t.browser().post('/secure-account', { token: links[0] })).status).toBe(200)
  expect(await t.store.list(userId)).toEqual([])
  expect(await t.adapter.count(code)).toBe(0)
  expect(t.resets).toEqual([email])
})

test('an application that cannot send a reset is refused at start: its people would be locked out', async () => {
  const start = startApp(
    { emailAndPassword: { enabled: true, sendResetPassword: undefined } as never },
    { onNewDevice: async () => undefined },
  )
  await expect(start).rejects.toThrow('set emailAndPassword.sendResetPassword')
})

test('the link is used up only once the application has taken the mail for a new password', async () => {
  const links: string[] = []
  const resets: { url: string; token: string }[] = []
  let isDown = true
  const sendResetPassword = async ({ url, token }: { url: string; token: string }): Promise<void> => {
    if (isDown) throw new Error('The mail server is down')
    resets.push({ url, token })
  }
  await using t = await startApp(
    { emailAndPassword: { enabled: true, sendResetPassword }, onAPIError: { throw: false } },
    { onNewDevice: async ({ token }) => void links.push(token) },
  )
  await t.person('ada', 1)
  const secure = async () => (await t.browser().post('/secure-account', { token: links[0] })).status
  expect(await secure()).toBe(500)
  isDown = false
  expect([await secure(), await secure()]).toEqual([200, 200])
  expect(resets).toHaveLength(1)
  const { url, token } = resets[0] ?? { url: '', token: '' }
  expect(url).toBe(`${t.origin}/api/auth/reset-password/${token}?callbackURL=`)
  expect((await t.browser().post('/reset-password', { newPassword: 'a new password', token })).status).toBe(200)
})
