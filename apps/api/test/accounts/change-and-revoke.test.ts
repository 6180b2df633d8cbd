import { expect, test } from 'vitest'
import { hold, password, startAuth } from './helpers.js'

test('a session that is revoked between the commit of its password change and its new secret takes sign-ins with the old password along', async () => {
  await using t = await startAuth()
  t.redis.options.commandTimeout = 10_000 // a busy machine is no outage
  const email = 'ada@example.org'
  const [owner, thief] = [t.browser(), t.browser()]
  await owner.signUp(email)
  const session = await owner.session()
  if (session === null) throw new Error('The sign-up did not sign in')

  const late = hold(t.store, 'create')
  const signIn = thief.signIn(email)
  await late.waiting // the old password was found right
  const rotation = hold(t.store, 'rotate')
  const change = owner.post('/change-password', { currentPassword: password, newPassword: 'another good password' })
  await rotation.waiting // the new one is committed
  expect(await t.store.revoke(session.userId, session.id)).toBe(1)
  rotation.open()
  await change
  late.open()

  expect(await signIn).toMatchObject({ status: 409, body: { code: 'CREDENTIALS_CHANGED' } })
  expect(await t.store.list(session.userId)).toEqual([])
  expect((await t.browser().signIn(email)).status).toBe(401)
  expect((await t.browser().signIn(email, 'another good password')).status).toBe(200)
})
