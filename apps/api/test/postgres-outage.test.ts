import { lineTo, postgresBinaries, type PostgresLine, type PrivatePostgres, startPostgres } from '@rollcall/dev-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newEmail, PASSWORD, startServer, type TestServer } from './helpers.js'

// People sign in while the connections to PostgreSQL break. An uncaught error of any of them would fail the run.

let postgres: PrivatePostgres
let line: PostgresLine
let server: TestServer
beforeAll(async () => {
  if (postgresBinaries === null) return
  postgres = await startPostgres()
  line = await lineTo(postgres.url)
  server = await startServer({ env: { DATABASE_URL: line.url } })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await line?.[Symbol.asyncDispose]()
  await postgres?.[Symbol.asyncDispose]()
})

async function signIn(email: string): Promise<number> {
  return (await server.browser().post('/api/auth/sign-in/email', { email, password: PASSWORD })).status
}

const readiness = async (): Promise<number> => (await server.send('/readyz')).status

describe.runIf(postgresBinaries !== null)('when connections to PostgreSQL', () => {
  test('fall silent, each of them costs nobody more than one timeout, however often the server is asked whether it is ready', async () => {
    const email = newEmail()
    await server.browser().signUp(email)
    await Promise.all(Array.from({ length: 6 }, () => server.browser().signUp(newEmail()))) // several connections lie idle
    line.silence()
    let going = true
    const probing = (async () => {
      const seen = []
      while (going) seen.push(await readiness())
      return seen
    })()
    const first = await signIn(email)
    going = false
    await probing
    expect([200, 503]).toContain(first) // 200 when a probe found the break first
    expect(await signIn(email)).toBe(200)
    expect(await readiness()).toBe(200)
  })

  test('are reset or ended by a restart while people sign in, they are answered 503, and the process lives on', async () => {
    const emails = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const email = newEmail()
        await server.browser().signUp(email)
        return email
      }),
    )
    let going = true
    const seen = new Set<number>()
    const people = emails.map(async (email) => {
      for (let tries = 0; going && tries < 9; tries += 1) seen.add(await signIn(email)) // fewer than a limit allows
    })
    line.reset()
    await postgres.restart()
    line.reset()
    going = false
    await Promise.all(people)
    expect([...seen].filter((status) => status !== 200 && status !== 503)).toEqual([])
    for (const email of emails) expect(await signIn(email)).toBe(200)
    expect(await readiness()).toBe(200)
  })
})
