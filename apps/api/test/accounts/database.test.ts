import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { databaseOn, startPostgres } from '@rollcall/dev-postgres'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionEvents, createSessionStore } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { type Kysely, sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { openActivity } from '../../src/accounts/activity/activity.js'
import { createAuth } from '../../src/accounts/auth.js'
import { type Database, openDatabase } from '../../src/accounts/database/database.js'
import { outageIn } from '../../src/errors.js'
import { databases as kinds, quietAuth } from './helpers.js'

type Tables = { word: { text: string } }

/** Two servers on one SQLite file. */
async function startPair() {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-database-'))
  const databases = [openDatabase({ dataDir }), openDatabase({ dataDir })] as const
  const [here, there] = databases.map(({ kysely }) => kysely.withTables<Tables>()) as [Kysely<Tables>, Kysely<Tables>]
  await here.schema.createTable('word').addColumn('text', 'text').execute()
  return {
    dataDir,
    here,
    there,
    async [Symbol.asyncDispose]() {
      await Promise.all(databases.map((database) => database.close()))
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const write = (db: Kysely<Tables>, text: string) => db.insertInto('word').values({ text }).execute()
const words = async (db: Kysely<Tables>) =>
  (await db.selectFrom('word').select('text').execute()).map(({ text }) => text)

test('on one SQLite file, what one server does waits for the transaction of another, and neither fails', async () => {
  await using pair = await startPair()
  const { here, there } = pair
  const meanwhile: Promise<unknown>[] = []
  await here.transaction().execute(async (transaction) => {
    await words(transaction)
    meanwhile.push(
      write(there, 'second'),
      there.transaction().execute(async (other) => write(other, `after ${(await words(other)).join(', ')}`)),
    )
    // This one's own event loop turns while the other waits, or this would never end.
    await new Promise((resolve) => setImmediate(resolve))
    await write(transaction, 'first')
  })
  await Promise.all(meanwhile)
  expect(await words(there)).toEqual(['first', 'second', 'after first, second'])
})

test('a fault for which SQLite itself ends the transaction, as for a full disk, is the one that is reported', async () => {
  await using pair = await startPair()
  const { here } = pair
  await sql`create trigger full before insert on word begin select raise(rollback, 'disk full'); end`.execute(here)
  await expect(here.transaction().execute((transaction) => write(transaction, 'lost'))).rejects.toThrow('disk full')
  await sql`drop trigger full`.execute(here)
  await write(here, 'kept')
  expect(await words(here)).toEqual(['kept'])
})

test('a server that waited in vain for the SQLite file goes on with what is in it now', async () => {
  await using pair = await startPair()
  const { here, there } = pair
  await here.transaction().execute(async (transaction) => {
    await write(transaction, 'one')
    await expect(write(there, 'lost')).rejects.toThrow('database is locked')
  })
  expect(await words(there)).toEqual(['one'])
  await write(here, 'two')
  expect(await words(there)).toEqual(['one', 'two'])
  await there.transaction().execute((transaction) => write(transaction, 'three'))
  expect(await words(here)).toEqual(['one', 'two', 'three'])
})

test('a file that is opened again in one process stays locked, so another process that ends does not take its log away', async () => {
  await using pair = await startPair()
  expect(await words(pair.here)).toEqual([])
  await openDatabase({ dataDir: pair.dataDir }).close()
  await writeElsewhere(pair.dataDir, 'one')
  expect(await words(pair.here)).toEqual(['one'])
  await writeElsewhere(pair.dataDir, 'two')
  expect(await words(pair.here)).toEqual(['one', 'two'])
})

/** From a process that opens the file, writes, and closes it. */
async function writeElsewhere(dataDir: string, text: string): Promise<void> {
  const script = `
    import SqliteDatabase from 'libsql'
    const database = new SqliteDatabase(${JSON.stringify(join(dataDir, 'rollcall.sqlite'))})
    database.exec("insert into word values ('${text}')")
    database.close()`
  const cwd = new URL('../..', import.meta.url)
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd, stdio: 'inherit' })
  expect(await once(child, 'exit')).toEqual([0, null])
}

/** The permissions of every file in a folder. */
async function modesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted()
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, ((await stat(join(folder, name))).mode & 0o777).toString(8)] as const),
    ),
  )
}

test('only its owner reads the SQLite file, whatever the folder, the umask and the permissions it had before', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-modes-'))
  const umask = process.umask(0)
  try {
    await chmod(dataDir, 0o755)
    // As an earlier version, or a copy by hand, may have left them.
    for (const name of ['rollcall.sqlite', 'rollcall.sqlite-wal', 'rollcall.sqlite-shm'])
      await writeFile(join(dataDir, name), '', { mode: 0o644 })
    const database = openDatabase({ dataDir })
    await database.kysely.withTables<Tables>().schema.createTable('word').addColumn('text', 'text').execute()
    expect(await modesIn(dataDir)).toEqual({
      'rollcall.sqlite': '600',
      'rollcall.sqlite-shm': '600',
      'rollcall.sqlite-wal': '600',
    })
    await database.close()

    const made = join(dataDir, 'made', 'below')
    const fresh = openDatabase({ dataDir: made })
    await fresh.kysely.withTables<Tables>().schema.createTable('word').addColumn('text', 'text').execute()
    expect(await modesIn(made)).toEqual({
      'rollcall.sqlite': '600',
      'rollcall.sqlite-shm': '600',
      'rollcall.sqlite-wal': '600',
    })
    expect((await modesIn(dataDir))['made']).toBe('700')
    expect((await modesIn(join(dataDir, 'made')))['below']).toBe('700')
    await fresh.close()
  } finally {
    process.umask(umask)
    await rm(dataDir, { recursive: true, force: true })
  }
})

describe.each(kinds)('migrations take turns on %s', (kind) => {
  const server = kind === 'postgres' ? startPostgres() : undefined
  afterAll(async () => (await server)?.[Symbol.asyncDispose]())
  const startPlace = async () => placeOf((await server)?.url)

  test('of servers that start at once, one at a time changes the tables', async () => {
    await using place = await startPlace()
    const databases = Array.from({ length: 5 }, () => place.open())
    let inside = 0
    const together = await Promise.all(
      databases.map((database) =>
        database.withMigrationLock(async () => {
          inside += 1
          const seen = inside
          await database.ping()
          await new Promise((resolve) => setImmediate(resolve))
          inside -= 1
          return seen
        }),
      ),
    )
    expect(together).toEqual([1, 1, 1, 1, 1])
  })

  test('every table is created in a turn', async () => {
    await using place = await startPlace()
    await using redis = await startRedis()
    const client = new Redis(redis.url)
    const { kysely, ...database } = place.open()
    let inside = false
    const created: boolean[] = []
    const watched: Database = {
      ...database,
      kysely: kysely.withPlugin({
        transformQuery({ node }) {
          if (node.kind === 'CreateTableNode') created.push(inside)
          return node
        },
        transformResult: async ({ result }) => result,
      }),
      withMigrationLock: (work) =>
        database.withMigrationLock(async () => {
          inside = true
          return work().finally(() => (inside = false))
        }),
    }
    const activity = await openActivity({
      database: watched,
      events: createSessionEvents({ redis: client }),
      days: 90,
      warn: () => undefined,
    })
    await createAuth({ ...quietAuth, store: createSessionStore({ redis: client }), database: watched })
    await activity.close()
    client.disconnect()
    expect(created.length).toBeGreaterThan(4)
    expect(created).not.toContain(false)
  })

  test('work that fails gives up its turn', async () => {
    await using place = await startPlace()
    const [first, second] = [place.open(), place.open()]
    await expect(first.withMigrationLock(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await second.withMigrationLock(async () => 'done')).toBe('done')
  })

  test('a server that is killed in its turn does not keep the others from starting', async () => {
    await using place = await startPlace()
    const script = `
      import { openDatabase } from ${JSON.stringify(new URL('../../dist/accounts/database/database.js', import.meta.url).href)}
      const database = openDatabase(${JSON.stringify(place.options)})
      await database.withMigrationLock(async () => {
        console.log('holds the lock')
        await new Promise(() => setInterval(() => undefined, 1_000))
      })`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    let killed = false
    const turn = place.open().withMigrationLock(async () => killed)
    killed = child.kill('SIGKILL')
    expect(await turn).toBe(true)
    await ended
  })
})

/** Somewhere for several servers to open the same database. */
async function placeOf(postgres: string | undefined) {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-database-'))
  const options = { dataDir, url: postgres && (await databaseOn(postgres, basename(dataDir).toLowerCase())) }
  const opened: Database[] = []
  return {
    options,
    open() {
      const database = openDatabase(options)
      opened.push(database)
      return database
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((database) => database.close()))
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

test.runIf(kinds.length > 1)(
  'a PostgreSQL that can only be read answers, and says that it takes no writes',
  async () => {
    await using server = await startPostgres()
    const url = await databaseOn(server.url, 'standby')
    const options = { url, dataDir: tmpdir() }
    const before = openDatabase(options)
    await before.checkWritable()
    await sql`alter database standby set default_transaction_read_only = on`.execute(before.kysely)
    await before.close()
    const database = openDatabase(options)
    await database.ping()
    await expect(database.checkWritable()).rejects.toThrow('can only be read')
    const failure = await sql`create table word (text text)`.execute(database.kysely).catch((error: unknown) => error)
    expect(outageIn(failure)).toBeDefined()
    await database.close()
  },
)
