import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { newEmail, PASSWORD, signUpDevice, startServer, type TestServer } from './helpers.js'

/** SQLite may have no page more than it has now: what it answers then is what it answers on a full disk. */
async function fillDisk(server: TestServer): Promise<void> {
  const { kysely } = server.database()
  await sql`vacuum`.execute(kysely) // nor is any page free
  await sql`pragma max_page_count = 1`.execute(kysely) // never less than there are
}

test('on a full disk a sign-up is a 503, /readyz says so, and those who are signed in stay so', async () => {
  await using server = await startServer()
  const { api, email } = await signUpDevice(server)
  await server.flush()
  await fillDisk(server)

  const body = { email: newEmail(), password: PASSWORD, name: 'A name '.repeat(7).trim() }
  const signUps = [await server.browser().post('/api/auth/sign-up/email', body)]
  // The rest of the last page of each table may be enough for a few.
  while (signUps.at(-1)?.status === 200 && signUps.length < 20) {
    signUps.push(await server.browser().post('/api/auth/sign-up/email', { ...body, email: newEmail() }))
  }
  expect(signUps.at(-1)?.status).toBe(503)
  expect(await signUps.at(-1)?.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })

  const ready = await server.send('/readyz')
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { status: 'not writable', redis: 'ok', database: 'not writable' },
  ])
  expect(await api.devices.list.query()).toHaveLength(1)
  expect(await api.session.current.query()).toMatchObject({ user: { email } })

  await sql`pragma max_page_count = 1000000`.execute(server.database().kysely)
  expect((await server.browser().post('/api/auth/sign-up/email', { ...body, email: newEmail() })).status).toBe(200)
  await expect.poll(async () => (await server.send('/readyz')).json()).toMatchObject({ status: 'ok' })
}, 60_000)
