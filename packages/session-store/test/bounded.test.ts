import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSessionEvents, createSessionStore, type SessionStoreOptions } from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { startStore } from './helpers.js'

// Scripts read at most MAX_SCANNED sessions of a user. Here are users with three times as many.

const folder = new URL('../lua/', import.meta.url)
const lua = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const luaFiles = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lua'))
const MAX_SCANNED = Number(/^local MAX_SCANNED = (\d+)$/m.exec(lua('lib/scan.lua'))?.[1])
const many = 3 * MAX_SCANNED

const ada = userTagOf('ada')
const key = `user:{${ada}}:sessions`

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore({ maxSessionsPerUser: many })
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.redis.flushall())

const keeping = { onEvent: () => undefined }
const storeWith = (options: Partial<SessionStoreOptions>) =>
  createSessionStore({ redis: t.redis, clock: () => t.clock.now, ...options })

type Signed = Awaited<ReturnType<typeof t.signIn>>

/** Each seen a millisecond after the one before. */
async function signInMany(count = many, session: Parameters<typeof t.signIn>[1] = {}): Promise<[Signed, ...Signed[]]> {
  const rest = Array.from({ length: count - 1 }, () => ((t.clock.now += 1), t.signIn('ada', session)))
  return [await t.signIn('ada', session), ...(await Promise.all(rest))]
}

async function passing(signedIn: readonly Signed[]): Promise<Signed[]> {
  const sessions = await Promise.all(signedIn.map(({ token }) => t.store.validate(token)))
  return signedIn.filter((_, n) => sessions[n] !== null)
}

test('no script reads all records of a hash', () => {
  expect(luaFiles.filter((name) => /HGETALL|HVALS/.test(lua(name)))).toEqual([])
  const randomReads = luaFiles.flatMap((name) => lua(name).match(/'HRANDFIELD'.*$/gm) ?? [])
  expect(randomReads).toEqual([
    "'HRANDFIELD', key, most, 'WITHVALUES')", // of lib/many, which gives `left + 1`
    "'HRANDFIELD', key, MAX_SCANNED + others, 'WITHVALUES')",
  ])
  expect(lua('lib/many.lua').match(/ read\(.*\)$/gm)).toEqual([' read(key, left + 1)'])
})

describe('what ends sessions', () => {
  const revocations: Record<string, (signed: Signed, store: typeof t.store) => Promise<number | null | undefined>> = {
    'revoke all': (_, store) => store.revokeAll('ada'),
    'a reset': (_, store) => store.revokeAll('ada', { credentialChange: true }),
    'revoke others': ({ token }, store) => store.revokeOthers(token),
    'a password change': async ({ token }, store) => (await store.rotate(token, { credentialChange: true }))?.revoked,
  }
  const keepsOne = (name: string): boolean => name === 'revoke others' || name === 'a password change'

  test.each(Object.entries(revocations))(
    '%s ends every one, in as many commands however many there are',
    async (name, end) => {
      const kept = keepsOne(name) ? 1 : 0
      await end(await t.signIn(), t.store) // the first time takes the source of the script
      await t.redis.del(key)
      const [one] = await signInMany(MAX_SCANNED + 10)
      const fewer = await t.commandsOf(() => end(one, t.store))
      await t.redis.del(key)

      const [first, ...others] = await signInMany()
      const commands = await t.commandsOf(async () => expect(await end(first, t.store)).toBe(many - kept))
      expect(commands).toEqual(fewer)
      expect(commands).toMatchObject({ hrandfield: 1, unlink: 1 })
      expect(await passing(others)).toEqual([])
      expect((await t.store.list('ada')).map(({ id }) => id)).toEqual(kept ? [first.session.id] : [])
    },
  )

  test.each(Object.entries(revocations))(
    '%s leaves the watermark, the one that stays, and how long Redis keeps them',
    async (name, end) => {
      await t.store.revokeAll('ada', { credentialChange: true })
      t.clock.now += 1
      const watermark = await t.redis.hget(key, '!notBefore')
      const [first] = await signInMany()
      const record = await t.redis.hgetBuffer(key, first.session.id)
      await t.redis.pexpire(key, 30 * 24 * 60 * 60 * 1_000)
      const expiresAt = await t.redis.pexpiretime(key)
      expect(await end(first, t.store)).toBe(keepsOne(name) ? many - 1 : many) // the watermark is none of them

      const left = await t.redis.hgetallBuffer(key)
      expect(Object.keys(left).toSorted()).toEqual(
        keepsOne(name) ? ['!notBefore', first.session.id].toSorted() : ['!notBefore'],
      )
      if (name.startsWith('revoke')) expect(String(left['!notBefore'])).toBe(watermark)
      if (name === 'revoke others') expect(left[first.session.id]).toEqual(record)
      expect(await t.redis.pexpiretime(key)).toBe(expiresAt)
    },
  )

  test.each(Object.entries(revocations))(
    '%s keeps an event of each that it looked at, and counts as live those it did not',
    async (name, end) => {
      await signInMany(many / 3, { endsBy: new Date(t.clock.now + many) })
      const [first] = await signInMany((2 * many) / 3)
      t.clock.now += many
      await t.redis.del(`user:{${ada}}:waiting`)
      const ended = await end(first, storeWith(keeping))
      const events = await t.redis.hvals(`user:{${ada}}:waiting`)
      const expired = events.filter((event) => event.includes('"cause":"expired"')).length
      expect(expired).toBeGreaterThan(0) // of 500 out of 1,500, of which a third have expired
      expect(ended).toBe((keepsOne(name) ? many - 1 : many) - expired)
      expect(events.length - MAX_SCANNED).toBeOneOf(keepsOne(name) ? [0, 1] : [0]) // in the place of the one that stays
      expect(await t.redis.hlen(key)).toBe((await t.redis.hexists(key, '!notBefore')) + (keepsOne(name) ? 1 : 0))
    },
  )

  test.each(Object.entries(revocations))(
    '%s counts exactly up to MAX_SCANNED, beside a watermark and the one that stays',
    async (name, end) => {
      await t.store.revokeAll('ada', { credentialChange: true })
      t.clock.now += 1
      const kept = keepsOne(name) ? 1 : 0
      await signInMany(MAX_SCANNED - 1, { endsBy: new Date(t.clock.now + MAX_SCANNED) })
      const [first] = await signInMany(1 + kept)
      t.clock.now += MAX_SCANNED
      expect(await end(first, t.store)).toBe(1)
      expect(await t.redis.hlen(key)).toBe(1 + kept)
    },
  )

  test('in a full Redis too', async () => {
    const [first, ...others] = await signInMany()
    await t.redis.config('SET', 'maxmemory', '1')
    try {
      expect(await storeWith(keeping).revokeOthers(first.token)).toBe(many - 1)
      expect(await t.store.validate(first.token)).not.toBeNull()
      expect(await passing(others)).toEqual([])
      expect(await storeWith(keeping).revokeAll('ada')).toBe(1)
    } finally {
      await t.redis.config('SET', 'maxmemory', '0')
    }
  })
})

describe('the cap beyond MAX_SCANNED', () => {
  test('holds, and who makes room has been idle for long', async () => {
    const signedIn = await signInMany()
    const more = await signInMany(30)
    expect(await t.redis.hlen(key)).toBe(many)
    const left = await passing([...signedIn, ...more])
    expect(left).toHaveLength(many)
    // That the idlest of 500 out of 1,500 is of the later half has a chance of one in 2 to the 500th.
    for (const late of [...signedIn.slice(many / 2), ...more]) expect(left).toContain(late)
  })

  test('is exact beside a watermark that is not looked at', async () => {
    await t.store.revokeAll('ada', { credentialChange: true })
    t.clock.now += 1
    await signInMany(many - 1)
    for (let n = 0; n < 5; n += 1) {
      await t.signIn()
      expect(await t.store.count('ada')).toBe(many)
    }
  })

  test('ends nobody while there are expired ones to make room', async () => {
    await signInMany(many / 3, { endsBy: new Date(t.clock.now + many) })
    const live = await signInMany((2 * many) / 3)
    t.clock.now += many
    const roomy = storeWith({ maxSessionsPerUser: live.length + 10 }) // those that were not looked at alone seem more than that
    for (let n = 0; n < 2; n += 1) await roomy.create({ userId: 'ada' })
    expect(await passing(live)).toHaveLength(live.length)
    expect(await t.redis.hlen(key)).toBeLessThan(many)
  })

  test.each([0.8 * many, 20])('that was lowered to %i is reached over several sign-ins', async (cap) => {
    const signedIn = await signInMany()
    const lowered = storeWith({ maxSessionsPerUser: cap })
    let signIns = 0
    for (let held = many; held > cap; signIns += 1) {
      t.clock.now += 1
      await lowered.create({ userId: 'ada' })
      const left = await t.redis.hlen(key)
      expect(left).toBeLessThan(held)
      held = left
    }
    expect(await t.redis.hlen(key)).toBe(cap)
    expect(signIns).toBeLessThanOrEqual(20)
    // In proportion: a fifth of those looked at makes room for the lower cap, never one of the later half.
    if (cap > many / 2) expect(await passing(signedIn.slice(many / 2))).toHaveLength(many / 2)
    await lowered.create({ userId: 'ada' })
    expect(await t.redis.hlen(key)).toBe(cap)
  })
})

test('whoever asks for what has expired gets all of it, in parts', async () => {
  const events = createSessionEvents({ redis: t.redis, clock: () => t.clock.now })
  const expiring = 1.5 * MAX_SCANNED // fewer than events wait
  await signInMany(expiring, { endsBy: new Date(t.clock.now + many) })
  const live = await signInMany(many - expiring)
  t.clock.now += many
  const counted = await t.commandsOf(() => events.expireSessions('ada'))
  expect((counted['evalsha'] ?? 0) + (counted['eval'] ?? 0)).toBeGreaterThan(2)
  expect(counted['hset']).toBe(expiring)
  expect(await t.redis.hlen(key)).toBe(live.length)
  expect(await passing(live)).toHaveLength(live.length)
  expect((await t.commandsOf(() => events.expireSessions('ada')))['hset']).toBeUndefined()
})

test('a store warns once of each record that it cannot read, and remembers 1,000 of them', async () => {
  const plant = (from: number, to: number) =>
    t.redis.hset(
      key,
      Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`${from + n}`.padStart(16, 'A'), 'no record'])),
    )
  const countWarnings = async () => {
    await t.store.list('ada')
    return t.warnings.length
  }
  t.warnings.length = 0
  await plant(0, 1_000)
  expect(await countWarnings()).toBe(1_000)
  expect(await countWarnings()).toBe(1_000)
  await plant(1_000, 1_001)
  await countWarnings()
  expect(await countWarnings()).toBeGreaterThan(1_001) // the new one took the place of the others
})
