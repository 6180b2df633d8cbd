import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DAY_MS } from '../src/durations.js'
import { codeOf, expectToVerify, turnOn } from './authenticator.js'
import { address, env } from './limits/attempts-helpers.js'
import { mailsTo } from './outbox.js'
import {
  type Browser,
  newEmail,
  PASSWORD,
  procedures,
  signed,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'

// The server is started anew with another list of secrets, on the same Redis and database.

const OLD = 'the secret before its rotation of 32 characters or more'
const NEW = 'the secret after its rotation of 32 characters or more'
const COOKIE = 'rollcall.session_token'

let redis: Awaited<ReturnType<typeof startRedis>>
let dataDir: string
beforeAll(async () => {
  redis = await startRedis()
  dataDir = await mkdtemp(join(tmpdir(), 'rollcall-rotation-'))
})
afterAll(async () => {
  await redis.stop()
  await rm(dataDir, { recursive: true })
})

const start = (...secrets: string[]) =>
  startServer({ redis, env: { ...env, DATA_DIR: dataDir, BETTER_AUTH_SECRET: secrets.join(',') } })

/** The same browser, in front of a server that was started anew. */
function moveDevice(device: Browser, to: TestServer): Browser {
  const again = to.browser()
  for (const [name, value] of device.jar) again.jar.set(name, value)
  return again
}

/** Browsers of one new person, signed in while the old secret was the only one. */
async function before(count: number, more: object = {}): Promise<Browser[]> {
  await using server = await start(OLD)
  const email = newEmail()
  await server.browser().signUp(email)
  const devices = Array.from({ length: count }, () => server.browser())
  for (const device of devices) {
    expect((await device.post('/api/auth/sign-in/email', { email, password: PASSWORD, ...more })).status).toBe(200)
    expect(device.jar.get(COOKIE)).toBe(signed(tokenOf(device), OLD))
  }
  return devices
}

/** So many people with a browser each, at networks of their own. */
async function peopleBefore(count: number): Promise<Browser[]> {
  await using server = await start(OLD)
  const devices = Array.from({ length: count }, () => server.browser({ 'x-forwarded-for': address() }))
  for (const device of devices) await device.signUp(newEmail())
  return devices
}

const isForAdministrators = ({ path }: { path: string }): boolean => path.startsWith('admin.')
// A subscription passes the same check, but its status says nothing.
const answering = procedures.filter((one) => one.type !== 'subscription' && !isForAdministrators(one))

/** Among them what each procedure takes. */
const input = {
  id: 'AAAAAAAAAAAAAAAA',
  ids: ['AAAAAAAAAAAAAAAA'],
  name: 'Work',
  language: 'en',
  email: 'new@example.org',
}

function call(device: Browser, { path, type }: (typeof answering)[number]): Promise<Response> {
  return type === 'mutation'
    ? device.post(`/trpc/${path}`, input)
    : device.request(`/trpc/${path}?input=${encodeURIComponent(JSON.stringify(input))}`)
}

test.each([
  ['once the new secret signs', [NEW, OLD]],
  ['while the new secret is only known', [OLD, NEW]],
])('a cookie of the old secret works in every procedure, %s', async (_, secrets) => {
  const [device, ...devices] = (await peopleBefore(1 + answering.length)) as [Browser, ...Browser[]] // as many as asked for
  await using server = await start(...secrets)
  // Each procedure with a person of its own: some end sessions.
  for (const [n, own] of devices.entries()) {
    const procedure = answering[n] as (typeof answering)[number] // as many as devices
    expect((await call(moveDevice(own, server), procedure)).status, procedure.path).toBe(200)
  }
  // Past the check of the cookie, this person finds nothing there.
  for (const procedure of procedures.filter(isForAdministrators))
    expect((await call(moveDevice(device, server), procedure)).status, procedure.path).toBe(404)
})

test('a cookie of the old secret works in every endpoint of better-auth, and is signed by the new one when it is next set', async () => {
  const [laptop, phone, tablet] = (await before(3)) as [Browser, Browser, Browser]
  await using server = await start(NEW, OLD)
  const { api, jar, post } = moveDevice(laptop, server)

  // The two requests ask better-auth for the session; the second sets the cookie.
  expect((await post('/api/auth/reauthenticate', { password: 'not the password' })).status).toBe(400)
  expect((await post('/api/auth/reauthenticate', { password: PASSWORD })).status).toBe(200)
  expect(jar.get(COOKIE)).toBe(signed(tokenOf({ jar }), NEW))

  expect(await api.devices.list.query()).toHaveLength(4)
  const leaving = moveDevice(phone, server)
  expect((await leaving.post('/api/auth/sign-out', {})).status).toBe(200)
  expect(leaving.jar.has(COOKIE)).toBe(false)
  expect(await api.devices.list.query()).toHaveLength(3)
  expect((await moveDevice(phone, server).request('/trpc/session.current')).status).toBe(401)

  const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, once more` }
  expect((await post('/api/auth/change-password', change)).status).toBe(200)
  expect(jar.get(COOKIE)).toBe(signed(tokenOf({ jar }), NEW))
  expect(await api.devices.list.query()).toHaveLength(1)
  expect((await moveDevice(tablet, server).request('/trpc/session.current')).status).toBe(401)
})

test('a session that was not to be remembered stays so through a rotation', async () => {
  const [device] = (await before(1, { rememberMe: false })) as [Browser]
  await using server = await start(NEW, OLD)
  const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, once more` }
  const answer = await moveDevice(device, server).post('/api/auth/change-password', change)
  expect(answer.status).toBe(200)
  const cookies = answer.headers.getSetCookie()
  expect(cookies.filter((cookie) => cookie.startsWith(`${COOKIE}=`))).toEqual([
    expect.not.stringMatching(/max-age|expires/i),
  ])
  const marker = cookies.find((cookie) => cookie.startsWith('rollcall.dont_remember='))
  expect(marker).toContain(signed('true', NEW))
})

test.each([
  ['the old secret signed', [OLD], [NEW, OLD]],
  ['a server with the new secret signed', [NEW, OLD], [OLD, NEW]],
])(
  'a device whose trust %s needs no code on another server, and no other device goes without one',
  async (_, trusting, asking) => {
    const email = newEmail()
    const signIn = async (device: Browser) =>
      (await device.post('/api/auth/sign-in/email', { email, password: PASSWORD })).json()
    await using server = await start(...trusting)
    const laptop = server.browser()
    await laptop.signUp(email)
    const { totpURI } = await turnOn(laptop)
    const device = server.browser()
    await signIn(device)
    const code = codeOf(totpURI, 1)
    expect((await device.post('/api/auth/two-factor/verify-totp', { code, trustDevice: true })).status).toBe(200)

    await using other = await start(...asking)
    expect(await signIn(moveDevice(device, other))).not.toHaveProperty('twoFactorRedirect')
    expect(await signIn(other.browser())).toHaveProperty('twoFactorRedirect')
    const stranger = other.browser()
    await stranger.signUp(newEmail())
    const cookie = 'rollcall.trust_device'
    for (const [name, value] of device.jar)
      if (name === cookie)
        stranger.jar.set(
          name,
          value.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
        )
    expect(await signIn(stranger), 'a forged one').toHaveProperty('twoFactorRedirect')
  },
)

test.each([
  ['the new secret is known', [OLD, NEW], [NEW, OLD]],
  ['the old secret is known', [NEW, OLD], [OLD, NEW]],
])('a code that one server mails is right on another, where %s', async (_, mailing, taking) => {
  await using mailer = await start(...mailing)
  const device = mailer.browser()
  const email = newEmail()
  await device.signUp(email)
  // With GitHub alone, they prove who they are by a code in a mail.
  await sql`update account set "providerId" = 'github'
    where "userId" = (select id from "user" where email = ${email})`.execute(mailer.database().kysely)
  expect((await device.post('/api/auth/reauthenticate/request-code', {})).status).toBe(200)
  const findCode = async () => /^(\d{4} \d{4})\r?$/m.exec((await mailsTo(mailer, email)).join('\n'))?.[1]
  await expect.poll(findCode).toBeDefined()
  const code = await findCode()

  await using taker = await start(...taking)
  const { post } = moveDevice(device, taker)
  expect((await post('/api/auth/reauthenticate/code', { code: '1234 5678' })).status).toBe(400)
  expect((await post('/api/auth/reauthenticate/code', { code })).status).toBe(200)
  expect((await post('/api/auth/reauthenticate/code', { code })).status, 'it is used up').toBe(400)
})

test('once the old secret is gone, what it signed is refused, and what the new one signed is not', async () => {
  const [stale] = (await before(1)) as [Browser]
  const [renewed] = (await before(1)) as [Browser]
  await using between = await start(NEW, OLD)
  const current = moveDevice(renewed, between)
  const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, once more` }
  expect((await current.post('/api/auth/change-password', change)).status).toBe(200)
  await between.close()

  await using server = await start(NEW)
  for (const procedure of answering) {
    expect((await call(moveDevice(stale, server), procedure)).status, procedure.path).toBe(401)
  }
  expect((await moveDevice(stale, server).post('/api/auth/reauthenticate', { password: PASSWORD })).status).toBe(401)
  expect((await moveDevice(current, server).request('/trpc/session.current')).status).toBe(200)
  // Only the signature was wrong: the session lives.
  stale.jar.set(COOKIE, signed(tokenOf(stale), NEW))
  expect((await moveDevice(stale, server).request('/trpc/session.current')).status).toBe(200)
})

test('a second factor is encrypted anew when the server starts, and outlives the old secret', async () => {
  const email = newEmail()
  await using first = await start(OLD)
  const laptop = first.browser()
  await laptop.signUp(email)
  const { totpURI, backupCodes } = await turnOn(laptop)
  await first.close()
  for (const secrets of [
    [OLD, NEW],
    [NEW, OLD],
  ])
    await (await start(...secrets)).close()

  await using server = await start(NEW)
  await expectToVerify(server, email, [
    ['totp', codeOf(totpURI, 1)],
    ['backup-code', backupCodes[0]],
  ])
})

test('a second factor that a server with the old secret first turns on later is encrypted anew within a day', async () => {
  const daily: (() => void)[] = []
  const { setInterval } = globalThis
  const spy = vi.spyOn(globalThis, 'setInterval').mockImplementation(((callback: () => void, ms: number) => {
    if (ms === DAY_MS) daily.push(callback)
    return setInterval(callback, ms)
  }) as typeof setInterval) // which is overloaded
  await using current = await start(NEW, OLD)
  spy.mockRestore()
  await using earlier = await start(OLD, NEW)
  const laptop = earlier.browser()
  const email = newEmail()
  await laptop.signUp(email)
  const { totpURI, backupCodes } = await turnOn(laptop)
  for (const passDay of daily) passDay()
  await current.close() // once it has done what is due

  await using server = await start(NEW)
  await expectToVerify(server, email, [
    ['totp', codeOf(totpURI, 1)],
    ['backup-code', backupCodes[0]],
  ])
})

test('a second factor whose secret is lost is named at the start, and taken away as the documentation says', async () => {
  const email = newEmail()
  await using first = await start(OLD)
  const laptop = first.browser()
  await laptop.signUp(email)
  await turnOn(laptop)
  const { id } = (await laptop.api.session.current.query()).user
  await first.close()
  await using server = await start(NEW)
  const named = () => server.lines().find(({ msg }) => msg.startsWith('None of the secrets decrypts'))?.msg
  await expect.poll(named).toContain(id)

  const operations = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const statements = /```sql\n(update "user" set "twoFactorEnabled".*?)```/s.exec(operations)?.[1] ?? ''
  for (const statement of statements.split(';').filter((text) => text.trim() !== ''))
    await sql.raw(statement.replace('<user id>', id)).execute(server.database().kysely)
  const device = server.browser()
  await device.signIn(email)
  expect((await device.api.session.current.query()).user.id).toBe(id)
})
