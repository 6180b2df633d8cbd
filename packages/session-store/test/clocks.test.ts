import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSessionOperator, createSessionStore } from '../src/index.js'
import { gate, startContractStore, timeAfter } from './helpers.js'

// Servers whose clocks are an hour apart share a Redis, whose own clock dates sign-ins and credential changes.

const HOUR = 60 * 60 * 1_000

let t: Awaited<ReturnType<typeof startContractStore>>
beforeAll(async () => {
  t = await startContractStore()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.flush())

const serverAt = (offset: number) => createSessionStore({ redis: t.redis, clock: () => Date.now() + offset })

const offsets = { right: 0, 'an hour ahead': HOUR, 'an hour behind': -HOUR }
const pairs = Object.entries(offsets).flatMap(([a, ofA]) =>
  Object.entries(offsets).map(([b, ofB]) => [a, b, ofA, ofB] as const),
)

describe.each(pairs)(
  'credentials changed on a server whose clock is %s, a sign-in on one that is %s',
  (_a, _b, ofA, ofB) => {
    const changing = serverAt.bind(null, ofA)
    const signingIn = serverAt.bind(null, ofB)

    test('the sign-in is refused if it began before the change, and is not if it began after it', async () => {
      const { token } = await t.signIn()
      const first = await signingIn().time()
      expect((await changing().rotate(token, { credentialChange: true }))?.revoked).toBe(0)
      expect(await signingIn().create({ userId: 'ada', startedAt: first })).toBeNull()
      const second = await timeAfter(signingIn())
      expect(await signingIn().create({ userId: 'ada', startedAt: second })).not.toBeNull()

      await changing().revokeAll('ada', { credentialChange: true })
      expect(await signingIn().create({ userId: 'ada', startedAt: second })).toBeNull()
      expect(await signingIn().create({ userId: 'ada', startedAt: await timeAfter(signingIn()) })).not.toBeNull()
    })
  },
)

describe('a watermark in the future, of an earlier version or of a clock that was put back', () => {
  async function plantWatermark(ahead: number): Promise<string> {
    await t.signIn()
    const [key = ''] = await t.keys()
    await t.redis.hset(key, '!notBefore', (await t.store.time()).getTime() + ahead)
    return key
  }

  test.each([1_000, HOUR, 1_000 * HOUR])(
    'by %d ms, refuses those that began before it was found, and no others',
    async (ahead) => {
      const early = await t.store.time()
      await plantWatermark(ahead)
      const startedAt = await timeAfter(t.store)
      expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
      expect(await t.store.create({ userId: 'ada', startedAt: early })).toBeNull()
      expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
      expect(await t.store.create({ userId: 'ada', startedAt: await timeAfter(t.store) })).not.toBeNull()
    },
  )

  test('is not lowered below a credential change that happens meanwhile', async () => {
    await plantWatermark(HOUR)
    const { waiting, open } = gate(t.redis, 'rollcallLowerWatermark')
    const healing = t.store.create({ userId: 'ada', startedAt: await t.store.time() })
    await waiting
    const startedAt = await timeAfter(t.store)
    await t.store.revokeAll('ada', { credentialChange: true })
    open()
    expect(await healing).toBeNull()
    expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
    expect(await t.store.create({ userId: 'ada', startedAt: await timeAfter(t.store) })).not.toBeNull()
  })

  test('is kept for as long as before', async () => {
    const key = await plantWatermark(HOUR)
    await t.store.revokeAll('ada')
    await t.redis.pexpire(key, 60_000)
    await t.store.create({ userId: 'ada', startedAt: await t.store.time() })
    expect(await t.redis.pttl(key)).toBeLessThanOrEqual(60_000)
  })
})

test('a sign-in that is refused moves no watermark: one that began between the change and the refusal passes', async () => {
  const early = await t.store.time()
  await t.store.revokeAll('ada', { credentialChange: true })
  const startedAt = await timeAfter(t.store)
  expect(await t.store.create({ userId: 'ada', startedAt: early })).toBeNull()
  expect(await t.store.create({ userId: 'ada', startedAt })).not.toBeNull()
})

test('a watermark of all users refuses those that began before it, leaves no session of them, and ends no other', async () => {
  const operator = createSessionOperator({ redis: t.redis })
  const { token } = await t.signIn()
  const mark = await operator.refuseEarlierSignIns()
  for (const startedAt of [new Date(mark.getTime() - 1), mark])
    expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
  expect(await t.store.count('ada')).toBe(1)
  expect(await t.store.validate(token)).not.toBeNull()
  expect(await t.store.create({ userId: 'ada', startedAt: await timeAfter(t.store) })).not.toBeNull()
})

test('a watermark of all users never moves back, and does not outlive its use', async () => {
  const operator = createSessionOperator({ redis: t.redis })
  const startedAt = await t.store.time()
  const mark = await operator.refuseEarlierSignIns()
  expect(await operator.refuseEarlierSignIns(new Date(mark.getTime() - HOUR))).toEqual(new Date(mark.getTime() - HOUR))
  expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
  const life = await t.redis.pttl('user:clock')
  expect(life).toBeGreaterThan(60_000)
  expect(life).toBeLessThanOrEqual(24 * HOUR)
})

test('one in the future refuses those that began before it was found, and no others', async () => {
  const operator = createSessionOperator({ redis: t.redis })
  await operator.refuseEarlierSignIns(new Date((await t.store.time()).getTime() + HOUR))
  const startedAt = await t.store.time()
  expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
  expect(await t.store.create({ userId: 'ada', startedAt: await timeAfter(t.store) })).not.toBeNull()
  expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
})

test('the time is that of one node, for all users and servers', async () => {
  const other = createSessionStore({ redis: t.redis, clock: () => 0 })
  const times = []
  for (let n = 0; n < 20; n += 1) times.push(await (n % 2 === 0 ? t.store : other).time())
  expect(times).toEqual(times.toSorted((a, b) => a.getTime() - b.getTime()))
  expect(Math.abs(Date.now() - (times.at(-1)?.getTime() ?? 0))).toBeLessThan(60_000) // the Redis of a test is on this machine
})
