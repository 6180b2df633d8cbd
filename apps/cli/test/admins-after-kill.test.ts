import { findUserIds } from '@rollcall/api/operator'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { post, type Services, startAccounts } from './accounts.js'
import { createCommand } from './command.js'

// A role, and the row that says who changed it, where the process of `rollcall admins` is killed within one of its writes.

let t: Awaited<ReturnType<typeof startAccounts>>
beforeAll(async () => {
  t = await startAccounts()
})
afterAll(() => t[Symbol.asyncDispose]())
const { start, run } = createCommand(() => t.env)

type Tables = { operation: Record<'id' | 'at' | 'action' | 'state' | 'filter', string> }
const tablesOf = ({ database }: Services) => database.kysely.withTables<Tables>()
const rowsOf = async (services: Services, userId: string): Promise<string[]> => {
  const rows = tablesOf(services).selectFrom('operation').selectAll().where('filter', 'like', `%${userId}%`)
  return (await rows.orderBy('at').orderBy('id').execute()).map(({ action, state }) => `${action} ${state}`)
}
const execute = (services: Services, text: string) =>
  services.database.kysely.executeQuery({
    ...tablesOf(services).selectFrom('operation').selectAll().compile(),
    sql: text,
  })

async function newPerson(services: Services, name: string): Promise<string> {
  const email = `${name}@example.org`
  expect(await post(services, '/sign-up/email', { email, name, password: 'correct horse battery' })).toBe(200)
  return (await findUserIds(services.database.kysely, email))[0] ?? ''
}

/** Kills the command once this is so. It gets no further than its first change of this kind, which never ends. */
async function killAt(
  services: Services,
  change: string,
  args: readonly string[],
  reached: () => Promise<boolean>,
): Promise<void> {
  const counting = 'with recursive c(n) as (select 1 union all select n + 1 from c limit 1000000000000) select n from c'
  await execute(services, `create trigger holds before ${change} begin select count(*) from (${counting}); end`)
  const command = start(args)
  await vi.waitUntil(reached, { timeout: 50_000, interval: 20 }).finally(() => command.child.kill('SIGKILL'))
  expect(await command.ended).toBeNull()
  await execute(services, 'drop trigger holds')
}

test.each(['add', 'remove'] as const)(
  '%s: killed before the role is written, it did nothing, and can be repeated',
  (what) =>
    t.withServices(async (services) => {
      const { auth } = services
      const id = await newPerson(services, `before-${what}`)
      const wasAdmin = what === 'remove'
      if (wasAdmin) await auth.setAdministrator(id, true)
      const action = `${what}-administrator`
      await killAt(services, 'update on "user"', ['admins', what, id], async () =>
        (await rowsOf(services, id)).includes(`${action} running`),
      )
      expect(await auth.findUser(id)).toMatchObject({ isAdmin: wasAdmin })
      const state = wasAdmin ? 'no administrator' : 'an administrator'
      expect(await run(['admins', what, id])).toMatchObject({
        code: 0,
        out: expect.stringContaining(` is now ${state}.`),
      })
      expect(await auth.findUser(id)).toMatchObject({ isAdmin: !wasAdmin })
      expect(await rowsOf(services, id)).toEqual([`${action} running`, `${action} done`])
    }),
)

test('killed once the role is written, its row says that it is not known to be done, and a repetition changes nothing', () =>
  t.withServices(async (services) => {
    const { auth } = services
    const id = await newPerson(services, 'after')
    const isAdmin = async () => (await auth.findUser(id))?.isAdmin === true
    await killAt(services, 'update on operation', ['admins', 'add', id], isAdmin)
    expect(await rowsOf(services, id)).toEqual(['add-administrator running'])
    expect((await run(['admins', 'list'])).out).toContain(id)
    expect(await run(['admins', 'add', id])).toMatchObject({ code: 0, out: expect.stringContaining(' is already ') })
    expect(await rowsOf(services, id)).toEqual(['add-administrator running'])
  }))

test('killed between the role and the end of a ban, a repetition lifts the ban', () =>
  t.withServices(async (services) => {
    const { auth } = services
    const id = await newPerson(services, 'banned')
    await auth.ban(id, 'A quarrel')
    await killAt(services, 'update of banned on "user"', ['admins', 'add', id], async () =>
      (await rowsOf(services, id)).includes('unban running'),
    )
    expect(await auth.findUser(id)).toMatchObject({ isAdmin: true, isBanned: true })
    expect(await run(['admins', 'add', id])).toMatchObject({ code: 0, out: expect.stringContaining(' is now ') })
    expect(await auth.findUser(id)).toMatchObject({ isAdmin: true, isBanned: false })
    expect(await rowsOf(services, id)).toEqual(['add-administrator done', 'unban running', 'unban done'])
  }))
