import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultTimeouts, type Session } from '../src/index.js'
import { startStore, timeAfter } from './helpers.js'
import { type Entry, Model, users } from './model.js'

// Random sequences of operations, with a clock that jumps both ways, against a model in plain memory.
// After each step, what is listed, what validates and what the model holds must be the same.

const { idle, absolute, touchInterval } = defaultTimeouts
const most = 4
const minute = 60_000

type Real = Awaited<ReturnType<typeof startStore>>

/** One operation: it changes model and store alike and compares what both answer. */
class Step implements fc.AsyncCommand<Model, Real> {
  constructor(
    readonly name: string,
    readonly needsToken: boolean,
    readonly apply: (model: Model, real: Real) => Promise<void>,
  ) {}

  check(model: Readonly<Model>): boolean {
    return !this.needsToken || model.tokens.length > 0
  }

  async run(model: Model, real: Real): Promise<void> {
    real.clock.now = model.now
    await this.apply(model, real)
    real.clock.now = model.now
    for (const user of users) {
      const listed = (await real.store.list(user)).map(({ id }) => id).toSorted()
      expect(listed, `${this.name}: listed`).toEqual(
        model
          .live(user)
          .map(({ id }) => id)
          .toSorted(),
      )
    }
    for (const issued of model.tokens) {
      const session = await real.store.validate(issued.token)
      const entry = model.find(issued)
      expect(session && shown(session), `${this.name}: validates`).toEqual(entry === undefined ? null : expected(entry))
    }
  }

  toString(): string {
    return this.name
  }
}

const shown = ({ id, createdAt, lastSeenAt, authenticatedAt, expiresAt, data }: Session) => ({
  id,
  createdAt: createdAt.getTime(),
  lastSeen: lastSeenAt.getTime(),
  authenticatedAt: authenticatedAt.getTime(),
  expiresAt: expiresAt.getTime(),
  data,
})
const expected = ({ id, createdAt, lastSeen, authenticatedAt, idleDeadline, absoluteDeadline, data }: Entry) => ({
  id,
  createdAt,
  lastSeen,
  authenticatedAt,
  expiresAt: Math.min(idleDeadline, absoluteDeadline),
  data,
})

const user = fc.constantFrom(...users)
const pick = fc.nat()
const credentialChange = fc.boolean()
const issuedAt = (model: Model, n: number) => {
  const issued = model.tokens[n % model.tokens.length]
  if (issued === undefined) throw new Error('No token was given out yet')
  return issued
}

const begin = fc.constant(
  new Step('a sign-in begins', false, async (model, real) => {
    model.begun.push({ startedAt: await timeAfter(real.store), changes: new Map(model.changes) })
  }),
)

const create = fc
  .record({ user, n: fc.option(pick), lasts: fc.option(fc.integer({ min: 10 * minute, max: 2 * idle })) })
  .map(
    ({ user, n, lasts }) =>
      new Step(`create(${user}, begun #${n}, lasts ${lasts})`, false, async (model, real) => {
        const begun = n === null ? undefined : model.begun[n % model.begun.length]
        const created = await real.store.create({
          userId: user,
          ...(begun && { startedAt: begun.startedAt }),
          ...(lasts === null ? {} : { endsBy: new Date(model.now + lasts) }),
        })
        if (begun !== undefined && model.changesOf(user) > (begun.changes.get(user) ?? 0)) {
          expect(created).toBeNull()
          return
        }
        if (created === null) throw new Error('refused, and should not have been')
        if (model.heldBy(user).length + (model.changesOf(user) > 0 ? 1 : 0) >= most) {
          model.retain(user, (entry) => model.isLive(entry))
          const idlest = model
            .heldBy(user)
            .toSorted((a, b) => a.lastSeen - b.lastSeen || (a.id < b.id ? -1 : 1))
            .slice(0, Math.max(model.heldBy(user).length - most + 1, 0))
          model.retain(user, (entry) => !idlest.includes(entry))
        }
        const absoluteDeadline = model.now + Math.min(absolute, lasts ?? absolute)
        const { token, session } = created
        model.tokens.push({ user, id: session.id, token })
        model.heldBy(user).push({
          id: session.id,
          token,
          createdAt: model.now,
          lastSeen: model.now,
          authenticatedAt: model.now,
          idleDeadline: Math.min(model.now + idle, absoluteDeadline),
          absoluteDeadline,
          data: {},
        })
      }),
  )

const touch = pick.map(
  (n) =>
    new Step(`touch(#${n})`, true, async (model, real) => {
      const issued = issuedAt(model, n)
      const entry = model.find(issued)
      const seen = await real.store.validate(issued.token)
      if (seen === null || entry === undefined) return
      const due = model.now - entry.lastSeen >= touchInterval
      expect(await real.store.touch(seen)).toBe(due)
      if (!due) return
      entry.lastSeen = model.now
      entry.idleDeadline = Math.min(model.now + idle, entry.absoluteDeadline)
    }),
)

const update = fc.tuple(pick, fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue({ maxDepth: 2 }))).map(
  ([n, data]) =>
    new Step(`update(#${n}, ${JSON.stringify(data)})`, true, async (model, real) => {
      const issued = issuedAt(model, n)
      const entry = model.find(issued)
      const updated = await real.store.update(issued.token, data)
      expect(updated === null).toBe(entry === undefined)
      // Redis stores JSON, and so does the model.
      if (entry !== undefined) entry.data = { ...entry.data, ...(JSON.parse(JSON.stringify(data)) as object) }
    }),
)

const rotate = fc.tuple(pick, credentialChange, fc.boolean()).map(
  ([n, change, again]) =>
    new Step(
      `rotate(#${n}${change ? ', credential change' : ''}${again ? ', reauthenticated' : ''})`,
      true,
      async (model, real) => {
        const issued = issuedAt(model, n)
        const entry = model.find(issued)
        const others = entry && model.live(issued.user).length - 1
        const rotated = await real.store.rotate(issued.token, {
          credentialChange: change,
          ...(again && { reauthenticated: true }),
        })
        if (entry === undefined) {
          expect(rotated).toBeNull()
          return
        }
        expect(rotated?.revoked).toBe(change ? others : 0)
        entry.token = rotated?.token ?? ''
        if (change || again) entry.authenticatedAt = model.now
        model.tokens.push({ user: issued.user, id: entry.id, token: entry.token })
        if (change) {
          model.retain(issued.user, ({ id }) => id === entry.id)
          model.changes.set(issued.user, model.changesOf(issued.user) + 1)
        }
      },
    ),
)

const revoke = fc.tuple(user, pick).map(
  ([owner, n]) =>
    new Step(`revoke(${owner}, #${n})`, true, async (model, real) => {
      const { id } = issuedAt(model, n)
      const isLive = model.live(owner).some((entry) => entry.id === id)
      expect(await real.store.revoke(owner, id)).toBe(isLive ? 1 : 0)
      model.retain(owner, (entry) => entry.id !== id)
    }),
)

const revokeMany = fc.tuple(user, fc.array(pick, { maxLength: 4 })).map(
  ([owner, picks]) =>
    new Step(`revokeMany(${owner}, ${picks.map((n) => `#${n}`).join(' ')})`, true, async (model, real) => {
      const ids = new Set(picks.map((n) => issuedAt(model, n).id))
      const live = model.live(owner).filter((entry) => ids.has(entry.id))
      expect(await real.store.revokeMany(owner, [...ids])).toBe(live.length)
      model.retain(owner, (entry) => !ids.has(entry.id))
    }),
)

const revokeOthers = pick.map(
  (n) =>
    new Step(`revokeOthers(#${n})`, true, async (model, real) => {
      const issued = issuedAt(model, n)
      const entry = model.find(issued)
      const others = model.live(issued.user).length - 1
      expect(await real.store.revokeOthers(issued.token)).toBe(entry === undefined ? null : others)
      if (entry !== undefined) model.retain(issued.user, ({ id }) => id === entry.id)
    }),
)

const revokeAll = fc.tuple(user, credentialChange).map(
  ([owner, change]) =>
    new Step(`revokeAll(${owner}${change ? ', credential change' : ''})`, false, async (model, real) => {
      const live = model.live(owner).length
      expect(await real.store.revokeAll(owner, { credentialChange: change })).toBe(live)
      model.retain(owner, () => false)
      if (change) model.changes.set(owner, model.changesOf(owner) + 1)
    }),
)

const jump = fc
  .oneof(
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: -minute, max: minute }),
    fc.constantFrom(touchInterval - 1, touchInterval, idle - 1, idle, absolute),
  )
  .map(
    (by) =>
      new Step(`the clock jumps by ${by} ms`, false, async (model) => {
        model.now += by
      }),
  )

let real: Real
beforeAll(async () => {
  real = await startStore({ maxSessionsPerUser: most })
})
afterAll(() => real[Symbol.asyncDispose]())

test('the store does what the model does, whatever the order', async () => {
  const runs = process.env['MODEL_RUNS']
  const steps = fc.commands(
    [begin, create, create, touch, update, rotate, revoke, revokeMany, revokeOthers, revokeAll, jump],
    {
      maxCommands: 30,
      size: 'max',
    },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      await real.redis.flushall()
      await fc.asyncModelRun(() => ({ model: new Model(), real }), sequence)
    }),
    // On a busy machine, fewer runs are enough.
    runs === undefined ? { numRuns: 1_000, interruptAfterTimeLimit: 60_000 } : { numRuns: Number(runs) },
  )
}, 120_000)
