import { createPasskey } from '@rollcall/dev-auth'
import { expect, test } from 'vitest'
import { failCommand } from '../fail-command.js'
import { type Browser, PASSWORD, signedUp, startServer } from '../helpers.js'
import { ceremonies } from '../passkeys-helpers.js'
import { rowsOf } from './queue-helpers.js'

test('the owner is notified of each new password, and of no other one, at whichever command Redis fails', async () => {
  await using server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } })
  const seen = new Set<string>()
  for (let n = 1; ; n += 1) {
    const { api, email, post } = await signedUp(server)
    const { id } = (await api.session.current.query()).user
    const failing = failCommand(n, 'never sent')
    const passwords = { currentPassword: PASSWORD, newPassword: 'another good password' }
    const { status } = await post('/api/auth/change-password', passwords)
    failing[Symbol.dispose]()
    const signIn = { email, password: passwords.newPassword }
    const isChanged = (await server.browser().post('/api/auth/sign-in/email', signIn)).status === 200
    const notices = async () =>
      (await rowsOf(server, 'mail')).filter(({ key }) => String(key).startsWith(`password-changed:${id}`)).length
    await expect.poll(notices, { message: `${n}: ${status}` }).toBe(isChanged ? 1 : 0)
    seen.add(`${status}, ${isChanged ? 'changed' : 'not changed'}`)
    if (!failing.reached()) break
  }
  expect([...seen].toSorted()).toEqual(['200, changed', '503, changed', '503, not changed'])
})

type Step = (device: Browser, baseUrl: string, passkey?: string) => Promise<{ readonly status: number }>
const add: Step = (device, baseUrl) => createPasskey(baseUrl).register(ceremonies(device))
const remove: Step = (device, _baseUrl, id) => device.post('/api/auth/passkey/remove', { id })

test.each([
  ['added', add],
  ['removed', remove],
])(
  'the owner is notified of each passkey that is %s, and of no other one, at whichever command Redis fails',
  async (change, step) => {
    await using server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } })
    const seen = new Set<string>()
    for (let n = 1; ; n += 1) {
      const device = await signedUp(server)
      const { id } = (await device.api.session.current.query()).user
      if (change === 'removed') await add(device, server.baseUrl)
      const passkeys = async () => (await rowsOf(server, 'passkey')).filter(({ userId }) => userId === id)
      const before = await passkeys()
      const failing = failCommand(n, 'never sent')
      const { status } = await step(device, server.baseUrl, before.map((row) => String(row['id']))[0])
      failing[Symbol.dispose]()
      const isChanged = (await passkeys()).length !== before.length
      const notices = async () =>
        (await rowsOf(server, 'mail')).filter(
          ({ key, payload }) =>
            String(key).startsWith(`passkey-changed:${id}`) && String(payload).includes(`"${change}"`),
        ).length
      await expect.poll(notices, { message: `${n}: ${status}` }).toBe(isChanged ? 1 : 0)
      seen.add(`${status}, ${isChanged ? 'changed' : 'not changed'}`)
      if (!failing.reached()) break
    }
    expect([...seen].toSorted()).toEqual(['200, changed', '503, changed', '503, not changed'])
  },
)
