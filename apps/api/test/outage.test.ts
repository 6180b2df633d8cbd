/* oxlint-disable max-lines -- One server, with a Redis that fails in each way, serves all of it. */
import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { redisOptions } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Browser,
  newEmail,
  withRedis,
  PASSWORD,
  procedures,
  signUpDevice,
  startServer,
  type TestServer,
} from './helpers.js'
import { tokensTo } from './outbox.js'
import { startSlowProxy } from './slow-redis.js'

// Every way in which Redis can fail, with every call that reaches it in some way, over real HTTP.

let redis: PrivateRedis
let slow: Awaited<ReturnType<typeof startSlowProxy>>
let server: TestServer
beforeAll(async () => {
  redis = await startRedis({ persist: true })
  slow = await startSlowProxy(redis)
  server = await startServer({ redis, env: { REDIS_URL: slow.url }, revalidateEvery: 500 })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await slow[Symbol.asyncDispose]()
  await redis.stop()
})

const NEW_PASSWORD = 'a new password, and a better one'

/** The kind of command that a call needs. A full Redis still deletes, a replica still reads. */
type Need = 'read' | 'delete' | 'write'

type Scene = Awaited<ReturnType<typeof scene>>

/** Someone with four devices, and three others: one changes their password, one resets it, and one deletes their account. */
async function scene() {
  const laptop = await signUpDevice(server)
  const [phone, tablet, kiosk] = [server.browser(), server.browser(), server.browser()]
  for (const device of [phone, tablet, kiosk]) await device.signIn(laptop.email)
  const [bob, carol, dora] = [await signUpDevice(server), await signUpDevice(server), await signUpDevice(server)]
  await carol.post('/api/auth/request-password-reset', { email: carol.email })
  const { id } = await phone.api.session.current.query()
  const deviceId = (await phone.api.devices.list.query()).find((device) => device.isCurrent)?.deviceId
  return {
    devices: { laptop, phone, tablet, kiosk },
    phoneId: id,
    deviceId,
    bob,
    carol,
    dora,
    resetToken: (await tokensTo(server, carol.email, 'reset-password'))[0],
  }
}

/** In an order in which each can succeed after the ones before. */
const calls: readonly [name: string, need: Need, make: (scene: Scene) => Promise<Response>][] = [
  ['session.current', 'read', ({ devices }) => devices.laptop.request('/trpc/session.current')],
  ['devices.list', 'read', ({ devices }) => devices.laptop.request('/trpc/devices.list')],
  ['devices.unusual', 'read', ({ devices }) => devices.laptop.request('/trpc/devices.unusual')],
  [
    'devices.details',
    'read',
    ({ devices, phoneId }) => devices.laptop.request(`/trpc/devices.details?input=${JSON.stringify({ id: phoneId })}`),
  ],
  [
    'devices.confirm',
    'write',
    ({ devices, phoneId }) => devices.laptop.post('/trpc/devices.confirm', { ids: [phoneId] }),
  ],
  ['activity.list', 'read', ({ devices }) => devices.laptop.request('/trpc/activity.list')],
  [
    'account.setLanguage',
    'write',
    ({ devices }) => devices.laptop.post('/trpc/account.setLanguage', { language: 'de' }),
  ],
  ['account.changeName', 'write', ({ dora }) => dora.post('/trpc/account.changeName', { name: 'Dora' })],
  ['account.data', 'write', ({ dora }) => dora.request('/trpc/account.data')],
  ['account.password', 'read', ({ bob }) => bob.request('/trpc/account.password')],
  ['account.delete', 'write', ({ dora }) => dora.post('/trpc/account.delete', undefined)],
  ['emailChange.pending', 'read', ({ bob }) => bob.request('/trpc/emailChange.pending')],
  [
    'emailChange.request',
    'write',
    ({ bob }) => bob.post('/trpc/emailChange.request', { email: 'new-bob@example.org' }),
  ],
  ['emailChange.cancel', 'write', ({ bob }) => bob.post('/trpc/emailChange.cancel', undefined)],
  ['passkeys.list', 'read', ({ bob }) => bob.request('/trpc/passkeys.list')],
  ['providers.list', 'read', ({ bob }) => bob.request('/trpc/providers.list')],
  ['passkeys.rename', 'write', ({ bob }) => bob.post('/trpc/passkeys.rename', { id: 'none', name: 'Phone' })],
  [
    'sign-up',
    'write',
    () => server.browser().post('/api/auth/sign-up/email', { email: newEmail(), password: PASSWORD, name: 'Eve' }),
  ],
  [
    'sign-in',
    'write',
    ({ devices }) =>
      server.browser().post('/api/auth/sign-in/email', { email: devices.laptop.email, password: PASSWORD }),
  ],
  ['request-password-reset', 'write', ({ bob }) => bob.post('/api/auth/request-password-reset', { email: bob.email })],
  [
    'change-password',
    'write',
    ({ bob }) => bob.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }),
  ],
  [
    'reset-password',
    'write',
    ({ resetToken }) =>
      server.browser().post('/api/auth/reset-password', { newPassword: NEW_PASSWORD, token: resetToken }),
  ],
  [
    'devices.rename',
    'write',
    ({ devices, deviceId }) => devices.laptop.post('/trpc/devices.rename', { id: deviceId, name: 'laptop' }),
  ],
  ['devices.revoke', 'delete', ({ devices, phoneId }) => devices.laptop.post('/trpc/devices.revoke', { id: phoneId })],
  [
    'devices.revokeMany',
    'delete',
    ({ devices, phoneId }) => devices.laptop.post('/trpc/devices.revokeMany', { ids: [phoneId] }),
  ],
  ['sign-out', 'delete', ({ devices }) => devices.kiosk.post('/api/auth/sign-out', {})],
  ['devices.revokeOthers', 'delete', ({ devices }) => devices.laptop.post('/trpc/devices.revokeOthers', undefined)],
  ['devices.revokeAll', 'delete', ({ devices }) => devices.laptop.post('/trpc/devices.revokeAll', undefined)],
]

test('every procedure of the router is among the calls', () => {
  const names = calls.map(([name]) => name)
  // A stream does not end with its answer: it has a test of its own below.
  const answering = procedures.filter(({ type }) => type !== 'subscription').map(({ path }) => path)
  const ofPeople = answering.filter((path) => !path.startsWith('admin.')) // those of administrators: admin.test.ts
  expect(names).toEqual(expect.arrayContaining(ofPeople))
})

interface Outage {
  readonly begin: () => unknown
  readonly end: () => unknown
  /** The kinds of commands that still work. */
  readonly still: readonly Need[]
  /** Its state in the answer of `/readyz`. */
  readonly redis: 'ok' | 'not writable' | 'unavailable'
}

const asAdmin = (...command: [string, ...string[]]) => withRedis(redis, (admin) => admin.call(...command))

const outages: Record<string, Outage> = {
  killed: {
    begin: () => process.kill(redis.pid, 'SIGKILL'),
    end: () => redis.restart(),
    still: [],
    redis: 'unavailable',
  },
  hung: {
    begin: () => process.kill(redis.pid, 'SIGSTOP'),
    end: () => process.kill(redis.pid, 'SIGCONT'),
    still: [],
    redis: 'unavailable',
  },
  'behind another password': {
    begin: () =>
      withRedis(redis, async (admin) => {
        await admin.config('SET', 'requirepass', 'changed')
        await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      }),
    async end() {
      const admin = new Redis(redis.url, { password: 'changed' })
      await admin.config('SET', 'requirepass', '')
      admin.disconnect()
    },
    still: [],
    redis: 'unavailable',
  },
  'slower than the timeout': {
    begin: () => (slow.way.delay = redisOptions.commandTimeout * 10), // a server that is late itself waits for longer
    end: () => (slow.way.delay = 0),
    still: [],
    redis: 'unavailable',
  },
  'a read-only replica': {
    begin: () => asAdmin('REPLICAOF', '127.0.0.1', '1'),
    end: () => asAdmin('REPLICAOF', 'NO', 'ONE'),
    still: ['read'],
    redis: 'not writable',
  },
  full: {
    begin: () => asAdmin('CONFIG', 'SET', 'maxmemory', '1'),
    end: () => asAdmin('CONFIG', 'SET', 'maxmemory', '0'),
    still: ['read', 'delete'],
    redis: 'not writable',
  },
  slow: {
    begin: () => (slow.way.delay = redisOptions.commandTimeout * 0.75),
    end: () => (slow.way.delay = 0),
    still: ['read', 'delete', 'write'],
    redis: 'ok',
  },
}

/** Milliseconds in which the server must be of use again, on a machine that is busy. */
const RECOVERY = 30_000

async function readiness(): Promise<{ status: number; body: unknown }> {
  const response = await server.send('/readyz')
  return { status: response.status, body: await response.json() }
}

/**
 * Until `/readyz` says so. Its answer is shared for a second: one from before the outage must not pass for the recovery.
 */
async function waitForReadiness(state: Outage['redis']): Promise<void> {
  const status = state === 'unavailable' ? 503 : 200
  await expect.poll(readiness).toEqual({ status, body: { status: state, redis: state, database: 'ok' } })
}

/** Once the outage was noticed. */
async function waitForRecovery(): Promise<void> {
  const deadline = performance.now() + RECOVERY
  for (;;) {
    const { body } = await readiness()
    if (JSON.stringify(body) === JSON.stringify({ status: 'ok', redis: 'ok', database: 'ok' })) return
    if (performance.now() > deadline) throw new Error(`The server did not come back within ${RECOVERY} ms`)
    await pause(20)
  }
}

const jarsOf = ({ devices, bob, carol, dora }: Scene) =>
  [...Object.values(devices), bob, carol, dora].map(({ jar }) => new Map(jar))

/** Answers that are no outage any more: on a machine that is busy, replies of before may still be on the way. */
async function retryOutage(work: () => Promise<Response>): Promise<number> {
  const deadline = performance.now() + RECOVERY
  for (;;) {
    const { status } = await work()
    if (status !== 503 || performance.now() > deadline) return status
    await pause(20)
  }
}

const signsIn = (email: string, password: string): Promise<number> =>
  retryOutage(() => server.browser().post('/api/auth/sign-in/email', { email, password }))

const statusOf = (device: Browser): Promise<number> => retryOutage(() => device.request('/trpc/session.current'))

describe.each(Object.entries(outages))('while Redis is %s', (_, { begin, end, still, redis: state }) => {
  test('each call does what can be done or answers 503 in time, and all is back without a restart', async () => {
    const stage = await scene()
    await begin()
    try {
      for (const [name, need, make] of calls) {
        const jars = jarsOf(stage)
        const started = performance.now()
        let response = await make(stage)
        const took = performance.now() - started
        if (still.includes(need)) {
          // A machine that is slow itself can make a slow answer late: unknown, and asked again.
          const late = state === 'ok' && response.status === 503
          for (let left = late ? 5 : 0; response.status === 503 && left > 0; left -= 1) response = await make(stage)
          // It may have been done all the same, as is seen below: then the session has ended, or the token is used.
          const done = name === 'reset-password' ? 400 : 401
          expect(late ? [200, done] : [200], `${name}: ${await response.clone().text()}`).toContain(response.status)
          continue
        }
        const code = name.includes('.')
          ? { error: { data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 } } }
          : { code: /UNAVAILABLE$/ }
        expect({ name, status: response.status, cookies: response.headers.getSetCookie() }).toEqual({
          name,
          status: 503,
          cookies: [],
        })
        expect(await response.json(), name).toMatchObject(
          'code' in code ? { code: expect.stringMatching(code.code) } : code,
        )
        if (name.includes('.')) expect(response.headers.get('retry-after'), name).toBe('1')
        expect(jarsOf(stage), name).toEqual(jars)
        expect(took, name).toBeLessThan(10_000) // a bound against hanging: a few commands of 200 ms may follow each other, on a machine that is busy
      }
      await waitForReadiness(state)
      expect((await server.send('/healthz')).status).toBe(200)
    } finally {
      await end()
    }
    await waitForRecovery()

    const { laptop } = stage.devices
    for (const [name, device] of Object.entries(stage.devices)) {
      expect(await statusOf(device), name).toBe(still.includes('delete') ? 401 : 200)
    }
    for (const { email } of [stage.bob, stage.carol])
      expect(await signsIn(email, PASSWORD)).toBe(still.includes('write') ? 401 : 200)
    // A full Redis has signed everybody out by then; only the event is missing, and the account is gone.
    expect(await signsIn(stage.dora.email, PASSWORD)).toBe(still.includes('delete') ? 401 : 200)
    expect(await statusOf(stage.bob)).toBe(200)
    expect(await statusOf(stage.carol)).toBe(still.includes('write') ? 401 : 200)
    expect(await signsIn(laptop.email, PASSWORD)).toBe(200)
  })

  test('an open stream waits at most, a new one gets the outage as its answer, and no page says that somebody was signed out', async () => {
    const device = await signUpDevice(server)
    const { id } = await device.api.session.current.query()
    const open = await device.stream()
    expect(await open.message()).toEqual([id])
    await begin()
    try {
      let fresh = await device.stream()
      let message = await fresh.message()
      if (still.includes('read')) {
        // As above: a machine that is slow itself can make a slow answer late.
        for (
          let left = state === 'ok' ? 5 : 0;
          JSON.stringify(message).includes('SERVICE_UNAVAILABLE') && left > 0;
          left -= 1
        ) {
          fresh = await device.stream()
          message = await fresh.message()
        }
        expect(message).toEqual([id])
      } else {
        expect(message).toMatchObject({
          event: 'serialized-error',
          data: { data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 } },
        })
        expect(await open.message()).toEqual({ type: 'waiting' })
      }
      await fresh.close()
      await waitForReadiness(state)
    } finally {
      await end()
    }
    await waitForRecovery()

    const other = server.browser()
    await other.signIn(device.email)
    const { id: otherId } = await other.api.session.current.query()
    for (;;) {
      const message = await open.message()
      if (JSON.stringify(message) === JSON.stringify([id, otherId])) break
      expect([[id], { type: 'waiting' }]).toContainEqual(message)
    }
    await open.close()
  })
})

test('outages say in the log what it was, and leave out the stacks that would flood it', () => {
  const failures = server.lines().filter(({ msg }) => /^A (procedure|request) failed$/.test(msg))
  expect(failures.length).toBeGreaterThan(Object.keys(outages).length)
  for (const line of failures) {
    expect(line).toMatchObject({
      err: { name: 'SessionStoreUnavailableError', cause: { name: expect.any(String), message: expect.any(String) } },
    })
    expect(JSON.stringify(line)).not.toContain('"stack"')
    expect(JSON.stringify(line).length).toBeLessThan(500)
  }
})

test('revocations during an outage are audited as unavailable, never as done', () => {
  const done = Object.values(outages).filter(({ still }) => still.includes('delete')).length
  for (const event of ['sign-out', 'revoke', 'revoke-many', 'revoke-others', 'revoke-all']) {
    const audits = server.audits().filter((audit) => audit['event'] === event)
    const unavailable = audits.filter(({ result }) => result === 'unavailable')
    expect(unavailable.length, event).toBeGreaterThanOrEqual(Object.keys(outages).length - done)
    for (const { ended } of unavailable) expect(ended).toBeUndefined()
  }
})

test('sign-ins during an outage are audited as unavailable', () => {
  const refusing = Object.values(outages).filter(({ still }) => !still.includes('write')).length
  const unavailable = server.audits().filter(({ event, result }) => event === 'sign-in' && result === 'unavailable')
  expect(unavailable.length).toBeGreaterThanOrEqual(refusing)
  for (const audit of unavailable) {
    // The account itself is known only where the attempt came as far as looking it up.
    const account =
      'userId' in audit ? { userId: expect.any(String) } : { emailHash: expect.stringMatching(/^[\w-]{22}$/) }
    expect(audit).toEqual({ event: 'sign-in', result: 'unavailable', ipAddress: '127.0.0.1', ...account })
  }
})

describe('while Redis is hung', () => {
  let device: Browser
  beforeAll(async () => {
    device = await signUpDevice(server)
  })

  async function hangRedis(work: () => Promise<void>): Promise<void> {
    process.kill(redis.pid, 'SIGSTOP')
    try {
      await work()
      await waitForReadiness('unavailable')
    } finally {
      process.kill(redis.pid, 'SIGCONT')
    }
    await waitForRecovery()
  }

  test('the cause is in the log, and nowhere else', async () => {
    await hangRedis(async () => {
      const response = await device.request('/trpc/devices.list')
      expect(await response.text()).not.toMatch(/redis|timed out/i)
    })
    const line = server.lines().findLast(({ msg }) => msg === 'A procedure failed')
    expect(line).toMatchObject({
      level: 'error',
      procedure: 'devices.list',
      err: { name: 'SessionStoreUnavailableError', cause: { message: 'Command timed out' } },
    })
  })

  test('thousands of requests are answered at once, and leave nothing in memory', async () => {
    setFlagsFromString('--expose_gc')
    const collect = runInNewContext('gc') as () => void // what the flag puts there
    const cookie = [...device.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    async function load(
      requests: number,
      path: string,
      status: number,
    ): Promise<{ median: number; slowest: number; heap: number }> {
      const times: number[] = []
      let left = requests
      const client = async (): Promise<void> => {
        while (left > 0) {
          left -= 1
          const started = performance.now()
          const response = await fetch(`${server.url}${path}`, { headers: { cookie } })
          expect(response.status).toBe(status)
          await response.arrayBuffer()
          times.push(performance.now() - started)
        }
      }
      await Promise.all(Array.from({ length: 8 }, client))
      server.forgetLines()
      await new Promise(setImmediate)
      collect()
      const [median = 0] = times.toSorted((a, b) => a - b).slice(times.length / 2)
      return { median, slowest: Math.max(...times), heap: process.memoryUsage().heapUsed }
    }
    await hangRedis(async () => {
      const before = await load(600, '/trpc/devices.list', 503) // until the code is warm
      const after = await load(1_000, '/trpc/devices.list', 503)
      const other = await load(600, '/healthz', 200) // asks nobody
      expect((after.heap - before.heap) / 1_000, 'bytes kept per request').toBeLessThan(5_000)
      // The circuit is open: only the few that find out that Redis hangs wait for a timeout.
      expect(after.median - other.median).toBeLessThan(redisOptions.commandTimeout / 2)
      expect(after.slowest, 'a hang').toBeLessThan(10_000)
    })
  })
})

test('without its database the server answers 503 where it needs it, and 200 where it does not', async () => {
  await using broken = await startServer()
  const person = await signUpDevice(broken)
  await broken.database().close()
  expect((await person.request('/trpc/devices.list')).status).toBe(200)
  const current = await person.request('/trpc/session.current')
  expect(current.status).toBe(503)
  expect(current.headers.get('retry-after')).toBe('1')
  const signIn = await broken.browser().post('/api/auth/sign-in/email', { email: person.email, password: PASSWORD })
  expect(signIn.status).toBe(503)
  expect(await signIn.json()).toEqual({ code: 'SERVICE_UNAVAILABLE', message: expect.any(String) })
  // When better-auth itself looks up the session, it joins it with its user.
  const asked: readonly [path: string, body: object][] = [
    ['reauthenticate', { password: PASSWORD }],
    ['change-password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }],
  ]
  for (const [path, body] of asked) {
    const answer = await person.post(`/api/auth/${path}`, body)
    expect({ path, status: answer.status, cookies: answer.headers.getSetCookie() }).toEqual({
      path,
      status: 503,
      cookies: [],
    })
  }
  const ready = await broken.send('/readyz')
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({ status: 'unavailable', redis: 'ok', database: 'unavailable' })
})
