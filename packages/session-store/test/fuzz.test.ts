import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSessionChanges, defaultTimeouts, type SessionChange } from '../src/index.js'
import { decodeRecord, encodeDetails, encodeRecord } from '../src/record/record.js'
import { userTagOf } from '../src/record/token.js'
import { startStore } from './helpers.js'

// Whatever bytes stand where the store expects its own, every method answers, and sound sessions work.

const most = 4
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 400)
const key = `user:{${userTagOf('ada')}}:sessions`

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore({ maxSessionsPerUser: most })
})
afterAll(() => t[Symbol.asyncDispose]())

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const milliseconds = fc.oneof(
  fc.constantFrom(0, 1, 2 ** 48 - 1),
  fc.integer({ min: -10, max: 10 }).map((by) => Date.UTC(2030, 0, 1) + by * 60_000),
)
const text = fc.string({ unit: 'binary', maxLength: 30 })
const details = fc.oneof(
  text.map((random) => Buffer.from(random)),
  fc
    .record({
      userId: text,
      ipAddress: fc.option(text),
      userAgent: fc.option(text),
      data: fc.dictionary(fc.string(), fc.jsonValue()),
    })
    .map(encodeDetails),
  // Sound up to the data.
  fc
    .oneof(fc.json(), fc.constantFrom('['.repeat(50_000), '{"__proto__":1,"toString":2}', 'null', '{', '{} '))
    .map((json) => Buffer.from(`\u0004\0\0ada${json}`)),
)
const times = fc.record({
  createdAt: milliseconds,
  lastSeenAt: milliseconds,
  authenticatedAt: milliseconds,
  idleDeadline: milliseconds,
  absoluteDeadline: milliseconds,
})
const nobody = { userId: '', ipAddress: null, userAgent: null, data: {} }
const likely = fc.tuple(times, details).map(([at, last]) => {
  const whole = encodeRecord({ secretHash: '\x07'.repeat(32), ...at, ...nobody })
  return Buffer.concat([whole.subarray(0, -encodeDetails(nobody).length), last])
})
const damaged = fc
  .tuple(likely, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
  .map(([record, at, byte, length]) => {
    const copy = Buffer.from(record)
    copy[at % copy.length] = byte
    return copy.subarray(0, 1 + (length % copy.length))
  })
const record = fc.oneof(bytes, likely, damaged)

const sessionId = fc.stringMatching(/^[A-Za-z0-9_-]{16}$/)
const field = fc.oneof(
  { weight: 4, arbitrary: sessionId },
  {
    weight: 1,
    arbitrary: fc.oneof(
      bytes,
      fc.constantFrom('!notBefore', '__proto__', '').map((name) => Buffer.from(name)),
    ),
  },
)
const planted = fc.array(fc.tuple(field, record), { maxLength: 8 })

test('bytes read as a record of ours or as none', () => {
  fc.assert(
    fc.property(record, (stored) => {
      const read = decodeRecord(stored)
      if (read === null) return
      for (const at of [read.createdAt, read.lastSeenAt, read.idleDeadline, read.absoluteDeadline]) {
        expect(new Date(at).toISOString()).toMatch(/Z$/)
      }
      expect(read.secretHash).toHaveLength(32)
    }),
    { numRuns: 10 * numRuns },
  )
})

test(
  'among whatever records, every method answers, and a sound session works and ends',
  async () => {
    const changes = createSessionChanges({ redis: t.redis })
    const received: SessionChange[] = []
    const isLive = new Promise<void>((resolve) => {
      changes.watch('ada', (change) => {
        received.push(change)
        resolve()
      })
    })
    await isLive

    await fc.assert(
      fc.asyncProperty(planted, fc.array(bytes, { maxLength: 2 }), async (fields, messages) => {
        await t.redis.flushall()
        t.clock.now = Date.UTC(2030, 0, 1)
        for (const [name, stored] of fields) await t.redis.hset(key, name, stored)
        for (const message of messages) await t.redis.publish(key, message)
        await t.store.list('ada')
        await t.store.count('ada')

        const startedAt = new Date(2 ** 48) // after any watermark that may stand there
        const { token, session } = await t.signIn('ada', { startedAt })
        expect(await t.store.count('ada')).toBeLessThanOrEqual(most)
        expect(await t.store.validate(token)).toEqual(session)
        for (const [name] of fields) {
          const id = name.toString()
          await t.store.validate(`${userTagOf('ada')}${id}${'A'.repeat(43)}`)
          await t.store.touch({ ...session, id, lastSeenAt: new Date(0) })
        }

        t.clock.now += defaultTimeouts.touchInterval
        expect(await t.store.touch(session)).toBe(true)
        expect((await t.store.update(token, { a: 1 }))?.data).toEqual({ a: 1 })
        const rotated = await t.store.rotate(token)
        expect(await t.store.validate(rotated?.token ?? '')).toMatchObject({ id: session.id })
        for (const [name] of fields.slice(0, 2)) await t.store.revoke('ada', name.toString())
        await t.store.revokeOthers(rotated?.token ?? '')
        expect((await t.store.list('ada')).map(({ id }) => id)).toEqual([session.id])

        const beforehand = await t.store.time()
        await t.store.revokeAll('ada', { credentialChange: true })
        expect(await t.redis.hkeys(key)).toEqual(['!notBefore'])
        expect(await t.store.create({ userId: 'ada', startedAt: beforehand })).toBeNull()
        expect(await t.store.validate(rotated?.token ?? '')).toBeNull()
        received.length = 0
        t.warnings.length = 0
      }),
      { numRuns },
    )
    changes.close()
  },
  30_000 + 20 * numRuns,
)

test('any text is a token that does not sign in', async () => {
  const { token } = await t.signIn('bob')
  const near = fc
    .tuple(fc.nat(81), fc.nat(2), fc.string({ unit: 'binary', maxLength: 2 }))
    .map(([at, instead, put]) => token.slice(0, at) + put + token.slice(at + instead))
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), near), async (text) => {
      if (text !== token) expect(await t.store.validate(text)).toBeNull()
    }),
    { numRuns },
  )
})
