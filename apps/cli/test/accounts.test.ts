import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { findUserIds } from '@rollcall/api/operator'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { post, startAccounts, waitingMails } from './accounts.js'
import { createCommand } from './command.js'

// The commands that change accounts.

let t: Awaited<ReturnType<typeof startAccounts>>
beforeAll(async () => {
  t = await startAccounts()
})
afterAll(() => t[Symbol.asyncDispose]())
const { start, run, runJson } = createCommand(() => t.env)

const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery staple' }

test('a required password reset ends the sessions and the password, and sends a mail', async () => {
  const outbox = join(t.folder, 'outbox')
  await t.withServices(async (services) => {
    const { auth, store, activity, mailer } = services
    expect(await post(services, '/sign-up/email', person)).toBe(200)
    const command = ['users', 'require-password-reset', 'ADA@example.org', '--confirm']
    expect(await run([...command, '2'])).toMatchObject({ code: 2, out: '' })
    const { code, results } = await runJson([...command, '1'])
    expect(results.at(-1)).toEqual({ operation: expect.any(String), reset: 1, withoutPassword: 0 })
    expect(code).toBe(0)
    expect(await store.list(String(results[0]?.['userId']))).toEqual([])
    expect(await run(['sessions', 'list', person.email])).toEqual({ code: 0, out: '', err: '0 sessions\n' })
    expect(await post(services, '/sign-in/email', person)).toBe(401)
    expect(await waitingMails(services), 'the command leaves it to a server, with no notice beside it').toEqual([
      expect.stringMatching(/^password-required:/),
    ])
    mailer.start(auth)
    await vi.waitUntil(async () => existsSync(outbox) && (await waitingMails(services)).length === 0, 30_000)
    const subjects = readdirSync(outbox).map(
      (name) => /^Subject: (.*)\r$/m.exec(readFileSync(join(outbox, name), 'utf8'))?.[1],
    )
    expect(subjects).toEqual(['You must choose a new password']) // and none says that the person changed it
    await activity.flush()
  })
})

test('a required password reset that lost its mail is made good by its repetition', async () => {
  const bob = { ...person, email: 'bob@example.org' }
  await t.withServices(async (services) => {
    const { auth, store, database } = services
    expect(await post(services, '/sign-up/email', bob)).toBe(200)
    const [userId = ''] = await findUserIds(database.kysely, bob.email)
    await database.kysely.schema.alterTable('mail').renameTo('mail_away').execute()
    await expect(auth.requirePasswordReset(userId)).rejects.toThrow()
    await database.kysely.schema.alterTable('mail_away').renameTo('mail').execute()
    expect(await auth.requirePasswordReset(userId)).toBe(true)
    expect(await waitingMails(services)).toContain(`password-required:${userId}`)
    await store.create({ userId }) // as if its process had been killed before it revoked the sessions
    expect(await auth.requirePasswordReset(userId), 'no password is left').toBe(false)
    expect(await store.list(userId)).toEqual([])
  })
})

test('a required password reset takes a filter, and concerns the users of the sessions that it finds', async () => {
  const cy = { ...person, email: 'cy@example.org' }
  await t.withServices(async (services) => {
    const { store, database } = services
    for (const email of [cy.email, 'dee@example.org'])
      expect(await post(services, '/sign-up/email', { ...cy, email })).toBe(200)
    const [userId = ''] = await findUserIds(database.kysely, cy.email)
    for (const ipAddress of ['192.0.2.1', '192.0.2.2', '198.51.100.7']) await store.create({ userId, ipAddress })
    const command = ['users', 'require-password-reset', '--address', '192.0.2.0/24']
    expect(await runJson([...command, '--confirm', '1'])).toMatchObject({
      code: 0,
      results: [
        { userId, reset: true },
        { reset: 1, withoutPassword: 0 },
      ],
    })
    expect(await store.list(userId)).toEqual([])
    expect(await post(services, '/sign-in/email', cy)).toBe(401)
    expect(await post(services, '/sign-in/email', { ...cy, email: 'dee@example.org' })).toBe(200)
    const preview = await runJson(['users', 'require-password-reset', '--user', cy.email])
    expect(preview.results, 'who is named is meant, also without a session').toEqual([{ dryRun: true, users: 1 }])
  })
})

test('an id that looks like an address names its user, unless somebody has that address', async () => {
  await t.withServices(async (services) => {
    const { store, database } = services
    await post(services, '/sign-up/email', { ...person, email: 'jo@example.org' })
    const [jo = ''] = await findUserIds(database.kysely, 'jo@example.org')
    for (const id of ['ina@imported', 'jo@example.org']) {
      const row = { id, name: 'Ina', email: `${id}.example`, emailVerified: 0, createdAt: '2026', updatedAt: '2026' }
      await database.kysely.withTables<{ user: typeof row }>().insertInto('user').values(row).execute()
      await store.create({ userId: id })
    }
    const usersOf = async (name: string) =>
      (await runJson(['sessions', 'list', name])).results.map(({ userId }) => userId)
    expect(await usersOf('ina@imported')).toEqual(['ina@imported'])
    expect(await usersOf('jo@example.org')).toEqual([jo])
    expect(await run(['sessions', 'list', 'none@example.org'])).toMatchObject({ code: 2, out: '' })
  })
})

test('unknown users of a file are left out and named, those of --user are refused', async () => {
  await t.withServices(async (services) => {
    const { store, database } = services
    for (const name of ['gus', 'hal'])
      expect(await post(services, '/sign-up/email', { ...person, email: `${name}@example.org` })).toBe(200)
    const [gus = ''] = await findUserIds(database.kysely, 'gus@example.org')
    const [hal = ''] = await findUserIds(database.kysely, 'hal@example.org')
    const [file, gone] = [join(t.folder, 'users'), join(t.folder, 'gone')]
    const deleted = Array.from({ length: 6 }, (_, n) => `deleted-${n}`)
    await writeFile(file, ['none@example.org', gus, ...deleted, 'hal@example.org'].join('\n'))
    await writeFile(gone, 'deleted-0')
    const warning = (text: string) => `{"warning":"Left out ${text}"}\n`
    const addresses = warning('1 of the file, who do not exist: none@example.org')
    const ids = warning('6 of the file, who do not exist: deleted-0, deleted-1, deleted-2, deleted-3, deleted-4, …')

    const revoked = await runJson(['revoke', '--users-file', file, '--confirm', '2'])
    expect(revoked).toMatchObject({ code: 0, err: addresses, results: [{ revoked: 2 }] })
    const nothing = await runJson(['revoke', '--users-file', gone])
    expect(nothing).toMatchObject({
      code: 0,
      err: expect.stringContaining('deleted-0"}\n'),
      results: [{ sessions: 0 }],
    })
    const reset = ['users', 'require-password-reset']
    expect(await runJson([...reset, '--users-file', file])).toMatchObject({
      code: 0,
      err: addresses + ids,
      results: [{ dryRun: true, users: 2 }],
    })
    const done = await runJson([...reset, '--users-file', file, '--confirm', '2'])
    expect(new Set(done.results.slice(0, -1).map(({ userId }) => userId))).toEqual(new Set([gus, hal]))
    expect(done).toMatchObject({ code: 0 })

    await store.create({ userId: 'deleted-0' }) // whose sessions can be revoked, though not its password
    expect(await runJson(['revoke', '--users-file', gone, '--confirm', '1'])).toMatchObject({ code: 0, err: '' })
    for (const command of [reset, ['revoke'], ['find']])
      expect(await run([...command, '--users-file', gone, '--user', 'deleted-9'])).toMatchObject({
        code: 2,
        err: 'There is no user deleted-9\n',
      })
  })
})

test('a required password reset of everybody waits while 8,000 mails wait, accepts two per cent, and is on record', async () => {
  const fay = { ...person, email: 'fay@example.org' }
  await t.withServices(async (services) => {
    const { auth, store, activity, database } = services
    const { kysely } = database
    const ask = kysely.withTables<{ operation: Record<string, string>; user: { id: string } }>()
    const execute = (text: string) =>
      kysely.executeQuery({ ...ask.selectFrom('user').select('id').compile(), sql: text, parameters: [] })
    const upTo = (last: number): string =>
      `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${last})`
    expect(await post(services, '/sign-up/email', fay)).toBe(200)
    const [userId = ''] = await findUserIds(kysely, fay.email)
    await activity.flush()
    await execute(`insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
      ${upTo(60)} select 'other-' || i, 'Other', 'other-' || i || '@example.org', 1, '', '' from n`)
    await execute(`insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
      ${upTo(8_000)} select 'filler-' || i, 'filler', '', 0, 0, 0, 0 from n`)
    const users = (await ask.selectFrom('user').select('id').execute()).length

    const { printed, ended } = start(['users', 'require-password-reset', '--everyone', '--confirm', `${users + 1}`])
    await vi.waitUntil(() => printed.err.includes('many mails wait'), 20_000)
    expect(await post(services, '/request-password-reset', { email: fay.email }), 'people are served').toBe(200)
    expect(await auth.findPasswordOwner(userId), 'nothing is half done').not.toBeNull()
    await execute("delete from mail where kind = 'filler'")
    expect(await ended).toBe(0)
    expect(printed.out).toMatch(/^\d users must choose a new password, \d+ had none\.\n$/)
    expect(printed.err).toContain(`100 %, ${users} of ${users} users\n`)
    expect(await auth.findPasswordOwner(userId)).toBeNull()
    expect(await store.list(userId)).toEqual([])
    expect(await waitingMails(services)).toContain(`password-required:${userId}`)
    const rows = await ask
      .selectFrom('operation')
      .selectAll()
      .where('filter', '=', '')
      .where('state', '=', 'done')
      .execute()
    const row = { action: 'require-password-reset', started_by: userInfo().username, revoked: expect.any(Number) }
    expect(rows.filter(({ action }) => action !== 'revoke')).toMatchObject([row])
    expect(Number(rows.at(-1)?.['revoked'])).toBeGreaterThan(0)
  })
})

test('a required password reset changes nothing if more users than confirmed are there when it begins', async () => {
  const ivy = { ...person, email: 'ivy@example.org' }
  await t.withServices(async (services) => {
    const { auth, database } = services
    const ask = database.kysely.withTables<{ user: { id: string } }>()
    const execute = (text: string) =>
      database.kysely.executeQuery({ ...ask.selectFrom('user').select('id').compile(), sql: text, parameters: [] })
    expect(await post(services, '/sign-up/email', ivy)).toBe(200)
    const [userId = ''] = await findUserIds(database.kysely, ivy.email)
    const users = (await ask.selectFrom('user').select('id').execute()).length
    const many = Array.from({ length: users }, (_, n) => `('late-${n}', 'Late', 'late-${n}@example.org', 1, '', '')`)
    // The row of the operation is written after the count and before the work.
    await execute(`create trigger later after insert on operation begin
      insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt") values ${many.join(', ')}; end`)
    const { code, err } = await run(['users', 'require-password-reset', '--everyone', '--confirm', `${users}`])
    await execute('drop trigger later')
    await execute(`delete from "user" where name = 'Late'`)
    expect(err).toContain(`\nThe count does not fit: it is ${2 * users} now, not ${users}. Nothing was changed.\n`)
    expect(err).not.toContain('To go on')
    expect(code).toBe(2)
    expect(await auth.findPasswordOwner(userId)).not.toBeNull()
    expect((await run(['operations', 'list'])).out).toContain('failed')
  })
})
