import { startPostgres } from '@rollcall/dev-postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/accounts/database/database.js'
import { type MailQueue, openMailQueue } from '../../src/mail/queue.js'
import { databases } from '../accounts/helpers.js'
import { temporaryFolder } from '../temporary-folder.js'

describe.each(databases)('the queue on %s', (kind) => {
  let close: () => Promise<void>
  let database: Database
  let queue: MailQueue
  beforeAll(async () => {
    const postgres = kind === 'postgres' ? await startPostgres() : undefined
    const folder = await temporaryFolder('queue')
    database = openDatabase({ url: postgres?.url, dataDir: folder.path })
    queue = await openMailQueue(database)
    close = async () => {
      await database.close()
      await Promise.all([postgres?.[Symbol.asyncDispose](), folder[Symbol.asyncDispose]()])
    }
  })
  afterAll(() => close())
  beforeEach(() => sql`delete from mail`.execute(database.kysely))

  const payloads = async (): Promise<string[]> => (await queue.claim(100)).map(({ payload }) => payload).toSorted()

  test('a mail takes the place of an earlier one with its key, with what it says and when it is due', async () => {
    const mail = { key: 'sign-up:ada', kind: 'sign-up' }
    expect(await queue.add({ ...mail, payload: 'in English', delayMs: 60_000 })).toBe(mail.key)
    expect(await payloads()).toEqual([])
    expect(await queue.add({ ...mail, payload: 'in German' })).toBe(mail.key)
    const [onItsWay] = await queue.claim(1)
    expect(onItsWay).toMatchObject({ payload: 'in German', attempts: 1 })
    expect(await queue.add({ ...mail, payload: 'in French' })).toBe(mail.key)
    if (onItsWay) await queue.remove(onItsWay)
    expect(await queue.claim(1)).toMatchObject([{ payload: 'in French' }])
  })

  test('mails apart are sent each, up to 10 of a key, and leave room for others', async () => {
    const notice = (of: string, n: number) =>
      queue.add({ key: `passkey-changed:added:${of}`, kind: 'passkey-changed', payload: `${of} ${n}`, isApart: true })
    const added: (string | null)[] = []
    for (let n = 0; n < 12; n += 1) added.push(await notice('ada', n))
    expect(added.map((key) => key !== null)).toEqual(Array.from({ length: 12 }, (_, n) => n < 10))
    expect(await notice('ad', 0)).toMatch(/^passkey-changed:added:ad:/)
    expect(new Set(await payloads()).size).toBe(11)
  })

  test('mails of a mass reset leave room to strangers, and both leave room to owners', async () => {
    const causes = ['mass reset', 'stranger', 'owner'] as const
    const add = async (cause: (typeof causes)[number], key = cause) =>
      queue.add({ key, kind: 'reset', payload: '', cause })
    for (const [waiting, taken] of [
      [7_999, causes],
      [8_000, ['stranger', 'owner']],
      [9_000, ['owner']],
      [10_000, []],
    ] as const) {
      await sql`delete from mail`.execute(database.kysely)
      await sql`
        with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${waiting - 1})
        insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
        select 'filler:' || n, 'reset', '', 0, 0, 0, 0 from numbers`.execute(database.kysely)
      const accepted: string[] = []
      for (const cause of causes) {
        await queue.add({ key: 'last', kind: 'reset', payload: '' })
        if (await add(cause)) accepted.push(cause)
        await sql`delete from mail where key not like 'filler:%'`.execute(database.kysely)
      }
      expect(accepted, `while ${waiting} wait`).toEqual(taken)
    }
  })

  test('a mail that waits for its time is not due when a server starts, and one that waits for a retry is', async () => {
    await queue.add({ key: 'a', kind: 'reset', payload: 'refused' })
    const [refused] = await queue.claim(1)
    if (refused) await queue.retry(refused, 60_000, '451')
    await queue.add({ key: 'b', kind: 'account-deleted', payload: 'prepared', delayMs: 60_000 })
    expect(await payloads()).toEqual([])
    await queue.retryAll()
    expect(await payloads()).toEqual(['refused'])
  })

  test('the mail that was tried least is claimed first on demand, and otherwise the one that is longest due', async () => {
    for (const key of ['a', 'b']) await queue.add({ key, kind: 'reset', payload: key })
    const [tried] = await queue.claim(1)
    if (tried) await queue.retry(tried, -60_000, '451')
    expect(await queue.claim(1, 'least tried')).toMatchObject([{ payload: 'b' }])
    expect(await queue.claim(1)).toMatchObject([{ payload: 'a' }])
  })

  test('a mail that is prepared again after a failure waits for its time', async () => {
    const mail = { key: 'a', kind: 'account-deleted', payload: 'prepared' }
    await queue.add(mail)
    const [failed] = await queue.claim(1)
    if (failed) await queue.retry(failed, 60_000, 'No mail server was asked')
    await queue.add({ ...mail, delayMs: 60_000 })
    await queue.retryAll()
    expect(await payloads()).toEqual([])
  })
})
