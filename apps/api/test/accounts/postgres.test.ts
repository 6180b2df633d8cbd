import { databaseOn, lineTo, postgresBinaries, type PrivatePostgres, startPostgres } from '@rollcall/dev-postgres'
import { Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { withAdvisoryLock } from '../../src/accounts/database/migration-lock.js'
import { openPostgres } from '../../src/accounts/database/postgres.js'
import { outageIn } from '../../src/errors.js'

// A connection breaks while it is in use, in each way that a connection can break.

/** Short, so that a break is noticed soon. In milliseconds. */
const limits = { connect: 500, query: 500, idleInTransaction: 500 }

let server: PrivatePostgres
beforeAll(async () => {
  if (postgresBinaries !== null) server = await startPostgres()
})
afterAll(() => server?.[Symbol.asyncDispose]())

let names = 0

async function connectNew() {
  names += 1
  const url = await databaseOn(server.url, `rollcall_${names}`)
  const line = await lineTo(url)
  const { dialect, ping } = openPostgres(line.url, limits)
  const db = new Kysely<{ word: { text: string } }>({ dialect })
  await db.schema.createTable('word').addColumn('text', 'text').execute()
  await db.insertInto('word').values({ text: 'kept' }).execute()
  return {
    line,
    db,
    ping,
    write: (text: string) => db.updateTable('word').set({ text }).execute(),
    word: async () => (await db.selectFrom('word').select('text').executeTakeFirstOrThrow()).text,
    /** As many connections as there can be, all of them open and idle. */
    async fill() {
      await Promise.all(Array.from({ length: 10 }, () => sql`select pg_sleep(0.05)`.execute(db)))
    },
    async [Symbol.asyncDispose]() {
      await db.destroy()
      await line[Symbol.asyncDispose]()
    },
  }
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: unknown) => error,
  )

const isOutage = (error: unknown): boolean => outageIn(error) !== undefined

describe.runIf(postgresBinaries !== null)('a connection to PostgreSQL', () => {
  test('that falls silent is closed after one timeout, and the next query opens another', async () => {
    await using t = await connectNew()
    t.line.silence()
    const error = await failure(t.word())
    expect(isOutage(error)).toBe(true)
    expect(await t.word()).toBe('kept')
  })

  test('that falls silent takes the idle ones along: ten of them cost one timeout', async () => {
    await using t = await connectNew()
    await t.fill()
    t.line.silence()
    expect(isOutage(await failure(t.word()))).toBe(true)
    expect(await Promise.all(Array.from({ length: 20 }, () => t.word()))).toEqual(
      Array.from({ length: 20 }, () => 'kept'),
    )
  })

  test('that falls silent under a full pool is no burden to those who wait for a connection', async () => {
    await using t = await connectNew()
    await t.fill()
    t.line.silence()
    const errors = await Promise.all(Array.from({ length: 25 }, () => failure(t.word())))
    for (const error of errors) if (error !== 'no error') expect(isOutage(error)).toBe(true)
    expect(await t.word()).toBe('kept')
  })

  test('that falls silent in a transaction is not used again, and the transaction leaves nothing', async () => {
    await using t = await connectNew()
    const steps: unknown[] = []
    const error = await failure(
      t.db.transaction().execute(async (transaction) => {
        await transaction.updateTable('word').set({ text: 'lost' }).execute()
        t.line.silence()
        steps.push(await failure(sql`select 1`.execute(transaction)))
        steps.push(await failure(sql`select 2`.execute(transaction))) // at once: the connection is closed by now
        await sql`select 3`.execute(transaction)
      }),
    )
    expect([...steps, error].map(isOutage)).toEqual([true, true, true])
    expect(await t.word()).toBe('kept')
    // PostgreSQL cannot see that nobody is there any more: it ends the transaction by its own limit, and the lock with it.
    await expect.poll(() => failure(t.write('next')), { timeout: 10_000 }).toBe('no error')
    expect(await t.word()).toBe('next')
  })

  test.each([
    ['reset', (t: Awaited<ReturnType<typeof connectNew>>) => Promise.resolve(t.line.reset())],
    [
      'ended by the server',
      async () => {
        const { dialect } = openPostgres(server.url)
        const admin = new Kysely<unknown>({ dialect })
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname like 'rollcall_%'`.execute(
          admin,
        )
        await admin.destroy()
      },
    ],
  ])('that is %s while it is in use fails its query, and not the process', async (_, breakIt) => {
    await using t = await connectNew()
    await t.fill()
    const inUse = failure(sql`select pg_sleep(30)`.execute(t.db))
    const inTransaction = failure(
      t.db.transaction().execute(async (transaction) => {
        await transaction.updateTable('word').set({ text: 'lost' }).execute()
        await breakIt(t) // now it is checked out, and no query listens for its error
        await inUse
        await sql`select 1`.execute(transaction)
      }),
    )
    expect(isOutage(await inUse)).toBe(true)
    expect(isOutage(await inTransaction)).toBe(true)
    expect(await t.word()).toBe('kept')
  })

  test('that is never answered is given up after the connect timeout', async () => {
    await using t = await connectNew()
    t.line.silenceAll()
    expect(isOutage(await failure(t.word()))).toBe(true)
    expect(isOutage(await failure(t.word()))).toBe(true)
    t.line.restore()
    expect(await t.word()).toBe('kept')
  })

  test('that is silent does not hold up the end', async () => {
    await using t = await connectNew()
    await t.fill()
    t.line.silence()
    await t.db.destroy()
  })

  test('is kept when a query is wrong or too slow for the server: the answer came on it', async () => {
    await using t = await connectNew()
    const before = t.line.connections()
    expect(isOutage(await failure(sql`select nonsense`.execute(t.db)))).toBe(false)
    expect(await t.word()).toBe('kept')
    expect(t.line.connections()).toBe(before)
  })
})

describe.runIf(postgresBinaries !== null)('the lock of a migration', () => {
  test('is held for as long as the work takes, beyond the bound for transactions that send nothing', async () => {
    const url = await databaseOn(server.url, 'rollcall_migration')
    const db = new Kysely({ dialect: openPostgres(url, { ...limits, query: 5_000, idleInTransaction: 1_000 }).dialect })
    const age = sql<{ ms: string }>`select extract(epoch from now() - xact_start) * 1000 as ms
      from pg_stat_activity where datname = 'rollcall_migration' and xact_start < now() order by xact_start limit 1`
    const done = withAdvisoryLock(
      db,
      async () => {
        await vi.waitUntil(async () => Number((await age.execute(db)).rows[0]?.ms ?? 0) > 1_500, { timeout: 30_000 })
        return (await sql`select 1 from pg_locks where locktype = 'advisory'`.execute(db)).rows.length
      },
      50,
    )
    expect(await done).toBe(1)
    await db.destroy()
  })
})

describe.runIf(postgresBinaries !== null)('the probe', () => {
  test('asked by many at once, is one query, and gives its connection back', async () => {
    await using t = await connectNew()
    t.line.silence()
    const before = t.line.connections()
    const probes = await Promise.all(Array.from({ length: 50 }, () => failure(t.ping())))
    expect(new Set(probes).size).toBe(1)
    expect(isOutage(probes[0])).toBe(true)
    await t.ping()
    expect(await t.word()).toBe('kept')
    expect(t.line.connections()).toBe(before + 1)
  })
})
