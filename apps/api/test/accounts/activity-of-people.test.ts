import { EventEmitter, once } from 'node:events'
import { createSessionEvents, createSessionStore, userTagOf } from '@rollcall/session-store'
import { rollcall } from '@rollcall/auth'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Activity, openActivity } from '../../src/accounts/activity.js'
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
  await activity.settled()
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
  await activity.settled()
  gate.emit('write')
  await other.settled()
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
