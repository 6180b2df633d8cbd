import { passkey } from '@better-auth/passkey'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPasskey, startApp } from './helpers.js'

// What the plugin leaves alone if an application asks for nothing more.

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [passkey()] })
})
afterAll(() => t[Symbol.asyncDispose]())

test('without onNewDevice, it remembers no browser and no change of a way in', async () => {
  const { browser } = await t.person('ada')
  await createPasskey(t.origin).register(browser)
  expect([...browser.jar.keys()].filter((name) => name.includes('device'))).toEqual([])
  expect(await t.adapter.findMany({ model: 'verification' })).toEqual([])
  const tables = await sql<{ name: string }>`select name from sqlite_master where name = 'device'`.execute(
    t.database.kysely,
  )
  expect(tables.rows).toEqual([])
})

test('a session is renewed by its use alone: better-auth writes nothing, however old it is', async () => {
  const { browser } = await t.person('old')
  const { update } = t.store
  let updates = 0
  t.store.update = (...args) => {
    updates += 1
    return update(...args)
  }
  t.clock.offset = 3 * 24 * 60 * 60 * 1_000
  const answer = await browser.get('/get-session')
  t.clock.offset = 0
  t.store.update = update
  expect([answer.body === null, answer.setCookies, updates]).toEqual([false, [], 0])
})

test('the adapter of better-auth keeps its name and its options', () => {
  expect([t.adapter.id, typeof t.adapter.options]).toEqual(['kysely', 'object'])
})
