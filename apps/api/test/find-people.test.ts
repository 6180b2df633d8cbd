import { createSessionStore } from '@rollcall/session-store'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeUser } from '../src/accounts/people/change-user.js'
import { type Browser, withRedis, signUpDevice, startServer, type TestServer } from './helpers.js'

// What administrators read and write of people in SQL, on each database.

let server: TestServer
let boss: Browser
beforeAll(async () => {
  server = await startServer()
  const device = await signUpDevice(server)
  await sql`update "user" set role = 'admin' where email = ${device.email}`.execute(server.database().kysely)
  boss = device
})
afterAll(() => server[Symbol.asyncDispose]())

async function person() {
  const laptop = await signUpDevice(server)
  return { laptop, id: (await laptop.api.session.current.query()).user.id }
}

const found = async (text: string) => (await boss.api.admin.people.search.query({ text })).people.map(({ id }) => id)

const searchNameOf = async (kysely: Kysely<unknown>, id: string) =>
  (await sql<{ searchName: string | null }>`select "searchName" from "user" where id = ${id}`.execute(kysely)).rows

test.each([
  ['Zoë Élodie Straße', ['ZOË', 'élodie', 'ÉLODIE', 'STRASSE', 'straẞe', 'zoe\u0308', 'ë é'], ['zo_', '%']],
  ['Юлия Ёлкина', ['юлия', 'ЁЛКИНА', 'Ия ё'], ['юлия%']],
  ['Νίκος 50%_ΣΑΣ', ['ΝΊΚΟΣ', 'νίκοσ', '50%_σας'], ['50_σ']],
])('"%s" is found whatever the case and the form of its letters', async (name, texts, others) => {
  const { laptop, id } = await person()
  await laptop.api.account.changeName.mutate({ name })
  for (const text of texts) expect(await found(text), text).toEqual([id])
  for (const text of others) expect(await found(text), text).not.toContain(id)
})

test('a name from an earlier version is found once a server has started', async () => {
  const { laptop, id } = await person()
  await laptop.api.account.changeName.mutate({ name: 'Jörg Ångström' })
  const { kysely } = server.database()
  await sql`update "user" set "searchName" = null`.execute(kysely)
  expect(await found('ÅNGSTRÖM')).toEqual([])
  await using _ = await startServer({ redis: server.redis, env: { DATA_DIR: server.dataDir } })
  await expect.poll(() => found('ÅNGSTRÖM')).toEqual([id])
  expect(await searchNameOf(kysely, id)).toEqual([{ searchName: 'JÖRG ÅNGSTRÖM' }])
})

test('a lifted ban leaves its event, once, and the person signs in again', async () => {
  const { laptop, id } = await person()
  const { email } = laptop
  await boss.api.admin.people.ban.mutate({ id })
  for (const _ of ['lifted', 'lifted already'])
    expect(await boss.api.admin.people.unban.mutate({ id })).toEqual({ isBanned: false })
  await laptop.signIn(email)
  const { entries } = await laptop.api.activity.list.query({ kind: 'changes' })
  expect(entries.map(({ type }) => type)).toEqual(['unbanned', 'banned'])
})

test('a role that is given or taken leaves its event, once', async () => {
  const { laptop, id } = await person()
  const change = (name: 'administrator-added' | 'administrator-removed') =>
    withRedis(server.redis, (redis) => changeUser(server.database(), createSessionStore({ redis }), id, name))
  const isAdmin = async () => (await boss.api.admin.people.show.query({ id })).person.isAdmin
  for (const isChanged of [true, false]) expect(await change('administrator-added')).toBe(isChanged)
  expect(await isAdmin()).toBe(true)
  for (const isChanged of [true, false]) expect(await change('administrator-removed')).toBe(isChanged)
  expect(await isAdmin()).toBe(false)
  const { entries } = await laptop.api.activity.list.query({ kind: 'changes' })
  expect(entries.map(({ type }) => type)).toEqual(['administrator-removed', 'administrator-added'])
})
