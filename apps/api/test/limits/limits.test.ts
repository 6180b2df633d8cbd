import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPasswords } from '../../src/accounts/passwords/passwords.js'
import { Client, networkOf } from '../../src/client/client.js'
import {
  type Browser,
  codeOf,
  countOn,
  newEmail,
  withRedis,
  PASSWORD,
  signUpDevice,
  startServer,
  type TestServer,
} from '../helpers.js'
import { address, env, signInAs, statuses, times } from './attempts-helpers.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env })
})
afterAll(() => server[Symbol.asyncDispose]())

test('the eleventh wrong password is answered 429 by every server on the same Redis', async () => {
  await using second = await startServer({ env, redis: server.redis })
  const { email, ...owner } = await signUpDevice(server, { 'x-forwarded-for': address() })
  const from = address()
  expect(await statuses(5, () => signInAs(server, from, email, 'a wrong password'))).toEqual(times(5, 401))
  expect(await statuses(5, () => signInAs(second, from, email, 'a wrong password'))).toEqual(times(5, 401))
  for (const where of [server, second]) {
    const response = await signInAs(where, from, email.toUpperCase(), PASSWORD)
    expect(response.status).toBe(429)
    expect(await response.json()).toEqual({
      code: 'CHALLENGE_NEEDED',
      message: expect.any(String),
      challenge: expect.any(Object),
    })
    const wait = Number(response.headers.get('retry-after'))
    expect(wait).toBeGreaterThan(24 * 60 * 60 - 60)
    expect(wait).toBeLessThanOrEqual(24 * 60 * 60)
  }
  expect(server.audits().at(-1)).toEqual({
    event: 'sign-in',
    result: 'refused',
    ipAddress: from,
    emailHash: expect.any(String),
  })
  expect((await signInAs(server, address(), email, PASSWORD)).status, 'from elsewhere it is the same').toBe(429)
  await owner.signIn(email) // no stranger has used up the tries of a browser that it knows
})

test('attempts at once are counted one by one', async () => {
  const [from, email] = [address(), newEmail()]
  const seen = await Promise.all(Array.from({ length: 15 }, () => signInAs(server, from, email, 'a wrong password')))
  expect(seen.map(({ status }) => status).toSorted()).toEqual([...times(10, 401), ...times(5, 429)])
})

test('a network has 16 passwords under way, and others sign in meanwhile', async () => {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const passwords = createPasswords({ N: 2 ** 10, r: 8, p: 1 }, async (work) => {
    await opened
    return work()
  })
  await using own = await startServer({ env, passwords })
  const [crowded, calm] = [address(), address()]
  const answers: Response[] = []
  const attempt = async (): Promise<unknown> =>
    answers.push(await signInAs(own, crowded, newEmail(), 'a wrong password'))
  const crowd = Promise.all(Array.from({ length: 24 }, attempt))
  await expect.poll(() => answers.length).toBe(8)
  expect(answers.map((response) => [response.status, response.headers.get('retry-after')])).toEqual(
    Array.from({ length: 8 }, () => [429, '8']),
  )
  const other = signInAs(own, calm, newEmail(), 'a wrong password')
  open()
  expect((await other).status).toBe(401)
  await crowd
  expect(answers.slice(8).map(({ status }) => status)).toEqual(times(16, 401))
  expect((await signInAs(own, crowded, newEmail(), 'a wrong password')).status, 'once they are done').toBe(401)
})

test('signing in costs nothing, however often', async () => {
  const from = address()
  const { email } = await signUpDevice(server, { 'x-forwarded-for': from })
  await countOn(server.redis, 9, ['sign-in:account', email])
  expect(await statuses(3, () => signInAs(server, from, email, PASSWORD))).toEqual(times(3, 200))
  expect(await statuses(2, () => signInAs(server, from, email, 'a wrong password'))).toEqual([401, 429])
})

test('one address cannot try one password on many accounts', async () => {
  const from = address()
  await countOn(server.redis, 49, ['sign-in:address', new Client(from)])
  expect((await signInAs(server, from, newEmail(), PASSWORD)).status).toBe(401)
  expect((await signInAs(server, from, newEmail(), PASSWORD)).status).toBe(429)
  expect((await signInAs(server, address(), newEmail(), PASSWORD)).status, 'another one may').toBe(401)
})

test('every limit of an address counts the /64 of an IPv6 client', async () => {
  const host = (n: number) => `2001:db8:1:2::${n}`
  await countOn(server.redis, 49, ['sign-in:address', new Client(host(1))])
  expect((await signInAs(server, host(2), newEmail(), PASSWORD)).status).toBe(401)
  expect((await signInAs(server, host(3), newEmail(), PASSWORD)).status).toBe(429)
  expect((await signInAs(server, '2001:db8:1:3::1', newEmail(), PASSWORD)).status).toBe(401)
  const report = (n: number) => server.browser({ 'x-forwarded-for': host(n) }).post('/csp-report', { 'csp-report': {} })
  let hosts = 0
  expect(await statuses(61, () => report((hosts += 1)))).toEqual([...times(60, 204), 429])
})

test('a spelling that better-auth reads as the same endpoint does not pass the limits by', async () => {
  const body = { email: newEmail(), password: PASSWORD }
  for (const path of [
    '/sign-in/email/',
    '//sign-in/email',
    '/sign-in%2Femail',
    '/sign-in/./email%20',
    '/Sign-In/email',
    '/sign-in/%65mail',
  ]) {
    expect((await server.browser().post(`/api/auth${path}`, body)).status, path).toBe(404)
  }
  for (const type of [
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/ld+json',
  ]) {
    const response = await server.browser().request('/api/auth/sign-in/email', {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    })
    expect(response.status, type).toBe(415)
  }
})

test('a mailbox receives five reset mails an hour, whoever asks, and whether or not there is an account', async () => {
  const { email } = await signUpDevice(server, { 'x-forwarded-for': address() })
  const ask = (to: string) => () =>
    server.browser({ 'x-forwarded-for': address() }).post('/api/auth/request-password-reset', { email: to })
  expect(await statuses(6, ask(email))).toEqual([...times(5, 200), 429])
  expect(await statuses(6, ask(newEmail()))).toEqual([...times(5, 200), 429])
})

test('reset tokens cannot be tried out', async () => {
  const device = server.browser({ 'x-forwarded-for': address() })
  const attempt = () => device.post('/api/auth/reset-password', { token: 'guessed', newPassword: PASSWORD })
  expect(await statuses(31, attempt)).toEqual([...times(30, 400), 429])
})

test('a stolen session cannot be used to guess the password, from however many addresses', async () => {
  const device = await signUpDevice(server, { 'x-forwarded-for': address() })
  const attempt =
    (currentPassword: string, newPassword = `${PASSWORD}, once more`) =>
    () =>
      device.request('/api/auth/change-password', {
        method: 'POST',
        headers: { 'x-forwarded-for': address() },
        body: JSON.stringify({ currentPassword, newPassword, revokeOtherSessions: true }),
      })
  expect((await attempt(PASSWORD)()).status).toBe(200)
  expect((await attempt(`${PASSWORD}, once more`, PASSWORD)()).status).toBe(200)
  const { id, user, createdAt } = await device.api.session.current.query()
  await countOn(server.redis, 7, ['proof:session', user.id, id, createdAt]) // as if it had tried so often
  expect(await statuses(4, attempt('a wrong password'))).toEqual([...times(3, 400), 429])
  const verify = await device.post('/api/auth/verify-password', { password: PASSWORD })
  expect(verify.status, 'better-auth brings an endpoint that only checks, and would not count').toBe(404)
})

test('sixty sign-ups an hour come from one address, and as many looks at whether an address has an account', async () => {
  const from = address()
  const device = server.browser({ 'x-forwarded-for': from })
  const signUp = (email: string, password = PASSWORD) =>
    device.post('/api/auth/sign-up/email', { email, password, name: 'Ada' })
  const email = newEmail()
  await countOn(server.redis, 57, ['sign-up:address', new Client(from)], 'done')
  expect(await statuses(3, () => signUp(newEmail(), 'x'))).toEqual(times(3, 400)) // a slip, which counts nowhere
  expect(await statuses(3, () => signUp(email))).toEqual([200, 422, 422])
  expect((await signUp(newEmail())).status).toBe(429)
})

test('revocations are limited per session: sixty a minute, then 429 in the batch and for the whole answer', async () => {
  const device = await signUpDevice(server, { 'x-forwarded-for': address() })
  const other = await signUpDevice(server, { 'x-forwarded-for': address() })
  const batch = (size: number) =>
    device.post(
      `/trpc/${Array.from({ length: size }, () => 'devices.revoke').join(',')}?batch=1`,
      Object.fromEntries(Array.from({ length: size }, (_, i) => [i, { id: 'AAAAAAAAAAAAAAAA' }])),
    )
  for (let i = 0; i < 3; i += 1) expect((await batch(20)).status).toBe(200)
  const response = await batch(1)
  expect(response.status).toBe(429)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(await response.json()).toMatchObject([{ error: { data: { code: 'TOO_MANY_REQUESTS' } } }])
  expect((await device.request('/trpc/devices.list')).status, 'looking is not limited').toBe(200)
  expect(await other.api.devices.revokeOthers.mutate()).toEqual({ revoked: 0 })
})

test('reads of the activity are limited per session, all of them together', async () => {
  const device = await signUpDevice(server, { 'x-forwarded-for': address() })
  const other = server.browser({ 'x-forwarded-for': address() })
  await other.signIn(device.email)
  const { id, user } = await device.api.session.current.query()
  const reads = ({ api }: Pick<Browser, 'api'>) => [
    api.activity.list.query(),
    api.devices.unusual.query(),
    api.devices.details.query({ id }),
  ]
  await countOn(server.redis, 297, ['history:session', user.id, id], 'done')
  await Promise.all(reads(device))
  for (const read of reads(device)) expect(await codeOf(read)).toBe('TOO_MANY_REQUESTS')
  expect(await device.api.devices.list.query(), 'the list is not limited').toHaveLength(2)
  await Promise.all(reads(other))
})

test('a stolen session without a proof cannot keep its owner from revoking it, nor from renaming devices', async () => {
  await using hour = await startServer({ env })
  const owner = await signUpDevice(hour)
  const thief = hour.browser()
  await thief.signIn(owner.email)
  hour.clock.ahead = 20 * 60_000
  await owner.post('/api/auth/reauthenticate', { password: PASSWORD })
  const deviceId = (await owner.api.devices.list.query()).find(({ isCurrent }) => isCurrent)?.deviceId ?? ''
  const revoke = () => thief.post('/trpc/devices.revokeOthers', {})
  expect(await statuses(61, revoke)).toEqual([...times(60, 403), 429])
  const rename = () => thief.post('/trpc/devices.rename', { id: 'AAAAAAAAAAAAAAAA', name: 'Phone' })
  expect(await statuses(61, rename)).toEqual([...times(60, 200), 429])

  expect(await owner.api.devices.rename.mutate({ id: deviceId, name: 'Laptop' })).toEqual({ renamed: 1 })
  expect(await owner.api.devices.revokeOthers.mutate()).toEqual({ revoked: 1 })
})

test('reports of a browser are limited per address', async () => {
  const device = server.browser({ 'x-forwarded-for': address() })
  const report = () => device.post('/csp-report', { 'csp-report': { 'effective-directive': 'style-src' } })
  expect(await statuses(61, report)).toEqual([...times(60, 204), 429])
})

test('no key and no value of a limit holds an e-mail address, a client address or a user id, and each expires', async () => {
  const [from, email] = [address(), newEmail()]
  await signInAs(server, from, email, 'a wrong password')
  await withRedis(server.redis, async (admin) => {
    const keys = await admin.keys('limit:*')
    const types = new Set<string>()
    for (const key of keys) {
      expect(key).toMatch(/^limit:[a-z-]+(?::[a-z+]+)?:[\w-]{22}$/)
      const type = await admin.type(key)
      types.add(type)
      if (type === 'string') expect(await admin.get(key)).toMatch(/^-?\d+$/)
      // Attempts, by random ids; the numbers are times.
      else expect((await admin.zrange(key, '0', '-1')).filter((member) => !/^\??[\w-]{12}$/.test(member))).toEqual([])
      expect(await admin.ttl(key)).toBeGreaterThan(0)
    }
    expect([...types].toSorted()).toEqual(['string', 'zset'])
  })
})

describe('an IPv6 client', () => {
  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['192.0.2.1', '192.0.2.1'],
    ['unknown', 'unknown'],
  ])('%s counts as %s', (client, network) => {
    expect(networkOf(client)).toBe(network)
  })
})
