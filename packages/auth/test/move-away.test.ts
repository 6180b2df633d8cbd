import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, password, copyCookies } from './helpers.js'
import { startMove } from './import-helpers.js'

// The plugin is taken out again: better-auth alone, on the database that the plugin has used.

let t: Awaited<ReturnType<typeof startMove>>
beforeAll(async () => {
  t = await startMove()
})
afterAll(() => t[Symbol.asyncDispose]())

const newPassword = `${password} and more`

/** The answers of better-auth alone to a browser. */
async function askStock({ jar }: Browser, path: string, body?: object) {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = { origin: t.origin, cookie, 'content-type': 'application/json' }
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
  const response = await t.old.handler(new Request(`${t.origin}/api/auth${path}`, init))
  const answered: unknown = await response.json()
  return { status: response.status, body: answered, cookie: response.headers.getSetCookie().join() }
}

test('without the plugin, no session of it signs in, also no revoked one, and everybody signs in again', async () => {
  const moved = await t.signInToOld('away', { isNew: true })
  const before = copyCookies(moved, t.browser()) // the cookie of better-auth, from before the move
  const revoked = await t.signInToOld('away')
  const email = 'away@example.org'
  const mine = t.browser()
  await mine.signIn(email)
  const waiting = await t.signInToOld('waiting', { isNew: true }) // was not imported yet
  const revokedId = (await revoked.session())?.id
  expect((await mine.post('/revoke-session', { token: revokedId })).status).toBe(200)
  expect((await mine.post('/change-password', { currentPassword: password, newPassword })).status).toBe(200)
  await mine.post('/request-password-reset', { email })
  expect(await mine.session()).not.toBeNull()

  for (const browser of [mine, moved, before, revoked]) {
    expect((await askStock(browser, '/get-session')).body).toBeNull()
  }
  expect((await askStock(waiting, '/get-session')).body).not.toBeNull()
  const [pending] = t.resets
  expect(pending).toEqual(expect.any(String))
  expect((await askStock(mine, '/reset-password', { token: pending, newPassword: password })).status).toBe(400)
  expect((await askStock(mine, '/sign-in/email', { email, password })).status).toBe(401)
  const signedIn = await askStock(mine, '/sign-in/email', { email, password: newPassword })
  expect(signedIn).toMatchObject({ status: 200, body: { user: { email } } })
  const [, name = '', value = ''] = /([^=,\s]+session_token)=([^;]*)/.exec(signedIn.cookie) ?? []
  mine.jar.set(name, value)
  expect((await askStock(mine, '/get-session')).body).toMatchObject({ user: { email } })
  expect(await t.rowsOf(await t.userIdOf('away'))).toHaveLength(1)
})
