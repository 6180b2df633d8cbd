import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ChallengeNeededError } from '../../src/errors.js'
import { Client, type Network } from '../../src/client/client.js'
import { CHALLENGE_LIFE_MS, createChallenges } from '../../src/limits/challenges.js'
import { type Charge, createLimits } from '../../src/limits/limits.js'
import { TOP_LEVEL } from '../../src/limits/work.js'
import {
  countOn,
  newEmail,
  withRedis,
  PASSWORD,
  SECRET,
  signUpDevice,
  startServer,
  type TestServer,
} from '../helpers.js'
import { address, env, signInAs, statuses, times } from './attempts-helpers.js'
import { type IssuedChallenge, challengeIn, solve, withSolution } from './solving.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env })
})
afterAll(() => server[Symbol.asyncDispose]())

const WRONG = 'a wrong password'

const signInWith = (headers: Record<string, string>, email: string, password = PASSWORD): Promise<Response> =>
  server.browser({ 'x-forwarded-for': address(), ...headers }).post('/api/auth/sign-in/email', { email, password })

/** As if so many attempts had failed at once; with the most work, if there is no place for them without. */
const countAtOnce = (number: number, charge: Charge, { work = false } = {}): Promise<void> =>
  withRedis(server.redis, async (redis) => {
    const limits = createLimits(redis, [SECRET])
    const count = () =>
      limits.within(
        [charge],
        async () => undefined,
        () => 'wrong',
        { solution: work ? { level: TOP_LEVEL, id: randomBytes(16).toString('hex') } : null },
      )
    await Promise.all(Array.from({ length: number }, count))
  })

test('of guesses from ever new addresses ten pass without work, and the owner signs in throughout', async () => {
  const owner = await signUpDevice(server)
  const seen: unknown[] = []
  for (let n = 1; n <= 12; n += 1) {
    const answers = Array.from({ length: 3 }, () => signInAs(server, `203.0.${n}.1`, owner.email, WRONG))
    for (const answer of await Promise.all(answers))
      seen.push(answer.status === 401 ? 'passed' : (await challengeIn(answer)).parameters.data.level)
    if (n % 4 === 0) await owner.signIn(owner.email)
  }
  expect(seen.toSorted()).toEqual([
    ...Array.from({ length: 26 }, () => 1),
    ...Array.from({ length: 10 }, () => 'passed'),
  ])
})

test('the work doubles as the wrong passwords double, up to 16 times that of the first', async () => {
  const email = newEmail()
  const workOf = async (): Promise<number[]> => {
    const { data, cost } = (await challengeIn(await signInWith({}, email))).parameters
    return [data.level, cost]
  }
  const seen: number[][] = []
  for (const more of [10, 10, 20, 40, 80, 200]) {
    await countAtOnce(more, ['sign-in:account', email], { work: true })
    seen.push(await workOf())
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 5].map((level) => [level, 2_000]))
  await withRedis(server.redis, async (redis) => {
    const sizes = await Promise.all((await redis.keys('limit:sign-in:account:*')).map((key) => redis.zcard(key)))
    expect(Math.max(...sizes), 'it stores no more than it needs').toBe(160)
  })
})

describe('networks around a client share limits', () => {
  test.each<[string, number, Charge, from: string, elsewhere: string]>([
    ['/56', 100, ['sign-in:home', homeOf('2001:db8:5:a00::1')], '2001:db8:5:aff::1', '2001:db8:5:b00::1'],
    ['/48', 200, ['sign-in:site', siteOf('2001:db8:6::1')], '2001:db8:6:7777::1', '2001:db8:7::1'],
    ['/24', 200, ['sign-in:site', siteOf('192.0.2.1')], '192.0.2.77', '192.0.3.77'],
  ])('%s: after %i wrong passwords its sign-ins need work, and those elsewhere do not', async (...row) => {
    const [, points, charge, from, elsewhere] = row
    await countAtOnce(points - 1, charge)
    expect(await statuses(2, () => signInAs(server, from, newEmail(), WRONG))).toEqual([401, 429])
    expect((await signInAs(server, elsewhere, newEmail(), WRONG)).status).toBe(401)
  })
})

function homeOf(client: string): Network {
  return new Client(client).surroundings.home as Network // of IPv6
}

function siteOf(client: string): Network {
  return new Client(client).surroundings.site as Network // of a known address
}

test('a solution passes one sign-in, to its account, before it expires, as it was asked for', async () => {
  const { email } = await signUpDevice(server, { 'x-forwarded-for': address() })
  const another = newEmail()
  for (const one of [email, another]) await countOn(server.redis, 10, ['sign-in:account', one])
  const payload = await solve(await challengeIn(await signInWith({}, email)))
  const { challenge, solution } = payload
  const { parameters } = challenge

  const forged: [string, object][] = [
    ['another level', { solution, challenge: { ...challenge, parameters: changed(parameters, { level: 5 }) } }],
    ['a later end', { solution, challenge: { ...challenge, parameters: changed(parameters, { expiresAt: 9e12 }) } }],
    ['less work', { solution, challenge: { ...challenge, parameters: { ...parameters, keyPrefix: '00' } } }],
    ['no signature', { solution, challenge: { parameters } }],
    ['another signature', { solution, challenge: { ...challenge, signature: '00'.repeat(32) } }],
    ['another key', { challenge, solution: { ...solution, derivedKey: '00'.repeat(32) } }],
    ['no solution', { challenge }],
    ['nothing', {}],
  ]
  for (const [name, one] of forged) expect((await signInWith(withSolution(one), email)).status, name).toBe(429)
  for (const junk of ['%', 'bnVsbA==', 'e30', ' '.repeat(3), 'ff'.repeat(4_000)])
    expect((await signInWith({ 'x-challenge-solution': junk }, email)).status).toBe(429)

  await challengeIn(await signInWith(withSolution(payload), another))
  server.clock.ahead = CHALLENGE_LIFE_MS + 1_000
  await challengeIn(await signInWith(withSolution(payload), email))
  server.clock.ahead = 0

  const together = await Promise.all([
    signInWith(withSolution(payload), email),
    signInWith(withSolution(payload), email),
  ])
  expect(together.map(({ status }) => status).toSorted()).toEqual([200, 429])
  await challengeIn(await signInWith(withSolution(payload), email))
})

function changed(parameters: IssuedChallenge['parameters'], data: object): object {
  return { ...parameters, data: { ...parameters.data, ...data } }
}

test('a solution that passed on one server passes on none whose secrets are newer', async () => {
  const proof = { level: TOP_LEVEL, id: randomBytes(16).toString('hex') }
  await withRedis(server.redis, async (redis) => {
    const pass = (secret: string) =>
      createLimits(redis, [secret]).within(
        [],
        async () => 'passed',
        () => 'right',
        { solution: proof },
      )
    expect(await pass(SECRET)).toBe('passed')
    await expect(pass(`${SECRET} anew`)).rejects.toThrow(ChallengeNeededError)
  })
})

test('a browser that has signed in has tries of its own, and then needs work like any other', async () => {
  const from = { 'x-forwarded-for': address() }
  const owner = await signUpDevice(server, from)
  const stranger = await signUpDevice(server, from)
  await countOn(server.redis, 10, ['sign-in:account', owner.email])
  await countOn(server.redis, 50, ['sign-in:address', new Client(from['x-forwarded-for'])])
  const attempt = (device: typeof owner, password: string, headers = {}) =>
    device.request('/api/auth/sign-in/email', {
      method: 'POST',
      headers,
      body: JSON.stringify({ email: owner.email, password }),
    })
  await challengeIn(await attempt(stranger, WRONG)) // its cookie is good, and not for this account
  expect(await statuses(9, () => attempt(owner, WRONG))).toEqual(times(9, 401))
  expect(await statuses(2, () => attempt(owner, PASSWORD)), 'a right one does not count').toEqual([200, 200])
  expect((await attempt(owner, WRONG)).status).toBe(401)
  const asked = await challengeIn(await attempt(owner, PASSWORD))
  expect((await attempt(owner, PASSWORD, withSolution(await solve(asked)))).status).toBe(200)
})

test('a browser that has not signed in since the password changed has no tries of its own', async () => {
  const owner = await signUpDevice(server, { 'x-forwarded-for': address() })
  const phone = server.browser({ 'x-forwarded-for': address() })
  await phone.signIn(owner.email)
  const newPassword = `${PASSWORD} anew`
  await owner.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword })
  await countOn(server.redis, 10, ['sign-in:account', owner.email])
  const attempt = (headers = {}) =>
    phone.request('/api/auth/sign-in/email', {
      method: 'POST',
      headers,
      body: JSON.stringify({ email: owner.email, password: newPassword }),
    })
  const asked = await challengeIn(await attempt())
  expect((await attempt(withSolution(await solve(asked)))).status).toBe(200)
  expect((await attempt()).status, 'it has signed in since').toBe(200)
})

test('a challenge is the same for an address with an account and one without', async () => {
  const { email } = await signUpDevice(server, { 'x-forwarded-for': address() })
  const nobody = newEmail()
  const shapes = []
  for (const one of [email, nobody]) {
    await countOn(server.redis, 10, ['sign-in:account', one])
    const answer = await signInWith({}, one)
    const { parameters, signature } = await challengeIn(answer.clone())
    const { data } = parameters
    shapes.push({
      names: [...answer.headers.keys()].toSorted(),
      parameters: Object.keys(parameters),
      data: [Object.keys(data), data.level, data.subject.length],
      signature: signature?.length,
    })
    expect(JSON.stringify(parameters)).not.toContain(one)
  }
  expect(shapes[0]).toEqual(shapes[1])
})

test('beyond the limit of their network, sign-ups and reset requests pass with work for just that', async () => {
  const from = { 'x-forwarded-for': address() }
  const client = new Client(from['x-forwarded-for'])
  const email = newEmail()
  await countOn(server.redis, 60, ['sign-up:address', client], 'done')
  await countOn(server.redis, 30, ['request-reset:address', client], 'done')
  const signUp = (more = {}) =>
    server.browser({ ...from, ...more }).post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada' })
  const requestReset = (more = {}) =>
    server.browser({ ...from, ...more }).post('/api/auth/request-password-reset', { email })
  const solved = withSolution(await solve(await challengeIn(await signUp())))
  await challengeIn(await requestReset(solved))
  expect((await signUp(solved)).status).toBe(200)
  await challengeIn(await signUp(solved))
})

test('challenges outlive a change of the secret', async () => {
  const clock = () => Date.now()
  const before = createChallenges(['the old secret'], clock)
  const challenge = (await before.issue('sign-in', 'ada@example.org', 1)) as IssuedChallenge // with our data
  const payload = Object.values(withSolution(await solve(challenge)))[0]
  const verify = (...secrets: [string, ...string[]]) =>
    createChallenges(secrets, clock).verify(payload, 'sign-in', 'ada@example.org')
  expect(await verify('the new secret', 'the old secret')).toEqual({ level: 1, id: challenge.parameters.nonce })
  expect(await verify('the new secret')).toBeNull()
})
