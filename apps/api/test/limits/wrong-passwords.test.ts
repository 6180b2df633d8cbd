import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLimits } from '../../src/limits/limits.js'
import {
  type Browser,
  countOn,
  newEmail,
  withRedis,
  PASSWORD,
  SECRET,
  signUpDevice,
  startServer,
  type TestServer,
} from '../helpers.js'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const guesser = () => server.browser({ 'user-agent': CHROME, 'x-forwarded-for': '203.0.113.7' })
const signIn = (email: string, password = 'a wrong password') =>
  guesser().post('/api/auth/sign-in/email', { email, password })

async function whoIs(device: Browser): Promise<{ userId: string; sessionId: string }> {
  const { id, user } = await device.api.session.current.query()
  return { userId: user.id, sessionId: id }
}

/** As if so many wrong passwords had been given for the user. */
const tally = (number: number, userId: string, event: string): Promise<void> =>
  withRedis(server.redis, async (redis) => {
    const limits = createLimits(redis, [SECRET])
    for (let n = 0; n < number; n += 1) await limits.tally(['wrong-password:user', userId, event])
  })

const refusalsOf = async (device: Browser) => {
  await server.flush()
  const { entries } = await device.api.activity.list.query()
  return entries
    .filter(({ type }) => type.endsWith('-refused'))
    .map(({ type, attempts, device: { browser, os, ipAddress, isCurrent } }) => ({
      type,
      attempts,
      browser,
      os,
      ipAddress,
      isCurrent,
    }))
}

test('the audit of a refused sign-in names the account, and an address without one only by a keyed hash', async () => {
  const device = await signUpDevice(server)
  const { userId } = await whoIs(device)
  expect((await signIn(device.email)).status).toBe(401)
  expect(server.audits().at(-1)).toEqual({ event: 'sign-in', result: 'refused', ipAddress: '203.0.113.7', userId })

  const stranger = newEmail()
  for (const email of [stranger, stranger.toUpperCase()]) expect((await signIn(email)).status).toBe(401)
  const [first, second] = server.audits().slice(-2)
  expect(first).toEqual({
    event: 'sign-in',
    result: 'refused',
    ipAddress: '203.0.113.7',
    emailHash: expect.stringMatching(/^[\w-]{22}$/),
  })
  expect(second).toEqual(first)
  expect((await signIn(newEmail())).status).toBe(401)
  expect(server.audits().at(-1)).not.toEqual(first)
  expect(JSON.stringify(server.lines()).toLowerCase()).not.toContain(stranger)
})

test('the audit of a refused proof names the account and the session, also once that may prove nothing any more', async () => {
  const device = await signUpDevice(server)
  const who = await whoIs(device)
  const prove = () => device.post('/api/auth/reauthenticate', { password: 'a wrong password' })
  const refused = { event: 'reauthentication', result: 'refused', ipAddress: '127.0.0.1', ...who }
  expect((await prove()).status).toBe(400)
  expect(server.audits().at(-1)).toEqual(refused)
  await device.post('/api/auth/change-password', {
    currentPassword: 'a wrong password',
    newPassword: `${PASSWORD}, once more`,
  })
  expect(server.audits().at(-1)).toEqual({ ...refused, event: 'password-change' })
  const { createdAt } = await device.api.session.current.query()
  await countOn(server.redis, 8, ['proof:session', who.userId, who.sessionId, createdAt])
  expect((await prove()).status).toBe(429)
  expect(server.audits().at(-1)).toEqual(refused)
})

test('wrong passwords reach the activity of the account, counted over a day, with the address of the last one', async () => {
  const device = await signUpDevice(server)
  const { userId } = await whoIs(device)
  const entry = {
    type: 'sign-in-refused',
    browser: 'Chrome',
    os: 'Windows',
    ipAddress: '203.0.113.7',
    isCurrent: false,
  }
  expect((await signIn(device.email)).status).toBe(401)
  await expect.poll(() => refusalsOf(device)).toEqual([{ ...entry, attempts: 1 }])
  await tally(2, userId, 'sign-in-refused')
  expect((await signIn(device.email)).status).toBe(401) // the fourth
  expect((await signIn(device.email)).status).toBe(401)
  await expect
    .poll(() => refusalsOf(device))
    .toEqual([
      { ...entry, attempts: 5 },
      { ...entry, attempts: 1 },
    ])
  await tally(500, userId, 'sign-in-refused')
  expect((await signIn(device.email)).status).toBe(401)
  expect(await refusalsOf(device), 'a guesser cannot fill it').toHaveLength(2)
  expect(JSON.stringify(await device.api.activity.list.query())).not.toContain('a wrong password')
})

test('so do wrong proofs, with the session that gave them', async () => {
  const device = await signUpDevice(server, { 'user-agent': CHROME })
  await device.post('/api/auth/reauthenticate', { password: 'a wrong password' })
  await device.post('/api/auth/change-password', { currentPassword: 'a wrong password', newPassword: PASSWORD })
  await expect
    .poll(() => refusalsOf(device))
    .toEqual([
      { type: 'proof-refused', attempts: 1, browser: 'Chrome', os: 'Windows', ipAddress: '127.0.0.1', isCurrent: true },
    ])
})

test('what is no verdict leaves no trace in the activity', async () => {
  const device = await signUpDevice(server)
  for (const body of [{ email: device.email }, { email: device.email, password: 7 }])
    await guesser().post('/api/auth/sign-in/email', body)
  await device.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: 'x' })
  expect((await signIn(device.email, PASSWORD)).status).toBe(200)
  expect(await refusalsOf(device)).toEqual([])
})
