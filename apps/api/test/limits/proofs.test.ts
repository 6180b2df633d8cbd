import { defaultTimeouts } from '@rollcall/session-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Browser,
  countOn,
  withRedis,
  PASSWORD,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from '../helpers.js'

// The holder of a session may be a thief. Wrong passwords take the right to prove from that session, and from no other.

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const prove = (device: Browser, password: string, headers = {}) =>
  device.request('/api/auth/reauthenticate', { method: 'POST', headers, body: JSON.stringify({ password }) })

const change = (device: Browser, currentPassword: string, newPassword = `${PASSWORD}, once more`) =>
  device.post('/api/auth/change-password', { currentPassword, newPassword })

/** Wrong passwords of a session, without the time that they take. */
async function wrong(number: number, device: Browser): Promise<void> {
  const { id, user, createdAt } = await device.api.session.current.query()
  await countOn(server.redis, number, ['proof:session', user.id, id, createdAt])
}

/** The owner's laptop, their phone, and a thief with a copy of the phone's cookie. */
async function stealSession() {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const thief = server.browser()
  thief.jar.set('rollcall.session_token', signed(tokenOf(phone)))
  return { laptop, phone, thief }
}

test('a stolen session cannot lock its owner out of the proof, from however many addresses', async () => {
  const { laptop, thief } = await stealSession()
  await wrong(8, thief)
  expect((await prove(thief, 'a guess', { 'x-forwarded-for': '203.0.113.1' })).status).toBe(400)
  expect((await change(thief, 'a guess')).status, 'it is as good for guessing').toBe(400)
  for (let n = 2; n < 6; n += 1)
    expect((await prove(thief, 'a guess', { 'x-forwarded-for': `203.0.113.${n}` })).status).toBe(429)
  expect((await change(thief, PASSWORD)).status).toBe(429)
  const refused = await prove(thief, PASSWORD)
  expect(refused.status, 'the right one comes too late').toBe(429)
  expect(await refused.json()).toEqual({ code: 'TOO_MANY_WRONG_PASSWORDS', message: expect.any(String) })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)

  expect((await prove(laptop, PASSWORD)).status).toBe(200)
  expect((await change(laptop, PASSWORD)).status).toBe(200)
})

test('the session that gave too many never proves anything again; signing in anew makes one that does', async () => {
  const { laptop, phone, thief } = await stealSession()
  await wrong(10, thief)
  await withRedis(server.redis, async (redis) => {
    const ttls = await Promise.all((await redis.keys('limit:proof:session:*')).map((key) => redis.pttl(key)))
    expect(Math.max(...ttls), 'for as long as a session can live').toBeGreaterThan(defaultTimeouts.absolute - 60_000)
  })
  expect((await prove(phone, PASSWORD)).status).toBe(429)
  await phone.signIn(laptop.email)
  expect((await prove(phone, PASSWORD)).status).toBe(200)
})

test('guesses at once are no more than one by one', async () => {
  const { phone, thief } = await stealSession()
  await wrong(8, thief)
  const attempts = await Promise.all([thief, phone, thief, phone].map((device, n) => prove(device, `guess ${n}`)))
  expect(attempts.map(({ status }) => status).toSorted()).toEqual([400, 400, 429, 429])
})

test('a right password takes back the wrong ones before it', async () => {
  const { laptop } = await stealSession()
  await wrong(9, laptop)
  expect((await prove(laptop, PASSWORD)).status).toBe(200)
  await wrong(9, laptop)
  const next = `${PASSWORD}, once more`
  expect((await change(laptop, PASSWORD, next)).status).toBe(200)
  expect((await prove(laptop, 'a slip')).status).toBe(400)
  expect((await prove(laptop, next)).status).toBe(200)
})
