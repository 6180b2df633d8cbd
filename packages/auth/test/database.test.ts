import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/index.js'

type Tables = { word: { text: string } }

/** Two servers on one SQLite file. */
async function startPair() {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-database-'))
  const databases = [openDatabase({ dataDir }), openDatabase({ dataDir })] as const
  const [here, there] = databases.map(({ kysely }) => kysely.withTables<Tables>()) as [Kysely<Tables>, Kysely<Tables>]
  await here.schema.createTable('word').addColumn('text', 'text').execute()
  return {
    here,
    there,
    async [Symbol.asyncDispose]() {
      await Promise.all(databases.map((database) => database.close()))
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

const write = (db: Kysely<Tables>, text: string) => db.insertInto('word').values({ text }).execute()
const words = async (db: Kysely<Tables>) => (await db.selectFrom('word').select('text').execute()).map(({ text }) => text)

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

/** The permissions of every file in a folder. */
async function modesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted()
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, ((await stat(join(folder, name))).mode & 0o777).toString(8)] as const)))
}

test('only its owner reads the SQLite file, whatever the folder, the umask and the permissions it had before', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-modes-'))
  const umask = process.umask(0)
  try {
    await chmod(dataDir, 0o755)
    // As an earlier version, or a copy by hand, may have left them.
    for (const name of ['rollcall.sqlite', 'rollcall.sqlite-wal', 'rollcall.sqlite-shm']) await writeFile(join(dataDir, name), '', { mode: 0o644 })
    const database = openDatabase({ dataDir })
    await database.kysely.withTables<Tables>().schema.createTable('word').addColumn('text', 'text').execute()
    expect(await modesIn(dataDir)).toEqual({ 'rollcall.sqlite': '600', 'rollcall.sqlite-shm': '600', 'rollcall.sqlite-wal': '600' })
    await database.close()

    const made = join(dataDir, 'made', 'below')
    const fresh = openDatabase({ dataDir: made })
    await fresh.kysely.withTables<Tables>().schema.createTable('word').addColumn('text', 'text').execute()
    expect(await modesIn(made)).toEqual({ 'rollcall.sqlite': '600', 'rollcall.sqlite-shm': '600', 'rollcall.sqlite-wal': '600' })
    expect((await modesIn(dataDir))['made']).toBe('700')
    expect((await modesIn(join(dataDir, 'made')))['below']).toBe('700')
    await fresh.close()
  } finally {
    process.umask(umask)
    await rm(dataDir, { recursive: true, force: true })
  }
})
