/* oxlint-disable max-lines -- Two servers, one without its database, serve all of it. */
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { failCommand } from '@rollcall/dev-redis/faults'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPasswords } from '../../src/accounts/passwords/passwords.js'
import { RateLimitedError } from '../../src/errors.js'
import { Client } from '../../src/client/client.js'
import { LEASE_MS } from '../../src/limits/attempts.js'
import { type Charge, createLimits } from '../../src/limits/limits.js'
import { turnOn } from '../authenticator.js'
import {
  type Browser,
  codeOf,
  countOn,
  newEmail,
  withRedis,
  PASSWORD,
  SECRET,
  signUpDevice,
  startServer,
  type TestServer,
} from '../helpers.js'
import { challengeIn, solve, withSolution } from './solving.js'

// Only a verdict counts. Two servers share Redis and database; one of them has lost the database.

let redis: PrivateRedis
let server: TestServer
let broken: TestServer
beforeAll(async () => {
  redis = await startRedis()
  server = await startServer({ redis, env: { TRUSTED_PROXIES: 'loopback' } })
  broken = await startServer({ redis, env: { TRUSTED_PROXIES: 'loopback', DATA_DIR: server.dataDir } })
  await broken.database().close()
})
afterAll(async () => {
  await broken[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await redis.stop()
})

/** From the mail that the server has written, or is about to write. */
async function resetTokenIn(outbox: string, email: string): Promise<string> {
  const look = async (): Promise<string | undefined> => {
    const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml'))
    const texts = await Promise.all(names.map((name) => readFile(join(outbox, name), 'utf8')))
    const mail = texts
      .map((text) => text.replaceAll('=\r\n', '').replaceAll('=3D', '='))
      .find((text) => text.includes(email))
    return /reset-password\?token=([\w-]+)/.exec(mail ?? '')?.[1]
  }
  return expect
    .poll(look)
    .toBeDefined()
    .then(async () => (await look()) ?? '')
}

let hosts = 0
const from = (): Record<string, string> => {
  hosts += 1
  return { 'x-forwarded-for': `198.51.100.${hosts}` }
}

const clientOf = (headers: Record<string, string>): Client => new Client(headers['x-forwarded-for'] ?? '')

const signIn = (where: TestServer, headers: Record<string, string>, email: string, password = PASSWORD) =>
  where.browser(headers).post('/api/auth/sign-in/email', { email, password })

/** The same browser, answered by another server. */
function at(where: TestServer, device: Browser): Browser {
  const other = where.browser()
  for (const [name, value] of device.jar) other.jar.set(name, value)
  return other
}

async function statuses(times: number, attempt: (n: number) => Promise<Response>): Promise<Set<number>> {
  const seen = new Set<number>()
  for (let n = 0; n < times; n += 1) seen.add((await attempt(n)).status)
  return seen
}

describe('an outage of the database uses up no attempt', () => {
  test('to sign in, of one person or of everybody behind an address', async () => {
    const headers = from()
    const client = clientOf(headers)
    const { email } = await signUpDevice(server, headers)
    await countOn(redis, 9, ['sign-in:account', email])
    await countOn(redis, 49, ['sign-in:address', client])
    expect(await statuses(10, () => signIn(broken, headers, email))).toEqual(new Set([503]))
    expect((await signIn(server, headers, email)).status).toBe(200)
    expect((await signIn(server, headers, email, 'a wrong password')).status).toBe(401)
    expect((await signIn(server, headers, email)).status).toBe(429)
  })

  test('to sign in with a solved challenge, which is good afterwards', async () => {
    const { email } = await signUpDevice(server, from())
    await countOn(redis, 10, ['sign-in:account', email])
    const solved = withSolution(await solve(await challengeIn(await signIn(server, from(), email))))
    expect(await statuses(2, () => signIn(broken, { ...from(), ...solved }, email))).toEqual(new Set([503]))
    expect((await signIn(server, { ...from(), ...solved }, email)).status).toBe(200)
    expect((await signIn(server, { ...from(), ...solved }, email)).status).toBe(429)
  })

  test('to prove who one is, or to change the password', async () => {
    const device = await signUpDevice(server, from())
    const { id, user, createdAt } = await device.api.session.current.query()
    await countOn(redis, 9, ['proof:session', user.id, id, createdAt])
    const there = at(broken, device)
    const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}, once more` }
    expect(await statuses(3, () => there.post('/api/auth/reauthenticate', { password: PASSWORD }))).toEqual(
      new Set([503]),
    )
    expect(await statuses(3, () => there.post('/api/auth/change-password', change))).toEqual(new Set([503]))
    expect((await device.post('/api/auth/reauthenticate', { password: PASSWORD })).status).toBe(200)
  })

  test.each<
    [
      path: string,
      body: (email: string) => object,
      limits: (client: Client, email: string) => [number, Charge][],
      status: number,
    ]
  >([
    [
      'request-password-reset',
      (email) => ({ email }),
      (client, email) => [
        [29, ['request-reset:address', client]],
        [4, ['request-reset:email', email]],
      ],
      200,
    ],
    [
      'sign-up/email',
      () => ({ email: newEmail(), password: PASSWORD, name: 'Ada' }),
      (client) => [[59, ['sign-up:address', client]]],
      200,
    ],
    [
      'reset-password',
      () => ({ token: 'guessed', newPassword: PASSWORD }),
      (client) => [[29, ['reset-password:address', client]]],
      400,
    ],
    ['secure-account', () => ({ token: 'guessed' }), (client) => [[29, ['reset-password:address', client]]], 400],
  ])('to %s', async (path, body, limits, status) => {
    const headers = from()
    const email = newEmail()
    for (const [number, charge] of limits(clientOf(headers), email)) await countOn(redis, number, charge, 'done')
    const post = (where: TestServer) => where.browser(headers).post(`/api/auth/${path}`, body(email))
    expect(await statuses(3, () => post(broken))).toEqual(new Set([503]))
    expect((await post(server)).status).toBe(status)
    expect((await post(server)).status, 'the last one was counted').toBe(429)
  })

  test('to rename a device', async () => {
    const device = await signUpDevice(server, from())
    const { id, user } = await device.api.session.current.query()
    const deviceId = (await device.api.devices.list.query())[0]?.deviceId ?? ''
    await countOn(redis, 59, ['rename:session', user.id, id], 'done')
    const rename = { id: deviceId, name: 'Laptop' }
    const there = at(broken, device)
    expect(await statuses(3, () => there.post('/trpc/devices.rename', rename))).toEqual(new Set([503]))
    expect(await device.api.devices.rename.mutate(rename)).toEqual({ renamed: 1 })
    expect(await codeOf(device.api.devices.rename.mutate(rename))).toBe('TOO_MANY_REQUESTS')
  })

  test('of an address, whatever it asks for', async () => {
    const headers = from()
    await countOn(redis, 599, ['auth', clientOf(headers)], 'done')
    expect(await statuses(3, () => signIn(broken, headers, newEmail()))).toEqual(new Set([503]))
    const post = (where: TestServer) => where.browser(headers).post('/api/auth/sign-out', {})
    expect((await post(server)).status).toBe(200)
    expect((await post(server)).status).toBe(429)
    expect(server.audits().at(-1)).toMatchObject({ event: 'sign-out', result: 'refused' })
  })

  test('and beyond it, the database is not asked whether the browser is known', async () => {
    const headers = from()
    const device = await signUpDevice(server)
    await countOn(redis, 600, ['auth', clientOf(headers)], 'done')
    const { email } = device
    const answer = await at(broken, device).request('/api/auth/sign-in/email', {
      method: 'POST',
      headers,
      body: JSON.stringify({ email, password: PASSWORD }),
    })
    expect(answer.status).toBe(429)
  })

  test('and beyond it, the database is not asked whose sign-in waits for a code', async () => {
    const headers = from()
    const { email, ...laptop } = await signUpDevice(server)
    await turnOn(laptop)
    const device = server.browser()
    expect(await (await device.signIn(email)).json()).toMatchObject({ twoFactorRedirect: true })
    const cookie = [...device.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const give = () =>
      broken.browser({ ...headers, cookie }).post('/api/auth/two-factor/verify-totp', { code: '000000' })
    expect((await give()).status).toBe(503)
    await countOn(redis, 600, ['auth', clientOf(headers)], 'done')
    expect((await give()).status).toBe(429)
  })
})

test.each([
  ['hung', (pid: number) => process.kill(pid, 'SIGSTOP'), (own: PrivateRedis) => void process.kill(own.pid, 'SIGCONT')],
  ['killed', (pid: number) => process.kill(pid, 'SIGKILL'), (own: PrivateRedis) => own.restart()],
])('ten right passwords while Redis is %s use up no attempt', async (_, begin, end) => {
  await using own = await startRedis({ persist: true })
  await using alone = await startServer({ redis: own })
  const device = await signUpDevice(alone)
  begin(own.pid)
  try {
    expect(await statuses(11, () => signIn(alone, {}, device.email))).toEqual(new Set([503]))
    expect(await statuses(11, () => device.post('/api/auth/reauthenticate', { password: PASSWORD }))).toEqual(
      new Set([503]),
    )
  } finally {
    await end(own)
  }
  while (!(await alone.send('/readyz')).ok);
  expect((await signIn(alone, {}, device.email)).status).toBe(200)
  expect((await device.post('/api/auth/reauthenticate', { password: PASSWORD })).status).toBe(200)
})

describe('a refusal that has cost a hash is an attempt', () => {
  test('to sign up, by a program that names another page', async () => {
    const headers = from()
    await countOn(redis, 59, ['sign-up:address', clientOf(headers)], 'done')
    const body = { email: newEmail(), password: PASSWORD, name: 'Ada' }
    const json = { ...headers, 'content-type': 'application/json' } // and neither Origin nor a cookie
    const post = (more: object) =>
      server.send('/api/auth/sign-up/email', {
        method: 'POST',
        headers: { ...json, ...more },
        body: JSON.stringify(body),
      })
    expect(await (await post({ referer: 'https://elsewhere.example/' })).json()).toMatchObject({
      code: 'INVALID_ORIGIN',
    })
    expect((await post({})).status).toBe(429)
  })

  test('to reset a password to the one before', async () => {
    const headers = from()
    const { email } = await signUpDevice(server, headers)
    await server.browser(headers).post('/api/auth/request-password-reset', { email })
    const token = await resetTokenIn(server.outbox ?? '', email)
    await countOn(redis, 29, ['reset-password:address', clientOf(headers)])
    const reset = (newPassword: string) =>
      server.browser(headers).post('/api/auth/reset-password', { token, newPassword })
    for (const weak of ['password', 'short']) expect((await reset(weak)).status).toBe(400) // refused before anything is hashed
    expect(await (await reset(PASSWORD)).json()).toMatchObject({ code: 'PASSWORD_REUSED' })
    expect((await reset(`${PASSWORD}, once more`)).status).toBe(429)
  })
})

test('a sign-up that cannot be read, or chooses a weak password, is no attempt', async () => {
  const headers = from()
  await countOn(redis, 59, ['sign-up:address', clientOf(headers)], 'done')
  const body = { email: newEmail(), password: PASSWORD, name: 'Ada' }
  const signUp = (more: object) => server.browser(headers).post('/api/auth/sign-up/email', { ...body, ...more })
  const wrong = [
    { rememberMe: 'x' },
    { image: null },
    { emailVerified: true },
    { email: 'no address' },
    { password: 'passwordpassword' },
    { password: 'short' },
  ]
  for (const more of wrong) expect((await signUp(more)).status).toBe(400)
  expect(
    (
      await server.send('/api/auth/sign-up/email', {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{',
      })
    ).status,
  ).toBe(400)
  expect((await signUp({})).status).toBe(200)
  expect((await signUp({ email: newEmail() })).status).toBe(429)
})

test('what cannot be read is no attempt', async () => {
  const headers = from()
  const { email } = await signUpDevice(server, headers)
  await countOn(redis, 9, ['sign-in:account', email])
  await countOn(redis, 49, ['sign-in:address', clientOf(headers)])
  await countOn(redis, 29, ['request-reset:address', clientOf(headers)])
  const bodies = [{ email: 'no address', password: PASSWORD }, { email }, { email, password: 7 }, {}]
  expect(
    await statuses(bodies.length, (n) => server.browser(headers).post('/api/auth/sign-in/email', bodies[n])),
  ).toEqual(new Set([400]))
  expect(
    await statuses(2, () => server.browser(headers).post('/api/auth/request-password-reset', { email: 'no address' })),
  ).toEqual(new Set([400]))
  expect((await signIn(server, headers, email)).status).toBe(200)
})

test('a client that hangs up uses up no attempt', async () => {
  const headers = from()
  const { email } = await signUpDevice(server, headers)
  await countOn(redis, 9, ['sign-in:account', email])
  const body = JSON.stringify({ email, password: PASSWORD })
  const head = `POST /api/auth/sign-in/email HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${headers['x-forwarded-for']}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  const before = server.lines().length
  for (let n = 0; n < 4; n += 1) {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    // Half of them in the midst of what they send, the others before they are answered.
    socket.write(n % 2 ? head + body.slice(0, 9) : head + body)
    await new Promise((go) => setImmediate(go))
    socket.destroy()
  }
  const answered = () =>
    server
      .lines()
      .slice(before)
      .filter(({ audit }) => audit?.['result'] === 'ok').length
  while (answered() < 2) await new Promise((go) => setTimeout(go, 20))
  expect((await signIn(server, headers, email)).status).toBe(200)
})

describe('a server that dies with attempts under way', () => {
  const charge = (): Charge[] => [['sign-in:account', newEmail()]]

  test('gives their places back after a lease; until then nobody takes them', async () => {
    const charges = charge()
    // A connection that breaks while they are under way can neither renew nor give back.
    await withRedis(redis, async (admin) => {
      const dying = createLimits(admin, [SECRET])
      let begun = (): void => undefined
      const underWay = new Promise<void>((resolve) => (begun = resolve))
      const died = once(admin, 'end')
      let reserved = 0
      const attempts = Array.from({ length: 10 }, () =>
        dying.within(charges, async () => {
          reserved += 1
          if (reserved === 10) begun()
          await died
          throw new Error('died')
        }),
      )
      await underWay
      admin.disconnect()
      await Promise.allSettled(attempts)
    })
    const since = performance.now()
    await withRedis(redis, async (admin) => {
      await expect(createLimits(admin, [SECRET]).within(charges, async () => 'in')).resolves.toBe('in')
    })
    expect(performance.now() - since).toBeGreaterThan(LEASE_MS / 2)
  })
})

test('attempts under way take places only until there is a verdict, and never more than there are', async () => {
  await withRedis(redis, async (admin) => {
    const limits = createLimits(admin, [SECRET])
    const charges: Charge[] = [['sign-in:account', newEmail()]]
    let [underWay, most] = [0, 0]
    const attempt = (verdict: 'right' | 'wrong') =>
      limits.within(
        charges,
        async () => {
          underWay += 1
          most = Math.max(most, underWay)
          await new Promise((go) => setTimeout(go, 10))
          underWay -= 1
        },
        () => verdict,
      )
    await Promise.all(Array.from({ length: 30 }, () => attempt('right')))
    expect(most).toBe(10)
    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => attempt('wrong')))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(RateLimitedError)
  })
})

test('an attempt that takes longer than a lease keeps its place', async () => {
  await withRedis(redis, async (admin) => {
    const limits = createLimits(admin, [SECRET])
    const charges: Charge[] = [['proof:session', 'ada', 'slow', 'today']]
    const start = performance.now()
    const slow = Array.from({ length: 10 }, () =>
      limits.within(
        charges,
        () => new Promise((go) => setTimeout(go, LEASE_MS * 1.3)),
        () => 'wrong',
      ),
    )
    await new Promise((go) => setTimeout(go, 50))
    await expect(limits.within(charges, async () => 'in')).rejects.toBeInstanceOf(RateLimitedError)
    expect(performance.now() - start).toBeGreaterThan(LEASE_MS)
    await Promise.all(slow)
  })
})

test('a wrong guess that cannot be counted is not answered as one', async () => {
  await using own = await startRedis()
  await withRedis(own, async (admin) => {
    const limits = createLimits(admin, [SECRET])
    const charges: Charge[] = [['proof:session', 'ada', 'a session', 'today']]
    const guess = limits.within(
      charges,
      async () => admin.disconnect(),
      () => 'wrong',
    )
    await expect(guess).rejects.toThrow('The session store is unavailable')
  })
})

test('when Redis fails after the password was compared, nothing in the answer says whether it was right', async () => {
  const passwords = createPasswords({ N: 2 ** 10, r: 8, p: 1 })
  const failures: Disposable[] = []
  await using own = await startServer({
    passwords: {
      ...passwords,
      async verify(input) {
        const isRight = await passwords.verify(input)
        failures.push(failCommand(Redis.prototype, 1, 'never sent, nor any after it'))
        return isRight
      },
    },
  })
  const device = await signUpDevice(own)
  const attempts: ((password: string) => Promise<Response>)[] = [
    (password) => own.browser().post('/api/auth/sign-in/email', { email: device.email, password }),
    (password) => device.post('/api/auth/reauthenticate', { password }),
    (currentPassword) =>
      device.post('/api/auth/change-password', { currentPassword, newPassword: `${PASSWORD}, once more` }),
  ]
  const answerOf = async (attempt: Promise<Response>) => {
    const { status, headers, ...response } = await attempt.then(async (one) => ({
      status: one.status,
      headers: one.headers,
      body: await one.text(),
    }))
    for (const failure of failures.splice(0).toReversed()) failure[Symbol.dispose]()
    return { status, ...response, retryAfter: headers.get('retry-after'), names: [...headers.keys()].toSorted() }
  }
  for (const attempt of attempts) {
    const wrong = await answerOf(attempt('a wrong password'))
    expect(wrong.status).toBe(503)
    expect(await answerOf(attempt(PASSWORD))).toEqual(wrong)
  }
})
