import {
  lineTo,
  postgresBinaries,
  type PostgresLine,
  type PrivatePostgres,
  startPostgres,
} from '@rollcall/dev-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../src/accounts/database/database.js'
import { health } from '../src/http/health.js'
import { newEmail, withRedis, PASSWORD, startServer, type TestServer } from './helpers.js'

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

/** On a busy machine, Redis may be late as well: then once more. */
const eventually = (work: () => Promise<number>) => expect.poll(work).toBe(200)

async function newAccount(): Promise<string> {
  const email = newEmail()
  await eventually(
    async () =>
      (await server.browser().post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada' })).status,
  )
  return email
}

/** How many requests have failed for want of the database. */
const failures = (): number =>
  server.lines().filter(({ err }) => JSON.stringify(err ?? null).includes('DatabaseUnavailableError')).length

const readiness = async (): Promise<number> => (await server.send('/readyz')).status

describe.runIf(postgresBinaries !== null)('when connections to PostgreSQL', () => {
  test('fall silent, each of them costs nobody more than one timeout, however often the server is asked whether it is ready', async () => {
    const [email = ''] = await Promise.all(Array.from({ length: 6 }, newAccount)) // several connections lie idle
    line.silence()
    const run = { going: true }
    const probing = (async () => {
      const seen = []
      while (run.going) seen.push(await readiness())
      return seen
    })()
    const first = await signIn(email)
    run.going = false
    await probing
    expect([200, 503]).toContain(first) // 200 when a probe found the break first
    const before = failures()
    await eventually(() => signIn(email))
    await eventually(readiness)
    expect(failures()).toBe(before)
  })

  test('are reset or ended by a restart while people sign in, they are answered 503, and the process lives on', async () => {
    const emails = await Promise.all(Array.from({ length: 6 }, newAccount))
    const run = { going: true }
    const seen = new Set<number>()
    const people = emails.map(async (email) => {
      for (let tries = 0; run.going && tries < 9; tries += 1) seen.add(await signIn(email)) // fewer than a limit allows
    })
    line.reset()
    await postgres.restart()
    line.reset()
    run.going = false
    await Promise.all(people)
    expect([...seen].filter((status) => status !== 200 && status !== 503)).toEqual([])
    await eventually(readiness)
    await eventually(() => signIn(emails[0] ?? ''))
  })

  test('fall silent between the two questions of /readyz, it is a 503, and not a database that takes no writes', async () => {
    await using own = await lineTo(postgres.url)
    const database = openDatabase({ url: own.url, dataDir: '' })
    const cut = { ping: () => database.ping().then(own.silenceAll), checkWritable: () => database.checkWritable() }
    await withRedis(server.redis, async (redis) => {
      const app = health({ redis, keyPrefix: '', database: cut, isLeaving: () => false })
      const response = await app.request('/readyz')
      expect(await response.json()).toEqual({ status: 'unavailable', redis: 'ok', database: 'unavailable' })
      expect(response.status).toBe(503)
    })
    await database.close()
  })
})
