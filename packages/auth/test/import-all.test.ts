import type { DBAdapter } from '@better-auth/core/db/adapter'
import { createSessionStore } from '@rollcall/session-store'
import { betterAuth } from 'better-auth'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importSessions } from '../src/import/import-sessions.js'
import { cookieSessions, OldSessionsError, rollcall } from '../src/index.js'
import { type Browser, sessionRows, copyCookies } from './helpers.js'
import { cookieOf, DAY_MS, isSignedIn, startMove } from './import-helpers.js'

let t: Awaited<ReturnType<typeof startMove>>
beforeAll(async () => {
  t = await startMove()
})
afterAll(() => t[Symbol.asyncDispose]())

const copyOf = (mine: Browser): Browser => copyCookies(mine, t.browser())

function gate() {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** Another server, whose database calls wait at the gates of the test. */
async function otherServer(gates: Partial<DBAdapter>) {
  const server = t.importing()
  server.readFrom({ ...t.oldAdapter, ...gates })
  return server
}

describe('two servers', () => {
  test('one has read a row, the other moves and ends it: it does not come back', async () => {
    const mine = await t.signInToOld('stale', { isNew: true })
    const [read, go] = [gate(), gate()]
    const other = await otherServer({
      findMany: async <T>(input: Parameters<DBAdapter['findMany']>[0]) => {
        const rows = await t.oldAdapter.findMany<T>(input)
        read.open()
        await go.opened
        return rows
      },
    })
    const importing = other.importAll()
    await read.opened
    const copy = copyOf(mine)
    await mine.post('/sign-out')
    go.open()
    expect((await importing).imported).toBe(0)
    expect(await isSignedIn(copy)).toBe(false)
  })

  test('one has read a row, better-auth alone ends it: it does not come back', async () => {
    const mine = await t.signInToOld('ended', { isNew: true })
    const userId = await t.userIdOf('ended')
    const other = await otherServer({
      findMany: async <T>(input: Parameters<DBAdapter['findMany']>[0]) => {
        const rows = await t.oldAdapter.findMany<T>(input)
        await t.oldAdapter.deleteMany({ model: 'session', where: [{ field: 'userId', value: userId }] })
        return rows
      },
    })
    expect((await other.importAll()).imported).toBe(0)
    expect(await isSignedIn(mine)).toBe(false)
  })

  test('one is killed before its commit: the row is moved again, and what was revoked since stays dead', async () => {
    const kept = await t.signInToOld('killed', { isNew: true })
    const revoked = await t.signInToOld('killed')
    const userId = await t.userIdOf('killed')
    const other = await otherServer({
      transaction: (work) =>
        t.oldAdapter.transaction(async (trx) => {
          await work(trx)
          throw new Error('Killed') // SQL rolls back, Redis does not
        }),
    })
    await expect(other.importAll()).rejects.toThrow('unavailable')
    expect(await t.rowsOf(userId)).toHaveLength(2)
    const keptId = (await kept.session())?.id
    // Past the plugin, as an operator does it: nothing moves the rows first.
    for (const { id } of await t.store.list(userId)) if (id !== keptId) await t.store.revoke(userId, id)
    await t.importer.importAll()
    expect(await isSignedIn(revoked)).toBe(false)
    expect(await isSignedIn(kept)).toBe(true)
    expect(await t.rowsOf(userId)).toEqual([])
  })

  test('one imports while the other changes the password: the change wins', async () => {
    const mine = await t.signInToOld('wins', { isNew: true })
    const userId = await t.userIdOf('wins')
    const [row] = await t.rowsOf(userId)
    await t.store.revokeAll(userId, { credentialChange: true }) // past the plugin
    expect(await t.importer.importAll()).toMatchObject({ superseded: 1, imported: 0 })
    expect(row).toBeDefined()
    expect(await isSignedIn(mine)).toBe(false)
  })
})

async function addRows(userId: string, count: number): Promise<void> {
  const now = new Date().toISOString()
  const expiresAt = new Date(Date.now() + 5 * DAY_MS).toISOString()
  await sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
    insert into "session" ("id", "userId", "token", "createdAt", "updatedAt", "expiresAt")
    select 'row-' || i, ${userId}, lower(hex(randomblob(16))), ${now}, ${now}, ${expiresAt} from n`.execute(
    t.database.kysely,
  )
}

describe('importing the rest', () => {
  test('counts what it did, names bad rows and goes on', async () => {
    await t.importer.importAll()
    const good = await t.signInToOld('counts', { isNew: true })
    const userId = await t.userIdOf('counts')
    const row = { userId, createdAt: new Date(), updatedAt: new Date(), ipAddress: '', userAgent: '' }
    const expiresAt = new Date(Date.now() + DAY_MS)
    const short = { ...row, token: 'short', expiresAt }
    const { id } = await t.oldAdapter.create<typeof short, { id: string }>({ model: 'session', data: short })
    await t.oldAdapter.create({ model: 'session', data: { ...row, token: 'x'.repeat(32), expiresAt: new Date(0) } })
    const progress: number[] = []
    const counts = await t.importer.importAll({ onProgress: ({ imported }) => progress.push(imported) })
    expect(counts).toMatchObject({ imported: 1, expired: 1, unreadable: 1, superseded: 0 })
    const unreadableRows = [{ id, reason: 'token' }]
    expect(counts.unreadableRows).toEqual(unreadableRows)
    const none = { imported: 0, known: 0, superseded: 0, expired: 0 }
    expect(await t.importer.importAll()).toEqual({ ...none, unreadable: 1, unreadableRows })
    expect(JSON.stringify(counts)).not.toContain('short')
    expect(progress).toEqual([1])
    expect(await isSignedIn(good)).toBe(true)
    await t.oldAdapter.deleteMany({ model: 'session', where: [{ field: 'token', value: 'short' }] })
    expect(await sessionRows(t.database)).toBe(0)
  })

  test('stops when asked, and continues', async () => {
    await t.signInToOld('stops', { isNew: true })
    const userId = await t.userIdOf('stops')
    await addRows(userId, 250)
    const stop = new AbortController()
    const first = await t.importer.importAll({ signal: stop.signal, onProgress: () => stop.abort() })
    expect(first.imported).toBe(200)
    expect((await t.importer.importAll()).imported).toBe(51)
    expect(await t.importer.count(userId)).toBe(251)
  })

  test('before one of a user is listed, all are imported, however many there are', async () => {
    await t.signInToOld('many', { isNew: true })
    const userId = await t.userIdOf('many')
    await addRows(userId, 450)
    expect(await t.importer.count(userId)).toBe(451)
    expect(await t.rowsOf(userId)).toEqual([])
  })

  test('while people sign in, sign out and come with their cookies: nobody else is signed out', async () => {
    const stays: Browser[] = []
    const leaves: Browser[] = []
    for (let i = 0; i < 12; i += 1) {
      const mine = await t.signInToOld(`load-${i}`, { isNew: true })
      ;(i % 3 === 0 ? leaves : stays).push(mine)
    }
    const copies = leaves.map(copyOf)
    const [importing] = await Promise.all([
      t.importer.importAll(),
      ...stays.map((mine) => mine.get('/get-session')),
      ...leaves.map((mine) => mine.post('/sign-out')),
      ...stays.map((_, i) => t.browser().signUp(`new-${i}@example.org`)),
    ])
    expect(importing.unreadable).toBe(0)
    for (const mine of stays) expect(await isSignedIn(mine)).toBe(true)
    for (const copy of copies) expect(await isSignedIn(copy)).toBe(false)
  })
})

describe('an outage', () => {
  test('of Redis is a 503; the row stays, and the cookie signs in afterwards', async () => {
    const mine = await t.signInToOld('outage', { isNew: true })
    process.kill(t.server.pid, 'SIGSTOP')
    try {
      expect((await mine.get('/get-session')).status).toBe(503)
    } finally {
      process.kill(t.server.pid, 'SIGCONT')
    }
    expect(await t.rowsOf(await t.userIdOf('outage'))).toHaveLength(1)
    await expect.poll(() => mine.get('/get-session').then(({ status }) => status)).toBe(200)
    expect(await isSignedIn(mine)).toBe(true)
  })

  test('of SQL is a 503', async () => {
    const mine = await t.signInToOld('no-sql', { isNew: true })
    const broken = t.importing()
    broken.readFrom({ ...t.oldAdapter, findMany: () => Promise.reject(new Error('The database is gone')) })
    const sessions = await cookieSessions(t.auth, broken)
    const headers = new Headers({ cookie: `better-auth.session_token=${cookieOf(mine)}` })
    await expect(sessions.authenticate(headers)).rejects.toThrow('unavailable')
  })
})

describe('better-auth beside a table of live sessions', () => {
  const start = (options: Omit<Parameters<typeof rollcall>[0], 'store'> = {}, store = t.store) =>
    betterAuth({ ...t.common, plugins: [rollcall({ store, ...options })] }).$context

  test('refuses to start until somebody has decided', async () => {
    await t.signInToOld('refused', { isNew: true })
    await expect(start()).rejects.toThrow(OldSessionsError)
    await expect(start({ oldSessions: 'ignore' })).resolves.toBeDefined()
    await expect(start({}, t.importing())).resolves.toBeDefined()
    const database = { db: t.database.kysely, type: t.database.type }
    const withoutTransactions = betterAuth({ ...t.common, database, plugins: [rollcall({ store: t.importing() })] })
    await expect(withoutTransactions.$context).rejects.toThrow(/database\.transaction/)
    await t.importer.importAll()
    const now = new Date()
    const expired = { userId: await t.userIdOf('refused'), token: 'e'.repeat(32), createdAt: now, updatedAt: now }
    await t.oldAdapter.create({ model: 'session', data: { ...expired, expiresAt: new Date(now.getTime() - 1_000) } })
    await expect(start()).resolves.toBeDefined()
  })
})

describe('from the secondaryStorage of better-auth', () => {
  const moving = (keyPrefix?: string) =>
    importSessions(createSessionStore(t.options), {
      ...t.options,
      secondaryStorage: { client: t.redis, ...(keyPrefix && { keyPrefix }) },
    })
  const authenticateBy = async (store: ReturnType<typeof moving>) => {
    const auth = betterAuth({ ...t.common, plugins: [rollcall({ store, oldSessions: 'ignore' })] })
    const sessions = await cookieSessions(auth, store)
    return (mine: Browser) =>
      sessions.authenticate(new Headers({ cookie: `better-auth.session_token=${cookieOf(mine)}` }))
  }

  test('a cookie signs in, the other devices are listed, and their keys go', async () => {
    const mine = await t.signInToOld('redis', { isNew: true, inRedis: true })
    const phone = await t.signInToOld('redis', { inRedis: true })
    const store = moving()
    const authenticate = await authenticateBy(store)
    const found = await authenticate(mine)
    const userId = await t.userIdOf('redis')
    expect(found?.session).toMatchObject({ userId, userAgent: 'Browser of redis' })
    expect(await store.list(userId)).toHaveLength(2)
    expect(await t.redis.keys('better-auth:*')).toEqual([`better-auth:active-sessions-${userId}`])
    expect(await store.revokeOthers(found?.token ?? '')).toBe(1)
    expect(await authenticate(phone)).toBeNull()
    expect(await authenticate(mine)).not.toBeNull()
  })

  test('the rest is imported; what better-auth has revoked is not, and bad values are named', async () => {
    const mine = await t.signInToOld('rest', { isNew: true, inRedis: true })
    const revoked = await t.signInToOld('rest-revoked', { isNew: true, inRedis: true })
    const before = `better-auth:revoked-sessions-before-${await t.userIdOf('rest-revoked')}`
    await t.redis.set(before, Date.now() + 1_000)
    await t.redis.set(`better-auth:${'z'.repeat(32)}`, 'no JSON')
    const store = moving()
    const authenticate = await authenticateBy(store)
    expect(await store.importAll()).toMatchObject({ imported: 1, unreadable: 1 })
    expect(await authenticate(mine)).not.toBeNull()
    expect(await authenticate(revoked)).toBeNull()
  })

  test('a server is killed in between: the value is found again, and better-auth alone no longer reads it', async () => {
    const mine = await t.signInToOld('claimed', { isNew: true, inRedis: true })
    const [token = ''] = decodeURIComponent(cookieOf(mine)).split('.')
    const value = await t.redis.get(`better-auth:${token}`)
    await t.redis.set(`better-auth:${token}`, `!${value}`, 'KEEPTTL')
    expect(await (await authenticateBy(moving()))(mine)).not.toBeNull()
  })
})
