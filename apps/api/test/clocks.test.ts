import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOpenIdProvider } from '@rollcall/dev-auth'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { userTagOf } from '@rollcall/session-store'
import { type ApiServer, clockAhead, startApi } from '@rollcall/dev-servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { tokensTo } from './outbox.js'

// Two servers in processes of their own, the clock of one of which is an hour ahead.

const HOUR = 60 * 60 * 1_000
const PASSWORDS = ['the first of the passwords', 'another one after it', 'and the last of them']

let redis: PrivateRedis
let dataDir: string
let provider: Awaited<ReturnType<typeof startOpenIdProvider>>
let servers: Record<'ahead' | 'right', ApiServer>
beforeAll(async () => {
  redis = await startRedis()
  dataDir = await mkdtemp(join(tmpdir(), 'rollcall-clocks-'))
  provider = await startOpenIdProvider()
  const SIGN_IN_PROVIDERS = JSON.stringify([{ id: 'acme', name: 'Acme', issuer: provider.issuer, ...provider.client }])
  const start = (offset: number) =>
    startApi(dataDir, redis.url, undefined, { ...clockAhead(offset), SIGN_IN_PROVIDERS })
  const [ahead, right] = await Promise.all([start(HOUR), start(0)])
  servers = { ahead, right }
}, 90_000)
afterAll(async () => {
  await Promise.all(Object.values(servers ?? {}).map((server) => server.kill()))
  await redis?.stop()
  await provider?.[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true, force: true })
})

vi.setConfig({ testTimeout: 120_000 }) // each hash of a password takes seconds on a busy machine

type At = keyof typeof servers

function newBrowser() {
  const cookies = new Map<string, string>()
  const sendOnce = async (
    at: At,
    path: string,
    body?: object,
  ): Promise<{ status: number; body: Record<string, unknown> | null }> => {
    const response = await fetch(`${servers[at].url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        cookie: [...cookies.values()].join('; '),
        ...(body && { origin: servers[at].origin, 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    for (const set of response.headers.getSetCookie()) {
      cookies.set(set.slice(0, set.indexOf('=')), set.slice(0, set.indexOf(';')))
    }
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as Record<string, unknown>) }
  }
  const send: typeof sendOnce = async (...request) => {
    const answer = await sendOnce(...request)
    return answer.status === 503 ? send(...request) : answer // Redis was late on a busy machine
  }
  return {
    send,
    sendOnce,
    signIn: (at: At, email: string, password: string) => send(at, '/api/auth/sign-in/email', { email, password }),
    current: (at: At) => send(at, '/trpc/session.current'),
    deviceId: async (at: At) =>
      withDevices.parse((await send(at, '/trpc/devices.list')).body).result.data[0]?.deviceId ?? '',
  }
}

let people = 0

const withDevices = z.object({ result: z.object({ data: z.array(z.object({ deviceId: z.string() })) }) })
const withEntries = z.object({
  result: z.object({ data: z.object({ entries: z.array(z.object({ type: z.string(), at: z.iso.datetime() })) }) }),
})
const withExpiry = z.object({ result: z.object({ data: z.object({ expiresAt: z.iso.datetime() }) }) })
const withUrl = z.object({ url: z.url() })
const withUser = z.object({ user: z.object({ id: z.string() }) })

async function newPerson(at: At) {
  people += 1
  const email = `ada-${people}@example.org`
  const browser = newBrowser()
  const { status, body } = await browser.send(at, '/api/auth/sign-up/email', {
    email,
    password: PASSWORDS[0],
    name: 'Ada',
  })
  expect(status).toBe(200)
  return { ...browser, email, userId: withUser.parse(body).user.id }
}

const pairs: [At, At][] = [
  ['ahead', 'right'],
  ['right', 'ahead'],
]

describe.each(pairs)('between a server whose clock is %s and one whose clock is %s', (here, there) => {
  test('a password change locks nobody out, and ends the other sessions', async () => {
    const person = await newPerson(there)
    const other = newBrowser()
    expect((await other.signIn(there, person.email, PASSWORDS[0] ?? '')).status).toBe(200)
    const change = await person.send(here, '/api/auth/change-password', {
      currentPassword: PASSWORDS[0],
      newPassword: PASSWORDS[1],
    })
    expect(change.status).toBe(200)
    expect((await other.current(there)).status).toBe(401)
    expect((await person.current(there)).status).toBe(200)
    for (const at of [there, here])
      expect(await newBrowser().signIn(at, person.email, PASSWORDS[1] ?? '')).toMatchObject({ status: 200 })
  })

  test('a rename is dated by the clock of the other events', async () => {
    const person = await newPerson(here)
    const renamed = await person.send(there, '/trpc/devices.rename', {
      id: await person.deviceId(here),
      name: 'Laptop',
    })
    expect(renamed.status).toBe(200)
    const { entries } = withEntries.parse((await person.send(here, '/trpc/activity.list')).body).result.data
    expect(entries.map(({ type }) => type)).toEqual(['renamed', 'signed-in-first'])
    expect(Math.abs(Date.parse(entries[0]?.at ?? '') - Date.now())).toBeLessThan(HOUR / 2)
  })

  test('a proof of the password counts', async () => {
    const person = await newPerson(here)
    expect((await person.send(here, '/api/auth/reauthenticate', { password: PASSWORDS[0] })).status).toBe(200)
    expect((await person.send(there, '/trpc/devices.revokeOthers', {})).status).toBe(200)
  })

  test('a reset link is good', async () => {
    const { email } = await newPerson(here)
    expect((await newBrowser().send(here, '/api/auth/request-password-reset', { email })).status).toBe(200)
    const [token] = await tokensTo({ outbox: join(dataDir, 'outbox') }, email, 'reset-password')
    const reset = await newBrowser().send(there, '/api/auth/reset-password', { newPassword: PASSWORDS[2], token })
    expect(reset).toMatchObject({ status: 200 })
    expect((await newBrowser().signIn(here, email, PASSWORDS[2] ?? '')).status).toBe(200)
  })
})

test.each(['ahead', 'right'] as const)(
  'at a server whose clock is %s, a provider signs in and proves, if it has checked its user since the question',
  async (at) => {
    people += 1
    const person = { sub: `person-${people}`, email: `ada-${people}@example.org`, email_verified: true, name: 'Ada' }
    Object.assign(provider.answer, { person, age: 0 })
    const { send, sendOnce } = newBrowser()
    const go = async (purpose: string): ReturnType<typeof send> => {
      const asked = await send(at, `/api/auth/provider/${purpose}`, { provider: 'acme' })
      const { searchParams } = await provider.visit(withUrl.parse(asked.body).url)
      const answer = await sendOnce(at, '/api/auth/oauth2/callback/acme', Object.fromEntries(searchParams))
      return answer.status === 503 ? go(purpose) : answer // with a new code: the provider has used this one up
    }
    expect(await go('sign-in')).toMatchObject({ status: 200 })
    expect(await go('prove')).toMatchObject({ status: 200 })
    provider.answer.age = 60
    expect(await go('prove')).toMatchObject({ status: 403, body: { code: 'PROVIDER_PROOF_REFUSED' } })
  },
)

test('a watermark in the future refuses one sign-in, which is no wrong password and takes no attempt', async () => {
  const { email, userId } = await newPerson('right')
  await using admin = Object.assign(new Redis(redis.url), { [Symbol.asyncDispose]: async () => admin.disconnect() })
  const attempts = async () => {
    const keys = await admin.keys('limit:sign-in:*')
    const counts = await Promise.all(keys.map((key) => admin.zcard(key)))
    return counts.reduce((sum, count) => sum + count, 0)
  }
  const before = await attempts()
  await admin.hset(`user:{${userTagOf(userId)}}:sessions`, '!notBefore', Date.now() + HOUR) // as an earlier version would leave it
  const refused = await newBrowser().signIn('right', email, PASSWORDS[0] ?? '')
  expect(refused).toMatchObject({ status: 409, body: { code: 'CREDENTIALS_CHANGED' } })
  await expect.poll(servers.right.output).toContain('"result":"superseded"')
  expect(await attempts()).toBe(before)
  expect(await newBrowser().signIn('right', email, PASSWORDS[0] ?? '')).toMatchObject({ status: 200 })
  expect(await newBrowser().signIn('right', email, 'a wrong password')).toMatchObject({ status: 401 })
  expect(await attempts()).toBeGreaterThan(before)
})

test('a server whose clock is off says so, once', async () => {
  const warnings = (at: At) =>
    servers[at]
      .output()
      .split('\n')
      .filter((line) => line.includes('The clock of this server is'))
  await expect
    .poll(() => warnings('ahead'))
    .toEqual([expect.stringMatching(/"level":"warn".*"aheadMs":3[56]\d{5}.*ahead of that of Redis/)])
  expect(warnings('right')).toEqual([])
})

test('a sign-in that is not remembered lasts a day by the clock of Redis, whatever that of its server says', async () => {
  const { email } = await newPerson('right')
  const behind = await startApi(dataDir, redis.url, undefined, clockAhead(-25 * HOUR))
  try {
    for (const server of [servers.ahead, servers.right, behind]) {
      const signIn = async (): Promise<Response> => {
        const answer = await fetch(`${server.url}/api/auth/sign-in/email`, {
          method: 'POST',
          headers: { origin: server.origin, 'content-type': 'application/json' },
          body: JSON.stringify({ email, password: PASSWORDS[0], rememberMe: false }),
        })
        return answer.status === 503 ? signIn() : answer // Redis was late on a busy machine
      }
      const answer = await signIn()
      expect(answer.status).toBe(200)
      const cookie = answer.headers.getSetCookie().map((set) => set.slice(0, set.indexOf(';')))
      const found = await fetch(`${servers.right.url}/trpc/session.current`, { headers: { cookie: cookie.join('; ') } })
      const { expiresAt } = withExpiry.parse(await found.json()).result.data
      const hoursLeft = (Date.parse(expiresAt) - Date.now()) / HOUR
      expect(hoursLeft).toBeGreaterThan(23.9)
      expect(hoursLeft).toBeLessThan(24.1)
    }
  } finally {
    await behind.kill()
  }
})
