import { EventEmitter, once } from 'node:events'
import { createSessionEvents, createSessionStore, userTagOf } from '@rollcall/session-store'
import { rollcall } from '@rollcall/auth'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import type { KyselyPlugin } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Activity, openActivity } from '../../src/accounts/activity/activity.js'
import type { ActivityTable } from '../../src/accounts/activity/activity-rows.js'
import { createOperationRecorder, recordOperation } from '../../src/accounts/activity/operations.js'
import { answer, browser, password, secret, startServer } from './helpers.js'

// An application whose events go to SQL.

let t: Awaited<ReturnType<typeof startServer>>
let activity: Activity
let events: ReturnType<typeof createSessionEvents>
beforeEach(async () => {
  t = await startServer()
  t.redis.options.commandTimeout = 10_000 // a busy machine is no outage
  events = createSessionEvents({ redis: t.redis })
  activity = await openActivity({ database: t.database, events, days: 30, warn: console.warn })
})
afterEach(async () => {
  await activity.close()
  await t[Symbol.asyncDispose]()
})

const newStore = () => createSessionStore({ redis: t.redis, onEvent: (userTag) => activity.move(userTag) })

async function rowsOf(userId: string): Promise<{ event: string }[]> {
  await activity.flush()
  const sql = t.database.kysely.withTables<{ activity: { user_tag: string; event: string } }>()
  return sql.selectFrom('activity').selectAll().where('user_tag', '=', userTagOf(userId)).execute()
}

test('the activity of a user goes with the user, and nobody else’s', async () => {
  const config = {
    baseURL: t.origin,
    secret,
    database: { db: t.database.kysely, type: t.database.type, transaction: true },
    logger: { disabled: true },
    emailAndPassword: { enabled: true },
    user: { deleteUser: { enabled: true } },
    plugins: [rollcall({ store: newStore() })],
  }
  await (await getMigrations(config)).runMigrations()
  const auth = betterAuth(config)
  answer(t.http, auth)
  const person = async (email: string) => {
    const mine = browser(t.origin, t.origin, { authenticate: async () => null })
    const { body } = await mine.signUp(email)
    return { mine, userId: (body as { user: { id: string } }).user.id } // better-auth's answer
  }
  const [ada, bob] = [await person('ada@example.org'), await person('bob@example.org')]
  expect([await rowsOf(ada.userId), await rowsOf(bob.userId)].map(({ length }) => length)).toEqual([1, 1])
  expect(await ada.mine.post('/delete-user', { password })).toMatchObject({ status: 200 })
  expect([await rowsOf(ada.userId), await rowsOf(bob.userId)].map(({ length }) => length)).toEqual([0, 1])
})

test('events that another server has read before their user is deleted do not come back', async () => {
  const gate = new EventEmitter()
  const [hasRead, mayWrite] = [once(gate, 'read'), once(gate, 'write')]
  const heldBack: typeof events = {
    ...events,
    async read(...args) {
      const batch = await events.read(...args)
      gate.emit('read')
      await mayWrite
      return batch
    },
  }
  await events.append('ada', { name: 'earlier' })
  const other = await openActivity({ database: t.database, events: heldBack, days: 30, warn: console.warn })
  other.move(userTagOf('ada'))
  await hasRead
  await events.append('ada', { name: 'user-deleted' })
  activity.move(userTagOf('ada'))
  await activity.flush()
  gate.emit('write')
  await other.flush()
  await other.close()
  expect(await rowsOf('ada')).toEqual([])
})

test('of what an application keeps with a session only what names the device reaches SQL', async () => {
  const store = newStore()
  const clientHints = { 'sec-ch-ua-platform': '"Android"' }
  const device = { id: 'A'.repeat(22), name: "Mum's iPad", isNew: true }
  const data = { clientHints, device, cart: { note: 'classified' }, data: { note: 'classified' } }
  const signedIn = await store.create({ userId: 'ada', ipAddress: '203.0.113.9', userAgent: 'Firefox', data })
  await store.revoke('ada', signedIn?.session.id ?? '', { by: signedIn?.session.id ?? '' })
  await events.append('ada', { name: 'noted', data })
  activity.move(userTagOf('ada'))
  const rows = await rowsOf('ada')
  expect(rows).toHaveLength(3)
  const kept = { data: { clientHints, device } }
  expect(rows.map(({ event }) => JSON.parse(event) as object)).toEqual([
    { kind: 'created', session: expect.objectContaining(kept) as object },
    {
      kind: 'ended',
      cause: 'revoke',
      session: expect.objectContaining(kept) as object,
      by: expect.objectContaining(kept) as object,
    },
    { kind: 'noted', name: 'noted', by: expect.objectContaining(kept) as object },
  ])
  expect(JSON.stringify(rows)).not.toContain('classified')
})

test('the activity shows an operation on everybody once, to those who had a session then', async () => {
  const store = newStore()
  const startedAt = Date.now() + 1_000
  for (const userId of ['ada', 'bob']) await store.create({ userId })
  await store.revokeAll('bob')
  const sql = t.database.kysely.withTables<ActivityTable>()
  const operation = {
    id: 'o1',
    at: startedAt,
    filter: '',
    reason: 'Maintenance',
    note: 'secret',
    action: 'revoke',
    started_by: 'on call',
  }
  await recordOperation(sql, { ...operation, state: 'running', revoked: 0 })
  await recordOperation(sql, { ...operation, id: 'o2', filter: '{"kind":"phone"}', state: 'done', revoked: 3 })
  await recordOperation(sql, { ...operation, state: 'done', revoked: 2 })
  expect(await sql.selectFrom('operation').select(['id', 'state', 'revoked']).orderBy('id').execute()).toEqual([
    { id: 'o1', state: 'done', revoked: 2 },
    { id: 'o2', state: 'done', revoked: 3 },
  ])

  const kindsOf = async (userId: string) =>
    (await activity.list(userId, { limit: 10 })).events.map(({ kind, at }) => [kind, at.getTime() === startedAt])
  for (const _ of ['the first time', 'again']) {
    expect(await kindsOf('ada')).toEqual([
      ['everybody', true],
      ['created', false],
    ])
    expect((await kindsOf('bob')).map(([kind]) => kind)).toEqual(['ended', 'created'])
    expect(await kindsOf('eve')).toEqual([])
  }
  const { events: shown } = await activity.list('ada', { limit: 1 })
  expect(shown[0]).toMatchObject({ kind: 'everybody', operation: { id: 'o1', reason: 'Maintenance' } })
  expect(JSON.stringify(shown)).not.toContain('secret')
})

test('the activity of a user is searched once for an operation on everybody', async () => {
  const store = newStore()
  for (const userId of ['fay', 'gus']) await store.create({ userId })
  await store.revokeAll('gus')
  await activity.flush()
  let statements = 0
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => {
      statements += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const sql = t.database.kysely.withTables<ActivityTable>()
  const at = Date.now() + 1_000
  const row = { filter: '', reason: '', note: '', action: 'revoke', started_by: 'on call', state: 'done', revoked: 1 }
  await recordOperation(sql, { ...row, id: 'o3', at })
  const recordOperations = createOperationRecorder(sql.withPlugin(counting))
  for (const userId of ['fay', 'gus']) {
    const read = async (): Promise<number> => {
      statements = 0
      await recordOperations(userTagOf(userId), at)
      return statements
    }
    expect(await read(), userId).toBeGreaterThan(1)
    expect(await read(), 'only the operations').toBe(1)
    await recordOperation(sql, { ...row, id: `later-${userId}`, at: at + 1_000 })
    expect(await read(), 'a later operation').toBeGreaterThan(1)
  }
})

test('a search for an operation on everybody reads the latest 1,000 sign-ins and sign-outs, and nothing else', async () => {
  let most = 0
  const measuring: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      most = Math.max(most, result.rows.length)
      return result
    },
  }
  const sql = t.database.kysely.withTables<ActivityTable>()
  const recordOperations = createOperationRecorder(sql.withPlugin(measuring))
  const session = (n: number) => ({ id: `session-${n}`, ipAddress: null, userAgent: null, data: {} })
  /** Their own session signed in first; then came so many events. */
  const finds = async (userId: string, number: number, eventOf: (n: number) => object) => {
    const at = Date.now()
    const events = [{ kind: 'created', session: session(-1) }, ...Array.from({ length: number }, (_, n) => eventOf(n))]
    const rows = events.map((event, n) => ({
      user_tag: userTagOf(userId),
      at: at + n,
      id: `${String(at + n).padStart(15, '0')}-000001`,
      event: JSON.stringify(event),
    }))
    for (let n = 0; n < rows.length; n += 100)
      await sql
        .insertInto('activity')
        .values(rows.slice(n, n + 100))
        .execute()
    const row = { filter: '', reason: '', note: '', action: 'revoke', started_by: 'on call', state: 'done', revoked: 1 }
    await recordOperation(sql, { ...row, id: `of ${userId}`, at: at + number + 1 })
    await recordOperations(userTagOf(userId), at)
    return (await rowsOf(userId)).some(({ event }) => event.includes(`"of ${userId}"`))
  }
  const refused = () => ({ kind: 'noted', name: 'proof-refused', by: session(0) })
  expect(await finds('hal', 1_500, refused)).toBe(true)
  const pair = (n: number) =>
    n % 2 === 0
      ? { kind: 'created', session: session(n) }
      : { kind: 'ended', session: session(n - 1), cause: 'revoke', by: null }
  expect(await finds('ida', 998, pair)).toBe(true)
  expect(await finds('jon', 1_000, pair), 'a limit').toBe(false)
  expect(most).toBe(1_000)
})

test('an operation on everybody is listed once it is done: before, it may not have reached the person', async () => {
  const store = newStore()
  await store.create({ userId: 'kim' })
  await activity.flush()
  const sql = t.database.kysely.withTables<ActivityTable>()
  const what = { filter: '', reason: 'Security update', note: '', action: 'revoke', started_by: 'on call' }
  const operation = { id: 'o9', at: Date.now() + 1_000, ...what }
  const kinds = async () => (await activity.list('kim', { limit: 10 })).events.map(({ kind }) => kind)
  for (const state of ['running', 'stopped', 'failed'] as const) {
    await recordOperation(sql, { ...operation, state, revoked: 0 })
    expect(await kinds()).toEqual(['created'])
  }
  await recordOperation(sql, { ...operation, state: 'done', revoked: 1 })
  expect(await kinds()).toEqual(['everybody', 'created'])
})
