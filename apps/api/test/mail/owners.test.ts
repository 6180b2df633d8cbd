import { failCommand } from '@rollcall/dev-redis/faults'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { PASSWORD, signedUp, startServer } from '../helpers.js'
import { rowsOf } from './queue-helpers.js'

test('the owner is notified of each new password, and of no other one, at whichever command Redis fails', async () => {
  await using server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1' } })
  const seen = new Set<string>()
  for (let n = 1; ; n += 1) {
    const { api, email, post } = await signedUp(server)
    const { id } = (await api.session.current.query()).user
    const failing = failCommand(Redis.prototype, n, 'never sent')
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
