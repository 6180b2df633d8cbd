import { createPasskey } from '@rollcall/dev-auth'
import { postgresBinaries, type PrivatePostgres, startPostgres } from '@rollcall/dev-postgres'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signUpDevice, startServer, type TestServer } from './helpers.js'
import { ceremonies } from './passkeys-helpers.js'

// PostgreSQL lets two transactions count the rows of a user and then add one each, unless they lock the user first.

let postgres: PrivatePostgres
let server: TestServer
beforeAll(async () => {
  if (postgresBinaries === null) return
  postgres = await startPostgres()
  server = await startServer({ env: { DATABASE_URL: postgres.url } })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

const addPasskey = async (db: Kysely<unknown>, userId: string, name: string) =>
  sql`insert into passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
    values (${`${userId}-${name}`}, '', ${userId}, ${`${userId}-${name}`}, 0, 'singleDevice', false)`.execute(db)

describe.runIf(postgresBinaries !== null)('an addition beside another one of the same user', () => {
  test('waits for it, and then counts its row', async () => {
    const laptop = await signUpDevice(server)
    const userId = (await laptop.api.session.current.query()).user.id
    const kysely = server.database().kysely
    for (let n = 0; n < 24; n += 1) await addPasskey(kysely, userId, String(n))

    let registration: Promise<{ readonly status: number; readonly body: unknown }> | undefined
    await kysely.transaction().execute(async (other) => {
      await sql`update "user" set "updatedAt" = "updatedAt" where id = ${userId}`.execute(other)
      await addPasskey(other, userId, 'of another request')
      registration = createPasskey(server.baseUrl).register(ceremonies(laptop))
      const answered = registration.then(() => 'answered')
      const waits = async () =>
        (await sql`select 1 from pg_stat_activity where wait_event_type = 'Lock'`.execute(kysely)).rows.length
      const lock = expect.poll(waits).toBe(1)
      expect(await Promise.race([lock.then(() => 'waits'), answered])).toBe('waits')
    })
    expect(await registration).toMatchObject({ status: 400, body: { code: 'TOO_MANY_PASSKEYS' } })
    expect(await laptop.api.passkeys.list.query()).toHaveLength(25)
  })
})
