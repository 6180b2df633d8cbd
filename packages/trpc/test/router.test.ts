/* oxlint-disable max-lines -- One application serves all of it. */
import { startRedis } from '@rollcall/dev-redis'
import { createStreams, type StreamMessage, type Streams } from '@rollcall/devices'
import { connectRedis, createSessionChanges, createSessionStore, redisOptions } from '@rollcall/session-store'
import { initTRPC } from '@trpc/server'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  createDevicesRouter,
  createSessionProcedure,
  reasonOf,
  type DevicesRouterOptions,
  type RevocationName,
} from '../src/index.js'

// The devices router on a real store.

const MINUTE_MS = 60_000
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0'

type App = Awaited<ReturnType<typeof startApp>>
let app: App
let users = 0
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app[Symbol.asyncDispose]())

async function startApp() {
  const server = await startRedis()
  // A busy machine is no outage.
  const redis = new Redis(server.url, {
    ...redisOptions,
    commandTimeout: 10_000,
    socketTimeout: 10_000,
    lazyConnect: true,
  })
  await connectRedis(redis)
  const clock = { stopsAt: null as number | null } // the cast: TypeScript takes it for null alone
  const store = createSessionStore({ redis, clock: () => clock.stopsAt ?? Date.now() })
  const changes = createSessionChanges({ redis })
  const streams = createStreams({ store, changes })
  const t = initTRPC.context<{ token: string }>().create()
  const procedure = t.procedure.concat(
    createSessionProcedure(async ({ token }: { token: string }) => {
      const session = await store.validate(token)
      return session && { session, token }
    }),
  )
  /** Calls it with the token of a session. */
  const callsOf = (token: string, options: Partial<DevicesRouterOptions<{ token: string }>> = {}) =>
    t.createCallerFactory(t.router({ devices: createDevicesRouter({ store, streams, procedure, ...options }) }))({
      token,
    }).devices
  return {
    clock,
    store,
    streams,
    procedure,
    callsOf,
    async signIn(userId: string) {
      const created = await store.create({ userId, userAgent: FIREFOX })
      if (created === null) throw new Error('The sign-in was refused')
      const { token, session } = created
      return { token, id: session.id, api: callsOf(token), isLive: async () => (await store.validate(token)) !== null }
    },
    async [Symbol.asyncDispose]() {
      streams.close()
      changes.close()
      redis.disconnect()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Somebody new on three devices. */
async function threeDevices() {
  const userId = `user ${(users += 1)}`
  return [await app.signIn(userId), await app.signIn(userId), await app.signIn(userId)] as const
}

/** Which of them still sign in. */
const live = (devices: readonly { isLive: () => Promise<boolean> }[]) => Promise.all(devices.map((one) => one.isLive()))

const isCurrentDevice = {
  code: 'BAD_REQUEST',
  message: 'This is the device in use. Sign out instead.',
}

/** Its messages, one after the other. */
async function openStream({ api }: { api: Awaited<ReturnType<App['signIn']>>['api'] }) {
  const messages = (await api.changes())[Symbol.asyncIterator]()
  return async (): Promise<StreamMessage | undefined> => (await messages.next()).value as StreamMessage | undefined // no return value
}

test('the list has all devices of the user, the current one marked, and none of another user', async () => {
  const [laptop, phone, tablet] = await threeDevices()
  await threeDevices()
  const list = await phone.api.list()
  expect(new Set(list.map(({ id }) => id))).toEqual(new Set([laptop.id, phone.id, tablet.id]))
  expect(list.filter(({ isCurrent }) => isCurrent).map(({ id }) => id)).toEqual([phone.id])
})

test('one device is revoked, and its page learns from which device', async () => {
  const [laptop, phone, tablet] = await threeDevices()
  const next = await openStream(phone)
  expect(await next()).toMatchObject({ type: 'devices' })
  expect(await laptop.api.revoke({ id: phone.id })).toEqual({ revoked: 1 })
  expect(await live([laptop, phone, tablet])).toEqual([true, false, true])
  let message = await next()
  while (message?.type === 'devices') message = await next()
  expect(message).toMatchObject({ type: 'ended', by: { isSelf: false, browser: 'Firefox' } })
})

test('an unknown id and that of another user answer alike, and nothing is revoked', async () => {
  const [laptop, phone, tablet] = await threeDevices()
  const [stranger] = await threeDevices()
  expect(await laptop.api.revoke({ id: stranger.id })).toEqual({ revoked: 0 })
  expect(await laptop.api.revoke({ id: 'unknown' })).toEqual({ revoked: 0 })
  expect(await laptop.api.revokeMany({ ids: [stranger.id, 'unknown'] })).toEqual({ revoked: 0 })
  expect(await live([laptop, phone, tablet, stranger])).toEqual([true, true, true, true])
})

test('several devices are revoked together, and their pages learn from which device', async () => {
  const [laptop, phone, tablet] = await threeDevices()
  const next = await openStream(phone)
  await next()
  expect(await laptop.api.revokeMany({ ids: [phone.id, tablet.id] })).toEqual({ revoked: 2 })
  expect(await live([laptop, phone, tablet])).toEqual([true, false, false])
  let message = await next()
  while (message?.type === 'devices') message = await next()
  expect(message).toMatchObject({ type: 'ended', by: { isSelf: false, browser: 'Firefox' } })
})

test('the current device is not revoked by its id, alone or among others', async () => {
  const [laptop, phone, tablet] = await threeDevices()
  await expect(laptop.api.revoke({ id: laptop.id })).rejects.toMatchObject(isCurrentDevice)
  await expect(laptop.api.revokeMany({ ids: [phone.id, laptop.id] })).rejects.toMatchObject(isCurrentDevice)
  expect(await live([laptop, phone, tablet])).toEqual([true, true, true])
})

test('an id has 1 to 64 characters, and a list of ids has 1 to 500', async () => {
  const [laptop] = await threeDevices()
  const ids = (count: number) => Array.from({ length: count }, (_, n) => `unknown ${n}`)
  for (const refused of ['', 'x'.repeat(65)]) {
    await expect(laptop.api.revoke({ id: refused })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(laptop.api.revokeMany({ ids: [refused] })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  }
  for (const count of [0, 501])
    await expect(laptop.api.revokeMany({ ids: ids(count) })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  expect(await laptop.api.revoke({ id: 'x'.repeat(64) })).toEqual({ revoked: 0 })
  expect(await laptop.api.revokeMany({ ids: ids(500) })).toEqual({ revoked: 0 })
})

test('all other devices are revoked', async () => {
  const devices = await threeDevices()
  expect(await devices[1].api.revokeOthers()).toEqual({ revoked: 2 })
  expect(await live(devices)).toEqual([false, true, false])
})

test('all devices are revoked, and the page that asked learns that it did', async () => {
  const devices = await threeDevices()
  const next = await openStream(devices[0])
  await next()
  expect(await devices[0].api.revokeAll()).toEqual({ revoked: 3 })
  expect(await live(devices)).toEqual([false, false, false])
  let message = await next()
  while (message?.type === 'devices') message = await next()
  expect(message).toMatchObject({ type: 'ended', by: { isSelf: true } })
  await expect(devices[0].api.list()).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
})

test('a session that was revoked after its validation revokes no others', async () => {
  const devices = await threeDevices()
  const revoked = app.procedure.use(async ({ ctx, next }) => {
    await app.store.revoke(ctx.session.userId, ctx.session.id)
    return next()
  })
  const api = app.callsOf(devices[0].token, { revocation: () => revoked })
  await expect(api.revokeOthers()).rejects.toMatchObject({ code: 'UNAUTHORIZED', message: 'Please sign in' })
  expect(await live(devices)).toEqual([false, true, true])
})

test('each revocation goes through the procedure that the application has for it', async () => {
  const [laptop] = await threeDevices()
  const names: RevocationName[] = []
  const api = app.callsOf(laptop.token, {
    revocation: (name) =>
      app.procedure.use(({ next }) => {
        names.push(name)
        return next()
      }),
  })
  await api.list()
  await api.revoke({ id: 'unknown' })
  await api.revokeMany({ ids: ['unknown'] })
  await api.revokeOthers()
  await api.revokeAll()
  expect(names).toEqual(['revoke', 'revoke-many', 'revoke-others', 'revoke-all'])
})

afterEach(() => {
  app.clock.stopsAt = null
})

test.each([0, -60, 60])(
  'without a rule of the application, a proof is good for 15 minutes by the clock of the store: %i minutes off',
  async (off) => {
    const signedInAt = Date.now() + off * MINUTE_MS
    app.clock.stopsAt = signedInAt
    const devices = await threeDevices()
    const [{ api }, { id }] = devices
    app.clock.stopsAt = signedInAt + 15 * MINUTE_MS - 1
    expect(await api.revoke({ id: 'unknown' })).toEqual({ revoked: 0 })
    app.clock.stopsAt = signedInAt + 15 * MINUTE_MS
    for (const refused of [
      () => api.revoke({ id }),
      () => api.revokeMany({ ids: [id] }),
      () => api.revokeOthers(),
      () => api.revokeAll(),
    ]) {
      const error = await refused().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        code: 'FORBIDDEN',
        message: 'Please prove again who you are',
        cause: { name: 'ReauthenticationRequiredError' },
      })
      expect(reasonOf(error as never)).toBe('REAUTHENTICATE') // a TRPCError, as seen above
    }
    expect(await api.list()).toHaveLength(3)
    expect(await live(devices)).toEqual([true, true, true])
  },
)

test('the application decides how recent a proof must be', async () => {
  const [laptop, phone] = await threeDevices()
  let isRecent = false
  const asked: Date[] = []
  const api = app.callsOf(laptop.token, {
    isRecent: (authenticatedAt) => {
      asked.push(authenticatedAt)
      return isRecent
    },
  })
  await expect(api.revoke({ id: phone.id })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  isRecent = true
  expect(await api.revoke({ id: phone.id })).toEqual({ revoked: 1 })
  const session = await app.store.validate(laptop.token)
  expect(asked).toEqual([session?.authenticatedAt, session?.authenticatedAt])
})

test('a stream goes by the clock of its store', async () => {
  app.clock.stopsAt = Date.now() - MINUTE_MS
  try {
    const laptop = await app.signIn('behind')
    // By the clock of this machine, it has expired.
    await app.store.create({ userId: 'behind', userAgent: FIREFOX, endsBy: new Date(app.clock.stopsAt + 1_000) })
    const next = await openStream(laptop)
    expect(await next()).toMatchObject({ type: 'devices', devices: [{}, {}] })
    const further = next().then(() => 'another message')
    const inTheMeantime = async () => {
      for (let n = 0; n < 50; n += 1) await app.store.list('behind')
      return 'none'
    }
    expect(await Promise.race([further, inTheMeantime()])).toBe('none')
    await app.store.revokeAll('behind')
    await further
  } finally {
    app.clock.stopsAt = null
  }
})

test('a stream too many is refused as a limit, and says why', async () => {
  const [laptop] = await threeDevices()
  for (let n = 0; n < 10; n += 1) await (await openStream(laptop))()
  const eleventh = await openStream(laptop)
  await expect(eleventh()).rejects.toMatchObject({
    code: 'TOO_MANY_REQUESTS',
    message: 'Too many pages of this device are open',
  })
})

test('a stream that fails for another reason keeps its error', async () => {
  const [laptop] = await threeDevices()
  const failure = new Error('a fault of the application')
  // oxlint-disable-next-line require-yield -- It fails before its first message.
  async function* failing() {
    throw failure
  }
  const streams: Streams = {
    ...app.streams,
    open: () => failing(),
  }
  const messages = (await app.callsOf(laptop.token, { streams }).changes())[Symbol.asyncIterator]()
  await expect(messages.next()).rejects.toBe(failure)
})
