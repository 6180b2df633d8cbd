import { userInfo } from 'node:os'
import { findUserIds } from '@rollcall/api/operator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { post, startAccounts } from './accounts.js'
import { createCommand } from './command.js'

let t: Awaited<ReturnType<typeof startAccounts>>
beforeAll(async () => {
  t = await startAccounts()
})
afterAll(() => t[Symbol.asyncDispose]())
const { run, runJson } = createCommand(() => t.env)

const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery staple' }

test('administrators are added, listed and removed, and each change is on record', async () => {
  const eve = { ...person, email: 'eve@example.org' }
  const change = { email: eve.email, isChanged: true }
  await t.withServices(async (services) => {
    expect(await post(services, '/sign-up/email', { ...eve, role: 'admin' }), 'nobody takes the role').not.toBe(200)
    expect(await post(services, '/sign-up/email', eve)).toBe(200)
    const [id = ''] = await findUserIds(services.database.kysely, eve.email)
    const added = await runJson(['admins', 'add', 'EVE@example.org'])
    expect(added).toMatchObject({ code: 0, results: [{ ...change, id, isAdmin: true }] })
    const audit = (event: string) => ({ level: 'info', audit: { event, result: 'ok', userId: id } })
    expect(JSON.parse(added.err)).toMatchObject(audit('administrator-added'))
    expect(await services.auth.findUser(id)).toMatchObject({ isAdmin: true })
    const [listed, again, unknown] = await Promise.all(
      [['list'], ['add', id], ['add', 'ada']].map((args) => run(['admins', ...args])),
    )
    expect(listed).toMatchObject({ code: 0, out: `${id}  ${eve.email}  Ada\n` })
    expect(again).toMatchObject({ code: 0, out: `${eve.email} is already an administrator.\n`, err: '' })
    expect(unknown).toMatchObject({ code: 2, out: '', err: 'There is no user ada\n' })
    await services.auth.ban(id, 'A quarrel')
    expect((await run(['admins', 'add', id])).out).toBe(`${eve.email} is now an administrator.\n`)
    expect(await services.auth.findUser(id)).toMatchObject({ isAdmin: true, isBanned: false })
    const removed = await runJson(['admins', 'remove', id])
    expect(removed.results).toEqual([{ ...change, id, isAdmin: false }])
    expect(JSON.parse(removed.err)).toMatchObject(audit('administrator-removed'))
    expect(await services.auth.listAdministrators()).toEqual([])
    const { events } = await services.activity.list(id, { limit: 10, kind: 'changes' })
    expect(events.map((event) => event.kind === 'noted' && event.name)).toEqual([
      'administrator-removed',
      'user-unbanned',
      'user-banned',
      'administrator-added',
    ])
    const { kysely } = services.database
    const rows = kysely.withTables<{ operation: Record<'action' | 'filter' | 'state' | 'started_by', string> }>()
    const record = await rows.selectFrom('operation').selectAll().where('filter', 'like', `%${id}%`).execute()
    const row = { filter: JSON.stringify({ users: [id] }), state: 'done', started_by: userInfo().username }
    expect(record.toSorted((a, b) => a.action.localeCompare(b.action))).toMatchObject([
      { action: 'add-administrator', ...row },
      { action: 'remove-administrator', ...row },
      { action: 'unban', ...row },
    ])
  })
})

test('a role whose event cannot be written stays as it was, and the row of the change says so', async () => {
  const kim = { ...person, email: 'kim@example.org' }
  await t.withServices(async (services) => {
    const { auth, database } = services
    expect(await post(services, '/sign-up/email', kim)).toBe(200)
    const [id = ''] = await findUserIds(database.kysely, kim.email)
    const ask = database.kysely.withTables<{ user: { id: string } }>()
    const execute = (text: string) =>
      database.kysely.executeQuery({ ...ask.selectFrom('user').select('id').compile(), sql: text, parameters: [] })
    await execute(`create trigger full before insert on activity when new.event like '%administrator-%' begin
      select raise(abort, 'no'); end`)
    const refused = await run(['admins', 'add', kim.email])
    await execute('drop trigger full')
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.not.stringContaining('"audit"') })
    expect(await auth.findUser(id)).toMatchObject({ isAdmin: false })
    expect((await run(['admins', 'add', kim.email])).out).toBe(`${kim.email} is now an administrator.\n`)
  })
})
