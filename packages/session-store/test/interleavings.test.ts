import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultTimeouts, type Session } from '../src/index.js'
import { startStore } from './helpers.js'

// Every pair of operations, the first held at each of its commands in turn while the second runs through.
// Whatever comes of it must be what one of the two orders, one after the other, would have given.

type Signed = { token: string; session: Session }

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())

interface Scene {
  readonly laptop: Signed
  readonly phone: Signed
  /** When a sign-in that is on its way began. */
  readonly startedAt: Date
  /** Tokens that the operations under test gave out. */
  readonly given: Record<string, string>
}

type Operation = (scene: Scene, as: string) => Promise<unknown>

const on = (who: 'laptop' | 'phone'): Record<string, Operation> => ({
  [`validate ${who}`]: async (scene) => (await t.store.validate(scene[who].token)) !== null,
  [`touch ${who}`]: (scene) => t.store.touch(scene[who].session),
  [`update ${who}`]: async (scene, as) => (await t.store.update(scene[who].token, { [as]: true }))?.data ?? null,
  [`rotate ${who}`]: async (scene, as) => {
    const rotated = await t.store.rotate(scene[who].token)
    if (rotated) scene.given[as] = rotated.token
    return rotated?.revoked ?? null
  },
  [`change the password on ${who}`]: async (scene, as) => {
    const rotated = await t.store.rotate(scene[who].token, { credentialChange: true })
    if (rotated) scene.given[as] = rotated.token
    return rotated?.revoked ?? null
  },
  [`revoke ${who}`]: (scene) => t.store.revoke('ada', scene[who].session.id),
  [`revoke others from ${who}`]: (scene) => t.store.revokeOthers(scene[who].token),
})

const forAll: Record<string, Operation> = {
  'sign in': async (scene, as) => {
    const created = await t.store.create({ userId: 'ada', startedAt: scene.startedAt })
    if (created) scene.given[as] = created.token
    return created !== null
  },
  list: async () => (await t.store.list('ada')).length,
  count: () => t.store.count('ada'),
  'revoke all': () => t.store.revokeAll('ada'),
  'reset the password': () => t.store.revokeAll('ada', { credentialChange: true }),
}

const first = { ...on('laptop'), ...forAll }
const second = { ...on('laptop'), ...on('phone'), ...forAll }

async function scene(): Promise<Scene> {
  await t.redis.flushall()
  const laptop = await t.signIn()
  const phone = await t.signIn()
  t.clock.now += defaultTimeouts.touchInterval
  return { laptop, phone, startedAt: await t.store.time(), given: {} }
}

/** All that can be observed afterwards. */
async function outcome({ laptop, phone, startedAt, given }: Scene, replies: Record<string, unknown>) {
  const tokens = { laptop: laptop.token, phone: phone.token, ...given }
  const signsIn: Record<string, unknown> = {}
  for (const [name, token] of Object.entries(tokens)) {
    const session = await t.store.validate(token)
    signsIn[name] = session && { data: session.data, seen: session.lastSeenAt.getTime() === t.clock.now }
  }
  const lateSignIn = (await t.store.create({ userId: 'ada', startedAt })) !== null
  return JSON.stringify({ replies, signsIn, listed: await t.store.count('ada'), lateSignIn }, sorted)
}

/** The order of keys says nothing: replies come in the order of their arrival. */
function sorted(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

async function runInTurn(order: readonly (readonly [string, Operation])[]): Promise<string> {
  const stage = await scene()
  const replies: Record<string, unknown> = {}
  for (const [as, operation] of order) replies[as] = await operation(stage, as)
  return outcome(stage, replies)
}

/** Holds the n-th command that is sent from now on; null when the operation was done before it. */
async function runHeld(n: number, a: Operation, b: Operation): Promise<string | null> {
  const stage = await scene()
  const original = t.redis.sendCommand
  let sent = 0
  let go = (): void => undefined
  let reach = (): void => undefined
  const reached = new Promise<void>((resolve) => (reach = resolve))
  t.redis.sendCommand = function sendCommand(command, stream) {
    sent += 1
    if (sent !== n) return original.call(this, command, stream)
    t.redis.sendCommand = original
    go = () => void original.call(this, command, stream)
    reach()
    return command.promise
  }
  const replyA = a(stage, 'A')
  const wasHeld = await Promise.race([reached.then(() => true), replyA.then(() => false)])
  t.redis.sendCommand = original
  if (!wasHeld) return null
  const replyB = await b(stage, 'B')
  go()
  return outcome(stage, { A: await replyA, B: replyB })
}

test.each(Object.entries(first))('%s, with every other operation in the middle of it', async (name, a) => {
  let interleavings = 0
  for (const [other, b] of Object.entries(second)) {
    const orders = [
      await runInTurn([
        ['A', a],
        ['B', b],
      ]),
      await runInTurn([
        ['B', b],
        ['A', a],
      ]),
    ]
    for (let n = 1; ; n += 1) {
      const seen = await runHeld(n, a, b)
      if (seen === null) break
      interleavings += 1
      expect(orders, `${name} held at its command ${n}, over ${other}`).toContain(seen)
    }
  }
  expect(interleavings).toBeGreaterThanOrEqual(Object.keys(second).length)
})
