import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createSessionStore, type Session, SessionStoreUnavailableError } from '../src/index.js'
import { startStore } from './helpers.js'

// Another server changes the data of a session each time, between the two steps of a change of this one.

let t: Awaited<ReturnType<typeof startStore>>
let redis: Redis
beforeAll(async () => {
  t = await startStore()
  redis = new Redis(t.server.url)
})
afterAll(async () => {
  redis.disconnect()
  await t[Symbol.asyncDispose]()
})

/** The other server overtakes the next calls of this script, so many of them. */
function overtake(script: 'rollcallUpdate' | 'rollcallRotate', session: Session, times: number): void {
  const other = createSessionStore({ redis, clock: () => t.clock.now })
  const original = t.redis[script]
  let calls = 0
  const updateFirst = async (...args: unknown[]): Promise<unknown> => {
    calls += 1
    if (calls <= times) await other.update(session, { calls })
    return Reflect.apply(original, t.redis, args)
  }
  Object.assign(t.redis, { [script]: updateFirst })
  onTestFinished(() => void Object.assign(t.redis, { [script]: original }))
}

const update = async (token: string) => (await t.store.update(token, { mine: true })) && token
const rotate = async (token: string) => (await t.store.rotate(token, { data: { mine: true } }))?.token

describe.each([
  ['an update', 'rollcallUpdate', update],
  ['a rotation with data', 'rollcallRotate', rotate],
] as const)('%s', (_, script, change) => {
  test('succeeds at the fifth try, with the data of both servers', async () => {
    const { token, session } = await t.signIn()
    overtake(script, session, 4)
    const after = (await change(token)) ?? ''
    expect((await t.store.validate(after))?.data).toEqual({ calls: 4, mine: true })
  })

  test('overtaken five times, fails as an outage: the data are those of the other server, and the token signs in', async () => {
    const { token, session } = await t.signIn()
    overtake(script, session, 5)
    const failure = await change(token).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SessionStoreUnavailableError)
    expect(failure).toMatchObject({ cause: { message: expect.stringContaining('too many requests') as string } })
    expect(await t.store.validate(token)).toEqual({ ...session, data: { calls: 5 } })
  })
})
