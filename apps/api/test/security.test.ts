import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newEmail, PASSWORD, signed, signUpDevice, startServer, type TestServer, tokenOf } from './helpers.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

test('signing in never takes over the session that the browser came with', async () => {
  const attacker = await signUpDevice(server)
  const victim = await signUpDevice(server)
  const planted = tokenOf(attacker)
  for (const cookie of [signed(planted), planted, 'chosen-by-somebody', signed('A'.repeat(81))]) {
    const browser = server.browser()
    browser.jar.set('rollcall.session_token', cookie)
    await browser.signIn(victim.email)
    expect(tokenOf(browser)).not.toBe(planted)
    expect(tokenOf(browser)).not.toBe('A'.repeat(81))
    expect((await browser.api.session.current.query()).user.email).toBe(victim.email)
  }
  expect((await attacker.api.session.current.query()).user.email).toBe(attacker.email)
})

test('a cookie is far shorter than what a browser takes', async () => {
  const email = `${'a'.repeat(60)}.${newEmail()}`
  const answer = await server
    .browser()
    .post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'x'.repeat(100), rememberMe: false })
  const pairs = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')
  expect(pairs).toHaveLength(3)
  for (const pair of pairs) expect(pair.length).toBeLessThan(200)
})

test('what signs in cannot be changed without the password', async () => {
  const device = await signUpDevice(server)
  const stolen = (path: string, body: object) => device.post(`/api/auth/${path}`, body)
  expect((await stolen('change-email', { newEmail: newEmail() })).ok).toBe(false)
  expect((await stolen('update-user', { email: newEmail() })).ok).toBe(false)
  expect(
    (await stolen('change-password', { currentPassword: 'a guess of it', newPassword: 'a brand new password' })).ok,
  ).toBe(false)
  expect((await stolen('delete-user', {})).ok).toBe(false)
  expect((await device.api.session.current.query()).user.email).toBe(device.email)
  await server.browser().signIn(device.email)
})

describe('docs/security.md', () => {
  const document = new URL('../../../docs/security.md', import.meta.url)
  const text = readFileSync(document, 'utf8')
  const named = [...text.matchAll(/\["([^\]]*)"\]\(([^)]+)\)/g)].map(
    ([, title = '', path = '']) => [title, path] as const,
  )

  test.each(named)('the test "%s" is in %s', (title, path) => {
    const file = new URL(path, document)
    expect(existsSync(file)).toBe(true)
    const source = readFileSync(file, 'utf8').replaceAll(/\(\s+/g, '(') // a long title begins on a line of its own
    expect(
      ["'", '"', '`'].some((quote) => source.includes(`(${quote}${title}${quote},`)),
      'a test of this title',
    ).toBe(true)
  })

  test('answers every requirement of both parts of the standard once, each with a test', () => {
    const sections = { '3.3': 5, '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 3, '7.6': 2 }
    const asked = Object.entries(sections).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, n) => `${section}.${n + 1}`),
    )
    const rows = [...text.matchAll(/^\| (\d\.\d\.\d) \| (.+) \| (.+) \|$/gm)]
    expect(rows.map(([, id]) => id)).toEqual(asked)
    for (const [row, , , shown] of rows) expect(shown, row).toMatch(/^\["[^"]/)
  })
})
